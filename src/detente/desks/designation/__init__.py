"""The desk of designations: proposed, answered, adopted, exempted, reviewed, and lifted."""
