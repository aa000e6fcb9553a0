"""One file per command, with its examples and a function whose parameters are its options."""
