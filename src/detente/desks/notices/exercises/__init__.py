"""Exercises between two watch floors: a scenario, its play on the real system, and its grade."""
