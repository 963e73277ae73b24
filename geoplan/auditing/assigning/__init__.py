"""Rows of files too large to hold, each told the areas that it lies in."""
