"""The protocol machine of one link: inputs in, effects out. No socket, clock or disk."""
