"""The console: pages and API over HTTPS, served by the office's process. Source: ADR 0034."""
