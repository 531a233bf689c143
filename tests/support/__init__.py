"""Made-up parties and what they write, the same at every run."""
