"""Building of the block polygons from postcode points and a coast; not needed to use geoplan."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Transformer
from scipy.spatial import Voronoi, cKDTree

from geoplan.errors import InputError, refusal

__all__ = [
    "block_polygons",
    "block_table",
    "coincident_postcodes",
    "distinct_points",
    "land_of",
    "postcode_districts",
    "read_country",
    "share_inside",
    "simplified",
    "summary",
    "voronoi_borders",
]

Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]
# Natural Earth's coast lies some 250 m off. Outside it, more than half of what lies within 250 m of a
# postcode is land; inside it, less than half of the outer 200 m that lies further than 500 m from one.
# Measured on England against official districts, intersection over union is 0.9380 with the coast as it is
# and 0.9403 mended so; a reach of 200-300 m with a closing of 300-800 m gives 0.9399-0.9403. A perfect coast
# gives 0.9501. A wider closing would bridge more straits.
COAST_DOUBT_M = 250.0
POSTCODE_REACH_M = 250.0
CLOSING_M = 500.0
# Discs are drawn round the middles of squares, at most 71 m from the postcode: still inside its disc.
THINNING_M = 100.0
# Half the metre to which postcodes are given is the nearest that a border comes to a postcode.
NODING_GRID_M = 0.1
# Below this an unpopulated piece is a sliver of the method, such as a far bank of an estuary.
SLIVER_M2 = 1_000_000.0
# Coarser saves little (40 m: 0.52 instead of 0.63 MB) and puts more postcodes on the wrong side (of the City
# of London's, the worst, 0.01 % at 20 m, 0.4 % at 40 m, 1.4 % at 100 m). Metres keep coordinates short.
TOLERANCE_M = 20.0
GRID_M = 1.0
# Spelt out for the same reason as in geoplan.data.shipped.postcodes: WGS 84 to EPSG:27700 by EPSG:1314, good to 2 m.
WGS84_TO_NATIONAL_GRID = (
    "proj=pipeline step proj=unitconvert xy_in=deg xy_out=rad"
    " step proj=push v_3 step proj=cart ellps=WGS84"
    " step inv proj=helmert x=446.448 y=-125.157 z=542.06 rx=0.15 ry=0.247 rz=0.842 s=-20.489"
    " convention=position_vector"
    " step inv proj=cart ellps=airy step proj=pop v_3"
    " step proj=tmerc lat_0=49 lon_0=-2 k=0.9996012717 x_0=400000 y_0=-100000 ellps=airy"
)


def coincident_postcodes(postcodes: pd.DataFrame) -> pd.DataFrame:
    """List the postcodes of points that carry more than one block.

    Parameters
    ----------
    postcodes
        postcode, x, y (metres, EPSG:27700), block.

    Returns
    -------
    pandas.DataFrame
        postcode, x, y, block, sorted by point and postcode.
    """
    pairs = postcodes.drop_duplicates(["x", "y", "block"])
    points = pairs.loc[pairs.duplicated(["x", "y"]), ["x", "y"]].drop_duplicates()
    rows = postcodes[["postcode", "x", "y", "block"]].merge(points, on=["x", "y"])
    return rows.sort_values(["x", "y", "postcode"], ignore_index=True)


def distinct_points(postcodes: pd.DataFrame) -> pd.DataFrame:
    """Reduce postcodes to distinct points, each with the block of most of its postcodes, then the first.

    Parameters
    ----------
    postcodes
        x, y (metres, EPSG:27700), block.

    Returns
    -------
    pandas.DataFrame
        x, y, block, sorted by x and y.
    """
    votes = postcodes.assign(block=postcodes["block"].astype("category"))
    votes = votes.groupby(["x", "y", "block"], observed=True, sort=True).size().rename("votes").reset_index()
    votes = votes.sort_values(["x", "y", "votes", "block"], ascending=[True, True, False, True])
    return votes.drop_duplicates(["x", "y"])[["x", "y", "block"]].reset_index(drop=True)


def voronoi_borders(xy: Floats, labels: npt.NDArray[np.int64]) -> Geometries:
    """Draw the Voronoi ridges between points of unlike labels.

    Parameters
    ----------
    xy
        Distinct points, n by 2, metres.
    labels
        Their labels, non-negative.

    Returns
    -------
    numpy.ndarray
        Two-point lines. Far outside the points they enclose everything, so that each cell is closed.

    Notes
    -----
    Voronoi diagram by Qhull (Barber, Dobkin and Huhdanpaa 1996).
    """
    low, high = xy.min(axis=0), xy.max(axis=0)
    middle, reach = (low + high) / 2, 5 * (high - low).max()
    # Four far corners close the outer cells; about the middle, doubles resolve the circumcentres best.
    corners = reach * np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    diagram = Voronoi(np.concatenate([xy - middle, corners]))
    owners = np.concatenate([labels, np.full(len(corners), -1)])[diagram.ridge_points]
    ends = np.asarray(diagram.ridge_vertices)
    unlike = (owners[:, 0] != owners[:, 1]) & (ends >= 0).all(axis=1)
    lines: Geometries = shapely.linestrings((diagram.vertices + middle)[ends[unlike]])
    return lines


def read_country(path: Path, name: str) -> shapely.MultiPolygon:
    """Read one country from Natural Earth's countries as TopoJSON.

    Parameters
    ----------
    path
        A countries file of the npm package world-atlas (WGS 84, quantised).
    name
        The country's name in it.

    Returns
    -------
    shapely.MultiPolygon
        EPSG:27700, metres.

    Raises
    ------
    InputError
        The file is no such TopoJSON, or has no such country.

    Notes
    -----
    Delta-encoded arcs as in the TopoJSON specification 1.0 (Bostock and Metcalf 2013).
    """
    try:
        topology: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        shapes = topology["objects"]["countries"]["geometries"]
        shape = next(shape for shape in shapes if shape["properties"]["name"] == name)
        polygons = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
        arcs = decoded_arcs(topology)
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise InputError(refusal(f"{path.name} is not a TopoJSON of countries with {name!r}")) from error
    parts = [shapely.Polygon(*split_first([ring_of(ring, arcs) for ring in rings])) for rings in polygons]
    return multipolygon(shapely.union_all(shapely.make_valid(parts)))


def land_of(country: shapely.Geometry, xy: Floats) -> shapely.MultiPolygon:
    """Mend a generalised coast by the postcodes near it.

    The doubtful strip inside the coast goes, discs round the postcodes come, and what is then narrower than
    twice the closing radius is filled.

    Parameters
    ----------
    country
        Land, EPSG:27700, metres.
    xy
        All postcode points, n by 2, metres, EPSG:27700.

    Returns
    -------
    shapely.MultiPolygon
        Land that holds every point.
    """
    # A disc further inside than this lies wholly in the core and would change nothing.
    deep = country.buffer(-COAST_DOUBT_M - POSTCODE_REACH_M, quad_segs=2)
    shapely.prepare(deep)
    near = xy[~shapely.contains_xy(deep, xy)]
    middles = np.unique(np.floor(near / THINNING_M) * THINNING_M + THINNING_M / 2, axis=0)
    discs = shapely.buffer(shapely.points(middles), POSTCODE_REACH_M, quad_segs=2)
    core = country.buffer(-COAST_DOUBT_M, quad_segs=2)
    grown = shapely.union_all([*discs, core]).buffer(CLOSING_M, quad_segs=2)
    return multipolygon(grown.buffer(-CLOSING_M, quad_segs=2))


def block_polygons(points: pd.DataFrame, land: shapely.Geometry) -> gpd.GeoSeries:
    """Cut the land into blocks: each place goes to the block of the nearest point.

    Parameters
    ----------
    points
        Distinct x, y (metres, EPSG:27700) and block; all on land.
    land
        What is shared out, EPSG:27700.

    Returns
    -------
    geopandas.GeoSeries
        MultiPolygons by block, sorted; a valid coverage. An unpopulated piece below 1 km² that adjoins other
        blocks goes to the one with which it shares the longest border.
    """
    xy = points[["x", "y"]].to_numpy()
    names = sorted(points["block"].astype(str).unique())
    labels = pd.Categorical(points["block"].astype(str), categories=names).codes.astype(np.int64)
    lines = np.append(voronoi_borders(xy, labels), shapely.boundary(land))
    faces = faces_on(land, lines)
    # The borders enclose each point's cell, so any place inside a face tells whose it is.
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    owners = labels[cKDTree(xy).query(inner)[1]]
    owners = without_slivers(faces, owners, xy)
    merged = [multipolygon(shapely.coverage_union_all(faces[owners == label])) for label in range(len(names))]
    return gpd.GeoSeries(merged, index=pd.Index(names, name="block"), crs=27700)


def simplified(blocks: gpd.GeoSeries, *, tolerance_m: float = TOLERANCE_M) -> gpd.GeoSeries:
    """Simplify blocks as a coverage and round them to the metre.

    Parameters
    ----------
    blocks
        A valid coverage by block, EPSG:27700.
    tolerance_m
        Square root of the area of the triangles that go, metres.

    Returns
    -------
    geopandas.GeoSeries
        A valid coverage of valid polygons by block.

    Raises
    ------
    InputError
        Rounding would make neighbours overlap or a polygon invalid.

    Notes
    -----
    Visvalingam and Whyatt (1993) on the shared edges, by GEOS.
    """
    coarse = shapely.coverage_simplify(blocks.to_numpy(), tolerance_m)
    rounded = shapely.transform(coarse, lambda xy: np.round(xy / GRID_M) * GRID_M)
    tidy = np.array([multipolygon(shapely.normalize(shape)) for shape in rounded], dtype=object)
    bad = ~shapely.is_valid(tidy)
    if bad.any() or not shapely.coverage_is_valid(tidy):
        raise InputError(refusal("rounding spoils the blocks; change the tolerance", codes=blocks.index[bad]))
    return gpd.GeoSeries(tidy, index=blocks.index, crs=27700)


def share_inside(postcodes: pd.DataFrame, blocks: gpd.GeoSeries) -> pd.DataFrame:
    """Count the postcodes of each block and how many of them its polygon holds.

    Parameters
    ----------
    postcodes
        x, y (metres, EPSG:27700), block.
    blocks
        Polygons by block, EPSG:27700.

    Returns
    -------
    pandas.DataFrame
        postcodes and inside (counts) by block, in the order of ``blocks``.
    """
    rows = postcodes.groupby(postcodes["block"].astype(str)).indices
    xy = postcodes[["x", "y"]].to_numpy()
    found: list[tuple[int, int]] = []
    for block, shape in blocks.items():
        own = xy[rows.get(block, np.empty(0, dtype=np.int64))]
        shapely.prepare(shape)
        found.append((len(own), int(shapely.intersects_xy(shape, own).sum())))
    return pd.DataFrame(found, index=blocks.index, columns=["postcodes", "inside"])


def summary(blocks: gpd.GeoSeries, postcodes: pd.DataFrame) -> str:
    """Say in a line how large the blocks are and how well they hold their postcodes.

    Parameters
    ----------
    blocks
        Polygons by block, EPSG:27700.
    postcodes
        x, y (metres, EPSG:27700), block.

    Returns
    -------
    str
        Numbers of blocks, vertices and postcodes outside their block, and the worst block.
    """
    held = share_inside(postcodes, blocks)
    share = held["inside"] / held["postcodes"]
    outside = (held["postcodes"] - held["inside"]).sum()
    vertices = shapely.get_num_coordinates(blocks.to_numpy()).sum()
    size = f"{len(blocks)} blocks, {vertices} vertices, {outside} postcodes outside their block"
    return f"{size}, least inside {share.min():.4f} ({share.idxmin()})"


def postcode_districts(points: pd.DataFrame) -> pd.DataFrame:
    """Count the postcodes of each postcode district by block.

    Parameters
    ----------
    points
        ``postcode`` and ``block``.

    Returns
    -------
    pandas.DataFrame
        ``district`` (the outward code, such as LA1), ``block`` and ``postcodes``, sorted.
    """
    district = points["postcode"].astype("str").str.extract(r"^([A-Z]{1,2}\d[A-Z\d]?) ")[0].rename("district")
    table = points.groupby([district, "block"], observed=True).size().rename("postcodes").reset_index()
    return table.sort_values(["district", "block"], ignore_index=True)


def block_table(
    blocks: gpd.GeoSeries, postcodes: pd.DataFrame, authorities: pd.DataFrame, split_people: pd.DataFrame
) -> pd.DataFrame:
    """Describe the blocks: district, board, people, postcodes, area.

    Parameters
    ----------
    blocks
        Polygons by block, EPSG:27700.
    postcodes
        block of each postcode.
    authorities
        lad_code, population_mid2024, population_16_64_mid2024.
    split_people
        lad_code, icb_code, share_people, share_people_16_64 of the split districts.

    Returns
    -------
    pandas.DataFrame
        block, lad, icb (empty in a whole district), people, working_age (16 to 64; fractions of people in
        split districts), postcodes, area_m2.

    Raises
    ------
    InputError
        A block has no people listed.
    """
    parts = pd.Series(blocks.index, index=blocks.index).str.partition(".")
    total = authorities.set_index("lad_code").reindex(parts[0])
    shares = split_shares(split_people).reindex(blocks.index)
    shares.loc[(parts[2] == "").to_numpy()] = 1.0
    people = total["population_mid2024"].to_numpy() * shares["share_people"].to_numpy()
    working_age = total["population_16_64_mid2024"].to_numpy() * shares["share_people_16_64"].to_numpy()
    unknown = np.isnan(people) | np.isnan(working_age)
    if unknown.any():
        raise InputError(refusal("blocks without listed people", codes=blocks.index[unknown]))
    counts = postcodes["block"].astype(str).value_counts()
    table = pd.DataFrame({"lad": parts[0], "icb": parts[2], "people": people, "working_age": working_age})
    table["postcodes"] = counts.reindex(blocks.index, fill_value=0).astype(np.int64)
    table["area_m2"] = blocks.area
    return table.rename_axis("block").reset_index()


def split_shares(split_people: pd.DataFrame) -> pd.DataFrame:
    """Give the shares of people by block, scaled to one in each district, as they are printed rounded."""
    shares = split_people.set_index(split_people["lad_code"] + "." + split_people["icb_code"])
    columns = ["share_people", "share_people_16_64"]
    return shares[columns] / shares.groupby("lad_code")[columns].transform("sum")


def decoded_arcs(topology: dict[str, Any]) -> list[Floats]:
    """Decode quantised TopoJSON arcs to longitude and latitude."""
    scale, translate = (np.array(topology["transform"][key], dtype=float) for key in ("scale", "translate"))
    return [np.cumsum(np.array(arc, dtype=float), axis=0) * scale + translate for arc in topology["arcs"]]


def ring_of(numbers: list[int], arcs: list[Floats]) -> Floats:
    """Join arcs to a ring on the national grid; a negative number means its complement, backwards."""
    pieces = [arcs[number] if number >= 0 else arcs[~number][::-1] for number in numbers]
    ring = np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])
    x, y = Transformer.from_pipeline(WGS84_TO_NATIONAL_GRID).transform(ring[:, 0], ring[:, 1])
    return np.column_stack([x, y])


def split_first(rings: list[Floats]) -> tuple[Floats, list[Floats]]:
    """Part the shell from the holes."""
    return rings[0], rings[1:]


def multipolygon(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Keep the polygons of a geometry, as one MultiPolygon."""
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def faces_on(land: shapely.Geometry, lines: Geometries) -> Geometries:
    """Node lines on a grid and give the polygons between them that lie on land."""
    noded = shapely.union_all(lines, grid_size=NODING_GRID_M)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    shapely.prepare(land)
    inner = shapely.get_coordinates(shapely.point_on_surface(faces))
    on_land: Geometries = faces[shapely.contains_xy(land, inner)]
    return on_land


