"""Where a person's day begins: what waits for them, and one search for everything they may open."""
