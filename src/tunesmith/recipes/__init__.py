"""Texts to trained weights: one recipe a file.

``contrastive`` learns from labels; ``trunk`` holds the frozen lower layers that it stands on,
``batches`` decides which texts meet in a step, ``base`` what every recipe shares.
"""
