"""Events of MISP (its core format) as objects of STIX 2.1, and back; feeds of them."""
