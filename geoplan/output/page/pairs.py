"""What the page is told of pairs: who is cut by whom, answers, partners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from geoplan.auditing.focus import opening
from geoplan.auditing.results import AuditResult, Pair
from geoplan.data.focus import Focus, blocks_of
from geoplan.output.page.values import BROKERS, CUT_RULE, TINY_SHARE, km2, share, whole
from geoplan.output.picture.drawing import left_out, pair_legend
from geoplan.output.picture.patterns import DRAWN
from geoplan.output.summary.answers import lie_or_live, overlap_words
from geoplan.output.summary.brokers import busiest_brokers
from geoplan.output.summary.ranking import asked_layers
from geoplan.schema import REST, Basis, Finding, Layer, Weight, layer_wording, wording
from geoplan.schema.part_ground import ground_of
from geoplan.schema.standing import Standing

__all__ = ["broker_places", "brokers_said", "layers_shown", "pairs_said", "partner_places", "places_said", "start"]

_UNITS = {
    Weight.PEOPLE: ("people", "People"),
    Weight.WORKING_AGE: ("people aged 16 to 64", "Aged 16 to 64"),
    Weight.POSTCODES: ("postcodes", "Postcodes"),
    Weight.AREA: ("km²", "km²"),
    Weight.EMPLOYMENT_DEPRIVED: (wording.UNITS["employment_deprived"], "Out of work"),
    Weight.INCOME_DEPRIVED: (wording.UNITS["income_deprived"], "On low income"),
    Weight.DISABLED: (wording.UNITS["disabled"], "Disabled"),
    Weight.MOST_DEPRIVED: (wording.UNITS["most_deprived"], "In the worst tenth"),
}


def pairs_said(result: AuditResult) -> list[dict[str, Any]]:
    """Return what the page says of each pair, in the order of the audit."""
    keys = list(result.layers)
    numbers = {pair.keys: i for i, pair in enumerate(result.pairs)}
    shown = []
    for number, pair in enumerate(result.pairs):
        left, right = pair.keys
        reverse = numbers.get((right, left), number)
        unit, heading = _UNITS[pair.overlay.weight]
        kinds, rows = [str(each) for each in pair.standing.values()], _rows(pair)
        apart = left_out(pair, map(str, result.blocks.index))
        shown.append(
            {
                "left": keys.index(left),
                "right": keys.index(right),
                "configured": number <= reverse,
                "reverse": reverse,
                "unit": unit,
                "heading": heading,
                "estimate": pair.overlay.basis is not Basis.CODES,
                "kinds": kinds,
                "rows": rows,
                "left_out": [i for i, block in enumerate(result.blocks.index) if block in apart],
                "key": _key(pair, rows, left_out=bool(apart)),
                "pieces": None if _of_blocks(pair) else [row[:2] for row in rows if _apart(row, kinds[row[0]])],
                "drawn": f"pieces{number}",
                "answer": _answer(pair, result),
                **_not_listed(pair, result),
            }
        )
    return shown


def _key(pair: Pair, rows: Iterable[Sequence[Any]], *, left_out: bool) -> list[tuple[str, str]]:
    """Return the key: how areas stand, with counts, ground drawn as such, and the land outside the comparison."""
    standings = set(pair.standing.values())
    drawn = {
        "overlap": any(row[5] for row in rows),
        str(Standing.NONE): left_out or Standing.PARTLY in standings,
    }
    key = pair_legend(pair, pair.standing, pieces=[name for name, there in drawn.items() if there])
    outside = str(Standing.OUTSIDE)
    return [*key, *([] if Standing.OUTSIDE in standings else [(outside, DRAWN[outside].term)])]


def _apart(row: Sequence[Any], kind: str) -> bool:
    """Tell whether a row's ground is drawn as a piece of its own: it is cut, or in none of an area partly in none."""
    return bool(row[5]) or (row[1] < 0 and kind == Standing.PARTLY)


def start(result: AuditResult) -> int:
    """Return the pair to open with: the first, or with a focus the one that `geoplan.auditing.focus.opening` names."""
    shown = None if result.focus is None else opening(result, result.focus)
    return 0 if shown is None else result.pairs.index(shown)


def layers_shown(result: AuditResult) -> list[int]:
    """Return the layers whose borders the page opens with, besides those of its pair: all that were asked for."""
    keys = list(result.layers)
    return [keys.index(layer.key) for layer in asked_layers(result)]


def _listed(pair: Pair, found: Iterable[Finding]) -> list[Finding]:
    """Return the findings that stand in the list of a pair: its cut areas."""
    return [f for f in found if (f.layer, f.other_layer) == pair.keys and f.rule == CUT_RULE]


def _not_listed(pair: Pair, result: AuditResult) -> dict[str, str]:
    """Return a note for the list of a pair's cut areas: how many a baseline keeps off it."""
    count = 0 if result.known is None else len(_listed(pair, result.known.suppressed))
    if not count or result.known is None:
        return {}
    said = wording.number_of(count, "more is", "more are")
    return {"quiet": f"{said} known and kept quiet (baseline {result.known.file})."}


