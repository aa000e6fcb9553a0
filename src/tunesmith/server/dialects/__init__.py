"""The APIs of other services, so that the clients people have need a changed URL only."""
