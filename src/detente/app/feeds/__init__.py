"""Feeds: other parties' TAXII servers, read from and handed in to by themselves, on a schedule."""