def without_slivers(faces: Geometries, owners: npt.NDArray[np.int64], xy: Floats) -> npt.NDArray[np.int64]:
    """Hand small unpopulated faces to the neighbour along the longest border."""
    small = np.flatnonzero(shapely.area(faces) < SLIVER_M2)
    empty = small[~populated(faces[small], xy)]
    owners, solid = owners.copy(), np.ones(len(faces), dtype=bool)
    solid[empty] = False
    tree = shapely.STRtree(faces)
    for face in empty:
        near = np.sort(tree.query(faces[face], predicate="intersects"))
        near = near[solid[near]]
        lengths = shapely.length(shapely.intersection(shapely.boundary(faces[near]), faces[face].boundary))
        if lengths.size and lengths.max() > 0:
            owners[face] = owners[near[lengths.argmax()]]
    return owners


def populated(faces: Geometries, xy: Floats) -> npt.NDArray[np.bool_]:
    """Tell which faces hold a point."""
    xy = xy[np.argsort(xy[:, 0], kind="stable")]
    low, _, high, _ = shapely.bounds(faces).T
    first, last = np.searchsorted(xy[:, 0], low), np.searchsorted(xy[:, 0], high, side="right")
    shapely.prepare(faces)
    hits = [shapely.contains_xy(f, xy[a:b]).any() for f, a, b in zip(faces, first, last, strict=True)]
    return np.array(hits, dtype=bool)
