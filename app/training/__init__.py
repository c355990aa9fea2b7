"""Practising: the whole gesture on the real pages, of which the real ledger never hears."""
