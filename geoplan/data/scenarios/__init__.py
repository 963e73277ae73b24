"""Layers as they would be: changes read, understood and applied."""
