"""Formats of notices: what they declare, how a file of one is read, and those that ship."""
