"""The profile of an area as tables and JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

import pandas as pd

from geoplan.analysis.networks.deprivation import rates
from geoplan.auditing.holders.gathering import holders_table
from geoplan.auditing.profiles.profile import PARTNER_COLUMNS, Profile
from geoplan.auditing.profiles.timeline import spells_table
from geoplan.output.summary.profiled.headline import verdict
from geoplan.output.summary.profiled.holder_words import held_sentences
from geoplan.output.summary.profiled.table_seats import seats_table
from geoplan.output.tables.cells import as_json, table_json
from geoplan.schema import assessed
from geoplan.schema.indicators import Indicator

__all__ = ["partners_table", "profile_json", "profile_rows", "profile_table", "timeline_table"]

SECTIONS = ("section", "stream", *PARTNER_COLUMNS, "followed_by", "body", "beyond", "source", "url", "note")


def partners_table(found: Profile) -> pd.DataFrame:
    """Return the areas that share ground with one on the day.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    pandas.DataFrame
        Columns `geoplan.auditing.profiles.profile.PARTNER_COLUMNS`, in the order of the catalogue.
    """
    return found.partners


def timeline_table(found: Profile) -> pd.DataFrame:
    """Return what ran in an area, runs and is to come.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    pandas.DataFrame
        Columns `geoplan.auditing.profiles.timeline.SPELL_COLUMNS`, the earliest first.
    """
    return spells_table(found.timeline)


def profile_table(found: Profile) -> pd.DataFrame:
    """Return the partners of an area and its timeline in one table.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    pandas.DataFrame
        The partners on the day, then what has ended, is to come or has no known dates; columns of both, empty where
        they do not apply.
    """
    partners, spells = found.partners, timeline_table(found)
    keys = ["layer", "code"]
    follow = spells.set_index(keys)["followed_by"]
    now = partners.assign(followed_by=follow.reindex(pd.MultiIndex.from_frame(partners[keys])).fillna("").to_numpy())
    told = pd.MultiIndex.from_frame(spells[keys]).isin(pd.MultiIndex.from_frame(partners[keys]))
    columns = [*PARTNER_COLUMNS, "followed_by"]
    records = [*now[columns].to_dict("records"), *spells[~told].reindex(columns=columns).to_dict("records")]
    return pd.DataFrame(records, columns=columns)


def profile_rows(found: Profile) -> pd.DataFrame:
    """Return all rows of a profile in one table, for those who filter.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    pandas.DataFrame
        ``section``: ``area`` for the rows of `profile_table`, ``holder`` for those of
        `geoplan.auditing.holders.gathering.holders_table`, ``seat`` for those of
        `geoplan.output.summary.profiled.table_seats.seats_table`; columns of all, empty where they do not apply.
    """
    seats = seats_table(found).rename(columns={"holds": "title", "part": "relation"})
    tables = {"area": profile_table(found), "holder": holders_table(found.held), "seat": seats}
    records = [{"section": section, **row} for section, table in tables.items() for row in table.to_dict("records")]
    return pd.DataFrame(records, columns=list(SECTIONS))


def profile_json(found: Profile) -> str:
    """Return the profile of an area as JSON.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.

    Returns
    -------
    str
        ``{"area": {layer, code, name}, "as_of", "weight", "people", "working_age",
        "estimates", "need": {…, "england": {…}}, "fetched": [{key, title, value, low, high, date, source, note}],
        "indicator", "commuting": {…}, "partners": […], "holders": […], "table": […], "seats": […], "cuts": […],
        "changes", "days", "remarks", "verdict", "timeline": […]}``; not assessed is null.
    """
    focus = found.focus
    return as_json(
        {
            "area": {"layer": focus.layer, "code": focus.code, "name": focus.name},
            "as_of": found.as_of,
            "weight": str(found.weight),
            "people": found.people,
            "working_age": found.working_age,
            "estimates": found.estimates.sentence,
            "need": _need(found),
            "fetched": [asdict(one) for one in found.fetched],
            "indicator": None if found.indicator is None else _indicated(*found.indicator),
            "commuting": asdict(found.commuting) if found.commuting else None,
            "partners": json.loads(table_json(found.partners)),
            "holders": json.loads(table_json(holders_table(found.held))),
            "table": json.loads(table_json(seats_table(found))),
            "seats": json.loads(table_json(found.seats)),
            "cuts": [cut._asdict() for cut in found.cuts],
            "changes": list(found.changes),
            "days": list(found.days),
            "remarks": list(focus.remarks),
            "verdict": [*verdict(found), *held_sentences(found.held, focus.name)],
            "timeline": [asdict(spell) for spell in found.timeline],
        }
    )


def _indicated(indicator: Indicator, value: float) -> dict[str, object]:
    return {**indicator.facts, "value": assessed(value)}


def _need(found: Profile) -> dict[str, object]:
    """Return need in the area, with its rates and those of England."""
    own = pd.DataFrame([found.need])
    told = [{**row, **rate} for row, rate in zip(_records(own), _records(rates(own)), strict=True)]
    return {**told[0], "england": _records(rates(found.england))[0]}


def _records(table: pd.DataFrame) -> list[dict[str, object]]:
    return [{str(name): assessed(value) for name, value in row.items()} for row in table.to_dict("records")]
