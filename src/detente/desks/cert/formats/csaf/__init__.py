"""Advisories in CSAF 2.0 (OASIS Standard, 2022-11-18): checked, published, shown."""
