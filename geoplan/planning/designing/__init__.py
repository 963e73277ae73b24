"""Clusters designed to fit; imports auditing and below."""
