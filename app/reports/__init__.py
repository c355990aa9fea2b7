"""What can be told of the scheme: where every pass is, where it has been, and how many are used."""
