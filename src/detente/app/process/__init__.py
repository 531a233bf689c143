"""The two processes of a party: its node and its office."""
