"""Small areas by the hundred thousand shared out to the areas of layers by ground, with what lies in none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyproj
import shapely

from geoplan.auditing.assigning.grounds import Ground
from geoplan.auditing.assigning.packing import CATEGORY, Tally, packed
from geoplan.auditing.assigning.placing import Placing
from geoplan.auditing.assigning.sharing import Shares, shares_of
from geoplan.data.drawn.columns import clean_codes
from geoplan.data.drawn.geometry import finite_rows, polygons_of, repair
from geoplan.data.drawn.projection import project
from geoplan.data.streams.parquet_rows import ParquetRows
from geoplan.engine.edges import edges_of
from geoplan.errors import InputError, refusal
from geoplan.schema import BRITISH_NATIONAL_GRID

__all__ = ["SHARED_SCHEMA", "AreasShared", "Laid", "laid_over", "shared_part"]

SHARED_SCHEMA = pa.schema(
    [("small_area", pa.string()), ("layer", CATEGORY), ("code", CATEGORY), ("name", CATEGORY),
     ("area_m2", pa.float64()), ("share", pa.float64())]
)  # fmt: skip


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
    sums
        Columns summed by area.
    by
        Columns whose values are told apart within one.
    """

    rows: ParquetRows
    placing: Placing
    code: str
    grounds: tuple[Ground, ...]
    words: tuple[str, ...]
    sums: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


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
    Where an area holds a part of unknown size of a block, how much of a small area lies in it is not assessed.
    """
    laid = laid_over(shared, shared.rows.read(span))
    rows = [
        _told(laid.shares[word], laid.areas).assign(layer=word, rank=rank) for rank, word in enumerate(shared.words)
    ]
    frame = pd.concat(rows).sort_values(["row", "rank", "rest", "code"], kind="stable", ignore_index=True)
    frame["small_area"] = laid.codes.to_numpy()[frame["row"].to_numpy()]
    columns = [pa.array(frame[each.name], each.type, from_pandas=True) for each in SHARED_SCHEMA]
    return packed(pa.Table.from_arrays(columns, schema=SHARED_SCHEMA), laid.tally)


@dataclass(frozen=True, eq=False)
class Laid:
    """The small areas of one part laid over the areas of all layers.

    Parameters
    ----------
    codes
        Their codes.
    areas
        Their ground (m2), 0 where there is no outline.
    shares
        Word of a layer -> how they lie in its areas.
    tally
        What was counted.
    """

    codes: pd.Series
    areas: np.ndarray
    shares: Mapping[str, Shares]
    tally: Tally


def laid_over(shared: AreasShared, table: pa.Table) -> Laid:
    """Lay small areas over the areas of all layers.

    Parameters
    ----------
    shared
        What every part needs.
    table
        Rows of the file.

    Returns
    -------
    Laid
        The edges of the small areas are taken once, and each set of outlines is laid over them once.

    Raises
    ------
    InputError
        If a code is missing, or an outline is no polygon.
    """
    where = shared.rows.origin.name
    codes = clean_codes(table[shared.code].to_pandas(), f"{where}, column {shared.code!r}", several=True)
    shapes, repaired = _outlines(table[shared.placing.columns[0]], codes, shared.placing.crs, where)
    edges = edges_of(shapes)
    tally = Tally(len(shapes), int(shapely.is_missing(shapes).sum()), repaired=repaired)
    shares = {each.member.word: each for ground in shared.grounds for each in shares_of(ground, edges)}
    for word in shared.words:
        tally.nowhere[word] = int((edges.areas > 0).sum() - shares[word].parts["row"].nunique())
    return Laid(codes, edges.areas, shares, tally)


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


def _told(shares: Shares, areas: np.ndarray) -> pd.DataFrame:
    """Return the rows of one layer: what an area holds, and what lies in none."""
    parts, at = shares.parts, shares.parts["area"].to_numpy()
    held = pd.DataFrame(
        {
            # Ground that may lie in an area is not assessed, and so is all that the area holds of that small area.
            "row": parts["row"], "rest": False, "area_m2": parts["area_m2"].where(parts["sure"]),
            "code": np.array(shares.member.area_codes, dtype=object)[at],
            "name": np.array(shares.member.area_names, dtype=object)[at],
        }
    )  # fmt: skip
    bare = np.flatnonzero((shares.left > 0) | (areas <= 0))
    amounts = np.where(areas[bare] > 0, shares.left[bare], np.nan)
    rest = pd.DataFrame({"row": bare, "rest": True, "area_m2": amounts, "code": None, "name": None})
    frame = pd.concat([each for each in (held, rest) if len(each)] or [held], ignore_index=True)
    whole = areas[frame["row"].to_numpy(np.int64)]
    frame["share"] = frame["area_m2"].to_numpy(float) / np.where(whole > 0, whole, np.nan)
    return frame
