"""Boundary files and documents read, hostile ones refused."""
