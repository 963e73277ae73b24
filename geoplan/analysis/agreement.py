"""How alike two layers are as wholes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from geoplan.analysis.relations import ROUNDING
from geoplan.analysis.verdicts import real_shares
from geoplan.schema import REST, Layer, Overlay, Weight

__all__ = ["agreement", "effective_partners", "fit_matrix", "likeness"]


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
        the area meets none, and where parts of unknown size decide.

    References
    ----------
    docs/method/likeness.md.
    """
    shares = real_shares(overlay)["left_share"]
    shares = shares[(shares.index.get_level_values("right") != REST) & (shares > 0)]
    p = shares / shares.groupby(level="left").transform("sum")
    frame = pd.DataFrame({"effective_partners": p**2, "conditional_entropy": -p * np.log2(p)})
    sums = frame.groupby(level="left").sum()
    sums["effective_partners"] = 1 / sums["effective_partners"]
    if overlay.bounds is not None:
        unsure = overlay.bounds.index[overlay.bounds["left_least"] < overlay.bounds["left_most"]]
        sums[sums.index.isin(unsure.get_level_values("left"))] = np.nan
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
    column = weight.column
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
