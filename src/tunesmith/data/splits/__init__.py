"""Split data into training, validation and test sets without near-duplicates across them."""
