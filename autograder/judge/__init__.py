"""Judging from another process: the learner's code and the checks never share an interpreter."""
