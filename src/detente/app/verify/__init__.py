"""Proof files checked; stands on core alone."""
