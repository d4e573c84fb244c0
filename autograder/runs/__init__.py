"""Grading a whole course: what was handed in, the workers that judge it, and what is already graded."""
