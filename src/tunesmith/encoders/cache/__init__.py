"""Vectors of texts that were encoded before, in one SQLite file."""
