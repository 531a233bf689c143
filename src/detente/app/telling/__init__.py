"""Constituents are told by mail: letters are made, and handed to a command or put into a folder."""
