"""Convert one kind of training data into another."""
