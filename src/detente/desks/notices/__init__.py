"""The desk of notices between risk-reduction centres: formats as data, clocks, watch log."""
