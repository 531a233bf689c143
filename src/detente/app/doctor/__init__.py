"""What is wrong with a party, and what mends it."""
