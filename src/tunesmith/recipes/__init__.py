"""Train encoder weights: one recipe a file."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
