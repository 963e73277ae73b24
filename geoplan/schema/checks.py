"""The columns that each table must have, and the refusal of a table that lacks them."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from geoplan.errors import TableError, refusal

__all__ = [
    "BLOCK_MEASURES",
    "BODY_COLUMNS",
    "OVERLAY_COLUMNS",
    "PART_COLUMNS",
    "SET_ASIDE_COLUMNS",
    "check_areas",
    "check_blocks",
    "check_bodies",
    "check_flows",
    "check_overlay",
    "check_parts",
    "require_columns",
]

OVERLAY_COLUMNS = (
    "area_m2",
    "left_area_share",
    "right_area_share",
    "people",
    "left_people_share",
    "right_people_share",
    "width_m",
    "artefact",
)
SET_ASIDE_COLUMNS = ("reason", "code", "side", "workers")
BODY_COLUMNS = ("area", "body", "lad", "tier", "role", "source", "confidence")
PART_COLUMNS = ("block", "code", "share")
BLOCK_MEASURES = ("people", "working_age", "postcodes", "area_m2")


def require_columns(table: pd.DataFrame, columns: Iterable[str], where: str) -> None:
    """Refuse a table that lacks a column."""
    missing = [column for column in columns if column not in table.columns]
    if missing:
        message = refusal(f"{where}: column {missing[0]!r} is missing", hint=f"Found: {list(table.columns)}.")
        raise TableError(message)


def check_areas(areas: pd.DataFrame, where: str) -> None:
    """Refuse a table of areas without names, or with codes missing or repeated.

    Parameters
    ----------
    areas
        Frame indexed by code.
    where
        The layer, for the message.

    Raises
    ------
    TableError
        Naming the layer, the column, the number of bad rows and the first three codes.
    """
    require_columns(areas, ["name"], f"areas of {where}")
    index = areas.index
    blank = index.isna() | (index.astype(str).str.strip() == "")
    if blank.any():
        message = refusal(f"areas of {where}: column 'code' is empty", codes=areas["name"][blank])
        raise TableError(message)
    if not index.is_unique:
        message = refusal(f"areas of {where}: column 'code' has repeated values", codes=index[index.duplicated()])
        raise TableError(message)


def check_parts(parts: pd.DataFrame, where: str, codes: pd.Index) -> None:
    """Refuse parts that name unknown areas or hold shares outside 0 to 1.

    Parameters
    ----------
    parts
        Frame with ``block``, ``code`` and ``share``.
    where
        The layer, for the message.
    codes
        The codes of the layer's areas.

    Raises
    ------
    TableError
        Naming the layer, the column, the number of bad rows and the first three codes.
    """
    require_columns(parts, PART_COLUMNS, f"parts of {where}")
    strange = codes.get_indexer(parts["code"]) < 0
    if strange.any():
        message = refusal(f"parts of {where}: column 'code' names no area", codes=parts["code"][strange])
        raise TableError(message)
    wrong = (parts["share"] < 0) | (parts["share"] > 1 + 1e-9)
    if wrong.any():
        message = refusal(f"parts of {where}: column 'share' is not within 0 to 1", codes=parts["block"][wrong])
        raise TableError(message)
    twice = parts.duplicated(["block", "code"])
    if twice.any():
        message = refusal(f"parts of {where}: a block is listed twice for one area", codes=parts["block"][twice])
        raise TableError(message)


def check_blocks(blocks: pd.DataFrame, where: str, parts: pd.DataFrame | None) -> None:
    """Refuse a layer's own blocks without a measure, or parts that are not whole blocks of them, each once.

    Parameters
    ----------
    blocks
        Frame indexed by block.
    where
        The layer, for the message.
    parts
        The layer's parts.

    Raises
    ------
    TableError
        Naming the layer, the column, the number of bad rows and the first three codes.
    """
    require_columns(blocks, BLOCK_MEASURES, f"blocks of {where}")
    if parts is None:
        message = refusal(f"blocks of {where}: no parts say which area each belongs to")
        raise TableError(message)
    if not blocks.index.is_unique:
        message = refusal(f"blocks of {where}: blocks are repeated", codes=blocks.index[blocks.index.duplicated()])
        raise TableError(message)
    at = blocks.index.get_indexer(parts["block"])
    strange = at < 0
    if strange.any():
        message = refusal(f"parts of {where}: column 'block' names no block", codes=parts["block"][strange])
        raise TableError(message)
    torn = (parts["share"] != 1).to_numpy() | pd.Series(at).duplicated().to_numpy()
    if torn.any():
        message = refusal(f"parts of {where}: a block of its own is not whole in one area", codes=parts["block"][torn])
        raise TableError(message)


def check_bodies(bodies: pd.DataFrame, where: str) -> None:
    """Refuse a table of bodies that lacks a column, or names a body without saying who.

    Parameters
    ----------
    bodies
        Frame with `BODY_COLUMNS`.
    where
        The layer, for the message.

    Raises
    ------
    TableError
        Naming the layer, the column, the number of bad rows and the first three areas.
    """
    require_columns(bodies, BODY_COLUMNS, f"bodies of {where}")
    blank = bodies["body"] == ""
    if blank.any():
        raise TableError(refusal(f"bodies of {where}: column 'body' is empty", codes=bodies["area"][blank]))


def check_flows(table: pd.DataFrame, zones: pd.Index, where: str) -> None:
    """Refuse flows that hold a pair twice, workers that are no positive number, or a zone that is not named.

    Parameters
    ----------
    table
        Frame indexed by ``(origin, destination)`` with ``workers``.
    zones
        The zones the table may name.
    where
        The source, for the message.

    Raises
    ------
    TableError
        Naming the source, the column, the number of bad rows and the first three codes.
    """
    require_columns(table, ["workers"], f"flows of {where}")
    if table.index.names != ["origin", "destination"]:
        message = refusal(f"flows of {where}: the index is {list(table.index.names)}, not origin and destination")
        raise TableError(message)
    bad = ~(table["workers"] > 0) | (table["workers"] == float("inf"))
    if bad.any():
        codes = [" to ".join(map(str, ends)) for ends in table.index[bad]]
        raise TableError(refusal(f"flows of {where}: column 'workers' is not a number above 0", codes=codes))
    if not table.index.is_unique:
        codes = [" to ".join(map(str, ends)) for ends in table.index[table.index.duplicated()]]
        raise TableError(refusal(f"flows of {where}: pairs of zones stand twice", codes=codes))
    for end in ("origin", "destination"):
        unknown = table.index.unique(end).difference(zones)
        if len(unknown):
            raise TableError(refusal(f"flows of {where}: column {end!r} names unknown zones", codes=unknown))


def check_overlay(table: pd.DataFrame, where: str) -> None:
    """Refuse an overlay table without its index levels or columns, or with a pair twice.

    Parameters
    ----------
    table
        Frame indexed by ``(left, right)``.
    where
        The two layers, for the message.

    Raises
    ------
    TableError
        Naming the layers, the column, the number of bad rows and the first three pairs.
    """
    if list(table.index.names) != ["left", "right"]:
        message = refusal(f"overlay of {where}: the index is {list(table.index.names)}, not left, right")
        raise TableError(message)
    require_columns(table, OVERLAY_COLUMNS, f"overlay of {where}")
    if not table.index.is_unique:
        twice = table.index[table.index.duplicated()]
        message = refusal(f"overlay of {where}: a pair stands twice", codes=twice)
        raise TableError(message)
