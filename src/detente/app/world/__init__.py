"""The simulator: many parties, seeded faults, laws that must hold."""
