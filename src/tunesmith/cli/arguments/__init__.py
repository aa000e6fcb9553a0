"""Arguments and options shared by commands."""
