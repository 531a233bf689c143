"""Proof files as pages that a court can read."""
