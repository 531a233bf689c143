"""TAXII 2.1: the desk's collections for programs that know nothing of our own protocol."""
