"""Hostile, broken and odd submissions, each with what it deserves."""
