"""Real processes: warm kernels, clusters and servers, and what memory they hold."""
