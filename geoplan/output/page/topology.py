"""The outlines of the page, borders shared once, and its postcodes."""

from __future__ import annotations

import json
import string
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from topojson.core.topology import Topology

from geoplan.auditing.results import AuditResult, Pair
from geoplan.data.shipped import package_data
from geoplan.schema import BRITISH_NATIONAL_GRID, Finding

__all__ = ["own_ground", "packed", "postcodes", "shared_arcs", "topology"]

SIMPLIFY_M = 120.0
OWN_GROUND = "ground"
"""The object of the topology that holds what findings are about where that is no area."""
MOST_CORNERS = 5000
"""Corners of a finding's ground from which the page does without it: thousands of gaps told together."""

"""Detail below this is dropped from the drawing."""
STEPS = 20_000
"""Coordinates are rounded to this many steps across the map: some 60 m for the United Kingdom."""
_SIGNS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
_MORE = 32
_LETTERS = str.maketrans("0123456789ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def postcodes(position: Mapping[str, int]) -> dict[str, str]:
    """Return for each postcode area its districts and how many of their postcodes lie in each block.

    "1:AB120A9;2:C7" under "LA": LA1 has 120 postcodes in block AB (1, counted from A = 0) and 9 in block A (0).
    """
    table = package_data.shipped_table("postcode_districts.csv")
    table = table[table["block"].isin(position)]
    packed: dict[str, str] = {}
    for district, block, count in zip(table["district"], table["block"], table["postcodes"], strict=True):
        packed[district] = f"{packed.get(district, '')}{_letters(position[block])}{count}"
    areas: dict[str, list[str]] = {}
    for district, counts in packed.items():
        area = district.rstrip(string.ascii_uppercase).rstrip(string.digits)
        areas.setdefault(area, []).append(f"{district.removeprefix(area)}:{counts}")
    return {area: ";".join(own) for area, own in areas.items()}


def _letters(number: int) -> str:
    """Return a number in base 26, A for nought."""
    return np.base_repr(number, 26).translate(_LETTERS)


def topology(result: AuditResult, pairs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return blocks, drawn layers and their cut pieces as `shared_arcs`."""
    shapes = {"blocks": result.blocks["geometry"]}
    for number, layer in enumerate(result.layers.values()):
        if layer.parts is None:
            shapes[f"drawn{number}"] = layer.areas["geometry"]
    for pair, shown in zip(result.pairs, pairs, strict=True):
        if shown["pieces"]:
            shapes[shown["drawn"]] = _piece_shapes(pair, shown["pieces"])
    if own := own_ground(result.findings):
        shapes[OWN_GROUND] = gpd.GeoSeries([finding.shape for finding in own], crs=BRITISH_NATIONAL_GRID)
    return shared_arcs(shapes)


def packed(arcs: Iterable[Iterable[Sequence[int]]]) -> str:
    """Return the arcs of a TopoJSON as one text of a third of the bytes, which browsers also read faster.

    Parameters
    ----------
    arcs
        Points, each but the first of an arc as a step from the one before.

    Returns
    -------
    str
        Arcs parted by commas. A number is doubled, and one less than minus that below nought; it stands in signs of
        base64url, its lowest five bits first, each sign but its last with 32 more. This is the way of encoded
        polylines, in signs that need no escape in JSON.
    """
    return ",".join("".join(_signs(each) for point in arc for each in point) for arc in arcs)


@cache
def _signs(number: int) -> str:
    left = ~(number << 1) if number < 0 else number << 1
    signs = ""
    while left >= _MORE:
        signs += _SIGNS[left % _MORE + _MORE]
        left //= _MORE
    return signs + _SIGNS[left]


def shared_arcs(shapes: Mapping[str, pd.Series]) -> dict[str, Any]:
    """Return outlines, borders shared once, as one quantised TopoJSON in longitude and latitude.

    Parameters
    ----------
    shapes
        Name of an object -> its outlines (EPSG:27700).

    Returns
    -------
    dict
        Each object has one geometry a shape, in their order; ``arcs`` are `packed`.
    """
    outlines = tuple(tuple(shapely.to_wkb(each.to_numpy())) for each in shapes.values())
    made = json.loads(_joined(tuple(shapes), outlines, next(iter(shapes.values())).crs))
    objects = {
        name: {"type": "GeometryCollection", "geometries": _in_order(made["objects"][name], len(shapes[name]))}
        for name in shapes
    }
    return {"type": "Topology", "objects": objects, "transform": made["transform"], "arcs": packed(made["arcs"])}


@lru_cache(maxsize=4)
def _joined(names: tuple[str, ...], outlines: tuple[tuple[bytes | None, ...], ...], crs: Any) -> str:
    """Return the topology of outlines as text; areas of a batch are drawn on the same ground."""
    shapes = [gpd.GeoSeries(shapely.from_wkb(np.array(each, dtype=object)), crs=crs) for each in outlines]
    # A gap smaller than what borders are simplified by is to be seen all the same.
    frames = [
        _drawable(each, 0.0 if name == OWN_GROUND else SIMPLIFY_M) for name, each in zip(names, shapes, strict=True)
    ]
    # Its own to_dict copies every point; going through text takes a third of the time.
    return Topology(frames, object_name=list(names), prequantize=STEPS).to_json() or "{}"


def own_ground(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings that have ground of their own, such as gaps, of a size that can be drawn."""
    drawn = [finding for finding in found if finding.shape is not None]
    return [finding for finding in drawn if shapely.get_num_coordinates(finding.shape) <= MOST_CORNERS]


def _piece_shapes(pair: Pair, pieces: Iterable[Sequence[int]]) -> gpd.GeoSeries:
    """Return the ground on which two layers meet, or (right -1) what the right one leaves, without slivers."""
    left, right = pair.overlay.left, pair.overlay.right
    ours, theirs = (gpd.GeoSeries(side.areas["geometry"].to_numpy(), crs=left.areas.crs) for side in (left, right))
    width = (left.resolution_m or 0.0) + (right.resolution_m or 0.0)
    shapes = []
    for i, j in pieces:
        near = theirs.iloc[theirs.sindex.query(ours[i])].to_numpy()
        met = ours[i].intersection(theirs[j]) if j >= 0 else ours[i].difference(shapely.union_all(near))
        shapes.append(_broad(met, width))
    return gpd.GeoSeries(shapes, crs=left.areas.crs)


def _broad(shape: shapely.Geometry, width: float) -> shapely.Geometry:
    """Return the polygons of a shape that are broader than what two drawings may differ by; all if none is."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_dimensions(parts) == 2]
    broad = parts[2 * shapely.area(parts) > width * shapely.length(parts)]
    return shapely.union_all(broad if len(broad) else parts)


def _drawable(numbered: gpd.GeoSeries, metres: float) -> gpd.GeoDataFrame:
    """Return what there is to draw, simplified so that neighbours still fit, numbered by its place in the layer."""
    there = numbered[~(numbered.isna() | numbered.is_empty)]
    simple = gpd.GeoSeries(shapely.coverage_simplify(there.to_numpy(), metres), index=there.index, crs=there.crs)
    return gpd.GeoDataFrame(geometry=simple[~simple.is_empty].to_crs("EPSG:4326"))


def _in_order(collection: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """Return one geometry a place in the layer; those with nothing left to draw have no type."""
    found = {geometry["id"]: geometry for geometry in collection["geometries"]}
    return [
        {"type": found[i]["type"], "arcs": found[i]["arcs"]} if found.get(i, {}).get("arcs") else {"type": None}
        for i in range(count)
    ]
