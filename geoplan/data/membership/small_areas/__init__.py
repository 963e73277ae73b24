"""Lookups from small areas and postcodes to areas; imports schema and below."""
