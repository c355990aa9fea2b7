"""Accounts of agents: who is invited, lets themselves in, changes, and leaves."""
