"""Places of digital mediation and their labels."""
