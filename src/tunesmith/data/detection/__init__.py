"""Detect the kind of training data from column names and values."""
