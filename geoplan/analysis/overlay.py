"""Intersect two layers: one row a pair, area, people, shares, the uncovered rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from geoplan.analysis import bounds, ground, join
from geoplan.data.membership.small_areas import lookup_joins
from geoplan.errors import ConfigurationError
from geoplan.schema import NEED_COLUMNS, RATED_MEASURES, REST, Basis, Layer, Note, Overlay, Weight
from geoplan.schema.indicators import INDICATOR_COLUMNS

__all__ = ["basis_of", "needs_geometry", "needs_points", "overlay"]

TOUCH_M2 = 1e-6
"""Intersections below this are rounding of shared borders, not ground."""
ROUNDING = 1e-9
"""Shares that differ by less are the same share."""
HAIR_M = 0.1
"""A seam of a decimetre shows in no drawing: two copies of a file written to different decimals differ so."""
SPARED = 1e-3
"""Nor is a piece drawn as a whole area where more than this share is missing, however long the border."""
MINOR_SHARE = 0.5


def basis_of(left: Layer, right: Layer, weight: Weight) -> Basis:
    """Return what decides: codes where both are unions of the same blocks, labels where one is, else geometry.

    Parameters
    ----------
    left, right
        The layers.
    weight
        With `Weight.AREA` no postcodes are counted, so an outside file is decided by geometry.

    Returns
    -------
    Basis
        The first that applies.

    Raises
    ------
    ConfigurationError
        If only one of the two is made of small areas of its own (a lookup): no table joins them then.
    """
    lookup_joins.refuse_unlike(left, right)
    of_blocks = (left.parts is not None) + (right.parts is not None)
    if of_blocks == 2:
        return Basis.CODES
    return Basis.LABELS if of_blocks == 1 and weight is not Weight.AREA else Basis.GEOMETRY


def needs_points(left: Layer, right: Layer, weight: Weight) -> bool:
    """Return whether the postcode points are needed to weigh these layers."""
    return weight is not Weight.AREA and basis_of(left, right, weight) is not Basis.CODES


def needs_geometry(left: Layer, right: Layer) -> bool:
    """Return whether the polygons of both layers are needed: always but where codes decide."""
    lookup_joins.refuse_unlike(left, right)
    return left.parts is None or right.parts is None


def overlay(
    left: Layer,
    right: Layer,
    *,
    blocks: pd.DataFrame,
    weight: Weight = Weight.PEOPLE,
    points: pd.DataFrame | None = None,
    reverse: Overlay | None = None,
) -> Overlay:
    """Intersect two layers and weigh every pair that meets.

    Where codes decide, this is a join of the two membership tables on their blocks. Where one layer is a
    file, each postcode inside one of its polygons votes with the block it is labelled with, and carries
    the block's people divided by its postcodes: an estimate. Where both are files, areas come from
    intersecting the polygons and people from the postcodes inside.

    Parameters
    ----------
    left, right
        The layers, both in EPSG:27700.
    blocks
        Shipped blocks indexed by ``block`` with people, working_age, postcodes and area_m2, and `NEED_COLUMNS`
        where they are known.
    weight
        What the people columns count; with `Weight.AREA` they stay empty. Where people in need are counted, verdicts
        rest on people all the same.
    points
        Postcode points with ``x``, ``y`` (metres, EPSG:27700) and ``block``; needed where `needs_points`.
    reverse
        The same two layers the other way round, if they were intersected already: where geometry decided,
        its pieces are taken over.

    Returns
    -------
    Overlay
        One row a pair and one for each area's rest, areas in square metres, shares 0 to 1. For each left
        area the shares of its pairs + rest - overlap = 1.

    Raises
    ------
    ConfigurationError
        If postcodes are needed and were not given, or people in need are asked for by small areas of a lookup.

    References
    ----------
    docs/method/overlay.md.
    """
    if needs_points(left, right, weight) and points is None:
        message = f"{left.key} with {right.key}: weighing by {weight} needs the postcode points."
        raise ConfigurationError(message)
    lookup_joins.refuse_uncounted(left, right, weight)
    basis = basis_of(left, right, weight)
    if basis is Basis.CODES:
        return _by_codes(left, right, blocks, weight)
    if basis is Basis.LABELS:
        return _by_labels(left, right, blocks, weight, points)
    return _by_geometry(left, right, blocks, weight, points, reverse)


def _by_codes(left: Layer, right: Layer, blocks: pd.DataFrame, weight: Weight) -> Overlay:
    same = left.key == right.key and left.parts is not None and left.parts.equals(right.parts)
    notes: tuple[Note, ...] = ()
    mine, theirs = left.parts, right.parts
    if left.blocks is not None and right.blocks is not None:
        left, right, blocks, notes = lookup_joins.joined(left, right)
        mine, theirs, blocks = lookup_joins.refined(left, right, blocks)
    one, two = (
        join.side(layer.areas.index, parts, blocks.index, fills=layer.exhaustive)
        for layer, parts in ((left, mine), (right, theirs))
    )
    over = _joined((left, right), (one, two), blocks, weight, same=same)
    return replace(over, notes=notes)


def _joined(
    layers: tuple[Layer, Layer],
    sides: tuple[join.Side, join.Side],
    blocks: pd.DataFrame,
    weight: Weight,
    *,
    same: bool = False,
    ground_m2: pd.Series | None = None,
) -> Overlay:
    """Make the overlay of two layers on the same blocks; ``ground_m2`` where blocks do not tell the ground."""
    (left, right), (one, two), column = layers, sides, weight.column
    found = join.pieces(one, two, same=same)
    rows = join.rows_of(found, len(two.codes))
    index = join.index_of(one, two, rows)
    sums = {
        name: join.sums(
            found.share, found.block, ground.held_in(blocks, name).to_numpy(), rows.of_piece, len(rows.left)
        )
        for name in dict.fromkeys((column, "area_m2", *_rated(blocks)))
    }
    counts, metres = sums[column], sums["area_m2"]
    if ground_m2 is not None:
        metres = ground_m2.reindex(index).fillna(0.0).to_numpy()
    totals = {
        name: (
            ground.held_in(left.areas, name).reindex(one.codes).to_numpy()[rows.left],
            np.append(ground.held_in(right.areas, name).reindex(two.codes).to_numpy(), np.nan)[rows.right],
        )
        for name in dict.fromkeys((column, "area_m2"))
    }
    by_area = weight is Weight.AREA
    table = join.shares_table(index, (metres, *totals["area_m2"]), None if by_area else (counts, *totals[column]))
    weights = blocks.get(f"nominal_{weight.deciding}", blocks[weight.deciding]).to_numpy(dtype=float)
    open_shares = bounds.share_bounds(one, two, found, rows, weights, same=same)
    return Overlay(
        left,
        right,
        table,
        join.conservation(ground.held_in(left.areas, column), table[f"left_{'area' if by_area else 'people'}_share"]),
        pd.DataFrame(join.nominal_shares(one, two, found, rows, weights), index=index),
        Basis.CODES if ground_m2 is None else Basis.LABELS,
        weight,
        bounds=None if open_shares is None else open_shares.set_axis(index[open_shares.index]),
        rated=pd.DataFrame({name: sums[name] for name in _rated(blocks)}, index=index),
    )


def _rated(frame: pd.DataFrame) -> list[str]:
    """Return what is summed besides what is counted: people out of work, and an indicator of the user's own."""
    return [*RATED_MEASURES, *(name for name in INDICATOR_COLUMNS if name in frame)]


