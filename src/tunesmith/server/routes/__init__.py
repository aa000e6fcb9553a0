"""The native API under ``/v1``, one file a resource."""
