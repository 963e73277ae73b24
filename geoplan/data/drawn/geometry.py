"""Geometry made valid polygons, every repair told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geoplan.data.drawn.validity import invalid_rows
from geoplan.errors import InputError, refusal
from geoplan.schema import Note

__all__ = ["Floats", "Geometries", "dissolved", "finite_rows", "refuse_rows", "repair", "sound_types"]

POLYGONAL = (3, 6)
COLLECTION = 7
Geometries = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]


def sound_types(geometry: Geometries, codes: pd.Series, where: str) -> tuple[Geometries, list[Note]]:
    """Return flat polygons and multipolygons, with notes where a collection lost its points and lines."""
    absent = shapely.is_missing(geometry) | shapely.is_empty(geometry)
    kinds = shapely.get_type_id(geometry)
    collection = (kinds == COLLECTION) & ~absent
    parts = geometry.copy()
    parts[collection] = [polygons_of(item) for item in geometry[collection]]
    drawn = np.isin(kinds, POLYGONAL) | (collection & ~shapely.is_empty(parts))
    if not (drawn & ~absent).any() and not absent.all():
        found = " and ".join(sorted({item.geom_type for item in geometry[~absent]}))
        raise InputError(refusal(f"{where}: holds no polygons, only {found}"))
    refuse_rows(f"{where}: geometry is missing or empty", codes, absent)
    if not drawn.all():
        found = " and ".join(sorted({item.geom_type for item in geometry}))
        refuse_rows(f"{where}: mixed geometry types, {found}; these areas are no polygons", codes, ~drawn)
    flat = shapely.force_2d(parts) if (shapely.has_z(parts) | shapely.has_m(parts)).any() else parts
    finite = finite_rows(flat)
    refuse_rows(f"{where}: coordinates are NaN or infinite", codes, ~finite)
    notes = [
        Note("GP101", f"{code}: the points and lines beside its polygons were left out.", code)
        for code in codes[collection]
    ]
    return flat, notes


def finite_rows(geometry: Geometries) -> npt.NDArray[np.bool_]:
    """Tell which polygons have finite coordinates only."""
    # A length adds up all coordinates, at a third of the cost of looking at each; a finite one has none that is not.
    with np.errstate(invalid="ignore", over="ignore"):
        finite = np.isfinite(shapely.length(geometry))
    doubtful = np.flatnonzero(~finite)
    coordinates, rows = shapely.get_coordinates(geometry[doubtful], return_index=True)
    finite[doubtful] = np.bincount(rows, ~np.isfinite(coordinates).all(axis=1), minlength=len(doubtful)) == 0
    return finite


def refuse_rows(what: str, codes: pd.Series, bad: npt.NDArray[np.bool_]) -> None:
    """Refuse a layer in which rows are bad, naming their codes."""
    if bad.any():
        raise InputError(refusal(what, codes=codes[bad]))


def polygons_of(geometry: Any) -> Any:
    """Return the polygonal part of one geometry as Polygon or MultiPolygon, empty when there is none."""
    parts = shapely.get_parts([geometry])
    while (shapely.get_type_id(parts) > POLYGONAL[0]).any():
        parts = shapely.get_parts(parts)
    polygons = parts[(shapely.get_type_id(parts) == POLYGONAL[0]) & ~shapely.is_empty(parts)]
    return polygons[0] if len(polygons) == 1 else shapely.multipolygons(polygons)


def repair(
    geometry: Geometries, codes: pd.Series, names: pd.Series, where: str, origin: Iterable[str] = ()
) -> tuple[Geometries, list[Note]]:
    """Make invalid polygons valid, with a note for each; valid ones stay as they are.

    Ground once drawn stays, save what is drawn twice within one area, such as a shell inside a shell,
    and held by another area of the layer: that is a hole which was written as a shell. ``origin`` is that of
    `geoplan.data.drawn.validity.invalid_rows`.
    """
    bad = invalid_rows(geometry, origin)
    if not len(bad):
        return geometry, []
    drawn = geometry[bad]
    whole = outlined(drawn)
    twice = shapely.difference(whole, polygonal(shapely.make_valid(drawn)))
    fixed = geometry.copy()
    fixed[bad] = whole
    holes = lost_holes(twice, bad, fixed)
    for row, hole in holes.items():
        fixed[row] = polygons_of(shapely.difference(fixed[row], hole))
    flat = np.zeros(len(fixed), dtype=bool)
    flat[bad] = shapely.area(fixed[bad]) == 0
    refuse_rows(f"{where}: polygons have no area", codes, flat)
    before = dict(zip(bad, drawn, strict=True))
    notes = [repair_note(codes[row], names[row], before[row], fixed[row], hole=row in holes) for row in bad]
    return fixed, notes


def outlined(geometry: Geometries) -> Geometries:
    """Return the ground that lies in a shell of each (multi)polygon and in no hole of that shell."""
    parts, owners = shapely.get_parts(geometry, return_index=True)
    parts, owners = parts[~shapely.is_empty(parts)], owners[~shapely.is_empty(parts)]
    rings, part = shapely.get_rings(parts, return_index=True)
    shell = np.diff(part, prepend=-1) > 0
    ground = filled(rings)
    pieces = ground[shell]
    for number in np.unique(part[~shell]):
        pieces[number] = shapely.difference(pieces[number], shapely.union_all(ground[~shell & (part == number)]))
    joined = [shapely.union_all(pieces[owners == owner]) for owner in range(len(geometry))]
    return polygonal(np.array(joined, dtype=object))


def filled(rings: Geometries) -> Geometries:
    """Return the ground a ring encloses, for a ring that crosses itself too.

    Neither of GEOS's methods keeps all of it: linework leaves out what is encircled twice, structure some
    of the lobes.
    """
    ground = shapely.polygons(rings)
    bad = ~shapely.is_valid(ground)
    structure = shapely.make_valid(ground[bad], method="structure", keep_collapsed=False)
    ground[bad] = shapely.union(polygonal(structure), polygonal(shapely.make_valid(ground[bad])))
    return polygonal(ground)


def polygonal(geometry: Geometries) -> Geometries:
    """Return the polygonal part of each geometry."""
    parts = geometry.copy()
    others = ~np.isin(shapely.get_type_id(geometry), POLYGONAL)
    parts[others] = [polygons_of(item) for item in geometry[others]]
    return parts


def lost_holes(twice: Geometries, rows: npt.NDArray[np.int_], layer: Geometries) -> dict[int, Any]:
    """Find the ground drawn twice that other areas of the layer hold, by row of the layer."""
    pieces, owners = shapely.get_parts(twice, return_index=True)
    right, left = shapely.STRtree(pieces).query(layer, predicate="intersects")
    other = right != rows[owners[left]]
    left, right = left[other], right[other]
    shared = shapely.area(shapely.intersection(pieces[left], layer[right]))
    taken = np.bincount(left, shared, minlength=len(pieces)) > shapely.area(pieces) / 2
    return {
        int(rows[owner]): shapely.union_all(pieces[taken & (owners == owner)]) for owner in np.unique(owners[taken])
    }


def repair_note(code: str, name: str, before: Any, after: Any, *, hole: bool) -> Note:
    """Word what was wrong with an area and how much its area in square metres changed."""
    reason = re.sub(r"\[.*", "", shapely.is_valid_reason(before)).strip().lower()
    change = float(after.area - before.area)
    effect = f"changed by {change:+,.0f} m2" if abs(change) >= 1 else "did not change"
    cut = ", for another area lies on ground it held twice" if hole else ""
    message = f"{code} {name}: an invalid polygon ({reason}) was repaired; its area {effect}{cut}."
    return Note("GP101", message, code, name, measure="area_change", value=change, unit="m2")


def dissolved(
    codes: pd.Series, names: pd.Series, geometry: Geometries, where: str
) -> tuple[pd.Series, pd.Series, Geometries, list[Note]]:
    """Join the rows of the same code, which must have one name."""
    several = names.groupby(codes).nunique()
    torn = several.index[several > 1]
    if len(torn):
        hint = "Rows of one code must have one name to be parts of one area; choose another column with --code."
        raise InputError(refusal(f"{where}: codes have several names", codes=torn, hint=hint))
    first = ~codes.duplicated().to_numpy()
    if first.all():
        return codes, names, geometry, []
    row = pd.Index(codes[first]).get_indexer(codes)
    whole = np.array([shapely.union_all(geometry[row == n]) for n in range(first.sum())], dtype=object)
    text = f"{where}: {len(codes):,} rows were joined into {len(whole):,} areas by their codes, as asked."
    codes, names = (each[first].reset_index(drop=True) for each in (codes, names))
    return codes, names, whole, [Note("GP103", text, by_design=True)]
