"""Write the brief: an audit on two printed pages, for a reader with two minutes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from geoplan.auditing.focus import focus_figures, members, partner_rows
from geoplan.auditing.judging.leakage import LOOSE
from geoplan.auditing.judging.rules import RULES
from geoplan.auditing.profiles.profile import focus_profile
from geoplan.auditing.results import AuditResult
from geoplan.commuting.leaks import weak_note
from geoplan.data.shipped.land import LAND_CREDIT
from geoplan.errors import ConfigurationError
from geoplan.output.brief.environment import environment
from geoplan.output.brief.profile import told
from geoplan.output.picture.inline.pair_map import PairMap, pair_map
from geoplan.output.picture.patterns import fills, svg_patterns
from geoplan.output.picture.sheet.styles import FILLS
from geoplan.output.picture.sketch import focus_picture
from geoplan.output.summary.answers import answer_sentences
from geoplan.output.summary.brokers import broker_sentence
from geoplan.output.summary.commuting import (
    commuting_layer,
    commuting_sentence,
    containment_rows,
    leak_rows,
    unclear_sentence,
)
from geoplan.output.summary.figures import key_figures
from geoplan.output.summary.funding import focus_grant
from geoplan.output.summary.listings import (
    ExceptionRow,
    exception_rows,
    fit_rows,
    layer_rows,
    pair_rows,
    standings_shown,
    unconfirmed,
)
from geoplan.output.summary.need import need_sentence
from geoplan.output.summary.ranking import asked_pairs
from geoplan.output.summary.seats import side_rows, table_sentences
from geoplan.output.summary.timelines import timeline
from geoplan.schema import Basis, Rank, Severity, layer_wording, paragraph, wording
from geoplan.schema.indicators import source_sentence
from geoplan.schema.standing import LOOKS

__all__ = ["page"]

RANKED = {Rank.PEOPLE: "largest first", Rank.NEED: "most people out of work first"}
FURTHER_FILLS = {"land": FILLS["land"], "lake": FILLS["lake"], "focus": "url(#fill-focus)", "near": "#e6edf4"}
_PATTERN_SCALE = 1.8
"""The picture's units to a pixel of its patterns."""


def page(result: AuditResult, *, changes: Mapping[str, Any] | None = None) -> str:
    """Write the brief as one HTML page that asks nothing of the network.

    Parameters
    ----------
    result
        Of an audit, with outlines if there is to be a map.
    changes
        From `geoplan.output.brief.changes.told`, where the audit is that of areas as changes make them.

    Returns
    -------
    str
        HTML; the same for the same result, without a script, a time or a path. Two A4 pages for the
        default audit.

    Raises
    ------
    ConfigurationError
        If a layer is a lookup from small areas.
    """
    if result.undrawn:
        message = f"The brief tells of authorities and drawn areas, and {result.undrawn[0]} is a table of small areas."
        raise ConfigurationError(message)
    template = environment().get_template("brief.html")
    rows = exception_rows(result, 5 if result.contained else 10)
    found, shown = focus_profile(result), None if result.focus else pair_map(result)
    return (
        template.render(
            title=changes["title"] if changes else _question(result),
            standfirst=_standfirst(result),
            changes=changes,
            question=_question(result),
            sentences=answer_sentences(result),
            # The profile tells of the area itself already, against all geographies in force.
            figures=key_figures(result)[len(focus_figures(result, result.focus)) if found and result.focus else 0 :],
            profile=told(found, result.blocks) if found else None,
            focus=result.focus,
            members=members(result, result.focus) if result.focus else "",
            grant=focus_grant(result),
            partners=partner_rows(result),
            table=[] if found else table_sentences(result),
            goes=side_rows(result),
            pairs=pair_rows(result),
            picture=focus_picture(result, result.focus) if result.focus and asked_pairs(result) else None,
            map=shown,
            fits=fit_rows(result),
            brokers=broker_sentence(result),
            commuting=commuting_sentence(result),
            containment=containment_rows(result) if result.focus is None else [],
            leaks=leak_rows(result),
            timeline=timeline(result),
            bare=wording.bare(result.focus.name) if result.focus else "",
            flows=_flows(result),
            weak=_weak(result),
            contained_title=_contained_title(result),
            exceptions=rows,
            ranked=RANKED[result.rank],
            nation=result.nation.rate,
            indicator=result.indicator,
            need=need_sentence(result),
            rest=_rest_sentence(result, rows),
            unconfirmed=unconfirmed(result),
            layers=layer_rows(result),
            method=_method(result),
            limits=_limits(result, need=bool(changes) or "out of work" in focus_grant(result)),
            attribution=_attribution(result, shown),
            unit=str(result.weight),
            unit_words=wording.UNITS[str(result.weight)],
            looks=LOOKS,
            patterns=svg_patterns(_PATTERN_SCALE),
            fills={**fills(), **FURTHER_FILLS, "focus-part": fills()["part"]},
            compared_by=standings_shown(pair_rows(result)),
        )
        + "\n"
    )


