"""How each area stands to another layer; how alike two layers are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.artefacts import real_shares
from geoplan.schema import REST, Overlay, Relation, Tolerance

__all__ = ["agreement", "relate"]

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
    is nested, cut or made of whole areas does not depend on the size. Two one-sided containments are used,
    not the Jaccard index: an area of which 12 % spills has a high Jaccard and matters.

    References
    ----------
    docs/method.md, section 1.
    """
    t = tolerance.of(overlay.basis) + ROUNDING
    rows = real_shares(overlay)
    is_rest = rows.index.get_level_values("right") == REST
    rest = rows.loc[is_rest, "left_share"].droplevel("right")
    pairs = rows[~is_rest]
    touched = pairs[pairs[["left_share", "right_share"]].max(axis=1) > t].reset_index()
    touched = touched.sort_values(["left", "left_share", "right_share", "right"], ascending=[True, False, False, True])
    by_area: dict[str, list[tuple[str, float, float]]] = {}
    for code, right, one, two in touched[["left", "right", "left_share", "right_share"]].itertuples(index=False):
        by_area.setdefault(code, []).append((right, one, two))
    left_over = rest.to_dict()
    codes = overlay.left.areas.index
    records = [_relate_one(by_area.get(code, []), left_over.get(code, 0.0), t) for code in codes]
    frame = pd.DataFrame(records, columns=["relation", "partners", "best"], index=codes)
    return frame.assign(rest_share=overlay.totals["rest_share"])


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
    column = "people" if overlay.table["people"].notna().any() else "area_m2"
    is_rest = overlay.table.index.get_level_values("right") == REST
    counts = overlay.table.loc[~is_rest, column]
    if overlay.left.overlap or overlay.right.overlap or counts.isna().any() or not counts.sum() > 0:
        return undefined
    if (overlay.totals["overlap_share"].abs() > ROUNDING).any():
        return undefined
    counts = counts[counts > 0]
    total = counts.sum()
    mutual, left, right = _information(counts)
    homogeneity = mutual / left if left else 1.0
    completeness = mutual / right if right else 1.0
    both = homogeneity + completeness
    everyone = overlay.totals["weight"].sum()
    values = (
        homogeneity,
        completeness,
        2 * homogeneity * completeness / both if both else 0.0,
        max(left + right - 2 * mutual, 0.0),
        max(1 - total / everyone, 0.0),
    )
    return dict(zip(names, (float(value) for value in values), strict=True))


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
