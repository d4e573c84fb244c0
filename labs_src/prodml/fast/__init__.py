"""Part B, systems that are fast: a package per subject."""
