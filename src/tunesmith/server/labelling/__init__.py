"""Labelling the texts of a data set: acts, labels in force, suggestions, and fitting again."""
