"""The entry: every command, at the one edge."""

from geoplan.cli import audits, commuting, holdings, layers, maps, networks, planning, profiles
from geoplan.cli.edge import cli, main

__all__ = ["audits", "cli", "commuting", "holdings", "layers", "main", "maps", "networks", "planning", "profiles"]
