"""Results as CSV, JSON, GeoJSON and graphs."""
