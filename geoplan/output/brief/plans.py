"""Write the brief of a plan: the question, the answer, the scoreboard, maps side by side, who moves and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from geoplan.output.brief.environment import environment
from geoplan.output.picture.multiples import BADGE, Arranged, multiples
from geoplan.output.picture.patterns import MOVED, svg_patterns
from geoplan.output.summary.listings import rows_of
from geoplan.output.summary.planned.answers import answer_sentences, limits, question, title_of
from geoplan.output.summary.planned.boards import board_rows
from geoplan.output.summary.planned.designs import measure_words, more_moves, move_sentence, proof, shown
from geoplan.output.summary.planned.outcomes import fate_sentence
from geoplan.output.tables.designs import scoreboard
from geoplan.planning.designing.audited import KEY
from geoplan.planning.designing.designs import Design, Designs
from geoplan.planning.designing.measuring import Measures
from geoplan.schema import wording

__all__ = ["page"]

MOST_MOVES = 6
PATTERN_SCALE = 1.3
"""Units of the pictures to a pixel of their patterns."""


def page(made: Designs) -> str:
    """Write the brief of a plan as one HTML page that asks nothing of the network.

    Parameters
    ----------
    made
        From `geoplan.planning.designing.designs.plan`, with alternatives.

    Returns
    -------
    str
        HTML; the same for the same plan, without a script, a time or a path. Two to four A4 pages.
    """
    result = made.designs[0].audited.result
    titles = {key: layer.title for key, layer in result.layers.items()}
    layers = [layer for key, layer in result.layers.items() if key not in {KEY, "labour_market"}]
    pictures = multiples(made.units, result.blocks, _arranged(made))
    return (
        environment()
        .get_template("plan.html")
        .render(
            title=title_of(made),
            standfirst=f"Clusters designed to fit, members as of {wording.day(result.as_of)}. {question(made)}",
            sentences=answer_sentences(made),
            names=[*(["Today"] if made.today else []), *(f"Alternative {n}" for n, _ in _numbered(made))],
            board=board_rows(scoreboard(made), measure_words(made.asked), titles),
            pictures=pictures,
            captions=_captions(made),
            badge=BADGE,
            moved=MOVED,
            alternatives=[_told(number, one, made) for number, one in _numbered(made)],
            rules=[wording.capital(rule) for rule in ("every cluster is connected", *made.rules)],
            layers=rows_of([*([made.start] if made.start else []), *layers], result.as_of),
            limits=limits(made),
            attribution=wording.attribution(),
            patterns=svg_patterns(PATTERN_SCALE),
        )
        + "\n"
    )


def _numbered(made: Designs) -> Sequence[tuple[int, Design]]:
    return list(enumerate(made.designs, start=1))


def _arranged(made: Designs) -> list[Arranged]:
    codes = made.units.codes
    today = [] if made.audited is None else [Arranged([made.audited.arrangement.assignment.get(c, "") for c in codes])]
    return [
        *today,
        *(
            Arranged(
                [one.assignment[code] for code in codes],
                [move.unit for move in one.moves],
                [move.unit for move in one.moves[:MOST_MOVES]],
            )
            for one in made.designs
        ),
    ]


def _captions(made: Designs) -> list[Mapping[str, Any]]:
    """Return of each picture its name and three figures."""
    today = [] if made.today is None else [{"name": "Today", "of": "", "figures": _figures(made.today, made)}]
    return [
        *today,
        *(
            {"name": f"Alternative {n}", "of": one.name, "figures": _figures(one.measures, made)}
            for n, one in _numbered(made)
        ),
    ]


def _figures(found: Measures, made: Designs) -> list[tuple[str, str]]:
    cut = sum(found.cut_people.values()) if found.cut_people else None
    words = measure_words(made.asked)
    told = [("cut_people", cut), ("self_containment", found.self_containment), ("change", found.change)]
    return [(shown(name, value), words[name]) for name, value in told if value is not None]


def _told(number: int, one: Design, made: Designs) -> Mapping[str, Any]:
    return {
        "name": f"Alternative {number}: {one.name}",
        "said": [wording.capital(proof(one, made)), *_fates(one)],
        "moves": [move_sentence(move, made) for move in one.moves[:MOST_MOVES]],
        "more": more_moves(one, MOST_MOVES),
    }


def _fates(one: Design) -> list[str]:
    return [fate_sentence(one.audited.fates)] if one.audited.fates else []
