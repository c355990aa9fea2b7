"""What people should look at: patterns with their thresholds, decided by somebody, with a note."""