def _question(result: AuditResult) -> str:
    if result.focus is not None:
        return f"{result.focus.name}: who works with whom, and where do the boundaries cut?"
    pairs = asked_pairs(result)
    if not pairs:
        return f"Are {wording.listed([layer.title for layer in result.layers.values()])} complete and in one piece?"
    left, right = pairs[0].overlay.left, pairs[0].overlay.right
    of = [f"{name}'s" for name in wording.countries(left.extent)]
    whose = f"{wording.listed(of)} " if of else ""
    others = wording.inside_a_sentence(right.title) if len(pairs) == 1 else "the other partnerships"
    return f"How well do {whose}{wording.inside_a_sentence(left.title)} fit {others}?"


def _standfirst(result: AuditResult) -> str:
    pairs, unit = asked_pairs(result), wording.UNITS[str(result.weight)]
    what = (
        f"{wording.plural(len(result.layers), 'geography')} in {wording.plural(len(pairs), 'comparison')}"
        if pairs
        else wording.plural(len(result.layers), "geography")
    )
    return f"Boundary audit of {what}, members as of {wording.day(result.as_of)}, counted in {unit}."


def _rest_sentence(result: AuditResult, shown: Sequence[ExceptionRow]) -> str:
    counts = Counter(f.rule for f in result.findings if f.severity is not Severity.INFO)
    rules = wording.listed([f"{number:,} {RULES[code].title}" for code, number in sorted(counts.items())])
    notes = len(result.findings) - counts.total()
    told = frozenset[tuple[str, str]]().union(*(row.areas for row in shown))
    more = len(frozenset[tuple[str, str]]().union(*(row.areas for row in exception_rows(result, None))) - told)
    left = (
        f"{wording.number_of(more, 'further area has', 'further areas have')} errors or warnings. " if more > 0 else ""
    )
    said = f"{left}In all: {rules or 'no errors, no warnings'}; {wording.plural(notes, 'note')} for information."
    return f"{said} {result.quiet}".rstrip()


def _method(result: AuditResult) -> list[str]:
    split = int(result.blocks["lad"].duplicated(keep=False).sum()) if "lad" in result.blocks else 0
    districts = result.blocks["lad"].nunique() if "lad" in result.blocks else len(result.blocks)
    unit = wording.UNITS[str(result.weight)]
    cut = f", some of them cut where a partnership divides them ({split} pieces)" if split else ""
    said = [
        (
            f"Each partnership that ships with geoplan is a list of the same {districts:,} authorities{cut}, so codes "
            "decide whether two areas agree, not drawn lines."
        ),
        "Areas are set against one another by two shares: how much of each the other holds.",
        (
            f"The {unit} where two geographies overlap only in part are those in pieces that neither area holds whole; "
            "seen from either side the number is the same. It says how many are concerned, not how many would have to "
            "change area."
        ),
        f"Agreement is the V-measure, weighed by {unit}: 0 if the one geography says nothing about the other.",
        "A gap counts only where a geography should cover everyone in its countries.",
    ]
    if any(pair.overlay.basis is not Basis.CODES for pair in result.pairs):
        drawn = result.tolerance.drawn
        said[0] += (
            f" Where a boundary file takes part, the postcodes inside its polygons decide; shares up to {drawn:.1%} "
            "and slivers no wider than the drawings are exact do not count."
        )
    return said


