"""Three faces derived from one act, and what all screens share."""
