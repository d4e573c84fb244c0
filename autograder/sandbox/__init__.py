"""Fences around code that nobody vouches for: namespaces, a private root, limits, denied system calls. Linux only."""
