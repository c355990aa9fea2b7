"""Who may do what: agents, their roles, their tokens and how they sign in."""
