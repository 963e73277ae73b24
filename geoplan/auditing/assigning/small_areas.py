"""Small areas by the hundred thousand shared out to the areas of layers by ground, with what lies in none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely

from geoplan.auditing.assigning.grounds import Ground, Member
from geoplan.auditing.assigning.packing import CATEGORY, Tally, packed
from geoplan.auditing.assigning.placing import Placing
from geoplan.data.drawn.columns import clean_codes
from geoplan.data.drawn.geometry import finite_rows, polygons_of, repair
from geoplan.data.drawn.projection import project
from geoplan.data.streams.parquet_rows import ParquetRows
from geoplan.engine.edges import TOUCH_M2, Edges, edges_of
from geoplan.engine.intersections import intersection_areas
from geoplan.errors import InputError, refusal
from geoplan.schema import BRITISH_NATIONAL_GRID

__all__ = ["SHARED_SCHEMA", "AreasShared", "shared_part"]

SHARED_SCHEMA = pa.schema(
    [("small_area", pa.string()), ("layer", CATEGORY), ("code", CATEGORY), ("name", CATEGORY),
     ("area_m2", pa.float64()), ("share", pa.float64())]
)  # fmt: skip
ROUNDING = 1e-9
"""Share of a small area below which what is left of it is rounding."""


@dataclass(frozen=True, eq=False)
class AreasShared:
    """What every part needs.

    Parameters
    ----------
    rows
        The file.
    placing
        Its column of geometry and the system of that.
    code
        Its column of codes.
    grounds
        Outlines that small areas are shared out to.
    words
        The layers in the order they were asked for.
    """

    rows: ParquetRows
    placing: Placing
    code: str
    grounds: tuple[Ground, ...]
    words: tuple[str, ...]


def shared_part(shared: AreasShared, span: Any) -> bytes:
    """Share out the small areas of one part.

    Parameters
    ----------
    shared
        What every part needs.
    span
        Which rows.

    Returns
    -------
    bytes
        A row for each small area and each area of each layer that holds ground of it, and one for what lies in none;
        and what was counted.

    Notes
    -----
    The edges of the small areas are taken once, and each set of outlines is laid over them once: ground in an area
    made of blocks is the sum of that in its blocks. Where an area holds a part of unknown size of a block, how much of
    a small area lies in it is not assessed.
    """
    table = shared.rows.read(span)
    where = shared.rows.origin.name
    codes = clean_codes(table[shared.code].to_pandas(), f"{where}, column {shared.code!r}", several=True)
    shapes, repaired = _outlines(table[shared.placing.columns[0]], codes, shared.placing.crs, where)
    edges = edges_of(shapes)
    tally = Tally(len(shapes), int(shapely.is_missing(shapes).sum()), repaired=repaired)
    told = {frame.word: frame for ground in shared.grounds for frame in _told(ground, edges)}
    rows = []
    for rank, word in enumerate(shared.words):
        tally.nowhere[word] = int((edges.areas > 0).sum() - told[word].met)
        rows.append(told[word].frame.assign(layer=word, rank=rank))
    frame = pd.concat(rows).sort_values(["row", "rank", "rest", "code"], kind="stable", ignore_index=True)
    frame["small_area"] = codes.to_numpy()[frame["row"].to_numpy()]
    columns = [pa.array(frame[each.name], each.type, from_pandas=True) for each in SHARED_SCHEMA]
    return packed(pa.Table.from_arrays(columns, schema=SHARED_SCHEMA), tally)


def _outlines(column: pa.ChunkedArray, codes: pd.Series, crs: str, where: str) -> tuple[np.ndarray, int]:
    """Read polygons, bring them to EPSG:27700 and repair each on its own; missing where there is none."""
    try:
        shapes = shapely.force_2d(shapely.from_wkb(column.to_numpy()))
    except (shapely.errors.ShapelyError, TypeError) as problem:
        said = f"{where}: its geometry cannot be read"
        raise InputError(refusal(said, hint="Save the file again, with geometry as WKB.")) from problem
    shapes[shapely.is_empty(shapes)] = None
    kinds = shapely.get_type_id(shapes)
    mixed = kinds == shapely.GeometryType.GEOMETRYCOLLECTION
    shapes[mixed] = [polygons_of(each) for each in shapes[mixed]]
    wrong = ~np.isin(shapely.get_type_id(shapes), (-1, 3, 6)) | ~finite_rows(shapes)
    if wrong.any():
        raise InputError(refusal(f"{where}: outlines that are no polygons of numbers", codes=codes[wrong]))
    if crs != BRITISH_NATIONAL_GRID:
        shapes = project(shapes, pyproj.CRS(crs), where)
    bad = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
    for row in bad:
        one = codes[[row]].reset_index(drop=True)
        # Each alone: what becomes of one must not depend on which others are read with it.
        shapes[row] = repair(shapes[[row]], one, one, where)[0][0]
    return shapes, len(bad)


@dataclass(frozen=True, eq=False)
class _Told:
    """The rows of one layer, and how many small areas it holds any ground of."""

    word: str
    frame: pd.DataFrame
    met: int


def _told(ground: Ground, edges: Edges) -> Iterator[_Told]:
    """Share the small areas out to the areas of each layer of a ground."""
    assert ground.edges is not None  # noqa: S101 - for types
    row, area, m2 = intersection_areas(edges, ground.edges, least=TOUCH_M2)
    met = pd.DataFrame({"row": row, "ground": area, "area_m2": m2})
    union = None
    if ground.union is not None:
        covered = intersection_areas(edges, ground.union, least=TOUCH_M2)
        union = np.bincount(covered[0], covered[2], minlength=len(edges))
    for member in ground.members:
        yield _shared_out(member, edges.areas, met, union)


def _shared_out(member: Member, areas: np.ndarray, met: pd.DataFrame, union: np.ndarray | None) -> _Told:
    held = met[member.place[met["ground"].to_numpy()] >= 0]
    covered = np.bincount(held["row"], held["area_m2"], minlength=len(areas)) if union is None else union
    pieces = held.merge(member.holds, on="ground")
    # Ground that may lie in an area is not assessed, and so is all that the area holds of that small area.
    summed = pieces.groupby(["row", "area"], as_index=False).agg(area_m2=("area_m2", "sum"), sure=("sure", "all"))
    at = summed["area"].to_numpy()
    parts = pd.DataFrame(
        {
            "row": summed["row"], "rest": False, "area_m2": summed["area_m2"].where(summed["sure"]),
            "code": np.array(member.area_codes, dtype=object)[at],
            "name": np.array(member.area_names, dtype=object)[at],
        }
    )  # fmt: skip
    left = areas - covered
    bare = np.flatnonzero((left > np.maximum(TOUCH_M2, ROUNDING * areas)) | (areas <= 0))
    amounts = np.where(areas[bare] > 0, left[bare], np.nan)
    rest = pd.DataFrame({"row": bare, "rest": True, "area_m2": amounts, "code": None, "name": None})
    frame = pd.concat([each for each in (parts, rest) if len(each)] or [parts], ignore_index=True)
    whole = areas[frame["row"].to_numpy(np.int64)]
    frame["share"] = frame["area_m2"].to_numpy(float) / np.where(whole > 0, whole, np.nan)
    return _Told(member.word, frame, int(parts["row"].nunique()))
