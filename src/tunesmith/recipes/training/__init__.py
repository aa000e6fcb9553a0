"""What every recipe shares: batches, epochs, validation, checkpoints, weights."""
