"""TopoJSON looked through before it is opened: borders are shared by number, and each number must be one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from geoplan.data.readers.documents import parse_json, read_document
from geoplan.data.readers.guards import MOST_VERTICES, refuse_many
from geoplan.errors import InputError, refusal

__all__ = ["rings_of"]

BROKEN = "Export or download it again."


def rings_of(path: Path) -> dict[str, int]:
    """Check a topology, and count the rings of each of its objects.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        Name of an object -> rings of its polygons, holes too.

    Raises
    ------
    InputError
        If it is no topology, its borders are no lists of positions, an outline names a border that is not there, or
        positions are scaled by what is no number.
    """
    told = parse_json(read_document(path), path.name)
    if not isinstance(told, dict) or told.get("type") != "Topology":
        _refuse(path, "is not TopoJSON, whatever its name says")
    borders, objects = told.get("arcs"), told.get("objects")
    if not isinstance(borders, list) or not isinstance(objects, dict):
        _refuse(path, "cannot be read as TopoJSON: it has no arcs or no objects")
    _refuse_scale(path, told.get("transform"))
    positions = 0
    for number, border in enumerate(borders):
        if not isinstance(border, list) or not all(map(_is_position, border)):
            _refuse(path, f"cannot be read as TopoJSON: arc {number} is no list of positions")
        positions += len(border)
    refuse_many(path.name, "vertices", positions, MOST_VERTICES)
    counts = {}
    for name, each in objects.items():
        rings = list(_rings(each))
        if lost := [index for ring in rings for index in ring if not _is_border(index, len(borders))]:
            _refuse(path, f"names arcs that it does not hold, first {str(lost[0])[:20]}, in {str(name)[:80]!r}")
        counts[str(name)] = len(rings)
    return counts


def _refuse(path: Path, what: str) -> NoReturn:
    raise InputError(refusal(f"{path.name} {what}", hint=BROKEN))


def _refuse_scale(path: Path, transform: Any) -> None:
    if transform is None:
        return
    scale, moved = (transform.get(each) if isinstance(transform, dict) else None for each in ("scale", "translate"))
    if not _is_position(scale) or not _is_position(moved) or 0 in list(scale or ()):
        _refuse(path, "cannot be read as TopoJSON: its transform is no scale and translation")


def _is_position(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 2
        and all(type(each) in (int, float) and abs(each) < 1e300 and math.isfinite(each) for each in value[:2])
    )


def _is_border(index: Any, count: int) -> bool:
    return type(index) is int and (index if index >= 0 else ~index) < count


def _rings(found: Any) -> Iterator[list[Any]]:
    """Give the rings of an object, each as its list of borders."""
    waiting = [found]
    while waiting:
        each = waiting.pop()
        if not isinstance(each, dict):
            continue
        waiting.extend(each.get("geometries") or ())
        polygons = each.get("arcs") or ()
        if each.get("type") in {"Polygon", "MultiPolygon"}:
            for polygon in [polygons] if each["type"] == "Polygon" else polygons:
                yield from (ring for ring in polygon if isinstance(ring, list))
