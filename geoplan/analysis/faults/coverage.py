"""Gaps, overlaps and exclaves of a drawn layer, each with its outline and its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from geoplan.analysis.faults.beside import areas_beside
from geoplan.analysis.widths import widths_m
from geoplan.data.gridref import grid_reference, grid_square
from geoplan.engine.adjacency import is_coverage
from geoplan.engine.dissolving import dissolve
from geoplan.schema import Layer, Note, wording

__all__ = ["Places", "drawn_notes", "gap_notes", "overlap_notes", "piece_notes"]

PIECE_SHARE = 0.01
"""Pieces that hold a smaller share of their area are islets of the coast."""
ROUNDING_M2 = 1e-6
MOST_NAMED = 3
"""Areas named around a gap, and the largest of many gaps."""
MOST_TOLD = 20
"""Gaps or overlaps of one layer that are told one by one; more are told together."""
Places = Callable[[np.ndarray], Sequence[str]]
"""Points (x and y in EPSG:27700) to where they lie, in words."""


def _on_the_grid(points: np.ndarray) -> list[str]:
    return [f"at {grid_reference(x, y)}" for x, y in points]


def drawn_notes(layer: Layer, places: Places = _on_the_grid) -> list[Note]:
    """Note every gap, overlap and area in pieces of a drawn layer.

    Parameters
    ----------
    layer
        With valid polygons in EPSG:27700.
    places
        Says where points lie; by default by grid reference alone.

    Returns
    -------
    list of Note
        GP201, GP202 and GP203, largest first within each rule; those no wider than twice the layer's
        resolution are the drawing's own noise and marked as by design.
    """
    return [*gap_notes(layer, places), *overlap_notes(layer, places), *piece_notes(layer)]


@dataclass(frozen=True, eq=False)
class _Patches:
    """Ground of one kind that is wrong: polygons, the areas around each, what one and many are called."""

    layer: Layer
    rule: str
    shapes: np.ndarray
    around: Sequence[tuple[str, ...]]
    text: Callable[[float, tuple[str, ...], str], str]
    many: str

    def notes(self, places: Places) -> list[Note]:
        """Return a note for each patch, largest first, or one for all of them where they are many."""
        limit = 2 * (self.layer.resolution_m or 0.0)
        size, order = shapely.area(self.shapes), _by_size(self.shapes)
        noise = widths_m(self.shapes, enough=limit) <= limit
        notes = []
        for kind in (False, True):
            chosen = order[noise[order] == kind]
            made = self._together if len(chosen) > MOST_TOLD else self._one_by_one
            notes += made(chosen, places, noise=kind) if len(chosen) else []
        return sorted(notes, key=lambda note: -(note.value or 0.0)) if len(size) else []

    def _one_by_one(self, chosen: np.ndarray, places: Places, *, noise: bool) -> list[Note]:
        told = places(_points(self.shapes[chosen]))
        met: Counter[tuple[tuple[str, ...], str]] = Counter()
        notes = []
        for n, place in zip(chosen, told, strict=True):
            shape, codes = self.shapes[n], self.around[n]
            square = grid_square(*shapely.get_coordinates(shapely.centroid(shape))[0])
            met[codes, square] += 1
            nth = met[codes, square]
            note = self._note(self.text(shape.area, codes, place), codes, shape, noise=noise)
            spot = square if nth == 1 else f"{square} {nth}"
            notes.append(replace(note, spot=spot, evidence={"place": place}))
        return notes

    def _together(self, chosen: np.ndarray, places: Places, *, noise: bool) -> list[Note]:
        """Tell many patches in one note, which names the largest."""
        largest = chosen[:MOST_NAMED]
        sizes = shapely.area(self.shapes)
        told = places(_points(self.shapes[largest]))
        named = "; ".join(f"{_size(sizes[n])} {place}" for n, place in zip(largest, told, strict=True))
        held = _size(float(sizes[chosen].sum()))
        text = f"{len(chosen):,} {self.many} hold {held} in all; the largest: {named}"
        whole = shapely.multipolygons(shapely.get_parts(self.shapes[chosen]))
        note = self._note(text, (), whole, noise=noise)
        return [replace(note, spot="noise" if noise else "many", evidence={"count": len(chosen)})]

    def _note(self, text: str, codes: tuple[str, ...], shape: shapely.Geometry, *, noise: bool) -> Note:
        limit = 2 * (self.layer.resolution_m or 0.0)
        they = "it is" if codes else "they are"
        reason = (
            f"no wider than the drawing is exact ({limit:,.0f} m), so {they} {'an artefact' if codes else 'artefacts'}."
            if noise
            else f"wider than the drawing's own noise, so {they} real or a fault of the file."
        )
        return Note(
            rule=self.rule,
            code=codes[0] if codes else "",
            name=self.layer.name(codes[0]) if codes else "",
            lead=f"{text}; {reason}",
            other_codes=codes[1:],
            measure="area",
            value=float(shape.area),
            unit="m2",
            by_design=noise,
            shape=shape,
        )


def _by_size(shapes: np.ndarray) -> np.ndarray:
    """Return positions from the largest on; the same ground gives the same order, whatever that of the file."""
    west, south = (shapely.bounds(shapes)[:, side] for side in (0, 1))
    return np.lexsort([south, west, -shapely.area(shapes)])


def _points(shapes: np.ndarray) -> np.ndarray:
    return shapely.get_coordinates(shapely.point_on_surface(shapes))


def gap_notes(layer: Layer, places: Places = _on_the_grid) -> list[Note]:
    """Note ground that is enclosed by the layer's areas and belongs to none (GP201).

    Parameters
    ----------
    layer
        With valid polygons in EPSG:27700.
    places
        As for `drawn_notes`.

    Returns
    -------
    list of Note
        One a gap, with its outline, its square metres and the areas that border it; a hole of one area lies
        inside it. More than twenty are told in one note. An enclosed lake or an exclave of a country outside
        the layer shows as a gap too.
    """
    shapes = layer.areas["geometry"].to_numpy()
    ground = dissolve(shapes, np.zeros(len(shapes), dtype=np.int64)).geometry
    rings, part = shapely.get_rings(shapely.get_parts(ground), return_index=True)
    gaps = shapely.polygons(rings[np.diff(part, prepend=-1) == 0])
    codes = layer.areas.index.astype(str).to_numpy(dtype=object)
    around = [tuple(codes[beside]) for beside in areas_beside(gaps, shapes)]

    def text(size: float, beside: tuple[str, ...], place: str) -> str:
        names = _names(layer, beside)
        where = f"inside {names[0]}" if len(names) == 1 else f"between {wording.listed(names)}"
        return f"A gap of {_size(size)} lies {where}, {place}"

    return _Patches(layer, "GP201", gaps, around, text, "gaps").notes(places)


def _names(layer: Layer, codes: tuple[str, ...]) -> list[str]:
    """Name areas so that no two look the same; of many the first."""
    twice = layer.areas["name"].duplicated(keep=False)
    named = [f"{layer.name(code)} ({code})" if twice[code] else layer.name(code) for code in codes[:MOST_NAMED]]
    return [*named, f"{len(codes) - MOST_NAMED} more"] if len(codes) > MOST_NAMED else named


def overlap_notes(layer: Layer, places: Places = _on_the_grid) -> list[Note]:
    """Note ground that belongs to two areas of one layer (GP202).

    Parameters
    ----------
    layer
        With valid polygons in EPSG:27700.
    places
        As for `drawn_notes`.

    Returns
    -------
    list of Note
        One a patch that two areas hold, with its outline and square metres; more than twenty in one note.
    """
    shapes = layer.areas["geometry"].to_numpy()
    if is_coverage(shapes):
        return []
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    i, j = i[i < j], j[i < j]
    shared, pair = shapely.get_parts(shapely.intersection(shapes[i], shapes[j]), return_index=True)
    # What is smaller is rounding of a shared border.
    found = shapely.area(shared) > ROUNDING_M2
    codes = layer.areas.index.astype(str).to_numpy(dtype=object)
    around = [(codes[i[n]], codes[j[n]]) for n in pair[found]]

    def text(size: float, both: tuple[str, ...], place: str) -> str:
        return f"{wording.listed(_names(layer, both))} both hold {_size(size)}, {place}"

    return _Patches(layer, "GP202", shared[found], around, text, "overlaps").notes(places)


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
            lead = (
                f"{layer.name(code)} is drawn in {len(large)} pieces; {large[1:].sum() / 1e6:,.1f} km² "
                "lie apart from the largest."
            )
            notes.append(
                Note(rule="GP203", code=str(code), name=layer.name(code), lead=lead, measure="area",
                     value=float(large[1:].sum()), unit="m2", shape=shape,
                     detail="Islands are no fault; an exclave inland may be.")
            )  # fmt: skip
    return notes


def _size(area: float) -> str:
    return f"{area / 1e6:,.2f} km²" if area >= 1e4 else f"{area:,.0f} m²"
