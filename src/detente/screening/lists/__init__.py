"""Readers of lists as their publishers write them, and the versions of a list."""
