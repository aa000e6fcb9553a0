"""Turn the text you have into an embedding model that is measurably better on it."""

__version__ = "0.1.0"
