"""Tell a drawing artefact from a real mismatch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from geoplan.analysis.ground import outside
from geoplan.analysis.widths import widths_m
from geoplan.schema import REST, Basis, Layer, Overlay, Tolerance

__all__ = ["is_main", "mark", "resolution_limit"]

MAIN_SHARE = 0.5
"""A row that holds at least this share of either area is no sliver between them, however narrow the area."""
DEEP_SHARE = 0.1
"""Share of a row's postcodes that must lie beyond the drawing's resolution for the row to be real: one
postcode with a wrong label must not make a sliver real."""
SAMPLE = 40
ROUNDING = 1e-9


def mark(overlay: Overlay, *, tolerance: Tolerance) -> Overlay:
    """Give every drawn pair its width and say which rows exist only in the drawing.

    Two drawings of the same border at different resolutions leave slivers between them, and people outside
    a generalised coast. Where geometry decides, a pair is an artefact when its widest piece is no wider than
    the resolutions of the two layers together. The rest of an area is one when the parts of it that are
    wider hold no more than the tolerance. Where labels decide, the drawn layer's resolution is set against
    the distance of the postcodes from its borders. A row that holds half of either area is never one.
    Artefacts stay in the table with their people. Nothing is marked where codes decide.

    Parameters
    ----------
    overlay
        From `geoplan.analysis.overlay.overlay`.
    tolerance
        With ``keep_artefacts`` widths are given and nothing is marked.

    Returns
    -------
    Overlay
        With ``width_m`` (metres, where geometry decided), ``artefact`` and ``edge`` filled.

    Notes
    -----
    A true piece narrower than the drawings' resolution cannot be told from an artefact: use a more detailed
    edition where such a piece would matter. Width rather than share or people decides, because a sliver of
    200 m through a town holds postcodes (docs/method/artefacts.md).
    """
    limit = resolution_limit(overlay)
    if overlay.basis is Basis.CODES or limit <= 0:
        return overlay
    marked = (
        _by_width(overlay, limit, tolerance) if overlay.pieces is not None else _by_depth(overlay, limit, tolerance)
    )
    if not tolerance.keep_artefacts:
        return marked
    return replace(marked, table=marked.table.assign(artefact=False), edge=None)


def resolution_limit(overlay: Overlay) -> float:
    """Return the metres by which two drawings of one border may differ: the drawn layers' resolutions together."""
    labels = overlay.basis is Basis.LABELS
    drawn = [layer for layer in (overlay.left, overlay.right) if not labels or layer.parts is None]
    return sum(layer.resolution_m or 0.0 for layer in drawn)


def is_main(overlay: Overlay) -> np.ndarray:
    """Tell which rows hold at least half of either of their areas."""
    shares = overlay.table[["left_area_share", "right_area_share"]].to_numpy()
    if overlay.basis is not Basis.GEOMETRY:
        shares = overlay.nominal.reindex(overlay.table.index)[["left_share", "right_share"]].to_numpy()
    main: np.ndarray = np.nan_to_num(shares).max(axis=1) >= MAIN_SHARE
    return main


def _by_width(overlay: Overlay, limit: float, tolerance: Tolerance) -> Overlay:
    assert overlay.pieces is not None  # noqa: S101 - geometry decided
    table, main = overlay.table.copy(), is_main(overlay)
    rows = table.index.get_indexer(overlay.pieces.index)
    widths = np.full(len(table), np.nan)
    # A bound is answer enough for rows that hold half of an area.
    widths[rows] = widths_m(overlay.pieces.to_numpy(), enough=np.where(main, 0.0, limit)[rows])
    table["width_m"], table["artefact"] = widths, (widths <= limit) & ~main
    false, rest_widths = _edge_only(overlay, "left", limit, tolerance)
    at = table.index.get_indexer(pd.MultiIndex.from_product([false.index, [REST]]))
    table.iloc[at[at >= 0], table.columns.get_loc("artefact")] = True
    at = table.index.get_indexer(pd.MultiIndex.from_product([rest_widths.index, [REST]]))
    table.iloc[at[at >= 0], table.columns.get_loc("width_m")] = rest_widths.to_numpy()[at >= 0]
    return replace(overlay, table=table, edge=_edge_only(overlay, "right", limit, tolerance)[0].to_dict())


def _edge_only(overlay: Overlay, side: str, limit: float, tolerance: Tolerance) -> tuple[pd.Series, pd.Series]:
    """Find the rests that hold no more than the tolerance where they are wider than the limit.

    Returns the share of each such rest, and the widths of those that had to be drawn to tell.
    """
    share, within = _rest_shares(overlay, side), tolerance.of(overlay.basis)
    layer, other = (overlay.left, overlay.right) if side == "left" else (overlay.right, overlay.left)
    codes = share.index[share > within]
    shapes = outside(layer.areas["geometry"].loc[codes].to_numpy(), other)
    cores = shapely.buffer(shapely.buffer(shapes, -limit / 2), limit / 2)
    beyond = pd.Series(_held(overlay, side, codes, cores), index=codes) / _weights(overlay, side).loc[codes]
    widths = pd.Series(widths_m(shapes, enough=limit), index=codes)
    return share[~share.index.isin(codes[beyond > within])], widths


