"""The server's metadata: tables, and the database that holds them."""
