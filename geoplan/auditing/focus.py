"""One area against every geography audited: its partners, how it fits, what cuts it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import NamedTuple

import pandas as pd

from geoplan.analysis import overlay, relations
from geoplan.auditing.certainty import Lie, amount_inside, lie_of, rest_is_sure
from geoplan.auditing.results import AuditResult, Pair
from geoplan.data.focus import Focus, shares_of
from geoplan.data.membership.membership import WEIGHT_COLUMNS
from geoplan.data.shipped import package_data
from geoplan.schema import REST, Layer, Relation, Weight, assessed, layer_wording, wording
from geoplan.schema.standing import STANDING_OF, Standing

__all__ = [
    "Figure",
    "Partner",
    "authority_names",
    "bodies_of",
    "cut_pieces",
    "focus_cut",
    "focus_figures",
    "focus_fit",
    "focus_pairs",
    "focus_size",
    "members",
    "opening",
    "partner_rows",
    "partners_of",
]

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
    code: str = ""


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
    return [row for one in ordered for row in partners_of(one, str(one.relations.index[0]), result)]


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
    shares = _shares(result, focus)
    # One part of unknown size makes a sum unknown.
    sums = result.blocks.reindex(index=shares.index, columns=list(WEIGHT_COLUMNS)).mul(shares, axis=0).sum(skipna=False)
    areas = pd.DataFrame({"name": [focus.name], **sums.to_dict()}, index=pd.Index([focus.code], name="code"))
    parts = pd.DataFrame({"block": shares.index, "code": focus.code, "share": shares.to_numpy()})
    return Layer(f"focus:{focus.layer}", focus.name, areas, next(iter(result.layers.values())).source, parts)


def _shares(result: AuditResult, focus: Focus) -> pd.Series:
    """Return block -> share of it that belongs to the focus, of the blocks that are known."""
    return focus.shares[focus.shares.index.isin(result.blocks.index)]


def _vague_names(result: AuditResult, focus: Focus) -> list[str]:
    """Return the names of the authorities of which a part of unknown size belongs to the focus, sorted."""
    shares, names = _shares(result, focus), authority_names()
    return sorted({str(names.get(lad, lad)) for lad in result.blocks.loc[shares.index[shares.isna()], "lad"]})


def partners_of(pair: Pair, code: str, result: AuditResult, *, apart: bool = False) -> list[Partner]:
    """Return whom an area of the left side shares ground with; ``apart`` gives each whole one a row of its own."""
    over, (partners, stands) = pair.overlay, (pair.relations.at[code, column] for column in ("partners", "relation"))
    status = layer_wording.not_in_force(over.right, result.as_of)
    cells = [_partner(pair, code, str(other), status) for other in partners]
    whole = [cell for cell in cells if cell.relation == _HELD.format(wording.bare(over.left.name(code)))]
    if len(whole) > 3 and not apart:
        cells = [*(cell for cell in cells if cell not in whole), _together(whole)]
    in_none = stands in {Relation.UNCOVERED, Relation.PARTLY_COVERED, Relation.NOT_KNOWN}
    if in_none or (code, REST) in over.table.index:
        cells.append(_in_none(pair, code, status))
    return cells


_HELD = "lies whole inside {}"


def _partner(pair: Pair, code: str, other: str, status: str) -> Partner:
    over, name, found = pair.overlay, wording.bare(pair.overlay.left.name(code)), lie_of(pair, code, other)
    kind, amount = ("area", "area_m2") if over.weight is Weight.AREA else ("people", "people")
    columns = (amount, f"left_{kind}_share", f"right_{kind}_share")
    people, share, share_of_area = (assessed(over.table.at[(code, other), column]) for column in columns)
    somewhere = "somewhere " if found is Lie.INSIDE and _somewhere(pair, code) else ""
    cut = found is Lie.PART and (code, other) in pair.cuts.pieces.index
    relation = {
        Lie.SAME: "has the same boundary",
        Lie.INSIDE: f"{name} lies {somewhere}inside it",
        Lie.HOLDS: _HELD.format(name),
        Lie.UNKNOWN: wording.NOT_ASSESSED,
    }.get(found, "overlaps only in part")
    return Partner(
        layer=over.right.title,
        status=status,
        area=over.right.name(other),
        relation=relation,
        people=people,
        share=share,
        share_of_area=share_of_area,
        # Nobody works with a statistical geography, so that it is cut asks for nothing.
        loud=cut and not status and over.right.status != "reference",
        code=other,
    )


def _in_none(pair: Pair, code: str, status: str) -> Partner:
    """Return the row of the ground that no area covers: a fault only where the geography should cover everyone."""
    row, sure = _partner(pair, code, REST, status), rest_is_sure(pair, code)
    gap, area = pair.overlay.right.exhaustive, "in no area" if pair.overlay.right.complete else "none found"
    found = "not covered" if gap else layer_wording.not_found(pair.overlay.right)
    relation = found if sure else wording.NOT_ASSESSED
    return replace(row, area=area, relation=relation, loud=gap and sure and not status)


def _together(whole: Sequence[Partner]) -> Partner:
    names = ", ".join(cell.area for cell in whole[:8])
    more = f" and {len(whole) - 8} more" if len(whole) > 8 else ""
    people, shares = [cell.people for cell in whole], [cell.share for cell in whole]
    return replace(
        whole[0],
        code="",
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


def bodies_of(result: AuditResult, focus: Focus, *, past: bool) -> list[Pair]:
    """Return the comparisons with partnerships in force, or with those that have ended or are to come.

    Statistical geographies are left out, unless nothing else was compared: nobody works with them.
    """
    found = [
        pair
        for pair in focus_pairs(result, focus).values()
        if bool(layer_wording.not_in_force(pair.overlay.right, result.as_of)) is past
    ]
    return [pair for pair in found if pair.overlay.right.status != "reference"] or found


def focus_size(result: AuditResult, focus: Focus) -> str:
    """Say what is known of the size of a focus of which parts are of unknown size; nothing of any other.

    Parameters
    ----------
    result
        Of an audit.
    focus
        Its focus.

    Returns
    -------
    str
        A sentence, or nothing.
    """
    vague = _vague_names(result, focus)
    if not vague:
        return ""
    unit, least, named = str(result.weight), _known_size(result, focus), wording.listed(vague)
    if least is None:
        parts = "a part" if len(vague) == 1 else "parts"
        whole = f"{focus.name} is {parts} of unknown size of {named}"
        return f"{whole}: its {wording.UNITS[unit]} are {wording.NOT_ASSESSED}."
    known = wording.at_least(least, unit)
    return f"{focus.name} has {known}: what belongs to it of {named} is {wording.NOT_ASSESSED}."


def _known_size(result: AuditResult, focus: Focus) -> float | None:
    """Return what the parts of known size add up to; None where there are none."""
    held = (result.blocks[result.weight.column] * _shares(result, focus)).dropna()
    return None if held.empty else float(held.sum())


def focus_fit(result: AuditResult, focus: Focus) -> str:
    """Name the partners of the focus in every geography in force."""
    pairs, size = bodies_of(result, focus, past=False), focus_size(result, focus)
    if not pairs:
        return f"{size} {focus.name} was compared with no other geography in force.".lstrip()
    around = [name for name in (_somewhere(pair, str(pair.relations.index[0])) for pair in pairs) if name]
    told = [f"it lies somewhere inside {wording.listed(around)}"] if around else []
    told += [_partner_words(pair, result) for pair in pairs if not _somewhere(pair, str(pair.relations.index[0]))]
    if not size:
        return f"{focus.name}: {'; '.join(told)}."
    first = "Its partners: " if not around else "I"
    return f"{size} {first}{'; '.join(told)[len(first) == 1 :]}."


def _somewhere(pair: Pair, code: str) -> str:
    """Name the area that one made of parts of unknown size alone lies somewhere inside; nothing of any other."""
    over = pair.overlay
    if over.left.parts is None or not shares_of(over.left, code).isna().all():
        return ""
    inside = (str(o) for o in pair.relations.at[code, "partners"] if lie_of(pair, code, str(o)) is Lie.INSIDE)
    return next((f"{layer_wording.one(over.right)} {over.right.name(other)}" for other in inside), "")


def _partner_words(pair: Pair, result: AuditResult) -> str:
    """Name the partners of the focus in one geography, with how much of them it makes up."""
    over, code = pair.overlay, str(pair.relations.index[0])
    partners = [str(other) for other in pair.relations["partners"].iloc[0]]
    found = {other: lie_of(pair, code, other) for other in partners}
    one = layer_wording.one(over.right)
    if not partners:
        return f"no {one}{' found (not all are known)' if pair.standing[code] is Standing.NOT_KNOWN else ''}"
    for other in (each for each, known in found.items() if known in {Lie.SAME, Lie.INSIDE}):
        others = [each for each in partners if each != other]
        said = f"{one} {over.right.name(other)} ({_inside_words(pair, other, found[other], result)})"
        return f"{said}{_in_others(pair, code, others)}"
    sure, open_ = (
        [over.right.name(o) for o in partners if (found[o] is Lie.UNKNOWN) is vague] for vague in (False, True)
    )
    more = [f"{len(sure) - NAMED} more"] if len(sure) > NAMED else []
    called = one if len(sure) == 1 else layer_wording.many(over.right)
    said = f"{called} {wording.listed([*sure[:NAMED], *more])}" if sure else ""
    if open_:
        said += f"{', ' if sure else ''}{'' if sure else f'{one}: '}whether it reaches "
        said += f"{wording.listed(open_, 'or')} is {wording.NOT_ASSESSED}"
    if pair.standing[code] is Standing.NOT_KNOWN:
        return f"{said}, and for the rest {layer_wording.not_found(over.right)}"
    return said if open_ or not _partly(pair, code) else f"{said}, and in part with none"


def _partly(pair: Pair, code: str) -> bool:
    """Tell whether part of the focus surely lies in no area of the other layer."""
    standing = STANDING_OF[Relation(pair.relations["relation"].iloc[0])]
    return standing is Standing.PARTLY and rest_is_sure(pair, code)


def _inside_words(pair: Pair, other: str, found: Lie, result: AuditResult) -> str:
    """Say how much of an area the focus makes up that lies inside it."""
    if found is Lie.SAME:
        return "the same boundary"
    over, code = pair.overlay, str(pair.relations.index[0])
    column = "right_area_share" if over.weight is Weight.AREA else "right_people_share"
    share = over.table.at[(code, other), column]
    if not pd.isna(share):
        return f"{wording.percent(share)} of it"
    whole = over.right.areas[result.weight.column].get(other)
    least = _known_amount(pair, other, result) / whole if whole else 0.0
    return f"at least {math.floor(100 * least)}% of it" if least >= 0.01 else f"share {wording.NOT_ASSESSED}"


def _known_amount(pair: Pair, other: str, result: AuditResult) -> float:
    """Return the least of the focus that lies in an area: in blocks of which one holds all, the other a known share."""
    over, code = pair.overlay, str(pair.relations.index[0])
    if over.left.parts is None or over.right.parts is None:
        return 0.0
    return amount_inside(shares_of(over.left, code), shares_of(over.right, other), result.blocks[result.weight.column])


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
    bodies, past = (bodies_of(result, focus, past=past) for past in (False, True))
    now, then = ([pair for pair in found if cut_pieces(pair) is not None] for found in (bodies, past))
    said = f"It is cut {_cuts_words(now, result)}." if now else f"No boundary in force cuts {focus.name}."
    open_ = [pair for pair in bodies if pair not in now and _may_cut(pair)]
    if open_:
        doubt = wording.listed([layer_wording.many(pair.overlay.right) for pair in open_], "or")
        sure = said if now else ""
        said = f"{sure} Whether {doubt} cut {focus.name} is {wording.NOT_ASSESSED}.".lstrip()
    return f"{said} In the past it was cut {_cuts_words(then, result)}." if then else said


def _may_cut(pair: Pair) -> bool:
    """Tell whether the size of unknown parts decides if a geography cuts the focus."""
    code = str(pair.relations.index[0])
    return any(lie_of(pair, code, str(other)) is Lie.UNKNOWN for other in pair.relations["partners"].iloc[0])


def cut_pieces(pair: Pair) -> pd.DataFrame | None:
    """Return the pieces of the focus that are surely cut, most people first; None where there are none."""
    code = str(pair.relations.index[0])
    pieces = pair.cuts.pieces
    own = pieces[pieces.index.get_level_values("left") == code].droplevel("left")
    own = own[[lie_of(pair, code, str(other)) is Lie.PART for other in own.index]]
    return None if own.empty else own.sort_values(["amount", "left_share"], ascending=False)


def _cuts_words(pairs: Sequence[Pair], result: AuditResult) -> str:
    """Say of each geography with which of its areas the focus overlaps only in part."""
    told = []
    for pair in pairs[:2]:
        own, right = cut_pieces(pair), pair.overlay.right
        assert own is not None  # noqa: S101 - only pairs with cut pieces
        parts = [
            f"{_piece_words(pair, str(other), amount, result)} in {right.name(str(other))}"
            for other, amount in own["amount"].items()
        ]
        more = [f"{len(parts) - NAMED} further parts"] if len(parts) > NAMED + 1 else []
        listed = wording.listed([*parts[:NAMED], *more] if more else parts)
        told.append(f"by {layer_wording.many(right)}: {listed}")
    return "; ".join([*told, *([f"by {len(pairs) - 2} more"] if len(pairs) > 2 else [])])


def _piece_words(pair: Pair, other: str, amount: float, result: AuditResult) -> str:
    """Say how many people are in a cut piece, or the least there are."""
    if not pd.isna(amount):
        return wording.counted(amount, str(result.weight))
    least = _known_amount(pair, other, result)
    return wording.at_least(least, str(result.weight)) if least > 0 else "a part of unknown size"


def focus_figures(result: AuditResult, focus: Focus) -> list[Figure]:
    """Return the key figures of the focus, against the geographies in force."""
    pairs, unit = bodies_of(result, focus, past=False), str(result.weight)
    drawn = [pair.overlay.totals["weight"] for pair in result.pairs if focus.drawn and pair.keys[0] == focus.layer]
    alone = _focus_layer(result, focus).areas["area_m2" if unit == "area" else unit]
    whole = drawn[0][focus.code] if drawn else alone.iat[0]
    same = sum(pair.relations["relation"].iloc[0] == Relation.COTERMINOUS for pair in pairs)
    cut = [pair for pair in pairs if cut_pieces(pair) is not None]
    others = wording.number_of(len(pairs), "other geography in force", "other geographies in force")
    least, vague = _known_size(result, focus), _vague_names(result, focus)
    size = f"at least {wording.amount(least, unit)}" if vague and least is not None else wording.amount(whole, unit)
    parts = f"; parts of {wording.listed(vague)} are {wording.NOT_ASSESSED}" if vague and least is not None else ""
    return [
        Figure(focus.name, size, f"{wording.UNITS[unit]}{parts}"),
        Figure("Same boundary", f"{same} of {len(pairs)}", others),
        Figure("Cut by", f"{len(cut)} of {len(pairs)}", others),
    ]


def members(result: AuditResult, focus: Focus) -> str:
    """Name the authorities the focus is made of; a part is called so. A drawn focus says how its ground was found."""
    shares, names = _shares(result, focus), authority_names()
    said = []
    for lad in dict.fromkeys(result.blocks.loc[shares.index, "lad"]):
        held = shares.reindex(result.blocks.index[result.blocks["lad"] == lad], fill_value=0.0)
        part = f" (part, size {wording.NOT_ASSESSED})" if held.isna().any() else "" if (held >= 1).all() else " (part)"
        said.append(f"{names.get(lad, lad)}{part}")
    listed = ", ".join(sorted(said))
    return f"{listed or 'no piece of an authority'}; {ON_ITS_GROUND}" if focus.drawn else listed


@cache
def authority_names() -> dict[str, str]:
    """Return the names of the authorities that ship, by code."""
    table = package_data.shipped_table("authorities.csv")
    return dict(zip(table["lad_code"], table["name"], strict=True))
