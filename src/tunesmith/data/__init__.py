"""From a file to examples of a known kind: read, detect, check, split."""
