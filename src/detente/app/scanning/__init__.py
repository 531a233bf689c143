"""Files that came are looked into by a command of the party's own."""
