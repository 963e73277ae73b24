"""Layers made of tables: memberships, lookups, postcodes."""
