"""Names and arguments of other libraries, so that their users only change an import."""
