"""Leaving with one's data: everything exported, and taken into an empty database."""
