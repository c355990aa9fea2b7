"""Programmes, their vintages, and what each public is entitled to."""
