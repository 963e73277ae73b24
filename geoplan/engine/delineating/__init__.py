"""Zones gathered into labour market areas, compiled and plain."""
