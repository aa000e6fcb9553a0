"""Texts to trained weights: one recipe a file.

``contrastive`` learns from labels; ``losses`` says towards what, ``labelled`` and ``batches`` which
texts meet in a step, ``trunk`` holds the frozen lower layers, ``base`` what every recipe shares.
"""
