"""The entry: every command, at the one edge."""

from geoplan.cli import audits, commuting, editions, layers, maps, memberships, networks, planning, profiles
from geoplan.cli.edge import cli, main

__all__ = [
    "audits", "cli", "commuting", "editions", "layers", "main", "maps", "memberships", "networks", "planning",
    "profiles",
]  # fmt: skip
