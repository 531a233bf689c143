"""The roof: where clock, disk and people come in."""
