"""Distil a model into a static one."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
