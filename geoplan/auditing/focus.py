"""One area against every geography audited: its partners, how it fits, what cuts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import NamedTuple

import pandas as pd

from geoplan.analysis import overlay, relations
from geoplan.auditing.results import AuditResult, Pair
from geoplan.data.atlas import Focus
from geoplan.data.shipped import package_data
from geoplan.schema import REST, Layer, Relation, Weight, assessed, layer_wording, wording
from geoplan.schema.standing import STANDING_OF, Standing

__all__ = [
    "Figure",
    "Partner",
    "authority_names",
    "focus_cut",
    "focus_figures",
    "focus_fit",
    "focus_pairs",
    "members",
    "opening",
    "partner_rows",
]

ROUNDING = 1e-9
ON_ITS_GROUND = "it is drawn, so its ground is taken as the pieces with half or more of their postcodes inside"
NAMED = 3
"""Partners that a sentence names one by one."""


class Figure(NamedTuple):
    """A key figure: what is counted, how many, and of what."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Partner:
    """What the focus shares with one area (or several whole ones) of a geography.

    ``loud`` marks what needs attention: an overlap in part, and people whom a geography should cover and does not.
    """

    layer: str
    status: str
    area: str
    relation: str
    people: float | None
    share: float | None
    share_of_area: float | None
    loud: bool = False


def partner_rows(result: AuditResult) -> list[Partner]:
    """Return whom the focus shares ground with, in every other geography audited.

    Parameters
    ----------
    result
        Of an audit with a focus; without one there are no rows.

    Returns
    -------
    list of Partner
        Geography by geography, those in force first, each with its largest share first; more than three areas that
        lie whole inside the focus share a row; the part of the focus in no area is a row too.
    """
    if result.focus is None:
        return []
    pairs = focus_pairs(result, result.focus).values()
    ordered = sorted(pairs, key=lambda pair: bool(layer_wording.not_in_force(pair.overlay.right, result.as_of)))
    return [row for one in ordered for row in _partners_of(one, result)]


@lru_cache(maxsize=1)
def focus_pairs(result: AuditResult, focus: Focus) -> dict[str, Pair]:
    """Set the focus against every other layer, as a layer of one area."""
    tolerance, weight = result.tolerance, result.weight
    alone = _focus_layer(result, focus)
    made: dict[str, Pair] = {}
    for key, layer in result.layers.items():
        lines = focus.drawn or layer.parts is None
        drawn = [pair for pair in result.pairs if pair.keys == (focus.layer, key) and lines]
        away = focus.code in drawn[0].outside if drawn else layer.parts is None or not focus.blocks
        if key == focus.layer or away:
            continue
        if drawn:
            made[key] = replace(drawn[0], relations=drawn[0].relations.loc[[focus.code]])
            continue
        over = overlay.overlay(alone, layer, blocks=result.blocks, weight=weight)
        pair = Pair(over, relations.relate(over, tolerance=tolerance), tolerance)
        if not pair.outside:
            made[key] = pair
    return made


def _focus_layer(result: AuditResult, focus: Focus) -> Layer:
    known = result.layers.get(focus.layer)
    if known is not None and known.parts is not None:
        parts = known.parts[known.parts["code"] == focus.code].reset_index(drop=True)
        return replace(known, key=f"focus:{known.key}", areas=known.areas.loc[[focus.code]], parts=parts, notes=())
    blocks = sorted(focus.blocks & set(result.blocks.index))
    sums = result.blocks.loc[blocks, ["people", "working_age", "postcodes", "area_m2"]].sum()
    areas = pd.DataFrame({"name": [focus.name], **sums.to_dict()}, index=pd.Index([focus.code], name="code"))
    parts = pd.DataFrame({"block": blocks, "code": focus.code, "share": 1.0})
    return Layer(f"focus:{focus.layer}", focus.name, areas, next(iter(result.layers.values())).source, parts)


def _partners_of(pair: Pair, result: AuditResult) -> list[Partner]:
    over, row = pair.overlay, pair.relations.iloc[0]
    code, status = str(pair.relations.index[0]), layer_wording.not_in_force(over.right, result.as_of)
    cells = [_partner(pair, code, str(other), status) for other in row["partners"]]
    whole = [cell for cell in cells if cell.relation == _HELD.format(over.left.name(code))]
    if len(whole) > 3:
        cells = [*(cell for cell in cells if cell not in whole), _together(whole)]
    in_none = row["relation"] in {Relation.UNCOVERED, Relation.PARTLY_COVERED, Relation.NOT_KNOWN}
    if in_none or (code, REST) in over.table.index:
        cells.append(_in_none(pair, code, status))
    return cells


_HELD = "lies whole inside {}"


