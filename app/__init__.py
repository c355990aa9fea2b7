"""passnum: a voucher ledger and clearing system for a public body. Importing it starts nothing."""
