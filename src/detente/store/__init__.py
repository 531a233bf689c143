"""Adapters to disk: the node's logs and the office's tables."""
