"""2-D projections and clusters of vectors."""
