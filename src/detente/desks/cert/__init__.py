"""The CERT desk: bundles of threat information, answers to them, and their withdrawal."""
