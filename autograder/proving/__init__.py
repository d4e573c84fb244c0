"""Proof of a lab: its answers, mutants of its solutions, and answers made by machine, all through the judge."""
