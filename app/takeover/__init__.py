"""Taking over booklets that were there before passnum: opening balances by file, signed by two."""
