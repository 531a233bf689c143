"""A party's own lists at work: read beside the office, asked in it, decided on by its people."""
