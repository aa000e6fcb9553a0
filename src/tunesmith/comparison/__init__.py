"""Evaluate and compare models on labelled text, pairs, retrieval data or MTEB tasks."""

from tunesmith.extras import lazy_names

__getattr__, __dir__, __all__ = lazy_names(__name__, __file__)
