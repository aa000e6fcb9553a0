"""Notices that a fit has ended: by e-mail and by webhook, sent again until they arrive."""
