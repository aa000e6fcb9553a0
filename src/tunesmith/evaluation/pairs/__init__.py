"""Evaluate vectors on pairs, scores, triplets and search."""
