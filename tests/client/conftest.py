"""Servers for the client."""

from tests.server.conftest import live_home, live_server, live_trainer

__all__ = ["live_home", "live_server", "live_trainer"]
