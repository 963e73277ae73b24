"""One area told at length: its partners, people and commuting, what cuts it, what ran there and what follows."""
