"""Organisations of the scheme, what they signed with the sponsor, and where they are paid."""
