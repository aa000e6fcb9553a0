"""The server: models over HTTP."""
