"""Embed, classify, compare and search files of any length."""
