"""From vectors to scores of each item, and from two models' scores to a verdict."""
