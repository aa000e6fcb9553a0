"""Find, identify, describe and extend model folders without loading a model."""
