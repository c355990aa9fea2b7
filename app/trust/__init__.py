"""Seals of the ledger: checkpoints that leave the database, proofs of what a movement says."""
