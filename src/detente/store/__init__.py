<<<<<<< HEAD
"""Adapters to disk: the node's logs and the office's tables."""
=======
"""Disk and memory behind the ports. SQL stands here and nowhere else."""
>>>>>>> desk
