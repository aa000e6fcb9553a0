"""Find problems in training data, with one module for each group of checks."""
