"""The audit as a GeoPackage with styles."""
