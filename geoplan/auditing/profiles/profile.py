"""One area: its partners in every geography, its people and commuting, what cuts it, what comes and what ran there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import pandas as pd

from geoplan.auditing import place_lookup
from geoplan.auditing.holders.areas import held_in
from geoplan.auditing.holders.holding import Held
from geoplan.auditing.judging.leakage import source_words
from geoplan.auditing.profiles.timeline import Spell, spells
from geoplan.auditing.results import AuditResult
from geoplan.commuting import self_containment
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.leaks import largest_leaks, leak_words
from geoplan.commuting.self_containment import Contained
from geoplan.data import catalogue
from geoplan.data.focus import Focus
from geoplan.data.official.figures import AreaFigure, area_figures
from geoplan.errors import InputError
from geoplan.schema import NEED_COLUMNS, Layer, Weight, assessed
from geoplan.schema.indicators import Indicator, values_of
from geoplan.schema.need import england
from geoplan.schema.people import Estimates
from geoplan.schema.standing import LOOKS, Standing

__all__ = ["PARTNER_COLUMNS", "Commuting", "Cut", "Profile", "focus_profile", "opened_all", "profile"]

PARTNER_COLUMNS = (
    "layer",
    "title",
    "code",
    "name",
    "relation",
    "share",
    "people",
    "lead_body",
    "lead_confidence",
    "accountable_body",
    "confidence",
    "status",
    "valid_from",
    "valid_to",
)


@dataclass(frozen=True)
class Commuting:
    """How an area contains its commuting.

    Parameters
    ----------
    residents, jobs
        Workers who live, and who work, in it; None where that is not assessed.
    supply, demand
        Shares (0 to 1) of its working residents who work in it, and of its jobs that they fill.
    leak
        Where most of its other working residents go, among the areas of its geography, in words.
    leak_to, leak_workers, leak_share
        That area, how many go there, and which share of the working residents; empty and None where there is none, or
        where the error of the model could change which it is.
    source
        Whose flows: modelled ones are called so.
    silence
        Of which countries they know nobody; empty where they know some of each.
    """

    residents: float | None
    jobs: float | None
    supply: float | None
    demand: float | None
    leak: str
    leak_to: str
    leak_workers: float | None
    leak_share: float | None
    source: str
    silence: str


class Cut(NamedTuple):
    """A geography that cuts the area: those counted in pieces that neither side holds whole, None if not assessed."""

    layer: str
    title: str
    people: float | None


@dataclass(frozen=True, eq=False)
class Profile:
    """What is told of one area.

    Parameters
    ----------
    focus
        The area, and how it was chosen.
    layer
        Its geography.
    title
        It in words.
    as_of
        The day.
    people, working_age
        Residents, and those aged 16 to 64; None where a part of unknown size belongs to it.
    need
        `geoplan.schema.NEED_COLUMNS` of the area; missing where nobody counts them.
    england
        One row with the same columns, of England.
    indicator
        Of the user's own, with its value; None without one.
    partners
        Frame with `PARTNER_COLUMNS`: every area that shares ground with it on the day. ``relation`` is the term of
        `geoplan.schema.standing.LOOKS`, ``share`` and ``people`` are those of the area's people, or of those whom
        ``weight`` counts; each is not assessed where the size of a part that nobody knows decides it.
    seats
        Frame with `geoplan.analysis.networks.seating.SEAT_COLUMNS`: where authorities of it sit at the table of an area
        they are not in.
    commuting
        None where its geography cannot be set against commuting.
    cuts
        Geographies in force that cut it, most people first.
    changes, titled_changes
        Sentences on what is known to change, with layers by their keys, and by their titles.
    days
        Sentences on what is not in force on the day, and on what is of a later edition.
    timeline
        What ran there, runs and is to come, the earliest first.
    held
        Who holds which money and duties on its ground, with shares of all its people.
    weight
        What partners and cuts are counted in.
    estimates
        By which people are counted.
    fetched
        Claimants and inactivity that the user fetched, there; empty for an area of a boundary file, which is no union
        of authorities.
    layers
        Key -> layer, of the geographies of its partners.
    """

    focus: Focus
    layer: Layer
    title: str
    as_of: str
    people: float | None
    working_age: float | None
    need: pd.Series
    england: pd.DataFrame
    indicator: tuple[Indicator, float] | None
    partners: pd.DataFrame
    seats: pd.DataFrame
    commuting: Commuting | None
    cuts: tuple[Cut, ...]
    changes: tuple[str, ...]
    titled_changes: tuple[str, ...]
    days: tuple[str, ...]
    timeline: tuple[Spell, ...]
    held: Held
    weight: Weight
    estimates: Estimates
    fetched: tuple[AreaFigure, ...]
    layers: Mapping[str, Layer]


def profile(area: str, *, atlas: Atlas | None = None, weight: Weight = Weight.PEOPLE) -> Profile:
    """Tell all that is known of one area.

    Parameters
    ----------
    area
        A code, a name, a scheme's area id, or ``layer:name``.
    atlas
        Where to open layers, on which day and with which flows; a new one by default.
    weight
        What partners and cuts are counted in; how areas fit rests on all people.

    Returns
    -------
    Profile
        With its partners, people, commuting, cuts, changes and timeline.

    Raises
    ------
    UnknownAreaError
        If there is no such area; names the nearest.
    """
    atlas = atlas or Atlas()
    focus = atlas.find(area)
    layer = atlas.layer(focus.layer)
    return _told(focus, layer, atlas, _contained(layer, atlas), weight)


@lru_cache(maxsize=1)
def focus_profile(result: AuditResult) -> Profile | None:
    """Tell all that is known of the area that an audit is about.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    Profile or None
        None without a focus, or where it is not known where the audit opened its layers. The ground of a drawn area
        is taken as the blocks with half or more of their postcodes inside.
    """
    if result.focus is None or result.atlas is None:
        return None
    focus, atlas = result.focus, result.atlas.undrawn
    layer = result.weighed.get(focus.layer) or atlas.layer(focus.layer)
    return _told(focus, layer, atlas, result.contained.get(focus.layer))


def opened_all(atlas: Atlas) -> None:
    """Open the geographies that areas are told by, which takes some seconds once."""
    for key in catalogue.own():
        atlas.undrawn.layer(key)


def _told(
    focus: Focus, layer: Layer, atlas: Atlas, contained: Contained | None, weight: Weight = Weight.PEOPLE
) -> Profile:
    place = place_lookup.around(focus, atlas, weight)
    own = layer.areas.loc[focus.code]
    partners = pd.DataFrame(_partners(place, focus, layer, atlas, weight), columns=list(PARTNER_COLUMNS))
    return Profile(
        focus=focus,
        layer=layer,
        title=place.title,
        as_of=atlas.as_of.isoformat(),
        people=assessed(own.get("people")),
        working_age=assessed(own.get("working_age")),
        need=own.reindex(list(NEED_COLUMNS)),
        england=england(atlas.blocks),
        indicator=_indicated(own, atlas.indicator),
        partners=partners,
        seats=place.seats,
        commuting=None if contained is None else _commuting(layer, focus.code, contained),
        cuts=tuple(_cuts(partners)),
        changes=place.changes,
        titled_changes=place.titled_changes,
        days=place.days,
        timeline=spells(focus.blocks, atlas.as_of),
        held=held_in(focus, atlas),
        weight=weight,
        estimates=atlas.reference.estimates,
        fetched=() if focus.drawn else area_figures(focus.shares, atlas.blocks),
        layers={key: atlas.layer(key) for key in dict.fromkeys(partners["layer"])},
    )


def _contained(layer: Layer, atlas: Atlas) -> Contained | None:
    try:
        return self_containment.contained(layer, atlas)
    except InputError:
        return None


def _indicated(own: pd.Series, indicator: Indicator | None) -> tuple[Indicator, float] | None:
    return None if indicator is None else (indicator, float(values_of(pd.DataFrame([own]), indicator.kind).iloc[0]))


def _partners(
    place: place_lookup.Place, focus: Focus, own: Layer, atlas: Atlas, weight: Weight
) -> Iterator[dict[str, object]]:
    """Yield a row for each area that shares ground with the focus, without the focus itself."""
    # A drawn area that was compared with nothing has no people counted.
    whole = own.areas.get(weight.column, pd.Series(dtype=float)).get(focus.code, float("nan"))
    for row in place.areas.itertuples():
        if (row.layer, row.code) == (focus.layer, focus.code):
            continue
        layer = atlas.layer(str(row.layer))
        area = layer.areas.loc[row.code]
        yield {
            "layer": row.layer,
            "title": layer.title,
            "code": row.code,
            "name": row.name,
            "relation": row.relation,
            "share": row.share,
            "people": row.share * whole,
            "lead_body": row.lead_body,
            "lead_confidence": row.lead_confidence,
            "accountable_body": row.accountable_body,
            "confidence": row.confidence,
            "status": row.status,
            "valid_from": area.get("valid_from", ""),
            "valid_to": area.get("valid_to", ""),
        }


def _cuts(partners: pd.DataFrame) -> Iterator[Cut]:
    """Yield the geographies in force that cut the focus; those nobody works with are left out."""
    cut = partners[(partners["relation"] == LOOKS[Standing.CUT].term) & (partners["status"] == "in force")]
    totals = cut.groupby(["layer", "title"], sort=False)["people"].agg(lambda each: each.sum(skipna=False))
    for (layer, title), people in totals.sort_values(ascending=False, kind="stable").items():
        yield Cut(str(layer), str(title), assessed(people))


def _commuting(layer: Layer, code: str, told: Contained) -> Commuting | None:
    if code not in told.found.areas.index:
        return None
    row = told.found.areas.loc[code]
    largest = largest_leaks(told.found).get(code)
    first = largest if largest is not None and largest.clear else None
    return Commuting(
        residents=assessed(row["size"]),
        jobs=assessed(row["jobs"]),
        supply=assessed(row["supply"]),
        demand=assessed(row["demand"]),
        leak=leak_words(told, largest),
        leak_to="" if first is None else layer.name(first.others[0]),
        leak_workers=None if first is None else first.workers[0],
        leak_share=None if first is None else first.share,
        source=source_words(told),
        silence=told.flows.silence,
    )
