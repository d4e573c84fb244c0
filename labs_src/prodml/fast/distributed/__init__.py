"""Training on several machines as plain functions: costs, clocks, counts. Processes: prodml.runtime.processes."""