def _limits(result: AuditResult, *, need: bool) -> list[str]:
    unsure = sum(f.rule == "GP405" for f in result.everything)
    past = [layer for layer in result.layers.values() if layer_wording.not_in_force(layer, result.as_of)]
    told = str(result.weight) if result.weight.is_need else ""
    full = {told, "employment_deprived" if need else ""} - {""}
    short = [wording.NEED_IN_SHORT] if result.nation.rate and "employment_deprived" not in full else []
    said = [result.estimates.sentence, *(wording.NEED[each] for each in sorted(full)), *short]
    if result.indicator is not None:
        said.append(source_sentence(result.indicator))
    if drawn := layer_wording.outlines(result.layers.values()):
        said.append(drawn)
    if any(pair.overlay.basis is not Basis.CODES for pair in result.pairs):
        said.append("People counted by the postcodes inside a drawn boundary are estimates.")
    if any(told.flows.kind == "modelled" for told in result.contained.values()):
        said.append("Commuting is modelled from census totals of 2011, not counted; areas are those of authorities.")
    if result.stability is not None:
        loose = int((result.stability < LOOSE).sum())
        said.append(
            f"{wording.number_of(loose, 'authority is', 'authorities are')} loosely tied to a labour market area: with "
            "its core in fewer than half of the runs with flows drawn anew."
        )
    if unsure:
        said.append(
            f"Of {wording.plural(unsure, 'area')} some members, or all, were read from a name or inferred and are not "
            "confirmed."
        )
    if any("not_assessed" in one.areas and (one.areas["not_assessed"] != "").any() for one in result.layers.values()):
        said.append("Where only an unknown part of an authority belongs, its people are not assessed, never guessed.")
    said += [f"{one.title}: {layer_wording.not_in_force(one, result.as_of)}; shown for comparison." for one in past]
    editions = [(one, layer_wording.edition_later(one, result.as_of)) for one in result.layers.values()]
    said += [f"{one.title}: {edition}, later than the day above." for one, edition in editions if edition]
    bare = [(one, int(layer_wording.undated(one).sum())) for one in result.layers.values() if one not in past]
    said += [
        f"{one.title}: of {count} of {len(one.areas)} areas the dates are not known." for one, count in bare if count
    ]
    said += filter(None, (layer_wording.known_changes(one, called=one.title) for one in result.layers.values()))
    return said


def _contained_title(result: AuditResult) -> str:
    told = commuting_layer(result)
    return "" if told is None else wording.inside_a_sentence(told.layer.title)


def _flows(result: AuditResult) -> str:
    """Say which flows the commuting is told by, in the caption of its table."""
    told = commuting_layer(result)
    if told is None:
        return ""
    flows = told.flows
    return f"commuting {flows.dated}, not counted" if flows.kind == "modelled" else f"commuting by {flows.dated}"


def _weak(result: AuditResult) -> str:
    """Say what the mark of a weak leak means, where one is named, and that the largest of the focus is not clear."""
    if result.focus is not None:
        return paragraph(weak_note(row.name for row in leak_rows(result)), unclear_sentence(result))
    return weak_note(row.leak for row in containment_rows(result))


def _attribution(result: AuditResult, shown: PairMap | None) -> str:
    own = [] if all(layer.parts is None for layer in result.layers.values()) else [wording.attribution()]
    return " ".join([*own, *[LAND_CREDIT] * (shown is not None and shown.credited)])
