"""Faults of one drawing: gaps, overlaps, pieces apart, a shift of the whole."""
