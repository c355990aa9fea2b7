"""« Mise en route »: what a territory does before its first order, and how far it has come."""
