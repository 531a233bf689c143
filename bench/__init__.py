"""What is measured, and how: docs/bench.md."""
