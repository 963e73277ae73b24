"""Arrangements of the same units side by side: one frame, one colour for an area, what moves marked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from geoplan.output.picture.frame import Frame, Label, moved_apart
from geoplan.output.picture.patterns import HUES
from geoplan.output.picture.picture_parts import middle_of
from geoplan.planning.designing.units import Units

__all__ = ["BADGE", "NARROW", "Arranged", "Multiples", "Panel", "Sketch", "colours_kept", "multiples"]

NARROW = 520
"""Units across one of several pictures."""
BADGE = 17
"""Radius of a numbered badge in those units."""
CLOSE = 6.5
"""How many times wider the ground is than the part that is shown enlarged."""
INSET = 0.36
"""Side of the enlarged part, as a share of the picture's width."""
SMALL = 14.0
"""Units across a circle inside a place that can no longer be told from its neighbours."""
CROWD = 6
"""So many small places near one another are shown enlarged."""


@dataclass(frozen=True, eq=False)
class Arranged:
    """What one picture shows.

    Parameters
    ----------
    areas
        Code of the area of each unit; empty for units in none.
    moved
        Positions of the units whose area is another than today's.
    numbered
        Positions of the units that are numbered, from 1.
    """

    areas: Sequence[str]
    moved: Sequence[int] = ()
    numbered: Sequence[int] = ()


@dataclass(frozen=True)
class Sketch:
    """One arrangement inside one frame, as SVG paths.

    Parameters
    ----------
    areas
        Colour and path of each area.
    borders, units
        The borders of areas, and of units, each once.
    moved
        The ground that moves.
    badges
        Numbers at their places.
    """

    areas: tuple[tuple[str, str], ...]
    borders: str
    units: str
    moved: str
    badges: tuple[Label, ...]


@dataclass(frozen=True)
class Panel:
    """One picture, and its part that is shown enlarged; None without."""

    whole: Sketch
    part: Sketch | None


@dataclass(frozen=True)
class Multiples:
    """Several pictures in one frame.

    Parameters
    ----------
    width, height
        Of the view box of each.
    panels
        In the order given.
    inset
        Left and upper edge and side of the enlarged part in the view box; None without.
    framed
        Left and upper edge and side, in the view box, of what it shows.
    """

    width: int
    height: int
    panels: tuple[Panel, ...]
    inset: tuple[int, int, int] | None = None
    framed: tuple[int, int, int] | None = None


def multiples(units: Units, blocks: gpd.GeoDataFrame, arranged: Sequence[Arranged]) -> Multiples:
    """Draw arrangements of units side by side.

    Parameters
    ----------
    units
        The building units.
    blocks
        The shipped blocks with their outlines (EPSG:27700).
    arranged
        One a picture.

    Returns
    -------
    Multiples
        Outlines are simplified as a coverage to one unit of the view box, so that neighbours still fit. Where many
        places are too small to be told apart, the densest part is drawn once more, enlarged.
    """
    held = blocks[blocks.index.isin(frozenset().union(*units.blocks))]
    frame = Frame(tuple(held.total_bounds), NARROW)
    whole = _Ground(frame, units, held)
    crowd = _crowd(whole)
    colours = colours_kept([each.areas for each in arranged], units.graph)
    if crowd is None:
        panels = [Panel(whole.sketch(each, colours, None), None) for each in arranged]
        return Multiples(NARROW, frame.height, tuple(panels))
    side = round(INSET * NARROW)
    near = _Ground(Frame(crowd, side), units, held)
    panels = [Panel(whole.sketch(each, colours, near), near.sketch(each, colours, None)) for each in arranged]
    at, width = _free_corner(whole, side)
    left, top = frame.point(crowd[0], crowd[3])
    framed = (left, top, round((crowd[2] - crowd[0]) / frame.metres))
    return Multiples(width, frame.height, tuple(panels), (*at, side), framed)


