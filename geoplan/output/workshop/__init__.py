"""The workshop: a page on which areas are redrawn by hand, and what that does to every measure."""
