"""Printing: booklets on paper for the printer, what was printed, and the page a square opens."""
