"""Two lookups, or a lookup and a membership table, joined by their small areas."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from geoplan.data.membership.small_areas.lookups import sums_of
from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import BLOCK_MEASURES, Layer, Note, Weight, in_parts
from geoplan.schema.wording import UNITS

__all__ = ["joined", "refined", "refuse_uncounted", "refuse_unlike"]

EMPTY = 1e-18
"""Weight of a small area without people beside the mean: it tells where an empty area lies, and changes no other."""
SAME = 1e-9
"""Relative difference below which two files give a small area the same figure."""


def refuse_unlike(left: Layer, right: Layer) -> None:
    """Refuse a layer of small areas of its own against one that is not made of any.

    Parameters
    ----------
    left, right
        The layers to compare.

    Raises
    ------
    ConfigurationError
        Naming the only layer that is made of small areas, and what would make the comparison work.
    """
    if (left.blocks is None) == (right.blocks is None):
        return
    own, other = (left, right) if left.blocks is not None else (right, left)
    made = "is drawn" if other.parts is None else "is made of authorities"
    message = refusal(
        f"only {own.key} is made of {own.unit}; {other.key} {made}, so no table joins the two",
        hint=(
            f"Give a boundary file of the areas of {own.key}, or a lookup from {own.unit} to the areas of {other.key}."
        ),
    )
    raise ConfigurationError(message)


def refuse_uncounted(left: Layer, right: Layer, weight: Weight) -> None:
    """Refuse to count people in need by small areas of a lookup's own, of which only their sums by authority ship.

    Parameters
    ----------
    left, right
        The layers to compare.
    weight
        What is to be counted.

    Raises
    ------
    ConfigurationError
        Naming the layer, and what would make the comparison work.
    """
    own = next((layer for layer in (left, right) if layer.blocks is not None), None)
    if own is None or not weight.is_need:
        return
    message = f"{UNITS[str(weight)]} are not known by {own.unit}, of which {own.key} is made"
    hint = "Count people, or give both layers as boundary files or membership tables of authorities."
    raise ConfigurationError(refusal(message, hint=hint))


def joined(left: Layer, right: Layer) -> tuple[Layer, Layer, pd.DataFrame, tuple[Note, ...]]:
    """Bring two layers of small areas of their own to one set of small areas and figures.

    Where the two files give a small area different figures, those of one file count for both layers: the one
    that knows the measure for more small areas, else the first by name. So totals agree, and comparing the
    other way round gives the same numbers. It is noted, not refused, because relations rest on codes alone.

    Parameters
    ----------
    left, right
        Layers with ``blocks``.

    Returns
    -------
    left, right : Layer
        With the areas' figures summed anew where the other file changes or adds some.
    blocks : pandas.DataFrame
        The small areas of both, with `geoplan.schema.BLOCK_MEASURES`.
    notes : tuple of Note
        Small areas that only one file knows, and figures that differ (GP105).

    Raises
    ------
    ConfigurationError
        If the two have no small area in common.
    """
    one, two = left.blocks, right.blocks
    assert one is not None  # noqa: S101 - asked for by overlay only for layers of small areas
    assert two is not None  # noqa: S101
    if one.equals(two):
        return left, right, one, ()
    # Positions, not isin: text codes by the ten thousand would cost ten times the join.
    known = two.index.get_indexer(one.index) >= 0
    if not known.any():
        message = refusal(
            f"{left.key} is made of {left.unit} (such as {one.index[0]}) and {right.key} of {right.unit} (such as "
            f"{two.index[0]}), and no code is in both: these are different small areas, or different editions of them",
            hint="Give lookups from the same small areas.",
        )
        raise ConfigurationError(message)
    alone = one.index[~known], two.index[one.index.get_indexer(two.index) < 0]
    blocks, said = _merged((left.key, one), (right.key, two), alone[1])
    texts = [_only_text(left, right, alone[0]), _only_text(right, left, alone[1]), *said]
    told = list(filter(None, texts))
    left, right = _weighed_anew(left, blocks), _weighed_anew(right, blocks)
    if not told:
        return left, right, blocks, ()
    lead, detail = in_parts(told)
    return left, right, blocks, (Note("GP105", lead, detail=detail),)


def _only_text(layer: Layer, other: Layer, codes: pd.Index) -> str:
    if codes.empty:
        return ""
    return refusal(f"{len(codes):,} {layer.unit} of {layer.key} are not known to {other.key}", codes=codes)


def _merged(
    left: tuple[str, pd.DataFrame], right: tuple[str, pd.DataFrame], added: pd.Index
) -> tuple[pd.DataFrame, list[str]]:
    """Return the figures of the left small areas and those the right one adds, and sentences on those that differ."""
    index = left[1].index.append(added).sort_values()
    sides = [(key, blocks, blocks.index.get_indexer(index)) for key, blocks in (left, right)]
    found, said = {}, list[str]()
    for measure in BLOCK_MEASURES:
        figures = [(key, _at(blocks[measure].to_numpy(dtype=float), at)) for key, blocks, at in sides]
        (first, mine), (second, theirs) = sorted(figures, key=lambda side: (np.isnan(side[1]).sum(), side[0]))
        found[measure] = np.where(np.isnan(mine), theirs, mine)
        differ = index[np.abs(mine - theirs) > SAME * np.maximum(mine, theirs)]
        if len(differ):
            text = f"{first} and {second} give different {measure}, and those of {first} count for both"
            said.append(refusal(text, codes=differ))
    return pd.DataFrame(found, index=index.rename("block")), said


def _at(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the values at these positions, missing where the position is -1."""
    return np.where(at < 0, np.nan, values[at])


