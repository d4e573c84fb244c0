"""An assignment, as an nbgrader source notebook describes it."""
