"""Intersect two layers: one row a pair, area, people, shares, the uncovered rest."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import shapely

from geoplan import ground, lookups
from geoplan.errors import ConfigurationError
from geoplan.schema import OVERLAY_COLUMNS, REST, Basis, Layer, Note, Overlay, Weight

__all__ = ["basis_of", "needs_geometry", "needs_points", "overlay"]

TOUCH_M2 = 1e-6
"""Intersections below this are rounding of shared borders, not ground."""

ROUNDING = 1e-9
"""Shares that differ by less are the same share."""

MINOR_SHARE = 0.5

BLOCK_COLUMN = {
    Weight.PEOPLE: "people",
    Weight.WORKING_AGE: "working_age",
    Weight.POSTCODES: "postcodes",
    Weight.AREA: "area_m2",
}


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
    lookups.refuse_unlike(left, right)
    of_blocks = (left.parts is not None) + (right.parts is not None)
    if of_blocks == 2:
        return Basis.CODES
    return Basis.LABELS if of_blocks == 1 and weight is not Weight.AREA else Basis.GEOMETRY


def needs_points(left: Layer, right: Layer, weight: Weight) -> bool:
    """Return whether the postcode points are needed to weigh these layers."""
    return weight is not Weight.AREA and basis_of(left, right, weight) is not Basis.CODES


def needs_geometry(left: Layer, right: Layer) -> bool:
    """Return whether the polygons of both layers are needed: always but where codes decide."""
    lookups.refuse_unlike(left, right)
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
        Shipped blocks indexed by ``block`` with people, working_age, postcodes and area_m2.
    weight
        What the people columns count; with `Weight.AREA` they stay empty.
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
        If postcodes are needed and were not given.

    References
    ----------
    docs/method.md, section 1.
    """
    if needs_points(left, right, weight) and points is None:
        message = f"{left.key} with {right.key}: weighing by {weight} needs the postcode points."
        raise ConfigurationError(message)
    basis = basis_of(left, right, weight)
    if basis is Basis.CODES:
        return _by_codes(left, right, blocks, weight)
    if basis is Basis.LABELS:
        return _by_labels(left, right, blocks, weight, points)
    return _by_geometry(left, right, blocks, weight, points, reverse)


# ---------------------------------------------------------------------------------------------- blocks


@dataclass(frozen=True, eq=False)
class _Side:
    """One layer as shares of blocks, and how much of each block it covers."""

    layer: Layer
    parts: pd.DataFrame
    cover: pd.Series


def _side(layer: Layer, blocks: pd.DataFrame, points: pd.DataFrame | None = None) -> _Side:
    if layer.parts is not None:
        return _Side(layer, layer.parts, _cover(layer.parts))
    assert points is not None  # noqa: S101 - checked at the door
    parts, cover = _parts_of(ground.located(layer, points), points)
    return _Side(_with_weights(layer, parts, blocks), parts, cover)


def _cover(parts: pd.DataFrame) -> pd.Series:
    """Return block -> share covered: missing where a part of unknown size decides."""
    known = parts["share"].groupby(parts["block"]).sum().clip(upper=1.0)
    return known.where((known >= 1 - ROUNDING) | _strict_sum(parts["share"], [parts["block"]]).notna())


def _strict_sum(values: pd.Series, by: Sequence[Hashable | pd.Series]) -> pd.Series:
    """Sum by group; one missing value makes the group's sum missing."""
    grouped = values.groupby(by, sort=True)
    summed = grouped.sum()
    return summed.where(grouped.count() == grouped.size())


def _by_codes(left: Layer, right: Layer, blocks: pd.DataFrame, weight: Weight) -> Overlay:
    same = left.key == right.key and left.parts is not None and left.parts.equals(right.parts)
    notes: tuple[Note, ...] = ()
    mine, theirs = left.parts, right.parts
    if left.blocks is not None and right.blocks is not None:
        left, right, blocks, notes = lookups.joined(left, right)
        mine, theirs, blocks = lookups.refined(left, right, blocks)
    one, two = _Side(left, mine, _cover(mine)), _Side(right, theirs, _cover(theirs))
    over = _weighed(one, two, _pieces(one, two, same=same), blocks, weight, Basis.CODES)
    return replace(over, notes=notes)