def _partner(pair: Pair, code: str, other: str, status: str) -> Partner:
    over, limit = pair.overlay, 1 - pair.tolerance.of(pair.overlay.basis) - ROUNDING
    shares = over.nominal.loc[(code, other)]
    if over.bounds is not None and (code, other) in over.bounds.index:
        shares = over.bounds.loc[(code, other)].rename({"left_least": "left_share", "right_least": "right_share"})
    inside, swallowed = shares["left_share"] >= limit, shares["right_share"] >= limit
    name, cut = over.left.name(code), (code, other) in pair.cuts.pieces.index
    relation = (
        wording.NOT_ASSESSED if (code, other) in pair.cuts.doubtful
        else "has the same boundary" if inside and swallowed
        else f"{name} lies inside it" if inside
        else _HELD.format(name) if swallowed
        else "overlaps only in part"
    )  # fmt: skip
    kind = "area" if over.weight is Weight.AREA else "people"
    cell = over.table.loc[(code, other)]
    return Partner(
        layer=over.right.title,
        status=status,
        area=over.right.name(other),
        relation=relation,
        people=assessed(cell["area_m2" if kind == "area" else "people"]),
        share=assessed(cell[f"left_{kind}_share"]),
        share_of_area=assessed(cell[f"right_{kind}_share"]),
        # Nobody works with a statistical geography, so that it is cut asks for nothing.
        loud=cut and not status and over.right.status != "reference",
    )


def _in_none(pair: Pair, code: str, status: str) -> Partner:
    """Return the row of the ground that no area covers: a fault only where the geography should cover everyone."""
    row = _partner(pair, code, REST, status)
    gap = pair.overlay.right.exhaustive
    known = pair.overlay.right.complete
    relation = "not covered" if gap else layer_wording.not_found(pair.overlay.right)
    return replace(row, area="in no area" if known else "none found", relation=relation, loud=gap and not status)


def _together(whole: Sequence[Partner]) -> Partner:
    names = ", ".join(cell.area for cell in whole[:8])
    more = f" and {len(whole) - 8} more" if len(whole) > 8 else ""
    people, shares = [cell.people for cell in whole], [cell.share for cell in whole]
    return replace(
        whole[0],
        area=f"{len(whole)} areas: {names}{more}",
        relation=whole[0].relation.replace("lies", "each lies"),
        people=None if None in people else float(sum(p for p in people if p is not None)),
        share=None if None in shares else float(sum(s for s in shares if s is not None)),
    )


def opening(result: AuditResult, focus: Focus) -> Pair | None:
    """Return the comparison to show first: one in force that cuts the focus, else one in force, of its own geography.

    Parameters
    ----------
    result
        Of an audit.
    focus
        Its focus.

    Returns
    -------
    Pair or None
        Seen from the focus's own layer where that was compared; what has ended comes last; None without pairs.
    """

    def rank(pair: Pair) -> tuple[bool, bool, bool, bool]:
        own = pair.keys[0] == focus.layer
        layers = (pair.overlay.left, pair.overlay.right)
        past = any(layer_wording.not_in_force(layer, result.as_of) for layer in layers)
        return not own, past, focus.code not in pair.cuts.by_area, layers[1].status == "reference"

    return min(result.pairs, key=rank, default=None)


def _bodies(result: AuditResult, focus: Focus, *, past: bool) -> list[Pair]:
    """Return the comparisons with partnerships in force, or with those that have ended or are to come.

    Statistical geographies are left out, unless nothing else was compared: nobody works with them.
    """
    found = [
        pair
        for pair in focus_pairs(result, focus).values()
        if bool(layer_wording.not_in_force(pair.overlay.right, result.as_of)) is past
    ]
    return [pair for pair in found if pair.overlay.right.status != "reference"] or found


def focus_fit(result: AuditResult, focus: Focus) -> str:
    """Name the partners of the focus in every geography in force."""
    told = [_partner_words(pair) for pair in _bodies(result, focus, past=False)]
    if not told:
        return f"{focus.name} was compared with no other geography in force."
    return f"{focus.name}: {'; '.join(told)}."


def _partner_words(pair: Pair) -> str:
    """Name the partners of the focus in one geography, with how much of them it makes up."""
    over, code = pair.overlay, str(pair.relations.index[0])
    partners, standing = pair.relations["partners"].iloc[0], STANDING_OF[Relation(pair.relations["relation"].iloc[0])]
    one, names = layer_wording.one(over.right), [over.right.name(str(other)) for other in partners]
    if standing is Standing.NONE:
        return f"no {one}"
    if standing is Standing.NOT_KNOWN and not names:
        return f"no {one} found (not all are known)"
    if standing is Standing.NOT_ASSESSED:
        return f"{wording.listed(names[:NAMED])} among {layer_wording.many(over.right)} ({wording.NOT_ASSESSED})"
    if standing is Standing.SAME:
        return f"{one} {names[0]} (the same boundary){_in_others(pair, code, partners[1:])}"
    column = "right_area_share" if over.weight is Weight.AREA else "right_people_share"
    if standing is Standing.INSIDE:
        share = over.table.at[(code, partners[0]), column]
        return f"{one} {names[0]} ({wording.percent(share)} of it){_in_others(pair, code, partners[1:])}"
    more = [f"{len(names) - NAMED} more"] if len(names) > NAMED else []
    rest = ", and in part with none" if standing is Standing.PARTLY else ""
    if standing is Standing.NOT_KNOWN:
        rest = f", and for the rest {layer_wording.not_found(over.right)}"
    called = one if len(names) == 1 else layer_wording.many(over.right)
    return f"{called} {wording.listed([*names[:NAMED], *more])}{rest}"


