"""How each area stands to another layer; how alike two layers are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from geoplan.artefacts import real_shares
from geoplan.schema import REST, Layer, Overlay, Relation, Tolerance, Weight

__all__ = [
    "Cuts",
    "agreement",
    "cuts",
    "effective_partners",
    "fit_matrix",
    "likeness",
    "relate",
]

ROUNDING = 1e-9


def relate(overlay: Overlay, *, tolerance: Tolerance) -> pd.DataFrame:
    """Tell for every left area how it stands to the right layer.

    The first that holds: uncovered (nothing touched), partly_covered (rest above the tolerance),
    coterminous (some b with both shares at least 1 - t), nested (some b with left share at least 1 - t),
    contains (every touched b has right share at least 1 - t), straddles.

    Parameters
    ----------
    overlay
        With artefacts marked, if they are to be left out.
    tolerance
        The share t; which of its two values applies depends on what decided.

    Returns
    -------
    pandas.DataFrame
        Indexed by left code: ``relation``; ``partners`` (tuple of touched right codes, largest share
        first); ``best`` (the first of them, or ""); ``rest_share`` (0 to 1, missing when not assessed).

    Notes
    -----
    Parts of unknown size are taken as one half of their block to tell the relation: whether such an area
    is nested, cut or made of whole areas does not depend on the size. Of an area in which nobody lives the
    shares of ground decide. Two one-sided containments are used,
    not the Jaccard index: an area of which 12 % spills has a high Jaccard and matters.

    References
    ----------
    docs/method.md, section 1.
    """
    t = tolerance.of(overlay.basis) + ROUNDING
    rows = _with_ground(real_shares(overlay), overlay)
    is_rest = rows.index.get_level_values("right") == REST
    rest = rows.loc[is_rest, "left_share"].droplevel("right")
    pairs = rows[~is_rest]
    touched = pairs[pairs[["left_share", "right_share"]].max(axis=1) > t].reset_index()
    touched = touched.sort_values(["left", "left_share", "right_share", "right"], ascending=[True, False, False, True])
    by_area: dict[str, list[tuple[str, float, float]]] = {}
    columns = [touched[name].tolist() for name in ("left", "right", "left_share", "right_share")]
    for code, right, one, two in zip(*columns, strict=True):
        by_area.setdefault(code, []).append((right, one, two))
    left_over = rest.to_dict()
    codes = overlay.left.areas.index
    records = [_relate_one(by_area.get(code, []), left_over.get(code, 0.0), t) for code in codes]
    frame = pd.DataFrame(records, columns=["relation", "partners", "best"], index=codes)
    by_ground = rest[rest.index.isin(overlay.unpeopled)]
    rest_share = overlay.totals["rest_share"].where(~codes.isin(overlay.unpeopled), by_ground.reindex(codes).fillna(0))
    return frame.assign(rest_share=rest_share)


def _with_ground(shares: pd.DataFrame, overlay: Overlay) -> pd.DataFrame:
    """Put shares of ground where nobody lives in the left area."""
    if not overlay.unpeopled:
        return shares
    ground = overlay.table[["left_area_share", "right_area_share"]].set_axis(shares.columns, axis=1)
    unpeopled = shares.index.isin(overlay.unpeopled, level="left")
    return pd.concat([shares[~unpeopled], ground.reindex(shares.index[unpeopled])]).sort_index()


def _relate_one(
    touched: list[tuple[str, float, float]], rest: float, t: float
) -> tuple[Relation, tuple[str, ...], str]:
    """Return the relation to the touched areas, given as code, left share and right share, best first."""
    if not touched:
        return Relation.UNCOVERED, (), ""
    partners = tuple(code for code, _, _ in touched)
    if rest > t:
        relation = Relation.PARTLY_COVERED
    elif any(one >= 1 - t and two >= 1 - t for _, one, two in touched):
        relation = Relation.COTERMINOUS
    elif any(one >= 1 - t for _, one, _ in touched):
        relation = Relation.NESTED
    elif all(two >= 1 - t for _, _, two in touched):
        relation = Relation.CONTAINS
    else:
        relation = Relation.STRADDLES
    return relation, partners, partners[0]


def agreement(overlay: Overlay) -> dict[str, float | None]:
    """Measure how alike two layers are, by the overlay's weight.

    With N the total, n_ij the pairs, a_i and b_j their margins and log base 2:
    MI = sum n_ij/N log(n_ij N / (a_i b_j)); homogeneity = MI/H(A), completeness = MI/H(B), each 1 where the
    entropy is 0; v_measure their harmonic mean; variation of information = H(A) + H(B) - 2 MI, in bits.

    Parameters
    ----------
    overlay
        Of two layers of which neither overlaps itself.

    Returns
    -------
    dict
        homogeneity, completeness, v_measure, variation_of_information and ``left_out_share``, the share of
        the left layer's weight outside the right one, which takes no part. All None where a layer overlaps
        itself, where parts are of unknown size, or where the two do not meet.

    References
    ----------
    Rosenberg & Hirschberg 2007; Nowosad & Stepinski 2018, doi 10.1080/13658816.2018.1511794.
    """
    names = ("homogeneity", "completeness", "v_measure", "variation_of_information", "left_out_share")
    undefined: dict[str, float | None] = dict.fromkeys(names)
    column = "area_m2" if overlay.weight is Weight.AREA else "people"
    is_rest = overlay.table.index.get_level_values("right") == REST
    unpeopled = overlay.table.index.isin(overlay.unpeopled, level="left")
    counts = overlay.table.loc[~is_rest & ~unpeopled, column]
    if overlay.left.overlap or overlay.right.overlap or counts.isna().any() or not counts.sum() > 0:
        return undefined
    if (overlay.totals["overlap_share"].abs() > ROUNDING).any():
        return undefined
    outside = max(1 - float(counts.sum()) / float(overlay.totals["weight"].sum()), 0.0)
    return {**likeness(counts), "left_out_share": outside}


def likeness(counts: pd.Series) -> dict[str, float]:
    """Measure how alike two ways of dividing the same weight are.

    Parameters
    ----------
    counts
        Indexed by ``(left, right)``: weight that is in both; none negative, some above nought.

    Returns
    -------
    dict
        homogeneity, completeness, v_measure and variation_of_information (bits), as in `agreement`.
    """
    mutual, left, right = _information(counts[counts > 0])
    homogeneity = mutual / left if left else 1.0
    completeness = mutual / right if right else 1.0
    both = homogeneity + completeness
    return {
        "homogeneity": float(homogeneity),
        "completeness": float(completeness),
        "v_measure": float(2 * homogeneity * completeness / both) if both else 0.0,
        "variation_of_information": float(max(left + right - 2 * mutual, 0.0)),
    }


def _information(counts: pd.Series) -> tuple[float, float, float]:
    """Return mutual information and the two entropies of a table of pairs, in bits."""
    p = counts / counts.sum()
    a, b = p.groupby(level="left").sum(), p.groupby(level="right").sum()
    expected = (
        a.reindex(p.index.get_level_values("left")).to_numpy() * b.reindex(p.index.get_level_values("right")).to_numpy()
    )
    mutual = float((p * np.log2(p.to_numpy() / expected)).sum())
    entropies = [float(-(margin * np.log2(margin)).sum()) for margin in (a, b)]
    return min(max(mutual, 0.0), *entropies), entropies[0], entropies[1]


def effective_partners(overlay: Overlay) -> pd.DataFrame:
    """Measure for every left area among how many right areas it is divided.

    Parameters
    ----------
    overlay
        With artefacts marked, if they are to be left out; what no right area covers takes no part.

    Returns
    -------
    pandas.DataFrame
        Indexed by left code: ``effective_partners`` = 1 / sum of p squared (two halves: 2; 90 and 10 per
        cent: 1.22) and ``conditional_entropy`` = sum of p log2(1/p) in bits (two halves: 1). Missing where
        the area meets none.

    References
    ----------
    docs/method.md, section 3.
    """
    shares = real_shares(overlay)["left_share"]
    shares = shares[(shares.index.get_level_values("right") != REST) & (shares > 0)]
    p = shares / shares.groupby(level="left").transform("sum")
    frame = pd.DataFrame({"effective_partners": p**2, "conditional_entropy": -p * np.log2(p)})
    sums = frame.groupby(level="left").sum()
    sums["effective_partners"] = 1 / sums["effective_partners"]
    return sums.reindex(overlay.left.areas.index)


def fit_matrix(layers: Mapping[str, Layer], blocks: pd.DataFrame, *, weight: Weight = Weight.PEOPLE) -> pd.DataFrame:
    """Tell for every two of several layers of blocks which fits into which.

    Parameters
    ----------
    layers
        Key -> layer of shipped blocks.
    blocks
        Shipped blocks with people, working_age, postcodes and area_m2.
    weight
        What is counted.

    Returns
    -------
    pandas.DataFrame
        Square, by keys: of the people of the row's areas whom the column covers, the share (0 to 1) whose
        area lies inside a single area of the column. Missing where one of the two overlaps itself, has parts
        of unknown size, or where they do not meet.
    """
    column = "area_m2" if weight is Weight.AREA else str(weight)
    amounts = blocks[column].to_numpy(dtype=float)
    labels = {key: _labels(layer, blocks.index) for key, layer in layers.items()}
    cells = {row: [_fit(labels[row], labels[other], amounts) for other in layers] for row in layers}
    return pd.DataFrame.from_dict(cells, orient="index", columns=list(layers))


def _labels(layer: Layer, blocks: pd.Index) -> np.ndarray | None:
    """Return the number of the area each block lies in, -1 for none; None where that is not one."""
    assert layer.parts is not None  # noqa: S101 - of shipped blocks
    if layer.parts["block"].duplicated().any() or not (layer.parts["share"] >= 1 - ROUNDING).all():
        return None
    numbers = layer.areas.index.get_indexer(layer.parts["code"])
    return pd.Series(numbers, index=layer.parts["block"]).reindex(blocks).fillna(-1).to_numpy(dtype=np.int64)


def _fit(one: np.ndarray | None, other: np.ndarray | None, amounts: np.ndarray) -> float:
    if one is None or other is None:
        return float("nan")
    both = (one >= 0) & (other >= 0)
    if not both.any():
        return float("nan")
    here, there, held = one[both], other[both], amounts[both]
    partners = np.unique(np.stack([here, there]), axis=1)[0]
    inside = np.bincount(partners, minlength=here.max() + 1) == 1
    return float(held[inside[here]].sum() / held.sum())


@dataclass(frozen=True, eq=False)
class Cuts:
    """The pieces in which two layers overlap only in part, and the people in them.

    Parameters
    ----------
    pieces
        Frame indexed by ``(left, right)`` codes: ``amount`` in the overlay's weight (areas in square metres),
        missing where not assessed; ``left_share`` and ``right_share`` (0 to 1).
    """

    pieces: pd.DataFrame

    @cached_property
    def by_area(self) -> Mapping[str, float | None]:
        """Code of a left area -> the sum of its own cut pieces, None where one of them is not assessed."""
        amounts = self.pieces["amount"].groupby(level="left", sort=True).agg(list)
        return {str(code): _sum(known) for code, known in amounts.items()}

    @cached_property
    def partners(self) -> Mapping[str, tuple[str, ...]]:
        """Code of a left area -> the right areas with which it shares cut pieces, most people first."""
        ranked = self.pieces.reset_index().sort_values(
            ["amount", "left_share", "right"], ascending=[False, False, True], kind="stable"
        )
        return {str(code): tuple(map(str, rows)) for code, rows in ranked.groupby("left")["right"]}

    @cached_property
    def complete(self) -> bool:
        """Whether every cut piece is assessed."""
        return not self.pieces["amount"].isna().any()

    @cached_property
    def total(self) -> float | None:
        """The sum over all assessed pieces, the same in both directions; None where none is assessed."""
        known = self.pieces["amount"].dropna()
        return None if known.empty and len(self.pieces) else math.fsum(known)


def _sum(amounts: Sequence[float]) -> float | None:
    # An exact sum is the same in whatever order the pieces stand.
    return None if any(np.isnan(amounts)) else math.fsum(amounts)


def cuts(overlay: Overlay, *, tolerance: Tolerance) -> Cuts:
    """Find the pieces of two layers that neither side holds whole.

    A piece in which a left and a right area meet is cut when it is no artefact, one of its shares is above the
    tolerance t (so that it counts as touched), and both are below 1 - t. A piece whose left or right area lies
    whole inside the other is not cut: one body answers for all of it.

    Parameters
    ----------
    overlay
        With artefacts marked, if they are to be left out.
    tolerance
        The share t; which of its two values applies depends on what decided.

    Returns
    -------
    Cuts
        The same pieces with the sides exchanged where the layers are. Where areas of a layer overlap one another a
        person can be in several pieces, and counts in each.

    Notes
    -----
    Parts of unknown size are taken as one half of their block to tell whether a piece is cut, and are not assessed.

    References
    ----------
    docs/method.md, section 1.
    """
    t = tolerance.of(overlay.basis) + ROUNDING
    shares = real_shares(overlay)
    shares = shares[shares.index.get_level_values("right") != REST]
    least, most = shares.min(axis=1), shares.max(axis=1)
    found = shares[(most > t) & (most < 1 - t) & (least >= 0)]
    column = "area_m2" if overlay.weight is Weight.AREA else "people"
    amounts = overlay.table[column].astype(float).reindex(found.index)
    return Cuts(found.assign(amount=amounts)[["amount", "left_share", "right_share"]].sort_index())