def _pieces(left: _Side, right: _Side, *, same: bool) -> pd.DataFrame:
    """Return block, left, right, share of the block in both, and the nominal shares; rest has right "".

    Whole in one layer: the piece is what the other holds. Parts of the same block in both: how they lie
    to each other is not known, so the share is missing and stands at its expected size nominally.
    """
    joined = left.parts.merge(right.parts, on="block", how="left", suffixes=("_left", "_right"))
    one, two = joined["share_left"].to_numpy(), joined["share_right"].to_numpy(dtype=float)
    met = joined["code_right"].notna().to_numpy()
    known = _met_share(one, two)
    expected = _guess(one) * _guess(two)
    if same:
        own = (joined["code_left"] == joined["code_right"]).to_numpy()
        known = np.where(own, one, np.where(one + two <= 1 + ROUNDING, 0.0, known))
        expected = np.where(own, _guess(one), expected)
    pairs = pd.DataFrame(
        {
            "block": joined["block"],
            "left": joined["code_left"],
            "right": joined["code_right"],
            "share": known,
            "nominal": np.where(np.isnan(known), expected, known),
        }
    )[met & ~(known == 0)]
    return pairs if same else pd.concat([pairs, _rest_pieces(left, right)], ignore_index=True)


def _met_share(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    whole_one, whole_two = one >= 1 - ROUNDING, two >= 1 - ROUNDING
    return np.where(whole_one, two, np.where(whole_two, one, np.nan))


def _guess(share: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(share), 0.5, share)


def _rest_pieces(left: _Side, right: _Side) -> pd.DataFrame:
    cover = right.cover.reindex(left.parts["block"])
    covered = np.where(cover.index.isin(right.cover.index), cover.to_numpy(), 0.0)
    share = left.parts["share"].to_numpy()
    inside = np.where(covered == 0, 0.0, _met_share(share, covered))
    rest = share - inside
    nominal = _guess(share) * (1 - _guess(covered))
    frame = left.parts[["block"]].assign(
        left=left.parts["code"], right=REST, share=rest, nominal=np.where(np.isnan(rest), nominal, rest)
    )
    return frame[frame["nominal"] > ROUNDING]


def _weighed(
    left: _Side,
    right: _Side,
    pieces: pd.DataFrame,
    blocks: pd.DataFrame,
    weight: Weight,
    basis: Basis,
) -> Overlay:
    """Turn pieces of blocks into the overlay's table, weighed by area and by the chosen column."""
    column = BLOCK_COLUMN[weight]
    one, two = left.layer.areas, right.layer.areas
    counts = _sum_pieces(pieces, blocks[column], "share")
    if basis is Basis.CODES:
        metres = _sum_pieces(pieces, blocks["area_m2"], "share")
    else:
        metres = _ground_of(left.layer, right.layer).reindex(counts.index).fillna(0.0)
    table = _table(counts.index)
    _fill(table, "area_m2", "area", metres, one["area_m2"], two["area_m2"])
    if weight is not Weight.AREA:
        _fill(table, "people", "people", counts, one[column], two[column])
    deciding = table["left_area_share" if weight is Weight.AREA else "left_people_share"]
    totals = _conservation(one[column].astype(float), deciding)
    nominal = _nominal(left, right, pieces, blocks.get(f"nominal_{column}", blocks[column]))
    return Overlay(left.layer, right.layer, table, totals, nominal, basis, weight)


def _sum_pieces(pieces: pd.DataFrame, weights: pd.Series, column: str) -> pd.Series:
    """Sum block weight x share a pair; one unknown piece makes the sum unknown."""
    amount = pieces[column] * weights.reindex(pieces["block"]).to_numpy()
    return _strict_sum(amount, [pieces["left"], pieces["right"]])


def _table(index: pd.MultiIndex) -> pd.DataFrame:
    table = pd.DataFrame(np.nan, index=index, columns=list(OVERLAY_COLUMNS))
    table.index.names = ["left", "right"]
    table["artefact"] = False
    return table


def _fill(table: pd.DataFrame, amount: str, share: str, values: pd.Series, left: pd.Series, right: pd.Series) -> None:
    """Write an amount and its two shares into the table being built."""
    of_left = table.index.get_level_values("left")
    of_right = table.index.get_level_values("right")
    table[amount] = values.to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        table[f"left_{share}_share"] = values.to_numpy() / left.reindex(of_left).to_numpy()
        table[f"right_{share}_share"] = values.to_numpy() / right.reindex(of_right).to_numpy()


def _nominal(left: _Side, right: _Side, pieces: pd.DataFrame, weights: pd.Series) -> pd.DataFrame:
    """Return the shares of every row with parts of unknown size taken as one half of their block."""
    amounts = _sum_pieces(pieces, weights, "nominal")
    frame = pd.DataFrame(index=amounts.index)
    for name, side in (("left", left), ("right", right)):
        held = _guess(side.parts["share"].to_numpy()) * weights.reindex(side.parts["block"]).to_numpy()
        total = pd.Series(held).groupby(side.parts["code"].to_numpy()).sum()
        frame[f"{name}_share"] = amounts.to_numpy() / total.reindex(amounts.index.get_level_values(name)).to_numpy()
    return frame


def _conservation(weights: pd.Series, shares: pd.Series) -> pd.DataFrame:
    """Return weight, rest_share and overlap_share a left area, from the shares of its rows."""
    codes = weights.index
    is_rest = shares.index.get_level_values("right") == REST
    rest = shares[is_rest].droplevel("right")
    held = _strict_sum(shares[~is_rest], ["left"])
    frame = pd.DataFrame({"weight": weights})
    frame["rest_share"] = rest.reindex(codes).where(codes.isin(rest.index), 0.0)
    inside = held.reindex(codes).where(codes.isin(held.index), 0.0)
    # Rounding of the sums must not look like ground held twice.
    excess = inside + frame["rest_share"] - 1
    frame["overlap_share"] = excess.where(~(excess.abs() < ROUNDING), 0.0)
    return frame


# ---------------------------------------------------------------------------------------------- labels


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
    one, two = _side(left, blocks, points), _side(right, blocks, points)
    over = _weighed(one, two, _pieces(one, two, same=False), blocks, weight, Basis.LABELS)
    return replace(over, minor=_minor_labels(over, points, _point_weights(points, blocks, weight)))


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
    """Add estimated people, working age and postcodes to a drawn layer's areas."""
    columns = ["people", "working_age", "postcodes"]
    amounts = blocks[columns].reindex(parts["block"]).to_numpy() * parts["share"].to_numpy()[:, None]
    sums = pd.DataFrame(amounts, columns=columns).groupby(parts["code"].to_numpy()).sum()
    areas = layer.areas.drop(columns=[c for c in columns if c in layer.areas])
    areas = areas.assign(**{c: sums[c].reindex(areas.index).fillna(0.0) for c in columns})
    return replace(layer, areas=areas)


# -------------------------------------------------------------------------------------------- geometry


def _shapes(left: Layer, right: Layer, areas: pd.Series) -> pd.Series:
    """Return the polygons in which pairs meet; where one area lies in the other, that is the area itself."""
    of_left = left.areas["geometry"].reindex(areas.index.get_level_values("left")).to_numpy()
    of_right = right.areas["geometry"].reindex(areas.index.get_level_values("right")).to_numpy()
    whole_left = areas.to_numpy() >= shapely.area(of_left) * (1 - ROUNDING)
    whole_right = areas.to_numpy() >= shapely.area(of_right) * (1 - ROUNDING)
    shapes = np.where(whole_left, of_left, of_right)
    cut = ~whole_left & ~whole_right
    shapes[cut] = shapely.intersection(of_left[cut], of_right[cut])
    return pd.Series(shapes, index=areas.index, name="geometry")


def _ground_of(left: Layer, right: Layer) -> pd.Series:
    """Return square metres a pair, and a rest row for each left area."""
    areas = ground.meeting(left, right, least=TOUCH_M2)
    return pd.concat([areas, _rest_ground(left, right, areas)]).sort_index()


def _rest_ground(left: Layer, right: Layer, areas: pd.Series) -> pd.Series:
    total = left.areas["area_m2"].astype(float)
    held = areas.groupby(level="left").sum().reindex(total.index).fillna(0.0)
    if ground.overlaps_itself(right, least=TOUCH_M2):
        for code, group in _shapes(left, right, areas).groupby(level="left"):
            held[code] = shapely.area(shapely.union_all(group.to_numpy()))
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
    areas, shapes = _turned(reverse) if reverse else _met(left, right)
    held = pd.concat([areas, _rest_ground(left, right, areas)]).sort_index()
    if weight is Weight.AREA:
        return _drawn(left, right, held, None, shapes, weight)
    assert points is not None  # noqa: S101 - checked at the door
    hits = [ground.located(layer, points) for layer in (left, right)]
    weights = _point_weights(points, blocks, weight)
    counts = _count_pairs(hits[0], hits[1], weights)
    one, two = (
        _with_weights(layer, _parts_of(found, points)[0], blocks)
        for layer, found in zip((left, right), hits, strict=True)
    )
    over = _drawn(one, two, held, counts, shapes, weight)
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


def _point_weights(points: pd.DataFrame, blocks: pd.DataFrame, weight: Weight) -> np.ndarray:
    each = blocks[BLOCK_COLUMN[weight]] / blocks["postcodes"]
    of_point = points["block"].astype("category").cat
    return each.reindex(of_point.categories).to_numpy()[of_point.codes]


def _count_pairs(left: pd.DataFrame, right: pd.DataFrame, weights: np.ndarray) -> pd.Series:
    joined = left.merge(right, on="point", how="left", suffixes=("_left", "_right"))
    ones, others = joined["code_left"].cat, joined["code_right"].cat
    frame = pd.DataFrame({"left": ones.codes, "right": others.codes, "amount": weights[joined["point"].to_numpy()]})
    sums = frame.groupby(["left", "right"])["amount"].sum()
    names = [ones.categories, pd.Index([*others.categories, REST])]
    # Code -1 stands for a point in no right area, and picks the last name.
    levels = [names[n].take(sums.index.get_level_values(n).to_numpy()) for n in range(2)]
    return sums.set_axis(pd.MultiIndex.from_arrays(levels, names=["left", "right"])).sort_index()


def _drawn(
    left: Layer, right: Layer, metres: pd.Series, counts: pd.Series | None, shapes: pd.Series, weight: Weight
) -> Overlay:
    rest = metres.index.get_level_values("right") == REST
    peopled = metres.index.isin(counts.index) if counts is not None else np.zeros(len(metres), dtype=bool)
    metres = metres[~rest | (metres.to_numpy() > 0) | peopled]
    table = _table(metres.index)
    _fill(table, "area_m2", "area", metres, left.areas["area_m2"], right.areas["area_m2"])
    column = "area"
    if counts is not None:
        column = "people"
        name = BLOCK_COLUMN[weight]
        amounts = counts.reindex(metres.index).fillna(0.0)
        _fill(table, "people", "people", amounts, left.areas[name], right.areas[name])
    shares = table[[f"left_{column}_share", f"right_{column}_share"]].set_axis(["left_share", "right_share"], axis=1)
    total = left.areas[BLOCK_COLUMN[weight]].astype(float)
    totals = _conservation(total, shares["left_share"])
    return Overlay(left, right, table, totals, shares, Basis.GEOMETRY, weight, pieces=shapes)
