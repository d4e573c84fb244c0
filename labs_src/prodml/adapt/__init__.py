"""Part A, systems that adapt: a package per subject."""
