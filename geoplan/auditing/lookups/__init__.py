"""Whole lists looked up at once: every row of a table by its postcode."""
