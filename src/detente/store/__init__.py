"""Disk and memory behind the ports. SQL stands here and nowhere else."""
