"""Common blocks, contiguity and realignment on the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

import pandas as pd

from geoplan.analysis.networks import crosswalk, ties
from geoplan.analysis.networks.alignment_problem import Goal, Move
from geoplan.analysis.networks.contiguity import Contiguity, Enclave
from geoplan.analysis.networks.ties import Cut, Shared
from geoplan.output.tables.networks import by_area, name_of
from geoplan.output.text.lines import WIDTH, cut_to_width
from geoplan.planning.aligning.common_blocks import Blocks
from geoplan.planning.aligning.pieces import Pieces
from geoplan.planning.aligning.realigning import Alignment
from geoplan.schema import Layer, Weight, layer_wording, wording
from geoplan.schema.standing import LOOKS, STANDING_OF

__all__ = ["blocks_text", "contiguity_text", "crosswalk_text", "realign_text", "runs_text"]

LINES = 14
"""Rows of a list that a screen has room for."""
GOALS = {
    Goal.CLEAN: "of every two areas that meet, one lies inside the other",
    Goal.NEST: "every area lies inside one area of the other layer",
    Goal.WHOLE: "every area is made of whole areas of the other layer",
    Goal.PAIR: "the two areas of the pair become the same",
}


def _wrapped(text: str, indent: str = "    ") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent)


def _counted(found: Blocks) -> str:
    return wording.UNITS[found.graph.graph["weight"]]


def blocks_text(found: Blocks) -> str:
    """Return common blocks for people, on one screen.

    Parameters
    ----------
    found
        From `geoplan.planning.aligning.common_blocks.blocks`.

    Returns
    -------
    str
        Lines of at most 100 characters: the largest blocks, then what ties the largest of them together.
    """
    titles = [layer.title for layer in found.layers]
    if not found.blocks:
        return "\n".join(_wrapped(f"{wording.listed(titles)} share no ground, so they have no common blocks.")) + "\n"
    unit = Weight.AREA if by_area(found) else "people"
    areas = wording.listed([f"{len(layer.areas)} of {layer.title}" for layer in found.layers])
    count = wording.plural(len(found.blocks), "common block")
    heading = "km²" if by_area(found) else _counted(found)
    lines = [
        *_wrapped(f"{count}, the smallest groupings on which they agree, of {areas}."),
        f"{heading:>14}  areas: {' = '.join(layer.key for layer in found.layers)}",
    ]
    for block in found.blocks[:LINES]:
        sides = [[name_of(found, node) for node in block.nodes if node[1] == n] for n in range(len(found.layers))]
        region = f"[{block.region}] " if block.region else ""
        sizes = " = ".join(str(len(names)) for names in sides)
        text = f"{wording.amount(block.people, unit):>14}  {sizes}: {region}{_sides(sides)}"
        lines.append(cut_to_width(text, WIDTH))
    if len(found.blocks) > LINES:
        lines.append(f"{'':>14}  and {len(found.blocks) - LINES} smaller ones; --format csv lists all")
    if found.unmatched:
        names = [name_of(found, node) for node in found.unmatched]
        lines += _wrapped(f"In no block, because they share ground with none: {_some(names, 8)}.")
    return "\n".join([*lines, "", *_ties(found), *_whose_count(found.graph.graph["weight"])]) + "\n"


def _sides(sides: Sequence[Sequence[str]]) -> str:
    """Return the names of a block: those of the layer with fewer areas first, once where they are the same."""
    if len({tuple(names) for names in sides}) == 1:
        return ", ".join(sides[0])
    return " = ".join(", ".join(names[:3]) + (", …" if len(names) > 3 else "") for names in sides if names)


def _some(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _ties(found: Blocks) -> list[str]:
    """Say what holds the largest block together, and how far it could be broken."""
    largest = found.blocks[0]
    if sum(map(len, largest.members)) == sum(map(bool, largest.members)):
        return ["The largest block is a single area in every layer: nothing is tied together."]
    cut, singles = found.cuts.get(largest.id), found.bridges.get(largest.id, ())
    if cut is None and not singles and sum(map(len, largest.members)) > ties.CUT_AREAS:
        return [f"Where it could be broken was not looked for in more than {ties.CUT_AREAS:,} areas."]
    if cut is None and not singles and largest.people is None:
        return ["Where it could be broken is not assessed, because some of its parts are of unknown size."]
    if cut is None and not singles:
        return _wrapped("The largest block cannot be broken without parting an area from the one it shares most with.")
    lines = ["The authorities that tie the largest block together:"]
    shown = list(singles[:3])
    if cut is not None and all(cut.overlaps != each.overlaps for each in shown):
        shown.insert(0, cut)
    for each in shown:
        lines += _wrapped(f"  {_cut_text(found, each)}", "      ")
    if len(singles) > 3:
        lines.append(f"  and {len(singles) - 3} further overlaps, with more people; --format json lists them")
    return lines


def _cut_text(found: Blocks, cut: Cut) -> str:
    unit = Weight.AREA if by_area(found) else "people"
    what = "; ".join(_shared_text(found, overlap) for overlap in cut.overlaps)
    most, least = (wording.amount(half, unit) for half in cut.halves)
    counted = "" if by_area(found) else f" {_counted(found)}"
    return f"{what}: without these {wording.amount(cut.people, unit)}{counted} it falls into {most} and {least}."


def _shared_text(found: Blocks, overlap: Shared) -> str:
    names = [found.names.get(code, code) for code in overlap.authorities]
    between = f"{name_of(found, overlap.left)} and {name_of(found, overlap.right)}"
    return f"{_some(names, 4)} (in {between})" if names else f"what {between} share"


def contiguity_text(found: Pieces) -> str:
    """Return contiguity for people: who is in pieces, who hangs by what, who lies inside whom.

    Parameters
    ----------
    found
        From `geoplan.planning.aligning.pieces.contiguity`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    apart = [area for area in found.areas if len(area.pieces) > 1]
    linked = [area for area in found.areas if area.links]
    hinged = [area for area in found.areas if area.articulation]
    whole = len(found.areas) - len(apart)
    unit = "polygons" if found.layer.parts is None else "authorities that border each other"
    lines = _wrapped(
        f"{found.layer.title}: {whole:,} of {wording.plural(len(found.areas), 'area')} "
        f"{'is' if whole == 1 else 'are'} in one piece, by {unit}{' or that a crossing joins' if linked else ''}."
    )
    lines += _listing("In pieces", (_pieces_text(found, area) for area in apart))
    lines += _listing("One area only by a bridge, tunnel or ferry",
                      (f"{area.name}: {'; '.join(area.links)}" for area in linked))  # fmt: skip
    lines += _listing("Would fall apart without one authority",
                      (f"{area.name}: {_some(_labels(found, area.articulation), 5)}" for area in hinged))  # fmt: skip
    inside = [e for area in found.areas for e in area.enclaves]
    lines += _listing("Wholly surrounded by one other area", (_enclave_text(found, e) for e in inside))
    return "\n".join(lines) + "\n"


