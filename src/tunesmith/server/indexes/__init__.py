"""Named search indexes: texts with their vectors, added to and searched by id."""
