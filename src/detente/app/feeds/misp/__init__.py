"""Feeds of a MISP instance: its events read from its API, and ours handed in at it."""
