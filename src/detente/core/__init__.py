"""What a record, a log and a receipt are. Bytes in, values out; no clock, disk or network."""
