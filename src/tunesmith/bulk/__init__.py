"""Files in, files out: embed, classify, compare and search files of any length."""
