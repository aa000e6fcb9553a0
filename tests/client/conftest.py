"""Servers for the client."""

from tests.server.conftest import exports, live_server, live_trainer

__all__ = ["exports", "live_server", "live_trainer"]
