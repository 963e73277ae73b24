"""How each area stands to another layer; how alike two layers are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from geoplan.analysis.verdicts import share_ranges
from geoplan.schema import REST, Overlay, Relation, Tolerance

__all__ = ["ROUNDING", "relate"]

ROUNDING = 1e-9


class _Met(NamedTuple):
    """A right area that may be touched, with the bounds of both shares."""

    code: str
    left_least: float
    left_most: float
    right_least: float
    right_most: float

    def touched(self, t: float) -> bool:
        """Tell whether it is touched whatever the sizes of parts are."""
        return self.left_least > t or self.right_least > t


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
    touched = pairs[pairs[["left_most", "right_most"]].max(axis=1) > t].reset_index()
    touched = touched.sort_values(["left", "left_share", "right_share", "right"], ascending=[True, False, False, True])
    by_area: dict[str, list[_Met]] = {}
    columns = [touched[name].tolist() for name in ("right", "left_least", "left_most", "right_least", "right_most")]
    for code, *met in zip(touched["left"].tolist(), *columns, strict=True):
        by_area.setdefault(code, []).append(_Met(*met))
    left_over = dict(zip(rest.index, zip(rest["left_least"], rest["left_most"], strict=True), strict=True))
    codes = overlay.left.areas.index
    records = [_relate_one(by_area.get(code, []), left_over.get(code, (0.0, 0.0)), t) for code in codes]
    if not overlay.right.complete:
        records = [(_unless_missed(relation), partners, best) for relation, partners, best in records]
    frame = pd.DataFrame(records, columns=["relation", "partners", "best"], index=codes)
    by_ground = rest["left_share"][rest.index.isin(overlay.unpeopled)]
    rest_share = overlay.totals["rest_share"].where(~codes.isin(overlay.unpeopled), by_ground.reindex(codes).fillna(0))
    return frame.assign(rest_share=rest_share)


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


def _relate_one(touched: Sequence[_Met], rest: tuple[float, float], t: float) -> tuple[Relation, tuple[str, ...], str]:
    """Return the relation to the areas that may be touched, best first, and the first of them."""
    if not touched:
        return Relation.UNCOVERED, (), ""
    partners = tuple(met.code for met in touched)
    possible = list(_possible(touched, rest, t))
    return possible[0] if len(possible) == 1 else Relation.NOT_ASSESSED, partners, partners[0]


def _possible(touched: Sequence[_Met], rest: tuple[float, float], t: float) -> Iterator[Relation]:
    """Yield every relation that some sizes of the parts allow: at each step what may hold, up to what must hold."""
    whole = 1 - t
    surely = [met for met in touched if met.touched(t)]
    # What no area covers, and shares of at most t, cannot make up the whole area.
    if not surely and rest[1] >= 1 - t * len(touched):
        yield Relation.UNCOVERED
    if rest[1] > t:
        yield Relation.PARTLY_COVERED
    if rest[0] > t:
        return
    if any(met.left_most >= whole and met.right_most >= whole for met in touched):
        yield Relation.COTERMINOUS
    if any(met.left_least >= whole and met.right_least >= whole for met in touched):
        return
    if any(met.left_most >= whole for met in touched):
        yield Relation.NESTED
    if any(met.left_least >= whole for met in touched):
        return
    if all(met.right_most >= whole for met in surely):
        yield Relation.CONTAINS
    if all(met.right_least >= whole for met in touched):
        return
    yield Relation.STRADDLES
