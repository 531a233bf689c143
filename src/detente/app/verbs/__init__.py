"""The verbs of the command line that no desk declares."""