class _Ground:
    """The outlines of units inside a frame, simplified to its unit."""

    def __init__(self, frame: Frame, units: Units, blocks: gpd.GeoDataFrame) -> None:
        self.frame = frame
        near = blocks[blocks.intersects(shapely.box(*frame.bounds))]
        simple = shapely.coverage_simplify(near.geometry.to_numpy(), frame.metres)
        outline = dict(zip(map(str, near.index), simple, strict=True))
        held = [[outline[block] for block in sorted(own) if block in outline] for own in units.blocks]
        self.units = {n: shapely.union_all(own) for n, own in enumerate(held) if own}
        self.land = shapely.union_all(list(self.units.values()))
        self.middles = {n: middle_of(shape) for n, shape in self.units.items()}
        self.lines = frame.clipped(_inner(self.units.values()))
        west, south, east, north = frame.bounds
        self.shown = {n for n, (x, y) in self.middles.items() if west < x < east and south < y < north}

    def sketch(self, arranged: Arranged, colours: Mapping[str, str], enlarged: _Ground | None) -> Sketch:
        """Draw an arrangement; numbers of places that are enlarged elsewhere stand there."""
        members: dict[str, list[shapely.Geometry]] = {}
        for n, shape in self.units.items():
            members.setdefault(arranged.areas[n], []).append(shape)
        areas = {code: shapely.union_all(members[code]) for code in sorted(members)}
        here = self.shown - (enlarged.shown if enlarged else set())
        badges = [
            Label(*self.frame.point(*self.middles[unit]), (str(number),))
            for number, unit in enumerate(arranged.numbered, start=1)
            if unit in here
        ]
        return Sketch(
            areas=tuple((colours.get(code, ""), self.frame.clipped(shape)) for code, shape in areas.items()),
            borders=self.frame.clipped(_inner(areas.values())),
            units=self.lines,
            moved="".join(self.frame.clipped(self.units[n]) for n in arranged.moved if n in self.units),
            badges=tuple(map(self._inside, moved_apart(badges, 2 * BADGE + 2))),
        )

    def _inside(self, label: Label) -> Label:
        """Move a badge that the edge of the picture would cut."""
        most = (self.frame.width - BADGE - 1, self.frame.height - BADGE - 1)
        x, y = (min(max(at, BADGE + 1), limit) for at, limit in zip((label.x, label.y), most, strict=True))
        return label._replace(x=x, y=y)


def _inner(shapes: Iterable[shapely.Geometry]) -> shapely.Geometry:
    """Return the outlines of shapes that fit together, each line once."""
    noded = shapely.union_all([shape.boundary for shape in shapes])
    return shapely.line_merge(noded) if noded.geom_type == "MultiLineString" else noded


def _crowd(ground: _Ground) -> tuple[float, float, float, float] | None:
    """Return the square that holds most places too small to be told apart; None where there are few."""
    circles = {n: shapely.maximum_inscribed_circle(shape).length for n, shape in ground.units.items()}
    small = [n for n in circles if 2 * circles[n] < SMALL * ground.frame.metres]
    if len(small) < CROWD:
        return None
    middles = np.array([ground.middles[n] for n in small])
    west, _, east, _ = ground.frame.bounds
    half = (east - west) / CLOSE / 2
    near = (np.abs(middles[:, None] - middles[None]) < half).all(axis=2)
    best = near[near.sum(axis=1).argmax()]
    if best.sum() < CROWD:
        return None
    x, y = (middles[best].min(axis=0) + middles[best].max(axis=0)) / 2
    return x - half, y - half, x + half, y + half


def _free_corner(ground: _Ground, side: int) -> tuple[tuple[int, int], int]:
    """Return the corner of the picture for an enlarged part, and the picture's width: wider where none is free."""
    frame = ground.frame
    right, bottom = frame.width - side, frame.height - side
    corners = [(right, 0), (0, 0), (0, bottom), (right, bottom)]
    covered = [shapely.intersection(ground.land, _square(frame, *corner, side)).area for corner in corners]
    least = int(np.argmin(covered))
    if bottom >= 0 and covered[least] == 0:
        return corners[least], frame.width
    return (frame.width + 10, 0), frame.width + 10 + side


def _square(frame: Frame, left: int, top: int, side: int) -> shapely.Polygon:
    west, north = frame.bounds[0] + left * frame.metres, frame.bounds[3] - top * frame.metres
    return shapely.box(west, north - side * frame.metres, west + side * frame.metres, north)


def colours_kept(arrangements: Sequence[Sequence[str]], neighbours: nx.Graph) -> dict[str, str]:
    """Colour areas so that neighbours differ in every arrangement and an area has one colour in all of them.

    Parameters
    ----------
    arrangements
        Code of the area of each unit; empty for none.
    neighbours
        Positions of units, joined where they touch.

    Returns
    -------
    dict
        Code -> one of `HUES` while they suffice; where more neighbours meet than there are colours, the one that the
        fewest of them have.

    Notes
    -----
    Greedy colouring in the order that takes the vertex of fewest neighbours last (Matula and Beck 1983,
    https://doi.org/10.1145/2402.322385).
    """
    codes = sorted({code for areas in arrangements for code in areas if code})
    at = {code: n for n, code in enumerate(codes)}
    touching = nx.Graph()
    touching.add_nodes_from(range(len(codes)))
    for areas in arrangements:
        pairs = ((areas[one], areas[two]) for one, two in neighbours.edges)
        touching.add_edges_from((at[one], at[two]) for one, two in pairs if one and two and one != two)
    chosen: dict[int, str] = {}
    for n in nx.coloring.strategy_smallest_last(touching, chosen):
        taken = [chosen.get(other) for other in touching[n]]
        chosen[n] = min(HUES, key=taken.count)
    return {codes[n]: hue for n, hue in sorted(chosen.items())}
