"""Gaps, overlaps and exclaves of a drawn layer."""

from __future__ import annotations

import numpy as np
import shapely

from geoplan import wording
from geoplan.schema import Layer, Note
from geoplan.widths import width_m

__all__ = ["drawn_notes", "gap_notes", "overlap_notes", "piece_notes"]

PIECE_SHARE = 0.01
"""Pieces that hold a smaller share of their area are islets of the coast."""

MOST_NAMED = 3
"""Areas named around a gap."""


def drawn_notes(layer: Layer) -> list[Note]:
    """Note every gap, overlap and area in pieces of a drawn layer.

    Parameters
    ----------
    layer
        With valid polygons in EPSG:27700.

    Returns
    -------
    list of Note
        GP201, GP202 and GP203, widest first within each rule; those no wider than twice the layer's
        resolution are the drawing's own noise and marked as by design.
    """
    return [*gap_notes(layer), *overlap_notes(layer), *piece_notes(layer)]


def gap_notes(layer: Layer) -> list[Note]:
    """Note ground that is enclosed by the layer's areas and belongs to none (GP201).

    Parameters
    ----------
    layer
        With valid polygons in EPSG:27700.

    Returns
    -------
    list of Note
        One a gap, with its square metres and the areas that border it; a hole of one area lies inside it. An
        enclosed lake or an exclave of a country outside the layer shows as a gap too.
    """
    shapes = layer.areas["geometry"].to_numpy()
    outline = shapely.get_parts(shapely.union_all(shapes))
    rings = [ring for polygon in outline for ring in polygon.interiors]
    gaps = shapely.polygons(rings) if rings else np.array([], dtype=object)
    tree = shapely.STRtree(shapes)
    notes = []
    for gap in sorted(gaps, key=lambda shape: -shape.area):
        near = np.sort(tree.query(gap, predicate="intersects"))
        # What meets the gap in a corner only is not beside it.
        beside = near[shapely.length(shapely.intersection(shapes[near], gap.exterior)) > 0]
        around = tuple(str(code) for code in layer.areas.index[beside if len(beside) else near])
        names = _names(layer, around)
        where = f"inside {names[0]}" if len(names) == 1 else f"between {wording.listed(names)}"
        notes.append(_drawn_note(layer, "GP201", gap, f"A gap of {_size(gap)} lies {where}", around))
    return notes


def _names(layer: Layer, codes: tuple[str, ...]) -> list[str]:
    """Name areas so that no two look the same; of many the first."""
    twice = layer.areas["name"].duplicated(keep=False)
    named = [f"{layer.name(code)} ({code})" if twice[code] else layer.name(code) for code in codes[:MOST_NAMED]]
    return [*named, f"{len(codes) - MOST_NAMED} more"] if len(codes) > MOST_NAMED else named


def overlap_notes(layer: Layer) -> list[Note]:
    """Note ground that belongs to two areas of one layer (GP202).

    Parameters
    ----------
    layer
        With valid polygons in EPSG:27700.

    Returns
    -------
    list of Note
        One a pair of areas, with their common square metres.
    """
    shapes = layer.areas["geometry"].to_numpy()
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    i, j = i[i < j], j[i < j]
    shared = shapely.intersection(shapes[i], shapes[j])
    found = np.flatnonzero(shapely.area(shared) > 1e-6)  # below is rounding of a shared border
    notes = []
    for n in found[np.argsort(-shapely.area(shared[found]), kind="stable")]:
        codes = tuple(str(c) for c in layer.areas.index[[i[n], j[n]]])
        text = f"{wording.listed(_names(layer, codes))} both hold {_size(shared[n])}"
        notes.append(_drawn_note(layer, "GP202", shared[n], text, codes))
    return notes


def piece_notes(layer: Layer) -> list[Note]:
    """Note areas drawn in several pieces (GP203), islets apart.

    Parameters
    ----------
    layer
        With valid polygons in EPSG:27700.

    Returns
    -------
    list of Note
        One an area; islands are pieces too, so this is information.
    """
    notes = []
    for code, shape in layer.areas["geometry"].items():
        areas = np.sort(shapely.area(shapely.get_parts(shape)))[::-1]
        large = areas[areas >= areas.sum() * PIECE_SHARE]
        if len(large) > 1:
            message = (
                f"{layer.name(code)} is drawn in {len(large)} pieces; {large[1:].sum() / 1e6:,.1f} km² "
                "lie apart from the largest. Islands are no fault; an exclave inland may be."
            )
            notes.append(
                Note(rule="GP203", code=str(code), name=layer.name(code), message=message, measure="area",
                     value=float(large[1:].sum()), unit="m2")
            )  # fmt: skip
    return notes


def _drawn_note(layer: Layer, rule: str, shape: shapely.Geometry, text: str, codes: tuple[str, ...]) -> Note:
    limit = 2 * (layer.resolution_m or 0.0)
    width = width_m(shape, enough=limit)
    noise = width <= limit
    reason = (
        f"no wider than the drawing is exact ({limit:,.0f} m), so it is an artefact." if noise
        else "wider than the drawing's own noise, so it is real or a fault of the file."
    )  # fmt: skip
    return Note(
        rule=rule,
        code=codes[0] if codes else "",
        name=layer.name(codes[0]) if codes else "",
        message=f"{text}; {reason}",
        other_codes=codes[1:],
        measure="area",
        value=float(shape.area),
        unit="m2",
        by_design=noise,
    )


def _size(shape: shapely.Geometry) -> str:
    area = shape.area
    return f"{area / 1e6:,.2f} km²" if area >= 1e4 else f"{area:,.0f} m²"
