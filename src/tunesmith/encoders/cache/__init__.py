"""A cache of text vectors in one SQLite file."""
