"""Every row of a table by its postcode or coordinates: whether it is known, and the area of each layer it lies in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geoplan.analysis.ground import located
from geoplan.auditing.lookups.point_lists import (
    NOT_A_COORDINATE,
    OUTSIDE,
    Coordinates,
    coordinate_columns,
    located_rows,
    with_blocks,
)
from geoplan.auditing.place_lookup import is_there
from geoplan.commuting.atlas import Atlas
from geoplan.data import catalogue
from geoplan.data.drawn.columns import as_text
from geoplan.data.membership.small_areas.postcode_column import (
    postcode_column,
    postcode_columns,
    postcodes_in,
    without_headings,
)
from geoplan.data.shipped import package_data
from geoplan.data.tables.tables import RawTable
from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import Layer

__all__ = [
    "EMPTY",
    "FOUND",
    "LOST",
    "MANY",
    "PostcodeList",
    "free_words",
    "layers_by_word",
    "layers_in_force",
    "list_looked_up",
    "members_joined",
]

FOUND, NOT_A_POSTCODE, NOT_KNOWN, EMPTY = "found", "not a postcode", "not known", "empty"
"""What is said of each row; a postcode that is not known is none of the directory of November 2025."""
LOST = (NOT_KNOWN, NOT_A_POSTCODE, NOT_A_COORDINATE, OUTSIDE, EMPTY)
"""What is said of rows that were not found."""
MANY = 8
"""Letters that postcodes begin with, from which all are read at once, which are then kept for the next time."""
MEMBER_COLUMNS = ("code", "name", "share")


@dataclass(frozen=True, eq=False)
class PostcodeList:
    """A table of the user's own with the areas of each of its rows.

    Parameters
    ----------
    file
        What the table is called.
    columns
        The column in which postcodes stand, or the two of coordinates.
    by
        What rows were looked up by, as the end of a sentence.
    table
        All columns of the table, in their order, indexed by ``row`` as a spreadsheet numbers them; then how the
        place was read, what is known of it, and ``KEY_code``, ``KEY_name`` and ``KEY_share`` of each layer.
    read_as, status
        Of each row: the postcode, such as "BA1 0AA", or easting and northing; and `FOUND`, `NOT_KNOWN`,
        `NOT_A_POSTCODE`, `NOT_A_COORDINATE`, `OUTSIDE` or `EMPTY`.
    layers
        Those looked up.
    said
        How the table had to be understood, as sentences.
    """

    file: str
    columns: tuple[str, ...]
    by: str
    table: pd.DataFrame
    read_as: pd.Series
    status: pd.Series
    layers: tuple[Layer, ...]
    said: tuple[str, ...]

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by their status."""
        return Counter(self.status)

    @property
    def drawn(self) -> bool:
        """Whether places are coordinates, of which the outlines decide."""
        return len(self.columns) > 1

    @property
    def lost(self) -> pd.Series:
        """Row -> what stands in it, of those that were not found."""
        lost = (self.status != FOUND).to_numpy()
        texts = [as_text(self.table.loc[lost, column]) for column in self.columns]
        joined = [" ".join(filter(None, cells)) for cells in zip(*texts, strict=True)]
        return pd.Series(joined, index=self.table.index[lost], dtype=object)


@dataclass(frozen=True, eq=False)
class _Places:
    """Where rows lie: ``at`` is the position in ``points`` (block, x, y) of each, -1 of those without a place."""

    columns: tuple[str, ...]
    by: str
    read_as: Sequence[str] | np.ndarray
    status: np.ndarray
    points: pd.DataFrame
    at: np.ndarray
    said: tuple[str, ...] = ()


