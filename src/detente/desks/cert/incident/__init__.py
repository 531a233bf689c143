"""Incidents, requests, contacts and pings between CERT desks (docs/cert/incidents.md)."""
