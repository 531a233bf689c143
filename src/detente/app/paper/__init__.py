"""Papers: a notice, a session of the direct line, a day's watch log as PDF, the same bytes for the same records."""
