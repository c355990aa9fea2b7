"""What every printed page shares: fonts, French, QR codes, structure for screen readers, tables."""
