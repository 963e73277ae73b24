"""Move known pieces between neighbouring districts, draw both maps apart, and see whether geoplan finds them.

Usage: python benchmarks/planted.py FOLDER [--seed N] [--moves N] [--region CODE | --all] [--labels]

FOLDER holds the small areas as lsoa21.parquet. Layer A is their districts, layer B the same after the moves. Each is
drawn by a method of its own (Douglas-Peucker, Visvalingam with the coast drawn back), its vertices moved, and says by
how much it may be off. Every move of 50 people or more that is wider than the two drawings may differ by must be found
and nothing else called real: exit 1 otherwise. People are counted by postcodes, as the overlay counts them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from geoplan.analysis import artefacts, relations, widths
from geoplan.analysis.overlay import overlay
from geoplan.commuting.atlas import Atlas
from geoplan.schema import REST, Layer, Overlay, Relation, Source, Tolerance

EAST_OF_ENGLAND = "E12000006"
CRS = "EPSG:27700"
DRAWINGS = ((1, 1), (20, 20), (200, 200), (500, 500), (20, 200))
LABELLED = (20, 200)
SMALL_AREA_M = 20
LEAST_PEOPLE, MOST_PEOPLE = 50, 20_000
APART_M = 2_000
AROUND_M = 5_000
TRIES = 12
GRID_M = 0.01
STRIPS = ((60, 150), (150, 400), (400, 1_000), (1_000, 2_000))
GROUPS = (1, 2, 4, 8, 14)
POLYGON = 3
HEADER = """\
| drawn within | off by | limit | planted | expected | found | missed | false | wrong | narrow, found | \
widest sliver | people in artefacts | seconds |
|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"""


# ------------------------------------------------------------------------------------------------ ground


@dataclass(frozen=True, eq=False)
class Ground:
    """Small areas of a region, their districts, the land they lie in and the people of every postcode.

    Parameters
    ----------
    small
        Small areas with ``lad`` and ``geometry``.
    land
        What is land in and around the region: where it ends there is sea, not a neighbour.
    points
        Postcode points with ``block``, ``x`` and ``y``.
    blocks
        The shipped blocks.
    """

    small: gpd.GeoDataFrame
    land: shapely.Geometry
    points: pd.DataFrame
    blocks: pd.DataFrame

    @cached_property
    def districts(self) -> pd.Series:
        """Polygons by code."""
        groups = self.small.groupby("lad")["geometry"]
        return groups.agg(lambda each: shapely.coverage_union_all(each.to_numpy())).sort_index()

    @cached_property
    def _shore(self) -> shapely.STRtree:
        return shapely.STRtree(shapely.linestrings(edges(np.array([self.land]))[0]))

    def by_sea(self, shapes: np.ndarray) -> np.ndarray:
        """Tell which shapes reach the sea."""
        near = self._shore.query(shapes, predicate="dwithin", distance=1.0)[0]
        return np.isin(np.arange(len(shapes)), near)

    @cached_property
    def _people(self) -> tuple[shapely.STRtree, np.ndarray]:
        west, south, east, north = shapely.total_bounds(self.districts.to_numpy())
        x, y = self.points["x"], self.points["y"]
        near = self.points[(x >= west) & (x <= east) & (y >= south) & (y <= north)]
        each = (self.blocks["people"] / self.blocks["postcodes"]).reindex(near["block"].astype(str)).to_numpy()
        return shapely.STRtree(shapely.points(near["x"], near["y"])), each

    def people(self, shape: shapely.Geometry) -> float:
        """Count the people of the postcodes inside."""
        tree, each = self._people
        return float(each[tree.query(shape, predicate="contains")].sum())


def edges(shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of all rings, each from its lesser end, and the number of the shape each is of."""
    parts, shape = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    ends = np.stack([vertices[:-1][same], vertices[1:][same]], axis=1)
    x, y = ends[:, :, 0], ends[:, :, 1]
    turned = (x[:, 0] > x[:, 1]) | ((x[:, 0] == x[:, 1]) & (y[:, 0] > y[:, 1]))
    ends[turned] = ends[turned, ::-1]
    return ends, shape[part[ring[:-1][same]]]


