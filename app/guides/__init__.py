"""What people are told about the scheme: the information kit, the guides, the statements."""
