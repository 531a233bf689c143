"""Matching of names, dates and papers against lists of designations. Pure: bytes in, values out."""
