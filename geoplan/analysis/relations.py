"""How each area stands to another layer; how alike two layers are."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.analysis.verdicts import share_ranges
from geoplan.schema import REST, Overlay, Relation, Tolerance

__all__ = ["ROUNDING", "relate"]

ROUNDING = 1e-9


def relate(overlay: Overlay, *, tolerance: Tolerance) -> pd.DataFrame:
    """Tell for every left area how it stands to the right layer.

    The first that holds: uncovered (nothing touched), partly_covered (rest above the tolerance),
    coterminous (some b with both shares at least 1 - t), nested (some b with left share at least 1 - t),
    contains (every touched b has right share at least 1 - t), straddles. Where the first that holds depends
    on the size of parts that nobody knows, or on how they lie to each other: not_assessed. Uncovered and
    partly_covered are not_known where not all areas of the right layer are known.

    Parameters
    ----------
    overlay
        With artefacts marked, if they are to be left out.
    tolerance
        The share t; which of its two values applies depends on what decided.

    Returns
    -------
    pandas.DataFrame
        Indexed by left code: ``relation``; ``partners`` (tuple of touched right codes, and of those that may be
        touched; largest share first, parts of unknown size as one half of their block); ``best`` (the first of
        them, or ""); ``rest_share`` (0 to 1, missing when not assessed).

    Notes
    -----
    Of an area in which nobody lives the shares of ground decide. Two one-sided containments are used,
    not the Jaccard index: an area of which 12 % spills has a high Jaccard and matters.

    References
    ----------
    docs/method/overlay.md.
    """
    t = tolerance.of(overlay.basis) + ROUNDING
    rows = _with_ground(share_ranges(overlay), overlay)
    is_rest = rows.index.get_level_values("right") == REST
    rest = rows.loc[is_rest].droplevel("right")
    pairs = rows[~is_rest]
    touched = _largest_first(pairs[pairs[["left_most", "right_most"]].max(axis=1) > t].reset_index())
    codes = overlay.left.areas.index
    left_over = rest[["left_least", "left_most"]].reindex(codes, fill_value=0.0)
    of_area = codes.get_indexer(touched["left"])
    relations = _relations(touched, of_area, left_over, t)
    if not overlay.right.complete:
        relations = [_unless_missed(relation) for relation in relations]
    partners = _grouped(touched["right"].tolist(), of_area, len(codes))
    records = [(each, met, met[0] if met else "") for each, met in zip(relations, partners, strict=True)]
    frame = pd.DataFrame(records, columns=["relation", "partners", "best"], index=codes)
    by_ground = rest["left_share"][rest.index.isin(overlay.unpeopled)]
    rest_share = overlay.totals["rest_share"].where(~codes.isin(overlay.unpeopled), by_ground.reindex(codes).fillna(0))
    return frame.assign(rest_share=rest_share)


def _largest_first(touched: pd.DataFrame) -> pd.DataFrame:
    """Order rows by left area, then by how much they hold of it and of the right one."""
    left, right = (pd.factorize(touched[side], sort=True)[0] for side in ("left", "right"))
    return touched.iloc[np.lexsort([right, -touched["right_share"], -touched["left_share"], left])]


def _unless_missed(relation: Relation) -> Relation:
    """Take what is in none for not known where not all areas are known."""
    return Relation.NOT_KNOWN if relation in {Relation.UNCOVERED, Relation.PARTLY_COVERED} else relation


def _with_ground(shares: pd.DataFrame, overlay: Overlay) -> pd.DataFrame:
    """Put shares of ground where nobody lives in the left area."""
    if not overlay.unpeopled:
        return shares
    unpeopled = shares.index.isin(overlay.unpeopled, level="left")
    ground = overlay.table.reindex(shares.index[unpeopled])
    sides = {
        f"{side}_{kind}": ground[f"{side}_area_share"]
        for side in ("left", "right")
        for kind in ("share", "least", "most")
    }
    return pd.concat([shares[~unpeopled], pd.DataFrame(sides)]).sort_index()


def _relations(touched: pd.DataFrame, of_area: np.ndarray, left_over: pd.DataFrame, t: float) -> list[Relation]:
    """Return how each left area stands to the right areas that may be touched: the one relation that is possible.

    ``of_area`` is the position of the left area of each row, ``left_over`` the bounds of the share in no right area.
    """
    count = len(left_over)
    sides = ("left_least", "left_most", "right_least", "right_most")
    left_least, left_most, right_least, right_most = (touched[name].to_numpy() for name in sides)
    rest_least, rest_most = (left_over[name].to_numpy() for name in ("left_least", "left_most"))
    whole = 1 - t
    surely = (left_least > t) | (right_least > t)

    def some(rows: np.ndarray) -> np.ndarray:
        return np.bincount(of_area[rows], minlength=count) > 0

    number = np.bincount(of_area, minlength=count)
    # At each step what may hold, and what must hold, after which nothing else is possible.
    steps = (
        # What no area covers, and shares of at most t, cannot make up the whole area.
        (Relation.UNCOVERED, ~some(surely) & (rest_most >= 1 - t * number), number == 0),
        (Relation.PARTLY_COVERED, rest_most > t, rest_least > t),
        (
            Relation.COTERMINOUS,
            some((left_most >= whole) & (right_most >= whole)),
            some((left_least >= whole) & (right_least >= whole)),
        ),
        (Relation.NESTED, some(left_most >= whole), some(left_least >= whole)),
        (Relation.CONTAINS, ~some(surely & ~(right_most >= whole)), ~some(~(right_least >= whole))),
        (Relation.STRADDLES, np.ones(count, dtype=bool), np.ones(count, dtype=bool)),
    )
    found, open_ = np.full(count, "", dtype=object), np.ones(count, dtype=bool)
    for relation, may, must in steps:
        first = open_ & may & (found == "")
        found[open_ & may & ~first] = Relation.NOT_ASSESSED
        found[first] = relation
        open_ &= ~must
    found[number == 0] = Relation.UNCOVERED
    return found.tolist()


def _grouped(codes: list[str], of_area: np.ndarray, count: int) -> list[tuple[str, ...]]:
    """Return the codes of each area's rows, in their order."""
    ordered = [codes[row] for row in np.argsort(of_area, kind="stable").tolist()]
    ends = np.cumsum(np.bincount(of_area, minlength=count)).tolist()
    return [tuple(ordered[start:end]) for start, end in zip([0, *ends], ends, strict=False)]