def _in_others(pair: Pair, code: str, others: Sequence[str]) -> str:
    """Name the further partners of an area inside one, which overlap that one, with the people they share."""
    unit, column = str(pair.overlay.weight), "area_m2" if pair.overlay.weight is Weight.AREA else "people"
    named = [
        f"{pair.overlay.right.name(other)} ({wording.counted(pair.overlay.table.at[(code, other), column], unit)})"
        for other in others
    ]
    more = [f"{len(named) - NAMED} more"] if len(named) > NAMED else []
    return f", and in part {wording.listed([*named[:NAMED], *more])}" if named else ""


def focus_cut(result: AuditResult, focus: Focus) -> str:
    """Say which geographies cut the focus, and how many people are in which part; the past comes last."""
    now, then = ([p for p in _bodies(result, focus, past=past) if _pieces(p) is not None] for past in (False, True))
    said = f"It is cut {_cuts_words(now, result)}." if now else f"No boundary in force cuts {focus.name}."
    return f"{said} In the past it was cut {_cuts_words(then, result)}." if then else said


def _pieces(pair: Pair) -> pd.DataFrame | None:
    """Return the cut pieces of the focus, most people first; None where there are none."""
    code = str(pair.relations.index[0])
    pieces = pair.cuts.pieces
    own = pieces[pieces.index.get_level_values("left") == code].droplevel("left")
    return None if own.empty else own.sort_values(["amount", "left_share"], ascending=False)


def _cuts_words(pairs: Sequence[Pair], result: AuditResult) -> str:
    """Say of each geography with which of its areas the focus overlaps only in part."""
    unit, told = str(result.weight), []
    for pair in pairs[:2]:
        own, right = _pieces(pair), pair.overlay.right
        assert own is not None  # noqa: S101 - only pairs with cut pieces
        parts = [f"{wording.counted(row['amount'], unit)} in {right.name(str(other))}" for other, row in own.iterrows()]
        more = [f"{len(parts) - NAMED} further parts"] if len(parts) > NAMED + 1 else []
        listed = wording.listed([*parts[:NAMED], *more] if more else parts)
        told.append(f"by {layer_wording.many(right)}: {listed}")
    return "; ".join([*told, *([f"by {len(pairs) - 2} more"] if len(pairs) > 2 else [])])


def focus_figures(result: AuditResult, focus: Focus) -> list[Figure]:
    """Return the key figures of the focus, against the geographies in force."""
    pairs, unit = _bodies(result, focus, past=False), str(result.weight)
    drawn = [pair.overlay.totals["weight"] for pair in result.pairs if focus.drawn and pair.keys[0] == focus.layer]
    alone = _focus_layer(result, focus).areas["area_m2" if unit == "area" else unit]
    whole = drawn[0][focus.code] if drawn else alone.iat[0]
    same = sum(pair.relations["relation"].iloc[0] == Relation.COTERMINOUS for pair in pairs)
    cut = [pair for pair in pairs if _pieces(pair) is not None]
    others = wording.number_of(len(pairs), "other geography in force", "other geographies in force")
    return [
        Figure(focus.name, wording.amount(whole, unit), wording.UNITS[unit]),
        Figure("Same boundary", f"{same} of {len(pairs)}", others),
        Figure("Cut by", f"{len(cut)} of {len(pairs)}", others),
    ]


def members(result: AuditResult, focus: Focus) -> str:
    """Name the authorities the focus is made of; a part is called so. A drawn focus says how its ground was found."""
    known = result.blocks.index.intersection(sorted(focus.blocks))
    names = authority_names()
    said = []
    for lad in dict.fromkeys(result.blocks.loc[known, "lad"]):
        all_of = set(result.blocks.index[result.blocks["lad"] == lad])
        part = "" if all_of <= focus.blocks else " (part)"
        said.append(f"{names.get(lad, lad)}{part}")
    listed = ", ".join(sorted(said))
    return f"{listed or 'no piece of an authority'}; {ON_ITS_GROUND}" if focus.drawn else listed


@cache
def authority_names() -> dict[str, str]:
    """Return the names of the authorities that ship, by code."""
    table = package_data.shipped_table("authorities.csv")
    return dict(zip(table["lad_code"], table["name"], strict=True))
