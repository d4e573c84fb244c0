"""Plain values that cross between processes, without pickle."""