def _weighed_anew(layer: Layer, blocks: pd.DataFrame) -> Layer:
    assert layer.parts is not None  # noqa: S101
    own = layer.blocks
    assert own is not None  # noqa: S101
    if own.equals(blocks.take(blocks.index.get_indexer(own.index))):
        return layer
    areas = layer.areas.drop(columns=list(BLOCK_MEASURES)).join(sums_of(layer.parts, blocks))
    return replace(layer, areas=areas)


def refined(left: Layer, right: Layer, blocks: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Join the small areas that lie in the same area of both layers into one piece.

    Parameters
    ----------
    left, right
        Layers with ``blocks``.
    blocks
        The small areas of both, from `joined`.

    Returns
    -------
    left, right : pandas.DataFrame
        The layers' parts, of pieces by number; each whole, as a small area lies in one area of a lookup.
    blocks : pandas.DataFrame
        The pieces with `geoplan.schema.BLOCK_MEASURES`, each missing where one of their small areas lacks
        it, and beside each as ``nominal_`` the same with figures to stand in: for a missing one the mean of
        those known, or one where none is, so that relations are told by counting small areas.
    """
    weights = {measure: blocks[measure].to_numpy(dtype=float) for measure in BLOCK_MEASURES}
    weights |= {f"nominal_{measure}": _standing_in(values) for measure, values in weights.items()}
    one, two = _homes(left, blocks.index), _homes(right, blocks.index)
    _, first, piece = np.unique(one * (len(right.areas) + 1) + two, return_index=True, return_inverse=True)
    sums = {column: np.bincount(piece, weights=values) for column, values in weights.items()}
    pieces = pd.DataFrame(sums).rename_axis("block")
    return _numbered_parts(left, one[first]), _numbered_parts(right, two[first]), pieces


def _standing_in(weights: np.ndarray) -> np.ndarray:
    known = weights[weights > 0]
    typical = float(known.mean()) if len(known) else 1.0
    return np.maximum(np.where(np.isnan(weights), typical, weights), typical * EMPTY)


def _homes(layer: Layer, blocks: pd.Index) -> np.ndarray:
    """Return for each small area the number of the area it lies in, from 1; 0 for none."""
    assert layer.parts is not None  # noqa: S101
    home = np.zeros(len(blocks), dtype=np.int64)
    home[blocks.get_indexer(layer.parts["block"])] = layer.areas.index.get_indexer(layer.parts["code"]) + 1
    return home


def _numbered_parts(layer: Layer, home: np.ndarray) -> pd.DataFrame:
    held = np.flatnonzero(home)
    return pd.DataFrame({"block": held, "code": layer.areas.index[home[held] - 1], "share": 1.0})