def list_looked_up(
    raw: RawTable,
    layers: Sequence[str] = (),
    *,
    atlas: Atlas,
    column: str = "",
    coordinates: str = "",
    epsg: int | None = None,
) -> PostcodeList:
    """Look up every row of a table by its postcode, or by its coordinates.

    Parameters
    ----------
    raw
        The table; blank rows within it are put back.
    layers
        References to layers, made of authorities or drawn; by default those of the catalogue that `lookup` tells of.
    atlas
        Where layers are opened.
    column
        The column of postcodes, or of addresses with one; found by itself where one fits.
    coordinates
        The columns of x and y, ``X,Y``; found by their headings where no column holds postcodes.
    epsg
        Number of the coordinate system of coordinates; None where headings or values tell it.

    Returns
    -------
    PostcodeList
        Rows as many and in the order of the table.

    Raises
    ------
    InputError
        If no column holds postcodes and no two coordinates, or several do, or a layer cannot be opened.
    ConfigurationError
        If a layer is a lookup from other small areas, which places cannot be found in, or a column of postcodes and
        coordinates are asked for at once.

    Notes
    -----
    In layers made of authorities a postcode is in every area that holds all of its block, as in `lookup`; where an
    area holds only a part of it, whether that reaches the postcode is not known. In boundary files its point decides.
    Coordinates lie in the block whose indicative outline holds them.
    """
    if column and (coordinates or epsg is not None):
        message = "--postcode looks rows up by their postcodes: leave out --coordinates and --epsg."
        raise ConfigurationError(message)
    frame = _with_blank_rows(without_headings(raw.frame))
    headings = [str(heading) for heading in frame.columns]
    pair = None if column else coordinate_columns(headings, raw.file, coordinates)
    pointed = bool(coordinates) or epsg is not None or (pair is not None and not postcode_columns(frame))
    if pointed:
        places = _by_coordinates(located_rows(frame, raw, pair, epsg=epsg), atlas)
    else:
        places = _by_postcodes(frame, raw, column)
        if pair is not None:
            said = f"Its columns {pair[0]!r} and {pair[1]!r} were not used: --coordinates looks rows up by them."
            places = replace(places, said=(said,))
    opened = [atlas.layer(each) for each in layers] or layers_in_force(atlas)
    added = {"read_as": places.read_as, "status": places.status}
    for key, layer in layers_by_word(opened).items():
        held = _held(layer, places.points)
        # Place -1, a row that was not found, picks the last item: nothing is said of it.
        added |= {f"{key}_{name}": np.append(held[name].to_numpy(), "")[places.at] for name in MEMBER_COLUMNS}
    names = free_words(list(added), frame.columns)
    more = pd.DataFrame({names[name]: values for name, values in added.items()}, index=frame.index, dtype=object)
    read, known = (pd.Series(values, index=frame.index) for values in (places.read_as, places.status))
    table = pd.concat([frame, more], axis="columns")
    said_of = (*raw.said, *places.said)
    return PostcodeList(raw.file, places.columns, places.by, table, read, known, tuple(opened), said_of)


def _by_postcodes(frame: pd.DataFrame, raw: RawTable, column: str) -> _Places:
    chosen = postcode_column(frame, raw.file, column or raw.column or "")
    written = as_text(frame[chosen])
    postcodes = postcodes_in(written)
    points = _points(pd.unique(postcodes[postcodes != ""]))
    at = pd.Index(points["postcode"]).get_indexer(pd.Index(postcodes))
    status = np.select(
        [(written == "").to_numpy(), (postcodes == "").to_numpy(), at < 0], [EMPTY, NOT_A_POSTCODE, NOT_KNOWN], FOUND
    )
    return _Places((chosen,), f"the postcodes in {chosen!r}", postcodes.to_numpy(), status, points, at)


def _by_coordinates(found: Coordinates, atlas: Atlas) -> _Places:
    points = with_blocks(found, atlas.drawn.blocks)
    has = found.fault == ""
    at = np.where(has, np.cumsum(has) - 1, -1)
    across, up = found.columns
    by = f"the coordinates in {across!r} and {up!r} ({found.crs}, {found.told})"
    return _Places(found.columns, by, found.read_as, np.where(has, FOUND, found.fault), points, at)


