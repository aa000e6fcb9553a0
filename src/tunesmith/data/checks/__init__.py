"""Find faults in training data: one file for each group of checks."""
