"""One file a command: its examples, and one function whose signature is its options."""
