"""Training on several machines as plain functions: costs, clocks, counts. The processes are in prodml.processes."""
