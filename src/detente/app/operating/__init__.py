"""What operators do to a party at rest or at work."""
