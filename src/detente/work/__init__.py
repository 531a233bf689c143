"""Adapters of the port screening/port: processes of this machine, and a cluster."""
