"""Commuting tables brought to zones, nobody lost."""