def _with_blank_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the blank rows between its first and its last, which readers leave out."""
    if len(frame) == frame.index[-1] - frame.index[0] + 1:
        return frame
    every = pd.RangeIndex(frame.index[0], frame.index[-1] + 1, name=frame.index.name)
    return frame.astype(object).reindex(every, fill_value="")


def layers_in_force(atlas: Atlas) -> list[Layer]:
    """Return the layers of the catalogue that are there on the day of an atlas."""
    day = atlas.as_of.isoformat()
    return [layer for layer in map(atlas.layer, catalogue.own()) if is_there(layer, day)]


def layers_by_word(layers: Sequence[Layer]) -> dict[str, Layer]:
    """Return each layer under what its columns begin with: its key, of a file the name before the dot if that tells."""
    short = [PurePath(layer.key).stem for layer in layers]
    return {name if short.count(name) == 1 else layer.key: layer for name, layer in zip(short, layers, strict=True)}


def _points(postcodes: np.ndarray) -> pd.DataFrame:
    """Return postcode, block, x and y of those postcodes that are known."""
    letters = {text[0] for text in postcodes}
    wanted = letters if len(letters) < MANY else None
    points = package_data.postcode_points(wanted, columns=("postcode", "block", "x", "y"))
    # Arrow looks millions of texts up ten times as fast as pandas does.
    known = pc.is_in(pa.array(points["postcode"].array), value_set=pa.array(postcodes, pa.large_string()))
    return points[known.to_numpy(zero_copy_only=False)].reset_index(drop=True)


def _held(layer: Layer, points: pd.DataFrame) -> pd.DataFrame:
    """Return for each point the codes, names and shares of the areas it lies in, empty where it lies in none."""
    if layer.parts is None:
        found = located(layer, points)
        rows = pd.DataFrame({"at": found["point"], "code": found["code"].astype(str), "whole": True})
        return members_joined(rows, layer).reindex(range(len(points)), fill_value="")
    if layer.blocks is not None:
        message = f"{layer.title} is a lookup from other small areas, and a place cannot be found in it"
        raise ConfigurationError(refusal(message, hint="Give a boundary file, or a table of postcodes or authorities."))
    parts, blocks = layer.parts, points["block"].cat
    rows = pd.DataFrame(
        {"at": parts["block"].astype(str), "code": parts["code"].astype(str), "whole": parts["share"] >= 1}
    )
    return (
        members_joined(rows, layer).reindex(blocks.categories.astype(str), fill_value="").take(blocks.codes.to_numpy())
    )


def members_joined(rows: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Return one row a place; what surely holds it comes first, several are joined by semicolons."""
    ranked = rows.sort_values(["at", "whole"], ascending=[True, False], kind="stable")
    said = ranked.assign(
        name=ranked["code"].map(layer.areas["name"].astype(str)), share=np.where(ranked["whole"], "1", NOT_KNOWN)
    )
    several = said["at"].duplicated(keep=False)
    grouped = said[several].groupby("at")
    joined = grouped.agg(code=("code", ";".join), name=("name", "; ".join), share=("share", ";".join))
    every = pd.concat([said[~several].set_index("at")[list(MEMBER_COLUMNS)], joined]).astype(object)
    shares = [1 if share == "1" else share for share in every["share"]]
    return every.assign(share=pd.Series(shares, index=every.index, dtype=object))


def free_words(names: Sequence[str], columns: Iterable[Any]) -> dict[str, str]:
    """Return for each name one that no column of the table has: a number stands behind those that are taken."""
    taken = {str(column) for column in columns}
    free: dict[str, str] = {}
    for name in names:
        made, n = name, 2
        while made in taken:
            made, n = f"{name}_{n}", n + 1
        taken.add(made)
        free[name] = made
    return free