def _listing(title: str, entries: Iterable[str]) -> list[str]:
    rows = list(entries)
    if not rows:
        return []
    more = [f"    and {len(rows) - LINES} more; --format csv lists all"] if len(rows) > LINES else []
    return ["", f"{title}:", *(line for row in rows[:LINES] for line in _wrapped(f"  {row}", "      ")), *more]


def _labels(found: Pieces, units: Iterable[str]) -> list[str]:
    return [found.names.get(unit, unit) for unit in units]


def _pieces_text(found: Pieces, area: Contiguity) -> str:
    _, *others = area.pieces
    listed = "; ".join(_some(_labels(found, piece), 4) for piece in others[:4])
    more = f" and {len(others) - 4} more" if len(others) > 4 else ""
    return f"{area.name}: {len(area.pieces)} pieces; apart from the largest: {listed}{more}"


def _enclave_text(found: Pieces, enclave: Enclave) -> str:
    own, around = found.layer.name(enclave.code), found.layer.name(enclave.within)
    piece = _some(_labels(found, enclave.piece), 4)
    return f"{own} in {around}" if piece in {own, enclave.code} else f"{piece} ({own}) in {around}"


def realign_text(found: Alignment) -> str:
    """Return a realignment for people: moves by area, counts before and after, what cannot be reached.

    Parameters
    ----------
    found
        From `geoplan.planning.aligning.realigning.realign`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    result = found.result
    lines = [
        *_wrapped(f"To align {result.left.title} with {found.right.title}, so that {GOALS[result.goal]}:"),
        *_wrapped(_answer(found)),
    ]
    by_target: dict[str, list[Move]] = {}
    for move in result.moves:
        by_target.setdefault(move.target, []).append(move)
    for target, moves in sorted(by_target.items(), key=lambda at: (-sum(move.people for move in at[1]), at[0])):
        lines += ["", f"{result.left.name(target)} takes in {_moved_words(found, moves)}:"]
        lines += [_move_text(found, move) for move in moves]
    lines += ["", *_count_lines(found)]
    if result.unreached:
        lines += ["", _left_as_today(found)]
        for code, reason in result.unreached.items():
            lines += _wrapped(f"  {result.left.name(code)}: {reason}.", "      ")
    return "\n".join([*lines, *_whose_count(str(found.weight))]) + "\n"


def _whose_count(weight: str) -> list[str]:
    """Say what a count of people in need is, and whose; nothing of other weights."""
    return ["", *textwrap.wrap(wording.NEED[weight], WIDTH)] if weight in wording.NEED else []


def _answer(found: Alignment) -> str:
    result = found.result
    if not found.before["blocks"]:
        return "The two layers share no ground, so there is nothing to align."
    if not result.moves and result.unreached and not result.optimal:
        return "no answer was found in the time given."
    if not result.moves and result.unreached:
        return f"no move would help; for {_places(found)} the goal cannot be reached."
    if not result.moves:
        return "nothing has to move: they agree already."
    rest = f"; {_places(found)} stay as they are" if result.unreached else ""
    near = f"within {result.gap:.1%} of what was proven" if result.gap < 0.995 else "of which nothing is proven yet"
    proof = "proven to be so" if result.optimal else near
    moved = wording.number_of(result.authorities, "authority changes", "authorities change")
    return (
        f"{moved} areas, with {_moved_words(found, result.moves)}{rest}. These are the fewest that could be found "
        f"({proof}), by borders and people only: not a recommendation."
    )


def _moved_words(found: Alignment, moves: Iterable[Move]) -> str:
    unit, total = wording.UNITS[str(found.weight)], found.total(moves)
    return f"{unit} ({wording.NOT_ASSESSED})" if total is None else f"{wording.amount(total)} {unit}"


def _left_as_today(found: Alignment) -> str:
    return f"{'Cannot be reached' if found.result.optimal else 'Not settled in the time given'}, left as today:"


def _places(found: Alignment) -> str:
    return wording.plural(len(found.result.unreached), "area")


def _move_text(found: Alignment, move: Move) -> str:
    side = " (one side of it)" if move.block != move.code else ""
    name = f"{found.names.get(move.code, move.code)}{side}"
    text = f"{wording.amount(found.counted[move.block]):>14}  {name}, from {found.result.left.name(move.source)}"
    return cut_to_width(text, WIDTH)


def _count_lines(found: Alignment) -> list[str]:
    words = {str(relation): LOOKS[standing].term for relation, standing in STANDING_OF.items()}
    unit = wording.UNITS[str(found.weight)]
    words |= {"cut_people": wording.OVERLAP_IN_PART if found.weight == "people" else f"{unit}, cut"}
    words |= {"blocks": "common blocks"}
    rows = [(text, found.before[key], found.after[key]) for key, text in words.items()]
    told = [row for row in rows if row[1] or row[2] or row[1] is None]
    wide = max(40, *(len(text) + 4 for text, _, _ in told)) if told else 40
    lines = [f"{'areas of the left layer':<{wide}}{'before':>14}{'after':>14}"]
    for text, before, after in told:
        lines.append(f"  {text:<{wide - 2}}{wording.amount(before):>14}{wording.amount(after):>14}")
    return lines


def crosswalk_text(table: pd.DataFrame) -> str:
    """Return authorities by geography: those that go the same way everywhere share a paragraph.

    Parameters
    ----------
    table
        From `geoplan.analysis.networks.crosswalk.crosswalk`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    keys = [column for column in table.columns if column not in {"code", "name"}]
    lines = [f"{wording.plural(len(table), 'authority')} in {wording.listed(keys)}:"]
    for areas, rows in table.groupby(keys, sort=True):
        names = ", ".join(crosswalk.joined_names(list(rows["name"])))
        lines += ["", *textwrap.wrap(names, WIDTH)]
        lines += [f"    {key:<36}{area or 'in none'}" for key, area in zip(keys, areas, strict=True)]
    return "\n".join(lines) + "\n"


def runs_text(found: pd.DataFrame, layer: Layer) -> str:
    """Return runs of deprived neighbours, for people.

    Parameters
    ----------
    found
        From `geoplan.need_runs`.
    layer
        Whose borders may cut them.

    Returns
    -------
    str
        Lines of at most 100 characters, a run each, those that are cut first.
    """
    cut = int(found["cut"].sum())
    said = f"{wording.plural(len(found), 'run')} of deprived neighbours; {layer_wording.many(layer)} cut {cut}"
    lines = [*_wrapped(f"{said}. Units: {found.attrs['unit']}."), ""]
    for row in found.itertuples():
        people = wording.NOT_ASSESSED if pd.isna(row.people) else f"{row.people:,.0f}"
        how = "cut, between" if row.cut else "whole, in"
        lines += _wrapped(f"{people:>12} people: {row.members}. {how.capitalize()} {row.area_names}.", " " * 13)
    return "\n".join(lines) + "\n"