def _rows(pair: Pair) -> list[list[Any]]:
    """Return where the pair meets: left, right (-1 for the rest), amount, both shares, and whether it is cut."""
    over = pair.overlay
    by_area = over.weight is Weight.AREA
    kind = "area" if by_area else "people"
    left_at, right_at = ({code: i for i, code in enumerate(side.areas.index)} for side in (over.left, over.right))
    table = over.table[~over.table["artefact"].astype(bool)]
    amounts = table["area_m2"] / 1e6 if by_area else table["people"]
    cut = set(pair.cuts.pieces.index)
    rows = []
    for at, amount, one, other in zip(
        table.index, amounts, table[f"left_{kind}_share"], table[f"right_{kind}_share"], strict=True
    ):
        left, right = at
        if right == REST and one < TINY_SHARE:
            continue
        measured = km2(amount * 1e6) if by_area else whole(amount)
        rows.append([left_at[left], right_at.get(right, -1), measured, share(one), share(other), int(at in cut)])
    return sorted(rows, key=lambda row: (row[0], row[1] < 0, -(row[3] or 0.0), row[1]))


def _of_blocks(pair: Pair) -> bool:
    return pair.overlay.left.parts is not None and pair.overlay.right.parts is not None


def _answer(pair: Pair, result: AuditResult) -> str:
    """Return the comparison in one sentence: whom it concerns, everywhere or in the focus."""
    if result.focus is not None:
        return _focused_answer(pair, result.focus)
    left, right = (layer_wording.many(layer) for layer in (pair.overlay.left, pair.overlay.right))
    if not pair.cuts.by_area and pair.cuts.complete:
        return f"None of the {left} is cut by {right}."
    return f"{overlap_words(pair, str(pair.overlay.weight))}."


def _focused_answer(pair: Pair, focus: Focus) -> str:
    right, value = layer_wording.many(pair.overlay.right), pair.cuts.by_area.get(focus.code, 0.0)
    if pair.keys[0] != focus.layer:
        cut = len(_of_focus(pair, focus))
        return (
            f"{wording.number_of(cut, 'area', 'areas')} of {pair.overlay.left.title} on the ground of {focus.name} "
            f"{'is' if cut == 1 else 'are'} cut by {right}."
        )
    if focus.code in pair.cuts.doubtful.get_level_values("left") and focus.code not in pair.cuts.by_area:
        return f"Whether {focus.name} is cut by {right} is not assessed."
    if focus.code not in pair.cuts.by_area:
        return f"{focus.name} is not cut by {right}."
    amount = wording.counted(value, str(pair.overlay.weight))
    verb = lie_or_live(str(pair.overlay.weight))
    return f"{amount} of {focus.name} {verb} where it and {right} overlap only in part."


def _of_focus(pair: Pair, focus: Focus) -> list[str]:
    """Return the cut left areas that share ground with the focus."""
    left = pair.overlay.left
    cut = list(pair.cuts.by_area)
    return cut if left.parts is None else [code for code in cut if blocks_of(left, code) & focus.blocks]


def places_said(result: AuditResult, position: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return for each layer of blocks the ground that is in none of its areas, and in several."""
    places = []
    for layer in result.layers.values():
        if layer.parts is None:
            continue
        here = [block for block in result.blocks.index if not layer.extent or str(block)[0] in layer.extent]
        cover = layer.parts["share"].fillna(0.0).groupby(layer.parts["block"]).sum()
        there = set(layer.parts["block"])
        none = [position[block] for block in here if block not in there]
        twice = [position[block] for block in cover.index[cover > 1 + 1e-9]]
        why = "should cover every place" if layer.exhaustive else "by design" if layer.complete else "not all are known"
        places.append(_place("none", layer, none, why))
        places.append(_place("twice", layer, twice, "by design" if layer.overlap else "should not overlap"))
    return [place for place in places if place["blocks"]]


def partner_places(result: AuditResult, position: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return for each layer of blocks the areas that share ground with the focus."""
    focus = result.focus
    if focus is None:
        return []
    places = []
    for number, (key, layer) in enumerate(result.layers.items()):
        if layer.parts is None or key == focus.layer:
            continue
        partners = list(dict.fromkeys(layer.parts.loc[layer.parts["block"].isin(focus.blocks), "code"]))
        codes = list(layer.areas.index)
        ground = ground_of(layer.parts[layer.parts["code"].isin(partners)])
        home, hatched = (sorted(set(ground["block"][ground[look]].map(position))) for look in ("home", "in_part"))
        # Each is named on the ground that it shares: the rest of it may lie outside the view.
        shared = [[codes.index(code), [position[each] for each in sorted(blocks_of(layer, code) & focus.blocks)]]
                  for code in partners]  # fmt: skip
        places.append(
            {
                "kind": "partner",
                "title": f"Partners of {focus.name} in {layer.title}",
                "note": wording.listed(sorted(map(layer.name, partners))),
                "blocks": home,
                **({"parts": hatched} if hatched else {}),
                "layer": number,
                "areas": shared,
            }
        )
    return [place for place in places if place["areas"]]


def _place(kind: str, layer: Layer, blocks: list[int], note: str) -> dict[str, Any]:
    where = "In no area of" if kind == "none" else "In several areas of"
    return {"kind": kind, "title": f"{where} {layer.title}", "note": note, "blocks": blocks}


def brokers_said(result: AuditResult) -> pd.DataFrame:
    """Return the busiest authorities."""
    return busiest_brokers(result).head(BROKERS)


def broker_places(brokers: pd.DataFrame, result: AuditResult, position: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the blocks of the authorities with most bodies as one entry for the page, none without any."""
    if brokers.empty:
        return []
    chosen = set(brokers["code"])
    blocks = [position[block] for block, lad in result.blocks["lad"].items() if lad in chosen]
    low, high = brokers["bodies"].min(), brokers["bodies"].max()
    note = f"{low} to {high} bodies each, in the geographies compared" if low < high else f"{high} bodies each"
    return [{"kind": "broker", "title": "Authorities with most bodies to work with", "note": note, "blocks": blocks}]