def neighbours(shapes: np.ndarray) -> np.ndarray:
    """Return the pairs of shapes of a coverage that share an edge."""
    ends, owner = edges(shapes)
    order = np.lexsort(ends.reshape(-1, 4).T)
    ends, owner = ends[order], owner[order]
    twice = (ends[1:] == ends[:-1]).all(axis=(1, 2))
    return np.unique(np.stack([owner[:-1][twice], owner[1:][twice]], axis=1), axis=0)


def read(folder: Path, *, region: str = "", counties: Sequence[str] = ()) -> Ground:
    """Read the small areas of a region, of some counties, or of England and Wales; repair what is invalid."""
    small = gpd.read_parquet(folder / "lsoa21.parquet", columns=["code", "lad", "utla", "rgn", "geometry"])
    shapes = small["geometry"].to_numpy().copy()
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = [_polygonal(shape) for shape in shapely.make_valid(shapes[broken])]
    inside = np.ones(len(small), dtype=bool)
    if region or counties:
        inside = ((small["rgn"] == region) | small["utla"].isin(counties)).to_numpy()
    around = shapely.buffer(shapely.box(*shapely.total_bounds(shapes[inside])), AROUND_M)
    land = shapely.union_all(
        shapely.clip_by_rect(shapely.coverage_union_all(shapes[shapely.intersects(shapes, around)]), *around.bounds)
    )
    chosen = gpd.GeoDataFrame({"lad": small["lad"][inside].array}, geometry=shapes[inside], crs=CRS)
    atlas = Atlas(geometry=True)
    return Ground(chosen, land, atlas.points, atlas.blocks)


