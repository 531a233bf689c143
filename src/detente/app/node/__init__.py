"""What the process of a node is made of."""
