"""Training in processes of their own, as jobs that survive the death of any process."""
