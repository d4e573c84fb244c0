"""Watching data and models: statistics of batches, and functions that should agree."""
