"""Money on the screen: what areas have, and what of it would lie where."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

import pandas as pd

from geoplan.analysis.money import ESTIMATES, is_funded, per_head
from geoplan.auditing.results import Pair
from geoplan.output.text.lines import WIDTH
from geoplan.schema import REST, Layer, layer_wording, wording
from geoplan.schema.money import AMOUNTS, BY_NEED, BY_WORKING_AGE, grant, pounds, stated

__all__ = ["area_lines", "money_text"]

OFTEN = {"amount_total": "", "amount_per_year": " a year"}


def area_lines(layer: Layer) -> dict[str, str]:
    """Return what each area is given and what that comes to per head: code -> sentences, where it is known."""
    told = per_head(layer)
    return {str(code): grant(row) for code, row in zip(told.index, told.to_dict("records"), strict=True)}


def money_text(pair: Pair) -> str:
    """Return what of each left area's money would lie in each right area, for people.

    Parameters
    ----------
    pair
        From `geoplan.auditing.comparing.compare`.

    Returns
    -------
    str
        Lines of at most 100 characters: areas that lie in several pieces, each piece with its pounds by people of
        working age and by people out of work; then how many areas lie in one piece, and of which nothing is known.
    """
    left, right = pair.overlay.left, pair.overlay.right
    if pair.money is None or not is_funded(left):
        said = f"{left.title}: no amount of money is known of any area."
        return "\n".join(textwrap.wrap(said, WIDTH)) + "\n"
    many, others = layer_wording.many(left), wording.inside_a_sentence(right.title)
    how = f"{BY_WORKING_AGE}; in brackets {BY_NEED}. The pieces of an area sum to its amount."
    intro = f"Money of {many} over {others}, {how}"
    lines = [*textwrap.wrap(intro, WIDTH), *textwrap.wrap(_known(left), WIDTH), ""]
    alone, outside = 0, 0
    for code, rows in pair.money.groupby(level="left"):
        pieces = rows.droplevel("left")
        if len(pieces) > 1:
            lines += _area_lines(str(code), pieces, left, right)
        elif pieces.index[0] == REST:
            outside += 1
        else:
            alone += 1
    lines += [*([_whole(alone, "in one of them")] * (alone > 0)), *([_whole(outside, "in none")] * (outside > 0))]
    return "\n".join([*lines, *_doubled(pair)]) + "\n"


def _whole(count: int, where: str) -> str:
    return f"{wording.number_of(count, 'area lies', 'areas lie')} whole {where}, with all the money."


def _doubled(pair: Pair) -> list[str]:
    """Say where right areas overlap, so that the pieces of an area sum to more than it has."""
    assert pair.money is not None  # noqa: S101 - asked only of what is known
    shares = pair.overlay.totals["overlap_share"].reindex(pair.money.index.unique("left"))
    count = int((shares > 0).sum())
    if not count:
        return []
    said = f"{pair.overlay.right.title} overlap: money of {wording.plural(count, 'area')} stands in several of them."
    return textwrap.wrap(said, WIDTH)


def _known(left: Layer) -> str:
    known = int(left.areas[list(AMOUNTS)].notna().any(axis=1).sum())
    of = f"{known} of {wording.plural(len(left.areas), 'area')}; the others are not shown"
    return f"An amount is known of {of if known < len(left.areas) else 'every area'}."


def _area_lines(code: str, pieces: pd.DataFrame, left: Layer, right: Layer) -> Iterator[str]:
    area = left.areas.loc[code]
    name = left.name(code)
    yield from textwrap.wrap(f"{name if name == code else f'{name} ({code})'}: {stated(area)}", WIDTH)
    for amount in AMOUNTS:
        if pd.isna(area[amount]):
            continue
        ranked = pieces.sort_values(ESTIMATES[amount], ascending=False, na_position="last", kind="stable")
        for other, row in ranked.iterrows():
            where = "in none" if other == REST else right.name(str(other))
            by_age, by_need = (_estimate(row[f"{ESTIMATES[amount]}{each}"], amount) for each in ("", "_by_need"))
            yield f"{by_age:>16}  ({by_need}){'':>{max(0, 14 - len(by_need))}}  {where}"


def _estimate(value: float, amount: str) -> str:
    return wording.NOT_ASSESSED if pd.isna(value) else f"{pounds(value)}{OFTEN[amount]}"
