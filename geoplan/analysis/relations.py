"""How each area stands to another layer; how alike two layers are."""

from __future__ import annotations

import pandas as pd

from geoplan.analysis.verdicts import real_shares
from geoplan.schema import REST, Overlay, Relation, Tolerance

__all__ = ["ROUNDING", "relate"]

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
    docs/method/overlay.md.
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
