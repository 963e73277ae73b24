"""Candidate clusters and the best choice among them; imports nothing of a plan."""
