"""The views of a plan's page: today's arrangement and every alternative, against the layers they follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from geoplan.auditing.results import AuditResult, Pair
from geoplan.output.page.switching import Switch, View, named_few, recalled, with_layers
from geoplan.output.summary.planned.answers import title_of
from geoplan.output.summary.planned.boards import BoardRow, board_rows
from geoplan.output.summary.planned.designs import measure_words, more_moves, move_sentence, proof
from geoplan.output.summary.planned.outcomes import fate_sentence
from geoplan.output.tables.designs import scoreboard
from geoplan.planning.designing.audited import KEY, Audited
from geoplan.planning.designing.designs import Design, Designs
from geoplan.schema import Finding, wording

__all__ = ["gathered_views"]

TODAY = "today"
MOST_MOVES = 12


def gathered_views(made: Designs) -> tuple[AuditResult, Switch]:
    """Put the audits of today's arrangement and of every alternative into one that a page can show.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`, with alternatives.

    Returns
    -------
    result : AuditResult
        The first alternative's, with the other arrangements, their comparisons and findings beside it.
    switch : Switch
        Today (where there is a start), then every alternative.
    """
    audits = {f"{KEY}_{number}": one.audited for number, one in enumerate(made.designs, start=1)}
    if made.audited is not None:
        audits[TODAY] = made.audited
    pairs = {key: _pairs(key, each) for key, each in audits.items()}
    first = made.designs[0].audited.result
    order = [*([TODAY] if TODAY in audits else []), *(key for key in audits if key != TODAY)]
    every = [pair for own in pairs.values() for pair in own]
    at = {id(pair): number for number, pair in enumerate(every)}
    sets = [tuple(at[id(pairs[key][n])] for key in order) for n in range(len(pairs[order[0]]))]
    arranged = {key: replace(each.layer, key=key) for key, each in audits.items()}
    others = {key: layer for key, layer in first.layers.items() if key != KEY}
    result = replace(
        first,
        layers={**arranged, **others},
        pairs=tuple(every),
        findings=_findings(audits),
        changes={},
        contained={key: told for key, told in first.contained.items() if key != KEY},
    )
    return result, _switch(made, sets)


def _pairs(key: str, audited: Audited) -> list[Pair]:
    """Return the comparisons of an arrangement under a key of its own."""
    layers = {KEY: replace(audited.layer, key=key)}
    return [with_layers(pair, layers) for pair in audited.result.pairs if KEY in pair.keys]


def _findings(audits: dict[str, Audited]) -> tuple[Finding, ...]:
    """Return what is found of every arrangement, and once what is found of the other layers."""
    told: dict[tuple[str, str], Finding] = {}
    for key, each in audits.items():
        for finding in recalled(each.result.findings, {KEY: key}):
            told.setdefault((finding.id, key if key in {finding.layer, finding.other_layer} else ""), finding)
    return tuple(sorted(told.values(), key=lambda finding: finding.gravity))


def _switch(made: Designs, sets: Sequence[tuple[int, ...]]) -> Switch:
    titles = {key: layer.title for key, layer in made.designs[0].audited.result.layers.items()}
    names = [*(["Today"] if made.audited else []), *(f"Alternative {n}" for n in range(1, len(made.designs) + 1))]
    rows = board_rows(scoreboard(made), measure_words(made.asked), titles)
    board = (("Measure", *names), *((_measure(row), *(cell.text for cell in row.cells)) for row in rows))
    today = [View(names[0], (_as_it_is(made),))] if made.audited else []
    views = (*today, *(_view(number, one, made, rows) for number, one in enumerate(made.designs, start=1)))
    return Switch(title_of(made), "Scoreboard and reasons", views, tuple(sets), {}, board=board)


def _as_it_is(made: Designs) -> str:
    assert made.start is not None  # noqa: S101 - only what there is has been audited
    return f"{made.start.title} as they are, which every alternative is set against."


def _view(number: int, one: Design, made: Designs, rows: Sequence[BoardRow]) -> View:
    name = f"Alternative {number}"
    moved = [move.unit for move in one.moves]
    blocks = tuple(sorted(block for unit in moved for block in made.units.blocks[unit]))
    board = _beside_today(name, number, rows) if made.audited else _alone(name, number, rows)
    fated = [fate_sentence(one.audited.fates)] if one.audited.fates else []
    rest = filter(None, [more_moves(one, MOST_MOVES)])
    return View(
        name,
        (f"{wording.capital(one.name)}: {proof(one, made)}", *fated),
        (*(move_sentence(move, made) for move in one.moves[:MOST_MOVES]), *rest),
        board,
        (f"Moved in alternative {number}", named_few(made.units.names[unit] for unit in moved), blocks)
        if moved
        else None,
    )


def _beside_today(name: str, number: int, rows: Sequence[BoardRow]) -> tuple[tuple[str, ...], ...]:
    told = ((_measure(row), row.cells[0].text, row.cells[number].text, row.cells[number].difference) for row in rows)
    return (("Measure", "Today", name, "Difference"), *told)


def _alone(name: str, number: int, rows: Sequence[BoardRow]) -> tuple[tuple[str, ...], ...]:
    return (("Measure", name), *((_measure(row), row.cells[number - 1].text) for row in rows))


def _measure(row: BoardRow) -> str:
    words = wording.capital(row.words)
    return f"{words}: {row.against}" if row.against else words
