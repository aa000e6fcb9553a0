"""From a file, table or dataset to one Arrow table with row numbers."""
