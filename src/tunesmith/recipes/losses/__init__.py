"""Loss functions: vectors in, a scalar out."""