def _parts_of(hits: pd.DataFrame, points: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    blocks = points["block"].astype("category").cat
    of_point, total = blocks.codes.to_numpy(), len(blocks.categories)
    every = np.bincount(of_point, minlength=total)
    point, area = hits["point"].to_numpy(), hits["code"].cat.codes.to_numpy()
    areas = hits["code"].cat.categories
    pair, counts = np.unique(of_point[point].astype(np.int64) * len(areas) + area, return_counts=True)
    block = pair // max(len(areas), 1)
    parts = pd.DataFrame(
        {
            "block": blocks.categories[block],
            "code": areas[pair - block * len(areas)],
            "share": counts / every[block],
        }
    )
    held = np.zeros(len(points), dtype=bool)
    held[point] = True
    cover = np.bincount(of_point[held], minlength=total) / np.maximum(every, 1)
    return parts, pd.Series(cover, index=pd.Index(blocks.categories, name="block"))[cover > 0]


def _by_labels(left: Layer, right: Layer, blocks: pd.DataFrame, weight: Weight, points: pd.DataFrame | None) -> Overlay:
    assert points is not None  # noqa: S101 - checked at the door
    held = [_held(layer, blocks, points) for layer in (left, right)]
    layers, sides = (held[0][0], held[1][0]), (held[0][1], held[1][1])
    metres = _ground_of(left, right)
    over = _with_unpeopled(_joined(layers, sides, blocks, weight, ground_m2=metres), metres)
    return replace(over, minor=_minor_labels(over, points, ground.point_weights(points, blocks, weight.deciding)))


def _held(layer: Layer, blocks: pd.DataFrame, points: pd.DataFrame) -> tuple[Layer, join.Side]:
    """Return a layer with weights and as shares of blocks; of a drawn one, by the postcodes in its areas."""
    if layer.parts is not None:
        return layer, join.side(layer.areas.index, layer.parts, blocks.index, fills=layer.exhaustive)
    parts, cover = _parts_of(ground.located(layer, points), points)
    covered = cover.reindex(blocks.index).fillna(0.0).to_numpy()
    return _with_weights(layer, parts, blocks), join.side(layer.areas.index, parts, blocks.index, covered)


def _with_unpeopled(over: Overlay, metres: pd.Series) -> Overlay:
    """Give drawn left areas in which nobody lives rows of their ground: of people nothing can be said."""
    counted = over.left.areas[over.weight.deciding]
    empty = counted.index[(counted == 0).to_numpy() & (over.left.parts is None)]
    if not len(empty):
        return over
    held = metres[metres.index.isin(empty, level="left") & (metres.to_numpy() > 0)]
    of_left, of_right = (held.index.get_level_values(side) for side in ("left", "right"))
    grounds = (over.left.areas["area_m2"].reindex(of_left), over.right.areas["area_m2"].reindex(of_right))
    table = join.shares_table(held.index, (held.to_numpy(), *(each.to_numpy(dtype=float) for each in grounds)), None)
    nominal = pd.DataFrame(np.nan, index=held.index, columns=["left_share", "right_share"])
    peopled = ~over.table.index.isin(empty, level="left")
    return replace(
        over,
        table=pd.concat([over.table[peopled], table]).sort_index(),
        nominal=pd.concat([over.nominal[peopled], nominal]).sort_index(),
        totals=over.totals.assign(
            overlap_share=over.totals["overlap_share"].where(~over.totals.index.isin(empty), 0.0)
        ),
        unpeopled=frozenset(empty.astype(str)),
    )


def _minor_rows(over: Overlay) -> pd.MultiIndex:
    """Return the rows that hold less than half of either of their areas, and rests of right areas with left ""."""
    shares = over.nominal[["left_share", "right_share"]].fillna(0.0)
    rows = over.nominal.index[(shares.max(axis=1) < MINOR_SHARE).to_numpy()]
    met = shares["right_share"].groupby(level="right").sum().drop(REST, errors="ignore")
    rests = met.index[(met < 1 - ROUNDING) & (met > 1 - MINOR_SHARE)]
    return rows.append(pd.MultiIndex.from_product([[REST], rests], names=["left", "right"]))


def _minor_labels(over: Overlay, points: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame:
    """Return the postcodes of minor rows where one layer is drawn and the other made of blocks."""
    right_drawn = over.right.parts is None
    drawn, shipped = (over.right, over.left) if right_drawn else (over.left, over.right)
    hits = ground.located(drawn, points)
    block, names = points["block"].astype("category").cat.codes.to_numpy(), hits["code"].cat.categories
    inside, area = hits["point"].to_numpy(), hits["code"].cat.codes.to_numpy()
    outside = np.setdiff1d(np.arange(len(points)), inside, assume_unique=True)
    point = np.concatenate([inside, outside])
    # One number for a block and a drawn area, 0 standing for none: millions of rows stay numbers.
    place = np.concatenate([area + 1, np.zeros(len(outside), dtype=area.dtype)]).astype(np.int64)
    key = block[point].astype(np.int64) * (len(names) + 1) + place
    rows = _minor_keys(np.unique(key), points["block"].astype("category").cat.categories, names, shipped)
    if not right_drawn:
        rows = rows.rename(columns={"left": "right", "right": "left"})
    rows = rows[pd.MultiIndex.from_frame(rows[["left", "right"]]).isin(_minor_rows(over))]
    chosen = np.isin(key, rows["key"].to_numpy())
    found = pd.DataFrame({"point": point[chosen], "key": key[chosen]}).merge(rows, on="key")
    return _weighed_points(found, points, weights)


def _minor_keys(keys: np.ndarray, blocks: pd.Index, names: pd.Index, shipped: Layer) -> pd.DataFrame:
    """Return key, left (of the layer of blocks) and right (drawn) for combinations of block and drawn area."""
    assert shipped.parts is not None  # noqa: S101 - made of blocks
    block, place = np.divmod(keys, len(names) + 1)
    drawn = np.concatenate([[REST], names.to_numpy()])[place]
    combined = pd.DataFrame({"key": keys, "block": blocks[block], "right": drawn})
    rows = combined.merge(shipped.parts[["block", "code"]], on="block", how="left")
    rows = rows.assign(left=rows["code"].fillna(REST))[["key", "left", "right"]]
    return rows[(rows["left"] != REST) | (rows["right"] != REST)]


def _weighed_points(found: pd.DataFrame, points: pd.DataFrame, weights: np.ndarray) -> pd.DataFrame:
    at = found["point"].to_numpy()
    where = {"x": points["x"].to_numpy()[at], "y": points["y"].to_numpy()[at], "amount": weights[at]}
    return found[["left", "right"]].assign(**where)


def _with_weights(layer: Layer, parts: pd.DataFrame, blocks: pd.DataFrame) -> Layer:
    """Add estimated people, working age, postcodes and people in need to a drawn layer's areas."""
    counted = ("people", "working_age", "postcodes", *NEED_COLUMNS, *INDICATOR_COLUMNS)
    columns = [name for name in dict.fromkeys(counted) if name in blocks]
    amounts = blocks[columns].reindex(parts["block"]).to_numpy() * parts["share"].to_numpy()[:, None]
    # What is not counted in one of its blocks is not counted in the area.
    sums = pd.DataFrame(amounts, columns=columns).groupby(parts["code"].to_numpy()).sum(skipna=False)
    areas = layer.areas.drop(columns=[c for c in columns if c in layer.areas])
    areas = areas.assign(**{c: sums[c].reindex(areas.index, fill_value=0.0) for c in columns})
    return replace(layer, areas=areas)


def _shapes(left: Layer, right: Layer, areas: pd.Series, *, hair: float = HAIR_M) -> pd.Series:
    """Return the polygons in which pairs meet; where one area lies in the other, that is the area itself.

    It lies in the other where what is missing makes a seam along its border no wider than ``hair`` metres.
    """
    (of_left, whole_left), (of_right, whole_right) = (
        _held_whole(layer, areas, side, hair) for side, layer in (("left", left), ("right", right))
    )
    shapes = np.where(whole_left, of_left, of_right)
    cut = ~whole_left & ~whole_right
    shapes[cut] = shapely.intersection(of_left[cut], of_right[cut])
    return pd.Series(shapes, index=areas.index, name="geometry")


def _held_whole(layer: Layer, areas: pd.Series, side: str, hair: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the polygon of each pair's area of one layer, and whether the pair holds all of it."""
    met, of_pair = np.unique(layer.areas.index.get_indexer(areas.index.get_level_values(side)), return_inverse=True)
    # Measured once an area, not once a pair: a board of ten thousand vertices meets thousands of small areas.
    shapes = layer.areas["geometry"].to_numpy()[met]
    whole = shapely.area(shapes)
    spared = np.minimum(hair * shapely.length(shapes), SPARED * whole)
    least = whole - np.maximum(spared, ROUNDING * whole)
    return shapes[of_pair], areas.to_numpy() >= least[of_pair]


def _ground_of(left: Layer, right: Layer) -> pd.Series:
    """Return square metres a pair, and a rest row for each left area."""
    with ground.overlapping_beside(right, least=TOUCH_M2) as twice:
        areas = ground.meeting(left, right, least=TOUCH_M2)
    return pd.concat([areas, _rest_ground(left, right, areas, twice())]).sort_index()


def _rest_ground(left: Layer, right: Layer, areas: pd.Series, twice: pd.Index) -> pd.Series:
    total = left.areas["area_m2"].astype(float)
    doubled = areas.index.isin(twice, level="right")
    held = areas[~doubled].groupby(level="left").sum().reindex(total.index).fillna(0.0)
    for code, group in _shapes(left, right, areas[doubled], hair=0.0).groupby(level="left"):
        held[code] += shapely.area(shapely.union_all(group.to_numpy()))
    rest = total - held
    rest = rest.where(rest > TOUCH_M2 + total * 1e-12, 0.0)
    rest.index = pd.MultiIndex.from_product([total.index, [REST]], names=["left", "right"])
    return rest


def _by_geometry(
    left: Layer,
    right: Layer,
    blocks: pd.DataFrame,
    weight: Weight,
    points: pd.DataFrame | None,
    reverse: Overlay | None,
) -> Overlay:
    with ground.overlapping_beside(right, least=TOUCH_M2) as twice:
        areas, shapes = _turned(reverse) if reverse else _met(left, right)
    held = pd.concat([areas, _rest_ground(left, right, areas, twice())]).sort_index()
    if weight is Weight.AREA:
        return _drawn(left, right, held, None, shapes, weight)
    assert points is not None  # noqa: S101 - checked at the door
    hits = [ground.located(layer, points) for layer in (left, right)]
    columns = dict.fromkeys((weight.column, weight.deciding, *_rated(blocks)))
    of_points = {name: ground.point_weights(points, blocks, name) for name in columns}
    counts, weights = ground.count_pairs(hits[0], hits[1], of_points), of_points[weight.deciding]
    one, two = (
        _with_weights(layer, _parts_of(found, points)[0], blocks)
        for layer, found in zip((left, right), hits, strict=True)
    )
    over = _with_unpeopled(_drawn(one, two, held, counts, shapes, weight), held)
    rests = [_minor_rests(hits[0], hits[1], points, weights), _minor_rests(hits[1], hits[0], points, weights)]
    turned = rests[1].rename(columns={"left": "right", "right": "left"})
    return replace(over, minor=pd.concat([rests[0], turned], ignore_index=True))


def _met(left: Layer, right: Layer) -> tuple[pd.Series, pd.Series]:
    """Return square metres and shape of every pair that meets."""
    areas = ground.meeting(left, right, least=TOUCH_M2)
    return areas, _shapes(left, right, areas)


def _turned(reverse: Overlay) -> tuple[pd.Series, pd.Series]:
    """Return square metres and shapes from the same pair the other way round."""
    assert reverse.pieces is not None  # noqa: S101 - geometry decided
    turned = reverse.pieces.swaplevel().sort_index()
    turned.index.names = ["left", "right"]
    areas = reverse.table["area_m2"].swaplevel().reindex(turned.index)
    return areas, turned


def _minor_rests(
    inside: pd.DataFrame, covered: pd.DataFrame, points: pd.DataFrame, weights: np.ndarray
) -> pd.DataFrame:
    """Return the postcodes in areas of one layer and in none of the other, where they are under half of an area."""
    held = np.zeros(len(points), dtype=bool)
    held[covered["point"].to_numpy()] = True
    area, point = inside["code"].cat.codes.to_numpy(), inside["point"].to_numpy()
    names, open_ = inside["code"].cat.categories, ~held[point]
    total = np.bincount(area, weights[point], minlength=len(names))
    rest = np.bincount(area[open_], weights[point[open_]], minlength=len(names))
    chosen = open_ & (rest < MINOR_SHARE * total)[area]
    found = pd.DataFrame({"left": names.to_numpy()[area[chosen]], "right": REST, "point": point[chosen]})
    return _weighed_points(found, points, weights)


def _drawn(
    left: Layer, right: Layer, metres: pd.Series, counts: pd.DataFrame | None, shapes: pd.Series, weight: Weight
) -> Overlay:
    rest = metres.index.get_level_values("right") == REST
    peopled = metres.index.isin(counts.index) if counts is not None else np.zeros(len(metres), dtype=bool)
    metres = metres[~rest | (metres.to_numpy() > 0) | peopled]
    metric = (metres, *_wholes(left, right, metres.index, "area_m2"))
    held = None if counts is None else counts.reindex(metres.index, fill_value=0.0)
    counted, deciding = (
        metric if held is None else (held[name], *_wholes(left, right, metres.index, name))
        for name in (weight.column, weight.deciding)
    )
    table = join.shares_table(metres.index, metric, None if held is None else counted)
    kind = "area" if held is None else "people"
    totals = join.conservation(ground.held_in(left.areas, weight.column), table[f"left_{kind}_share"])
    shares = table[[f"left_{kind}_share", f"right_{kind}_share"]].set_axis(["left_share", "right_share"], axis=1)
    if weight.is_need:
        shares = pd.DataFrame({"left_share": deciding[0] / deciding[1], "right_share": deciding[0] / deciding[2]})
    rated = None if held is None else held[[*_rated(held)]]
    return Overlay(left, right, table, totals, shares, Basis.GEOMETRY, weight, pieces=shapes, rated=rated)


def _wholes(left: Layer, right: Layer, rows: pd.MultiIndex, measure: str) -> tuple[pd.Series, pd.Series]:
    """Return what the left and the right area of every row hold in all."""
    sides = (("left", left), ("right", right))
    found = (ground.held_in(layer.areas, measure).reindex(rows.get_level_values(side)) for side, layer in sides)
    one, two = (each.set_axis(rows) for each in found)
    return one, two
