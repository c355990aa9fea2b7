"""The end of a vintage: the calendar of its steps, expiry, the joint statement, the credit note."""
