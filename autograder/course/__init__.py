"""A course's folders and nbgrader's own files: what is released, handed in, recorded and shown."""
