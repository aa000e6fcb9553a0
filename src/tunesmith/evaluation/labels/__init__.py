"""Evaluate vectors on labelled text: linear probe, nearest neighbours, clustering."""
