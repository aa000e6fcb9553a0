"""Evaluate and compare models on labelled text, pairs, retrieval data or MTEB tasks."""

from tunesmith.extras import attach

__getattr__, __dir__, __all__ = attach(__name__, __file__)
