"""The ladder: the one place where the parts meet."""