def _polygonal(shape: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.union_all(parts[shapely.get_type_id(parts) == POLYGON])


# ------------------------------------------------------------------------------------------------- moves


@dataclass(frozen=True)
class Move:
    """A piece that A has in one district and B in another.

    Parameters
    ----------
    giver, taker
        Codes of the districts.
    shape
        The piece.
    people
        Of the postcodes inside.
    coastal
        Whether it reaches the sea.
    """

    giver: str
    taker: str
    shape: shapely.Geometry
    people: float
    coastal: bool

    @cached_property
    def width(self) -> float:
        """Diameter of the largest circle inside, in metres."""
        parts = shapely.get_parts(self.shape)
        return 2 * max(shapely.length(shapely.maximum_inscribed_circle(part, tolerance=0.5)) for part in parts)

    def __str__(self) -> str:
        """Say what moved."""
        sea = ", coast" if self.coastal else ""
        return f"{self.giver} to {self.taker}: {self.width:,.0f} m, {self.people:,.0f} people{sea}"


class Planter:
    """Makes pieces along the border of two districts: strips cut along it, and groups of whole small areas."""

    def __init__(self, ground: Ground, rng: np.random.Generator) -> None:
        self.ground, self.rng, self.taken = ground, rng, shapely.Point()
        small = ground.small
        self.shapes, self.lad = small["geometry"].to_numpy(), small["lad"].to_numpy()
        self.touching = nx.Graph(neighbours(self.shapes).tolist())
        self.by_sea = ground.by_sea(self.shapes)

    def moves(self, count: int) -> list[Move]:
        """Return so many moves, each well away from the others, each between districts of its own."""
        meeting = {(self.lad[i], self.lad[j]) for i, j in self.touching.edges if self.lad[i] != self.lad[j]}
        pairs = sorted(meeting | {(taker, giver) for giver, taker in meeting})
        found: list[Move] = []
        recipes = cycle([*STRIPS, *GROUPS])
        for n in self.rng.permutation(len(pairs)):
            if len(found) < count:
                found += self._first(*pairs[n], next(recipes))
        return found

    def _first(self, giver: str, taker: str, recipe: tuple[int, int] | int) -> list[Move]:
        """Return the first piece that fits, if one does."""
        make = self._groups if isinstance(recipe, int) else self._strips
        for shape in make(giver, taker, recipe):
            if shapely.distance(shape, self.taken) < APART_M and not self.taken.is_empty:
                continue
            people = self.ground.people(shape)
            if LEAST_PEOPLE <= people <= MOST_PEOPLE:
                self.taken = shapely.union(self.taken, shape)
                return [Move(giver, taker, shape, people, bool(self.ground.by_sea(np.array([shape]))[0]))]
        return []

    def _groups(self, giver: str, taker: str, size: int) -> Iterator[shapely.Geometry]:
        """Grow groups of the giver's small areas from its border with the taker; first those by the sea."""
        mine = set(np.flatnonzero(self.lad == giver).tolist())
        starts = [i for i in sorted(mine) if any(self.lad[j] == taker for j in self.touching[i])]
        starts = sorted(self.rng.permutation(starts).tolist(), key=lambda i: not self.by_sea[i])
        inside = self.touching.subgraph(mine)
        for start in starts[:TRIES]:
            grown = [start, *(j for _, j in nx.bfs_edges(inside, start))][:size]
            # A district that gives half of itself away is another district.
            if len(grown) < len(mine) / 4:
                yield shapely.coverage_union_all(self.shapes[grown])

    def _strips(self, giver: str, taker: str, widths: tuple[int, int]) -> Iterator[shapely.Geometry]:
        """Cut strips off the giver along its border with the taker, from vertex to vertex."""
        one, other = self.ground.districts[giver], self.ground.districts[taker]
        shared = shapely.intersection(shapely.boundary(one), shapely.boundary(other))
        chains = [c for c in shapely.get_parts(_merged(shared)) if shapely.get_num_coordinates(c) > 2]
        for _ in range(4 * TRIES if chains else 0):
            wide = self.rng.uniform(*widths)
            chain = shapely.get_coordinates(chains[self.rng.integers(len(chains))])
            along = np.concatenate([[0.0], np.hypot(*np.diff(chain, axis=0).T).cumsum()])
            start = self.rng.uniform(0, along[-1])
            first, last = np.searchsorted(along, [start, start + wide * self.rng.uniform(3, 8)])
            strip = _strip(chain[first : last + 1], wide, one) if last - first > 1 else None
            if strip is not None:
                yield strip


def _merged(lines: shapely.Geometry) -> shapely.Geometry:
    parts = shapely.get_parts(shapely.get_parts(lines))
    return shapely.line_merge(shapely.multilinestrings(parts[shapely.length(parts) > 0]))


def _strip(chain: np.ndarray, wide: float, giver: shapely.Geometry) -> shapely.Geometry | None:
    """Return the strip so wide inside the giver along a chain of its vertices, None where it does not fit."""
    middle = shapely.simplify(shapely.linestrings(chain), wide / 4)
    for side in (wide, -wide):
        cut = shapely.offset_curve(middle, side, quad_segs=3)
        if cut.geom_type != "LineString" or cut.is_empty:
            continue
        inner = shapely.get_coordinates(shapely.simplify(cut, wide / 20)).round(2)
        strip = shapely.polygons(np.concatenate([chain, inner[::-1]]))
        clear = shapely.distance(shapely.linestrings(inner), shapely.boundary(giver)) > wide / 2
        if clear and shapely.is_valid(strip) and shapely.covers(giver, strip):
            return strip
    return None


def moved(districts: pd.Series, moves: Sequence[Move]) -> pd.Series:
    """Return the districts after the moves."""
    after = districts.copy()
    for move in moves:
        after[move.giver] = shapely.difference(after[move.giver], move.shape)
        after[move.taker] = shapely.union(after[move.taker], move.shape)
    return after


# ---------------------------------------------------------------------------------------------- drawings


def arcs(shapes: np.ndarray) -> np.ndarray:
    """Return the borders of a coverage as lines from junction to junction, each once."""
    single = np.unique(edges(shapes)[0].reshape(-1, 4), axis=0).reshape(-1, 2, 2)
    return shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.linestrings(single))))


def shaken(lines: np.ndarray, by: float, rng: np.random.Generator) -> np.ndarray:
    """Move every vertex by up to so many metres, each once, wherever it occurs."""
    vertices = shapely.get_coordinates(lines)
    places, which = np.unique(vertices, axis=0, return_inverse=True)
    turn, reach = rng.uniform(0, 2 * np.pi, len(places)), by * np.sqrt(rng.uniform(0, 1, len(places)))
    places += np.stack([reach * np.cos(turn), reach * np.sin(turn)], axis=1)
    return shapely.set_coordinates(lines.copy(), places[which.ravel()])


