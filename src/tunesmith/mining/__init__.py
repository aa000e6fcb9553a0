"""Pairs to triplets: negatives that a model finds hard to tell from the positives.

``material`` says what is searched and what is known, ``rules`` what a negative must be,
``candidates`` holds a block of them, ``negatives`` is the way from pairs to triplets.
"""

from tunesmith.mining.negatives import Mined, MiningReport, mine
from tunesmith.mining.rules import Mode, Rules

__all__ = ["Mined", "MiningReport", "Mode", "Rules", "mine"]
