"""The demonstration: two invented parties on one machine, step by step."""
