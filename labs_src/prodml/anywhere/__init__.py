"""Part C, systems that run anywhere: a package per subject."""
