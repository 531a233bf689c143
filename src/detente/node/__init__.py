"""The half that carries: queue, ledgers, receipts. It cannot open a body."""
