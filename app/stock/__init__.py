"""Passes counted in the cupboard: files of printers read row by row, counts that two sign."""
