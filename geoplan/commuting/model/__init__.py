"""The model of commuting: distances round water, balanced flows, and how far off they are."""
