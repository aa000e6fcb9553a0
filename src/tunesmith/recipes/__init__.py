"""Texts to trained weights: ``table`` lists all recipes, ``choose`` finds the one for some data.

``contrastive`` learns from labels, ``paired`` from texts that come in tuples; ``losses`` and
``paired_losses`` say towards what. ``labelled``, ``examples`` and ``batches`` say which texts meet
in a step, ``trunk`` holds the frozen lower layers, ``training`` updates those above, ``epochs``
takes step after step, ``watch`` scores on the way, ``checkpoint`` keeps the state of a run,
``base`` holds what every recipe shares.
"""
