"""A party's own lists on its disk: versions whole, indexes that are mapped, decisions."""
