"""What a party's people do with records: the counter that desks see, and the work behind it."""
