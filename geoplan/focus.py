"""One area against every geography audited: its partners, how it fits, what cuts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

import pandas as pd

from geoplan import overlay, realignment, relations, sources, wording
from geoplan.atlas import Focus
from geoplan.audit import AuditResult, Pair, contiguity_graph, countries_of
from geoplan.schema import REST, Layer, Overlay, Relation, Weight, assessed

__all__ = [
    "Figure",
    "Mending",
    "Partner",
    "aligning",
    "focus_cut",
    "focus_figures",
    "focus_fit",
    "focus_pairs",
    "focus_relations",
    "members",
    "partner_rows",
]

ROUNDING = 1e-9

SOLVER_S = 20.0
"""Time for each stage of the solver that aligns two geographies for a brief."""


class Figure(NamedTuple):
    """A key figure: what is counted, how many, and of what."""

    label: str
    value: str
    note: str


@dataclass(frozen=True)
class Partner:
    """What the focus shares with one area (or several whole ones) of a geography."""

    layer: str
    status: str
    area: str
    relation: str
    people: float | None
    share: float | None
    share_of_area: float | None


def partner_rows(result: AuditResult) -> list[Partner]:
    """Return whom the focus shares ground with, in every other geography audited.

    Parameters
    ----------
    result
        Of an audit with a focus; without one there are no rows.

    Returns
    -------
    list of Partner
        Geography by geography, largest share first; more than three areas that lie whole inside the focus
        share a row; the part of the focus in no area is a row too.
    """
    if result.focus is None:
        return []
    found = focus_pairs(result, result.focus)
    return [row for one in found.values() for row in _partners_of(one, result)]


@lru_cache(maxsize=1)
def focus_pairs(result: AuditResult, focus: Focus) -> dict[str, Pair]:
    """Set the focus against every other layer, as a layer of one area."""
    tolerance, weight = result.tolerance, result.weight
    alone = _focus_layer(result, focus)
    made: dict[str, Pair] = {}
    for key, layer in result.layers.items():
        drawn = [pair for pair in result.pairs if pair.keys == (focus.layer, key) and layer.parts is None]
        if key == focus.layer or (layer.parts is None and not drawn):
            continue
        if drawn:
            made[key] = replace(drawn[0], relations=drawn[0].relations.loc[[focus.code]])
            continue
        over = overlay.overlay(alone, layer, blocks=result.blocks, weight=weight)
        if not set(countries_of(alone).iat[0]) & set(layer.extent or "EWSN"):
            continue
        made[key] = Pair(over, relations.relate(over, tolerance=tolerance), tolerance)
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
    code, limit = str(pair.relations.index[0]), 1 - result.tolerance.of(over.basis) - ROUNDING
    name, status = over.left.name(code), wording.not_in_force(over.right, result.as_of)
    cells = [_partner(over, code, str(other), limit, status) for other in row["partners"]]
    whole = [cell for cell in cells if cell.relation == f"lies whole inside {name}"]
    if len(whole) > 3:
        cells = [*(cell for cell in cells if cell not in whole), _together(whole)]
    if row["relation"] in {Relation.UNCOVERED, Relation.PARTLY_COVERED} or (code, REST) in over.table.index:
        cells.append(replace(_partner(over, code, REST, limit, status), area="in no area", relation="not covered"))
    return cells


def _partner(over: Overlay, code: str, other: str, limit: float, status: str) -> Partner:
    nominal = over.nominal.loc[(code, other)]
    inside, swallowed = nominal["left_share"] >= limit, nominal["right_share"] >= limit
    name = over.left.name(code)
    relation = (
        "has the same boundary" if inside and swallowed
        else f"{name} lies inside it" if inside
        else f"lies whole inside {name}" if swallowed
        else "the border between them is crossed"
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
    )


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


def focus_relations(result: AuditResult, focus: Focus) -> dict[str, list[str]]:
    """Return relation -> titles of the layers to which the focus stands so."""
    found: dict[str, list[str]] = {}
    for pair in focus_pairs(result, focus).values():
        found.setdefault(str(pair.relations["relation"].iloc[0]), []).append(pair.overlay.right.title)
    return found


def focus_fit(result: AuditResult, focus: Focus, rows: Sequence[Partner]) -> str:
    """Say how the focus stands to the other geographies."""
    by_relation = focus_relations(result, focus)
    words = (
        (Relation.COTERMINOUS, "has exactly the boundary of an area in"),
        (Relation.NESTED, "lies inside one in"),
        (Relation.CONTAINS, "is made of whole ones in"),
        (Relation.STRADDLES, "is cut in"),
        (Relation.PARTLY_COVERED, "is partly in none in"),
        (Relation.UNCOVERED, "is in none in"),
    )
    said = [f"{verb} {len(by_relation[relation])}" for relation, verb in words if relation in by_relation]
    if not rows:
        return f"{focus.name} was compared with no other geography."
    total = sum(len(titles) for titles in by_relation.values())
    return f"Of {wording.plural(total, 'other geography')}, {focus.name} {wording.listed(said)}."


def focus_cut(result: AuditResult, focus: Focus, rows: Sequence[Partner]) -> str:
    """Say which geographies cut the focus, and how many people are in which part."""
    ended = {row.layer for row in rows if row.status}
    # What applies today comes first.
    cut = sorted(focus_relations(result, focus).get(Relation.STRADDLES, []), key=ended.__contains__)
    if not cut:
        return f"No boundary of the others runs through {focus.name} without following its own."
    unit = str(result.weight)
    told = []
    for title in cut[:2]:
        mine = [row for row in rows if row.layer == title]
        away = [f"{wording.amount(row.people, unit)} in {row.area}" for row in mine[:3]]
        further = [wording.number_of(len(mine) - 3, "further part", "further parts")] if len(mine) > 3 else []
        told.append(f"by {wording.inside_a_sentence(title)}: {wording.listed([*away, *further])}")
    more = [f"by {len(cut) - 2} more"] if len(cut) > 2 else []
    return f"It {'was' if set(cut) <= ended else 'is'} cut {'; '.join([*told, *more])}."


def focus_figures(result: AuditResult, focus: Focus) -> list[Figure]:
    """Return the key figures of the focus."""
    by_relation, unit = focus_relations(result, focus), str(result.weight)
    total = sum(len(titles) for titles in by_relation.values())
    whole = _focus_layer(result, focus).areas["area_m2" if unit == "area" else unit].iat[0]
    cut = by_relation.get(Relation.STRADDLES, [])
    return [
        Figure(focus.name, wording.amount(whole, unit), wording.UNITS[unit]),
        Figure("Same boundary", f"{len(by_relation.get(Relation.COTERMINOUS, []))} of {total}", "other geographies"),
        Figure("Cut by", f"{len(cut)} of {total}", "other geographies"),
    ]


def members(result: AuditResult, focus: Focus) -> str:
    """Name the authorities the focus is made of; a part is called so."""
    known = result.blocks.index.intersection(sorted(focus.blocks))
    names = _authority_names()
    said = []
    for lad in dict.fromkeys(result.blocks.loc[known, "lad"]):
        all_of = set(result.blocks.index[result.blocks["lad"] == lad])
        part = "" if all_of <= focus.blocks else " (part)"
        said.append(f"{names.get(lad, lad)}{part}")
    return ", ".join(sorted(said))


@cache
def _authority_names() -> dict[str, str]:
    table = sources.shipped_table("authorities.csv")
    return dict(zip(table["lad_code"], table["name"], strict=True))


@dataclass(frozen=True)
class Mending:
    """What would align the geography of the focus with one that cuts it.

    Parameters
    ----------
    sentence
        How many authorities would have to move in all, and how many of them concern the focus.
    moves
        Authority, area it leaves, area it joins, and people, of those that concern the focus.
    """

    sentence: str
    moves: tuple[tuple[str, str, str, float], ...]


def aligning(result: AuditResult) -> Mending | None:
    """Tell which moves would align the focus with the first geography that cuts it.

    Parameters
    ----------
    result
        Of an audit with a focus.

    Returns
    -------
    Mending or None
        From the fewest moves after which no border of the two geographies cuts the other anywhere
        (`geoplan.realignment.realign`, goal clean); None where the focus is not cut.
    """
    focus = result.focus
    pair = None if focus is None else _cutting(result, focus)
    if focus is None or pair is None:
        return None
    left, right = pair.overlay.left, pair.overlay.right
    found = _cleaned(left, right, result.blocks)
    ours = [m for m in found.moves if m.block in focus.blocks or focus.code in {m.source, m.target}]
    names = _authority_names()
    moves = [(names.get(m.code, m.code), left.name(m.source), left.name(m.target), m.people) for m in ours]
    titles = f"{wording.inside_a_sentence(left.title)} with {wording.inside_a_sentence(right.title)}"
    count = wording.number_of(found.authorities, "authority", "authorities")
    whole = f"To align {titles} everywhere, {count} would have to change area"
    if focus.layer == left.key and focus.code in found.unreached:
        return Mending(f"{whole}, but no move helps {focus.name}: {found.unreached[focus.code]}", ())
    concerned = wording.number_of(len(ours), "of these moves concerns", "of these moves concern")
    proven = "the fewest there can be" if found.optimal else "the fewest found in the time given"
    return Mending(f"{whole} ({proven}); {concerned} {focus.name}. Borders and people only, not advice.", tuple(moves))


def _cutting(result: AuditResult, focus: Focus) -> Pair | None:
    """Return the first comparison in force, of layers of authorities, in which the focus is cut or cuts."""
    for pair in result.pairs:
        layers = (pair.overlay.left, pair.overlay.right)
        fit = all(one.parts is not None and one.blocks is None and not one.overlap for one in layers)
        current = all(one.status in {"in force", "file"} for one in layers)
        here = pair.keys[0] == focus.layer and focus.code in pair.relations.index
        if fit and current and here and pair.relations.at[focus.code, "relation"] == Relation.STRADDLES:
            return next((p for p in result.pairs if set(p.keys) == set(pair.keys)), pair)
    return None


_cleanings: WeakKeyDictionary[Layer, dict[str, realignment.Realignment]] = WeakKeyDictionary()


def _cleaned(left: Layer, right: Layer, blocks: pd.DataFrame) -> realignment.Realignment:
    """Align two layers, once for all the areas that are asked about."""
    kept = _cleanings.setdefault(left, {})
    if right.key not in kept:
        neighbours = contiguity_graph(tuple(_authority_names()))
        kept[right.key] = realignment.realign(left, right, blocks=blocks, neighbours=neighbours, seconds=SOLVER_S)
    return kept[right.key]
