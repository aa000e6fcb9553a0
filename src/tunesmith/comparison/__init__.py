"""Evaluate and compare models on labelled text, pairs, retrieval data or MTEB tasks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