def filled(lines: np.ndarray, like: np.ndarray, *, within: shapely.Geometry | None = None) -> np.ndarray:
    """Return the coverage that lines enclose, each face given to the shape it is in; the rest is sea.

    Faces outside ``within`` are sea too.
    """
    noded = shapely.union_all(lines, grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    if within is not None:
        shapely.prepare(within)
        faces = faces[shapely.contains(within, shapely.point_on_surface(faces))]
    owners = _owners(faces, like)
    drawn = np.full(len(like), shapely.Polygon(), dtype=object)
    for n in np.unique(owners[owners >= 0]):
        drawn[n] = shapely.coverage_union_all(faces[owners == n])
    return drawn


def _owners(faces: np.ndarray, like: np.ndarray) -> np.ndarray:
    """Return which shape holds the middle of each face, or most of it; -1 for faces in none."""
    tree = shapely.STRtree(like)
    owners = np.full(len(faces), -1)
    face, shape = tree.query(shapely.point_on_surface(faces), predicate="within")
    owners[face] = shape
    # The middle of a district can lie in an inlet that the drawing has closed.
    for n in np.flatnonzero(owners < 0):
        near = tree.query(faces[n], predicate="intersects")
        held = shapely.area(shapely.intersection(faces[n], like[near]))
        if held.sum() > faces[n].area / 2:
            owners[n] = near[held.argmax()]
    return owners


def drawn_by_distance(shapes: np.ndarray, metres: float, rng: np.random.Generator) -> np.ndarray:
    """Draw a coverage with every border within so many metres of itself (Douglas-Peucker, then moved vertices)."""
    lines = shapely.simplify(arcs(shapes), 0.75 * metres, preserve_topology=False)
    lines = lines[shapely.length(lines) > 0]
    return filled(shaken(lines, metres / 4, rng), shapes)


def drawn_by_area(shapes: np.ndarray, metres: float, ground: Ground, rng: np.random.Generator) -> np.ndarray:
    """Draw a coverage by the area of corners (Visvalingam), its coast drawn back first, vertices moved after."""
    ashore = _ashore(shapes, metres, ground)
    simple = shapely.coverage_simplify(ashore, 0.4 * metres)
    return filled(shaken(arcs(simple), metres / 4, rng), shapes)


def _ashore(shapes: np.ndarray, metres: float, ground: Ground) -> np.ndarray:
    """Cut off what lies so close to the sea."""
    inland = shapely.buffer(ground.land, -metres / 3, quad_segs=1)
    edge = shapely.get_parts(shapely.boundary(inland))
    return filled(np.concatenate([arcs(shapes), edge]), shapes, within=inland)


def off_by(drawing: np.ndarray, shapes: np.ndarray, ground: Ground) -> float:
    """Return how far borders that do not reach the sea are, at most, from where they are drawn: in metres."""
    lines = arcs(shapes)
    inner = shapely.segmentize(lines[~ground.by_sea(lines)], APART_M / 20)
    tree = shapely.STRtree(shapely.linestrings(edges(drawing)[0]))
    places = shapely.points(shapely.get_coordinates(inner))
    return float(tree.query_nearest(places, return_distance=True, all_matches=False)[1].max())


# --------------------------------------------------------------------------------------------- judgement


@dataclass(frozen=True, eq=False)
class Trial:
    """What geoplan said of two layers, and what is true.

    Parameters
    ----------
    name
        How the layers were drawn.
    over, related
        The overlay with artefacts marked, and its relations.
    back
        The relations the other way round, of the region's districts.
    moves
        What was moved.
    rows
        The pair in which each move shows.
    off
        Metres by which the borders of each drawing are off.
    seconds
        Taken by geoplan for both directions.
    """

    name: str
    over: Overlay
    related: pd.DataFrame
    back: pd.DataFrame
    moves: Sequence[Move]
    rows: Sequence[tuple[str, str]]
    off: tuple[float, ...]
    seconds: float

    @cached_property
    def limit(self) -> float:
        """Metres by which the layers say they may differ."""
        return sum(each.resolution_m or 0.0 for each in (self.over.left, self.over.right) if each.parts is None)

    @cached_property
    def real(self) -> set[tuple[str, str]]:
        """The pairs of different districts that are called real."""
        table = self.over.table[~self.over.table["artefact"].astype(bool)]
        return {(left, right) for left, right in table.index if REST != right != left}

    @cached_property
    def widths(self) -> np.ndarray:
        """Widths of what the drawings have of each move, 0 where they have none of it; missing where labels decide."""
        if self.over.pieces is None:
            return np.full(len(self.moves), np.nan)
        shown = [
            shapely.intersection(self.over.pieces.get(row, shapely.Point()), shapely.buffer(move.shape, self.limit))
            for row, move in zip(self.rows, self.moves, strict=True)
        ]
        return widths.widths_m(np.array(shown, dtype=object))

    @cached_property
    def judged(self) -> pd.DataFrame:
        """One row a move: the move, its width in the drawings, whether it must be found and whether it is."""
        must = [move.people >= LEAST_PEOPLE and move.width > self.limit for move in self.moves]
        # A pair can be real for another piece's sake; what the drawings have lost of a move is not found.
        found = [row in self.real for row in self.rows] & ~(self.widths == 0)
        return pd.DataFrame({"move": list(self.moves), "drawn": self.widths, "must": must, "found": found})

    @property
    def missed(self) -> pd.DataFrame:
        """The moves that had to be found and were not."""
        return self.judged[self.judged["must"] & ~self.judged["found"]]

    @cached_property
    def false(self) -> pd.DataFrame:
        """Rows of pairs that are called real though nothing was moved between them."""
        return self.over.table.loc[sorted(self.real - set(self.rows))]

    @cached_property
    def slivers(self) -> float:
        """Width of the widest piece that exists only in the drawings."""
        table = self.over.table[["width_m"]].reset_index()
        other = (table["left"] != table["right"]) & (table["right"] != REST)
        return table["width_m"][other & ~self.over.table.index.isin(self.rows)].max()

    @cached_property
    def wrong(self) -> list[str]:
        """Verdicts that are not true: not wholly covered, or not the same though nothing was moved."""
        touched = {code for move in self.moves for code in (move.giver, move.taker)}
        return [
            f"{code} is {relation} ({side})"
            for side, related in (("there", self.related), ("back", self.back))
            for code, relation in related["relation"].items()
            if relation in {Relation.PARTLY_COVERED, Relation.UNCOVERED}
            or (code not in touched and relation != Relation.COTERMINOUS)
        ]

    @property
    def failed(self) -> bool:
        """Whether anything is missed, false or wrong."""
        return bool(len(self.missed) or len(self.false) or self.wrong)

    def __str__(self) -> str:
        """Write a row of the table."""
        told, table = self.judged, self.over.table
        people = table["people"][table["artefact"].astype(bool)].sum()
        off = ", ".join(f"{each:,.0f}" for each in self.off)
        narrow = told[~told["must"]]
        cells = [
            self.name,
            off,
            f"{self.limit:,.0f}",
            len(told),
            told["must"].sum(),
            len(told) - len(narrow) - len(self.missed),
        ]
        cells += [len(self.missed), len(self.false), len(self.wrong), f"{narrow['found'].sum()} of {len(narrow)}"]
        cells += [f"{self.slivers:,.0f}", f"{people:,.0f}", f"{self.seconds:.1f}"]
        return "| " + " | ".join(str(cell) for cell in cells) + " |"

    def details(self) -> Iterator[str]:
        """Say what went wrong."""
        for move, drawn in self.missed[["move", "drawn"]].itertuples(index=False):
            yield f"{self.name}: missed {move}; {drawn:,.0f} m wide in the drawings"
        for (left, right), row in self.false.iterrows():
            yield f"{self.name}: false {left} with {right}: {row['width_m']:,.0f} m, {row['people']:,.0f} people"
        for verdict in self.wrong:
            yield f"{self.name}: wrong {verdict}"


def layer(key: str, districts: pd.Series, resolution: float) -> Layer:
    """Make a drawn layer."""
    areas = gpd.GeoDataFrame({"name": districts.index}, geometry=districts.to_numpy(), index=districts.index, crs=CRS)
    areas["area_m2"] = areas.area
    return Layer(key=key, title=key, areas=areas, source=Source("planted"), resolution_m=resolution)


def by_geometry(ground: Ground, moves: Sequence[Move], metres: tuple[float, float], rng: np.random.Generator) -> Trial:
    """Draw both layers, each within so many metres, and let geoplan compare them."""
    before, after = ground.districts, moved(ground.districts, moves)
    one = before.copy()
    one[:] = drawn_by_distance(before.to_numpy(), metres[0], rng)
    two = after.copy()
    two[:] = drawn_by_area(after.to_numpy(), metres[1], ground, rng)
    off = (off_by(one.to_numpy(), before.to_numpy(), ground), off_by(two.to_numpy(), after.to_numpy(), ground))
    rows = [(move.giver, move.taker) for move in moves]
    name = f"{metres[0]:g} m, {metres[1]:g} m"
    return judge(name, layer("A", one, metres[0]), layer("B", two, metres[1]), ground, moves, rows, off)


def by_labels(ground: Ground, moves: Sequence[Move], metres: float, rng: np.random.Generator) -> Trial:
    """Draw the layer with the moves and let geoplan compare it with the shipped districts."""
    after = moved(ground.districts, moves)
    drawn = after.copy()
    drawn[:] = drawn_by_area(after.to_numpy(), metres, ground, rng)
    off = (off_by(drawn.to_numpy(), after.to_numpy(), ground),)
    rows = [(move.taker, move.giver) for move in moves]
    # The small areas themselves are drawn, and the labels are not.
    two = layer("B", drawn, metres + SMALL_AREA_M)
    shipped = Atlas(geometry=True).layer("lad")
    return judge(f"{metres:g} m, labels", two, shipped, ground, moves, rows, off)


def judge(
    name: str,
    one: Layer,
    two: Layer,
    ground: Ground,
    moves: Sequence[Move],
    rows: Sequence[tuple[str, str]],
    off: tuple[float, ...],
) -> Trial:
    """Compare both ways as ``geoplan compare`` does, with no option given."""
    tolerance, related, reverse = Tolerance(), [], None
    begin = time.perf_counter()
    overlays = []
    for left, right in ((one, two), (two, one)):
        over = overlay(left, right, blocks=ground.blocks, points=ground.points, reverse=reverse)
        reverse = artefacts.mark(over, tolerance=tolerance)
        overlays.append(reverse)
        related.append(relations.relate(reverse, tolerance=tolerance).reindex(ground.districts.index))
    seconds = time.perf_counter() - begin
    return Trial(name, overlays[0], *related, moves, rows, off, seconds)


# --------------------------------------------------------------------------------------------------- run


def run(ground: Ground, moves: Sequence[Move], seed: int, *, labels: bool) -> Iterator[Trial]:
    """Draw and compare, for every pair of resolutions, or with the shipped districts for some."""
    for n, metres in enumerate(LABELLED if labels else DRAWINGS):
        rng = np.random.default_rng([seed, n])
        yield by_labels(ground, moves, metres, rng) if labels else by_geometry(ground, moves, metres, rng)


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Planted moves between districts, and what geoplan says of them.")
    parser.add_argument("folder", type=Path, help="folder with lsoa21.parquet")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--moves", type=int, help="how many to plant: 50, with --all 300")
    parser.add_argument("--region", default=EAST_OF_ENGLAND, help="code of a region (E12000006)")
    parser.add_argument("--all", action="store_true", help="all of England and Wales")
    parser.add_argument(
        "--labels", action="store_true", help="compare with the shipped districts, by labels of postcodes"
    )
    return parser.parse_args()


def main() -> int:
    """Run every trial, write the table and what is wrong."""
    asked = options()
    ground = read(asked.folder, region="" if asked.all else asked.region)
    count = asked.moves or (300 if asked.all else 50)
    moves = Planter(ground, np.random.default_rng(asked.seed)).moves(count)
    print(f"{len(moves)} moves between {len(ground.districts)} districts, seed {asked.seed}, widest first:\n")
    print("\n".join(f"- {move}" for move in sorted(moves, key=lambda each: -each.width)))
    print("\n" + HEADER, flush=True)
    details = []
    for trial in run(ground, moves, asked.seed, labels=asked.labels):
        print(trial, flush=True)
        details += trial.details()
    print("\n" + "\n".join(f"- {line}" for line in details or ["Everything found, nothing else called real."]))
    return int(bool(details))


if __name__ == "__main__":
    sys.exit(main())
