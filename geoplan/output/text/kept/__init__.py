"""The user's own data on the screen: what is held, what was fetched, what could be."""
