"""Layers of a GeoPackage that put outlines to rows, as geoplan's own do: the only queries that are run."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

from geoplan.data.readers.guards import MOST_BYTES, VIRTUAL, damaged, opened_database, refuse_many

__all__ = ["outline_views", "refuse_heavy"]

NAME = r'"(?:[^"]|"")+"'
COLUMNS = rf"r\.fid AS OGC_FID, o\.geom AS geom(?:, r\.{NAME})*"
TABLES = rf"(?P<rows>{NAME}) AS r LEFT JOIN outlines AS o ON o\.fid = r\.outline"
PLAIN_JOIN = re.compile(f"CREATE VIEW {NAME} AS SELECT {COLUMNS} FROM {TABLES}")  # noqa: S608 - a pattern, never run
"""Columns of two tables and nothing worked out of them."""


def outline_views(path: Path) -> dict[str, str]:
    """Find the views that only put the outlines of one table to the rows of another.

    Parameters
    ----------
    path
        A GeoPackage.

    Returns
    -------
    dict
        Name of the view in lower case -> name of its table of rows; a row has one outline at most, and both tables
        are stored as they are, with nothing computed.
    """
    with damaged(path.name, "GPKG"), opened_database(path) as database:
        entries = database.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        tables = {str(name) for kind, name, sql in entries if kind == "table" and not VIRTUAL.match(sql)}
        found = {}
        for kind, name, sql in entries:
            if kind == "view" and (match := PLAIN_JOIN.fullmatch(sql)):
                rows = match["rows"][1:-1].replace('""', '"')
                if {rows, "outlines"} <= tables and _is_stored(database, rows) and _is_keyed(database):
                    found[str(name).lower()] = rows
        return found


def refuse_heavy(path: Path, rows: str) -> None:
    """Refuse a view of rows that draw so much, over and over, that it could not be held."""
    named = rows.replace('"', '""')
    asked = f'SELECT sum(length(o.geom)) FROM "{named}" AS r JOIN outlines AS o ON o.fid = r.outline'  # noqa: S608 - quoted
    with damaged(path.name, "GPKG"), opened_database(path) as database:
        drawn = database.execute(asked).fetchone()[0]
    refuse_many(path.name, "bytes of outlines", int(drawn or 0), MOST_BYTES)


def _is_stored(database: sqlite3.Connection, rows: str) -> bool:
    """Tell whether neither of the tables has columns that the file computes."""
    asked = "SELECT count(*) FROM pragma_table_xinfo(?) WHERE hidden > 1"
    return not any(database.execute(asked, [table]).fetchone()[0] for table in (rows, "outlines"))


def _is_keyed(database: sqlite3.Connection) -> bool:
    """Tell whether each number stands for one outline at most."""
    asked = "SELECT name, upper(type) FROM pragma_table_xinfo('outlines') WHERE pk > 0"
    return database.execute(asked).fetchall() == [("fid", "INTEGER")]
