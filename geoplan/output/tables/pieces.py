"""The pieces in which two layers cut each other, as rows with their outlines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from geoplan.analysis.relations import ROUNDING
from geoplan.auditing.results import Pair
from geoplan.data.membership import membership
from geoplan.output.tables import comparison
from geoplan.schema import REST, Basis, Layer

__all__ = ["pieces_table", "polygons_of", "shapes_of"]


def pieces_table(pair: Pair, blocks: pd.DataFrame) -> pd.DataFrame:
    """Return the pieces in which two layers cut each other.

    Parameters
    ----------
    pair
        A comparison of layers with outlines; without, the geometry is missing.
    blocks
        The shipped blocks, with outlines.

    Returns
    -------
    pandas.DataFrame
        The rows of `geoplan.output.tables.comparison.compare_table` that are parts of areas on both sides, with
        ``left_layer``, ``right_layer``, ``comparison`` (titles), ``kind`` (cut, rest or artefact), ``counted`` (the
        weight), ``drawn_whole`` (whether blocks that belong in part are drawn whole) and ``geometry`` (EPSG:27700).
    """
    over = pair.overlay
    rows = comparison.compare_table(pair)
    rows = rows.iloc[np.flatnonzero(_is_part(pair))].reset_index(drop=True)
    rest, artefact = (rows["right_code"] == REST).to_numpy(), rows["artefact"].astype(bool).to_numpy()
    shapes, whole = _piece_shapes(pair, rows, blocks)
    return rows.assign(
        left_layer=over.left.key,
        right_layer=over.right.key,
        comparison=f"{over.left.title} / {over.right.title}",
        kind=np.where(artefact, "artefact", np.where(rest, "rest", "cut")),
        counted=str(over.weight),
        drawn_whole=whole,
        geometry=shapes,
    )


def _is_part(pair: Pair) -> np.ndarray:
    """Tell which rows are parts of areas on both sides, so that neither layer's outlines show them."""
    over, limit = pair.overlay, 1 - pair.tolerance.of(pair.overlay.basis) - ROUNDING
    shares = over.nominal.reindex(over.table.index)
    left, right = (shares[name].fillna(0.0).to_numpy() for name in ("left_share", "right_share"))
    if over.bounds is not None:
        # A rest is drawn where it surely is one.
        left = over.bounds["left_least"].reindex(over.table.index).fillna(shares["left_share"]).fillna(0.0).to_numpy()
    rest = over.table.index.get_level_values("right") == REST
    artefact = over.table["artefact"].astype(bool).to_numpy()
    true_rest = rest & ~artefact & (left > 1 - limit) & (left < limit)
    cut = over.table.index.isin(pair.cuts.pieces.index)
    return cut | (artefact & ~rest & (left < limit) & (right < limit)) | true_rest


def shapes_of(layer: Layer) -> pd.Series:
    """Return the outlines of a layer's areas; missing for one that has none."""
    if "geometry" in layer.areas.columns:
        return pd.Series(layer.areas["geometry"].to_numpy(), index=layer.areas.index, dtype=object)
    return pd.Series(None, index=layer.areas.index, dtype=object)


def _piece_shapes(pair: Pair, rows: pd.DataFrame, blocks: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the polygon of each row, and whether blocks that belong in part are drawn whole in it."""
    left, right = pair.overlay.left, pair.overlay.right
    drawn = all("geometry" in layer.areas.columns for layer in (left, right))
    if not drawn or rows.empty:
        return np.full(len(rows), None, dtype=object), np.zeros(len(rows), dtype=bool)
    if pair.overlay.basis is Basis.CODES:
        return _block_pieces(left, right, rows, blocks["geometry"])
    ours, theirs = (shapes_of(layer) for layer in (left, right))
    found = np.empty(len(rows), dtype=object)
    met = (rows["right_code"] != REST).to_numpy()
    one, two = ours.reindex(rows["left_code"]).to_numpy(), theirs.reindex(rows["right_code"]).to_numpy()
    if pair.overlay.pieces is not None:
        at = pd.MultiIndex.from_frame(rows.loc[met, ["left_code", "right_code"]])
        found[met] = pair.overlay.pieces.reindex(at).to_numpy()
    else:
        found[met] = shapely.intersection(one[met], two[met])
    tree = shapely.STRtree(theirs.to_numpy())
    for n in np.flatnonzero(~met):
        found[n] = shapely.difference(one[n], shapely.union_all(theirs.to_numpy()[tree.query(one[n])]))
    return np.array([polygons_of(shape) for shape in found], dtype=object), np.zeros(len(rows), dtype=bool)


def _block_pieces(left: Layer, right: Layer, rows: pd.DataFrame, geometry: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Join the blocks that each piece is made of."""
    assert left.parts is not None  # noqa: S101 - codes decided
    assert right.parts is not None  # noqa: S101 - codes decided
    theirs = pd.concat([right.parts, _uncovered(right.parts, geometry.index)])
    met = left.parts.merge(theirs, on="block", suffixes=("_left", "_right"))
    wanted = rows.rename(columns={"left_code": "code_left", "right_code": "code_right"})
    wanted = wanted[["code_left", "code_right"]].assign(code=range(len(rows)))
    met = met.merge(wanted, on=["code_left", "code_right"])
    in_part = ~((met["share_left"] == 1) & (met["share_right"] == 1))
    shapes = membership.dissolve(met, geometry, pd.RangeIndex(len(rows)))
    whole = in_part.groupby(met["code"]).any().reindex(range(len(rows)), fill_value=False)
    return shapes.reindex(range(len(rows))).to_numpy(), whole.to_numpy(dtype=bool)


def _uncovered(parts: pd.DataFrame, blocks: pd.Index) -> pd.DataFrame:
    """Return the blocks that are in no area, or in areas only in part, as parts of the rest."""
    held = parts["share"].fillna(0.5).groupby(parts["block"]).sum().reindex(blocks, fill_value=0.0)
    left_over = held[held < 1 - ROUNDING]
    return pd.DataFrame({"block": left_over.index, "code": REST, "share": 1 - left_over.to_numpy()})


def polygons_of(shape: shapely.Geometry | None) -> shapely.Geometry | None:
    """Return what of a shape is ground: no lines or points where borders only touch."""
    if shape is None:
        return None
    parts = shapely.get_parts(shape)
    if shape.geom_type == "GeometryCollection":
        parts = shapely.get_parts(parts)
    parts = parts[shapely.get_dimensions(parts) == 2]
    return shapely.multipolygons(parts) if len(parts) else None
