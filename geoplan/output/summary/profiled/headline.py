"""The verdict on an area in sentences, and the figures that a reader should keep."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from geoplan.auditing.certainty import Lie
from geoplan.auditing.focus import Figure
from geoplan.auditing.holders.gathering import bodies, shared
from geoplan.auditing.place_lookup import RELATIONS
from geoplan.auditing.profiles.profile import Commuting, Profile
from geoplan.commuting.leaks import weak_note
from geoplan.data import catalogue
from geoplan.data.catalogue_file import Entry
from geoplan.output.summary.profiled.holder_words import titles
from geoplan.schema import paragraph, wording
from geoplan.schema.need import Need
from geoplan.schema.standing import LOOKS, Standing

__all__ = ["commuting_words", "cut_words", "figures", "governing", "size_words", "verdict"]

NAMED = 4
"""Geographies of one fit up to which a sentence names them; more are counted."""


def governing(partners: pd.DataFrame) -> pd.DataFrame:
    """Return the partners of a profile in force that somebody works with: no statistics, no tiers of authorities."""
    return partners[partners["status"] == "in force"]


def verdict(found: Profile) -> tuple[str, ...]:
    """Say how an area fits the geographies in force, which of them cut it, and who holds most there.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    tuple of str
        Two or three sentences.
    """
    return tuple(filter(None, (_fit_sentence(found), cut_words(found), _held_sentence(found))))


def _fit_sentence(found: Profile) -> str:
    fits: dict[str, list[Entry]] = {}
    for layer, rows in governing(found.partners).groupby("layer", sort=False):
        told = set(rows["relation"])
        if len(told) == 1:
            fits.setdefault(told.pop(), []).append(catalogue.entry(str(layer)))
    same, inside, whole = (fits.get(RELATIONS[each], []) for each in (Lie.SAME, Lie.INSIDE, Lie.HOLDS))
    said = [f"has the same boundary as its {_geographies([each.one for each in same])}"] if same else []
    said += [f"lies inside one {_geographies([each.one for each in inside])}"] if inside else []
    said += [f"is made of whole {_geographies([each.many for each in whole])}"] if whole else []
    if not said:
        return f"{found.focus.name} shares ground with no geography in force as a whole."
    return f"{found.focus.name} {wording.listed(said)}."


def _geographies(names: list[str]) -> str:
    more = len(names) - NAMED
    return wording.listed([*names[:NAMED], wording.number_of(more, "other", "others")] if more > 0 else names)


def cut_words(found: Profile) -> str:
    """Say which geographies in force cut an area, and how many people that concerns."""
    if not found.cuts:
        return "No geography in force cuts it."
    told = [
        f"{wording.inside_a_sentence(cut.title)} ({wording.counted(cut.people, str(found.weight))})"
        for cut in found.cuts
    ]
    more = [f"{len(told) - NAMED} more"] if len(told) > NAMED else []
    listed = wording.listed([*told[:NAMED], *more])
    unit = wording.UNITS[str(found.weight)]
    return f"It {LOOKS[Standing.CUT].one} by {listed}: {unit} in pieces that neither side holds whole."


def _held_sentence(found: Profile) -> str:
    now, several = found.held.now, shared(found.held)
    if not now:
        return ""
    count = wording.number_of(len(bodies(found.held)), "body is known to hold", "bodies are known to hold")
    said = f"{count} its {wording.number_of(len(now), 'stream', 'streams')} of money and duties"
    if not several:
        return f"{said}, none of them two over the same ground."
    first = several[0]
    return f"{said}; {first.body} holds {len(first.streams)} over the same ground: {titles(first.streams)}."


def size_words(found: Profile) -> str:
    """Say how many people live in an area."""
    if found.people is None:
        return f"Its people are {wording.NOT_ASSESSED}: {UNKNOWN_SIZE}."
    return f"{wording.amount(found.people)} people, {wording.amount(found.working_age)} of them of working age."


def commuting_words(told: Commuting | None) -> str:
    """Say how an area contains its commuting, and where most others go."""
    if told is None or told.residents is None:
        return paragraph(f"Its commuting is {wording.NOT_ASSESSED}.", told.silence if told else "")
    said = (
        f"{wording.percent(told.supply)} of its working residents work in it, and they fill "
        f"{wording.percent(told.demand)} of its jobs"
    )
    note = f" {said_weak}" if (said_weak := weak_note([told.leak])) else ""
    return f"{said}; largest leak {told.leak} ({_short(told.source)}).{note}"


def figures(found: Profile) -> tuple[Figure, ...]:
    """Return the figures of an area: people, people out of work, self-containment, largest leak, and cuts.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    tuple of Figure
        Five of them; what is not known is called not assessed.
    """
    return (
        _people(found),
        _out_of_work(found),
        *_commuting(found.commuting),
        _cut_figure(found),
    )


UNKNOWN_SIZE = "a part of unknown size belongs to it"


def _people(found: Profile) -> Figure:
    note = UNKNOWN_SIZE if found.people is None else f"{wording.amount(found.working_age)} of them of working age"
    return Figure("People", wording.amount(found.people), note)


def _out_of_work(found: Profile) -> Figure:
    need, nation = Need.of(pd.DataFrame([found.need])), Need.of(found.england)
    if need.rate is None or nation.rate is None:
        why = UNKNOWN_SIZE if found.people is None else "counted in England only"
        return Figure("Out of work", wording.NOT_ASSESSED, why)
    note = f"{need.rate:.1%} of those aged 16 to 64; England {nation.rate:.1%}"
    return Figure("Out of work", wording.rounded(need.out_of_work), note)


def _commuting(told: Commuting | None) -> Iterator[Figure]:
    if told is None or told.residents is None:
        yield Figure("Self-containment", wording.NOT_ASSESSED, "its commuting is not known")
        yield Figure("Largest leak", wording.NOT_ASSESSED, "its commuting is not known")
        return
    note = f"of its working residents work in it; they fill {wording.percent(told.demand)} of its jobs"
    yield Figure("Self-containment", wording.percent(told.supply), note)
    if told.leak_to:
        note = f"of its working residents work in {told.leak_to}"
        yield Figure("Largest leak", wording.percent(told.leak_share), f"{note}; {_short(told.source)}")
    else:
        clear, _, which = told.leak.partition(": ")
        yield Figure("Largest leak", clear.capitalize(), which or _short(told.source))


def _short(source: str) -> str:
    return f"{source[:1].lower()}{source[1:]}"


def _cut_figure(found: Profile) -> Figure:
    across = governing(found.partners)["layer"].nunique()
    others = wording.number_of(across, "other geography in force", "other geographies in force")
    return Figure("Cut by", f"{len(found.cuts)} of {across}", others)
