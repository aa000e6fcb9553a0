"""Vectors to better vectors: one scikit-learn estimator a file."""
