"""Read a file, table or dataset into one Arrow table with row numbers."""
