"""Turn one kind of training data into another."""
