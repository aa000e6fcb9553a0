"""The APIs of other servers, for clients that people already have: one or more files per API."""
