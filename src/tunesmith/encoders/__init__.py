"""Texts in, float32 vectors out: encoders, their cache, and what is added to a model's end.

``base`` holds the protocol that everything else depends on, ``sentence`` the encoder over
sentence-transformers models. ``locate``, ``digest``, ``description``, ``tokens`` and ``cache``
answer questions about a model without loading torch.
"""
