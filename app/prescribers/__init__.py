"""Prescribers: the booklets they are entrusted with, the people they hand them to, and where to."""
