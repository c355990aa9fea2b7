"""Letters to agents: written with the act, sent after it, until a server has taken them."""
