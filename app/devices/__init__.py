"""Devices of mediators: enrolled by a square, holding a list of passes, revoked when lost."""
