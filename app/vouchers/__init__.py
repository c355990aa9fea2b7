"""Booklets and passes as objects: their numbers, their codes, where they are and have been."""
