"""Designations written as lists."""
