"""The entry: every command, at the one edge."""

from geoplan.cli import assigning, audits, commuting, layers, maps, networks, planning, profiles
from geoplan.cli.edge import cli, main
from geoplan.cli.own import editions, holdings, memberships

__all__ = [
    "assigning", "audits", "cli", "commuting", "editions", "holdings", "layers", "main", "maps", "memberships",
    "networks", "planning", "profiles",
]  # fmt: skip