def _rest_shares(overlay: Overlay, side: str) -> pd.Series:
    """Return what share of each area the other layer does not cover, where that is under one half."""
    if overlay.minor is None:
        layer = overlay.left if side == "left" else overlay.right
        covered = overlay.table["area_m2"][overlay.table.index.get_level_values("right") != REST]
        share = 1 - covered.groupby(level=side).sum() / layer.areas["area_m2"]
    else:
        share = _rest_points(overlay, side)["amount"].sum() / _weights(overlay, side)
    return share[(share > ROUNDING) & (share < MAIN_SHARE)].sort_index()


def _rest_points(overlay: Overlay, side: str) -> pd.api.typing.DataFrameGroupBy:
    assert overlay.minor is not None  # noqa: S101 - postcodes were counted
    return overlay.minor[overlay.minor["right" if side == "left" else "left"] == REST].groupby(side)


def _weights(overlay: Overlay, side: str) -> pd.Series:
    layer = overlay.left if side == "left" else overlay.right
    return layer.areas[overlay.weight.deciding].astype(float)


def _held(overlay: Overlay, side: str, codes: pd.Index, cores: np.ndarray) -> np.ndarray:
    """Return how much of each area lies in its core."""
    if overlay.minor is None:
        areas: np.ndarray = shapely.area(cores)
        return areas
    points = dict(iter(_rest_points(overlay, side)))
    return np.array([_amount_within(points.get(code), core) for code, core in zip(codes, cores, strict=True)])


def _amount_within(points: pd.DataFrame | None, core: shapely.Geometry) -> float:
    if points is None or core.is_empty:
        return 0.0
    shapely.prepare(core)
    return float(points["amount"].to_numpy()[shapely.contains_xy(core, points["x"], points["y"])].sum())


def _by_depth(overlay: Overlay, limit: float, tolerance: Tolerance) -> Overlay:
    if overlay.minor is None:
        return overlay
    drawn = overlay.left if overlay.left.parts is None else overlay.right
    side = "right" if drawn is overlay.right else "left"
    other = "left" if side == "right" else "right"
    rest = (overlay.minor[side] == REST).to_numpy()
    pairs, outside = overlay.minor[~rest], overlay.minor[rest]
    pairs = pairs[_sampled(pairs)]
    elsewhere = _elsewhere(overlay, other)
    deep = _deep(pairs, drawn, limit, side=side, leaves=pairs[other].isin(elsewhere).to_numpy())
    depth = pd.Series(deep).groupby([pairs["left"].to_numpy(), pairs["right"].to_numpy()]).mean()
    shallow = depth.index[depth < DEEP_SHARE]
    beyond = outside["amount"].where(_deep(outside, drawn, limit, side=side, leaves=np.zeros(len(outside), bool)), 0.0)
    far = beyond.groupby(outside[other]).sum() / _weights(overlay, other)
    near = far.index[far <= tolerance.of(overlay.basis)]
    rows = {(left, right) for left, right in shallow if left != REST}
    rests = [right for left, right in shallow if left == REST]
    if side == "right":
        rows |= {(code, REST) for code in near}
    else:
        rests += list(near)
    lost = overlay.minor[overlay.minor["left"] == REST].groupby("right")["amount"].sum() / _weights(overlay, "right")
    table = overlay.table.assign(artefact=overlay.table.index.isin(sorted(rows)))
    return replace(overlay, table=table, edge={str(code): float(lost[code]) for code in rests})


def _sampled(pairs: pd.DataFrame) -> np.ndarray:
    """Choose some postcodes of each row, spread over all of it: they tell what all would."""
    rows = pairs.groupby(["left", "right"])["amount"]
    place, count = rows.cumcount().to_numpy(), rows.transform("size").to_numpy()
    step = np.maximum(count // SAMPLE, 1)
    chosen: np.ndarray = place % step == 0
    return chosen


def _elsewhere(overlay: Overlay, side: str) -> pd.Index:
    """Return the areas of blocks most of which no drawn area holds: their people may belong outside all of them."""
    layer = overlay.left if side == "left" else overlay.right
    pairs = overlay.nominal[overlay.nominal.index.get_level_values("right") != REST]
    held = pairs[f"{side}_share"].groupby(level=side).sum().reindex(layer.areas.index).fillna(0.0)
    return pd.Index([*held.index[held < MAIN_SHARE], REST])


def _deep(points: pd.DataFrame, drawn: Layer, limit: float, *, side: str, leaves: np.ndarray) -> np.ndarray:
    """Tell which points lie further than the limit from every drawn area they could belong to instead.

    That is another area than the one they are drawn in, and for a point outside all of them any area; for a
    point that ``leaves``, whose own place is outside all drawn areas, also the border of the one it is in.
    """
    edges, owner = _border_segments(drawn)
    point, edge = shapely.STRtree(edges).query(
        shapely.points(points["x"], points["y"]), predicate="dwithin", distance=limit
    )
    own = drawn.areas.index.get_indexer(points[side])
    near = (owner[edge] != own[point]) | leaves[point]
    deep = np.ones(len(points), dtype=bool)
    deep[point[near]] = False
    return deep


def _border_segments(layer: Layer) -> tuple[np.ndarray, np.ndarray]:
    """Return every edge of a layer as a line, and the position of the area it belongs to."""
    parts, area = shapely.get_parts(layer.areas["geometry"].to_numpy(), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    edges = shapely.linestrings(np.stack([vertices[:-1][same], vertices[1:][same]], axis=1))
    return edges, area[part[ring[:-1][same]]]
