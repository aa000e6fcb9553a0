"""Small networks on vectors and the loop that trains them."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
