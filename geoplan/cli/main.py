"""The entry: every command, at the one edge."""

from geoplan.cli import audits, commuting, layers, maps, memberships, networks, planning, profiles
from geoplan.cli.edge import cli, main

__all__ = [
    "audits", "cli", "commuting", "layers", "main", "maps", "memberships", "networks", "planning", "profiles",
]  # fmt: skip
