"""Rows of a scheme's table made and changed: what a table or a correction says, and who says it since when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from geoplan.data.catalogue_file import Entry
from geoplan.data.days import parse_day
from geoplan.data.keys import plain_name
from geoplan.data.membership.own.steps import KEPT_ON, OWN_COLUMNS, WHOSE, Members
from geoplan.data.membership.spans import shown
from geoplan.data.places import Authorities
from geoplan.data.shipped.roles import LEAD, MEMBER, NO_LEAD, holds_ground, plain_roles
from geoplan.schema.wording import YOURS

__all__ = ["Said", "fresh", "in_force", "new_id", "told_lead", "with_table"]

ANSWERING = (LEAD, "accountable")
GIVEN = ("part", "share", "role", "status", "valid_from", "valid_to", "confidence", "source", "note", "tier",
         "ward_codes")  # fmt: skip
"""Columns of a row in which a table of the user's own counts before what is known of the member."""
OF_AREA = ("lead_confidence", "lead_source", "amount_total", "amount_per_year", "amount_period", "amount_source",
           "amount_note", "places", "places_source")  # fmt: skip
"""Columns that are said of the area on the rows of its members."""


@dataclass(frozen=True)
class Said:
    """Who says what a user keeps, and on which day it is kept."""

    source: str
    day: date

    @property
    def columns(self) -> dict[str, str]:
        """What a row that is the user's own says of itself."""
        return {"source": self.source, "confidence": YOURS, WHOSE: YOURS, KEPT_ON: self.day.isoformat()}


def in_force(rows: pd.DataFrame, entry: Entry, as_of: date) -> pd.Index:
    """Return which rows make up a layer on a day: those of members, and of who sits at the table then.

    Parameters
    ----------
    rows
        All columns of a membership table, as text.
    entry
        What the catalogue says of the layer.
    as_of
        The day; where nothing was in force on it, the nearest.

    Returns
    -------
    pandas.Index
        Labels of rows.
    """
    ground = holds_ground(rows)
    chosen = shown(rows[ground], entry, as_of)
    beside = rows[~ground & rows["area_id"].isin(chosen.rows["area_id"])]
    first = [parse_day(text, end=False) or date.min for text in beside["valid_from"]]
    last = [parse_day(text, end=True) or date.max for text in beside["valid_to"]]
    sits = [start <= chosen.day <= end for start, end in zip(first, last, strict=True)]
    return chosen.rows.index.append(beside.index[sits]).sort_values()


def new_id(name: str, taken: Iterable[str]) -> str:
    """Return an id for a new area: its code as it stands, or its name in plain letters, apart from those taken."""
    is_code = re.fullmatch(r"[A-Z]\d{8}|[a-z0-9][a-z0-9_-]*", name)
    plain = name if is_code else re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")
    used = set(taken)
    choices = (plain, *(f"{plain}-{number}" for number in range(2, len(used) + 3)))
    return next(each for each in choices if each not in used)


def with_table(
    now: Members,
    used: pd.DataFrame,
    meant: Sequence[tuple[str, ...]],
    entry: Entry,
    authorities: Authorities,
    *,
    as_of: date,
    said: Said,
    whole: bool,
) -> Members:
    """Put the rows of a table in the place of those in force of the areas that it names.

    Parameters
    ----------
    now
        The scheme.
    used
        Rows of the table, all columns of a membership table as text, and ``area``, the id in the scheme.
    meant
        Districts or blocks of each row; none where it names a body that is no authority.
    entry, authorities, as_of, said, whole
        As for `geoplan.data.membership.own.importing.brought`.

    Returns
    -------
    Members
        Rows that are not in force on the day stay as they are.
    """
    held = now.rows.loc[in_force(now.rows, entry, as_of)]
    named = list(dict.fromkeys(used["area"]))
    gone = set(held["area_id"]) if whole else set(named)
    stays = now.rows.drop(held.index[held["area_id"].isin(gone)])
    places = {area: [at for at, one in enumerate(used["area"]) if one == area] for area in named}
    made = [
        _area(
            area,
            used.iloc[at],
            [meant[each] for each in at],
            held[held["area_id"] == area],
            now,
            entry,
            authorities,
            said,
        )
        for area, at in places.items()
    ]
    return now.with_rows(pd.concat([stays, *made], ignore_index=True), frozenset({*gone, *named}), whole=whole)


def _area(
    area: str,
    table: pd.DataFrame,
    meant: Sequence[tuple[str, ...]],
    held: pd.DataFrame,
    now: Members,
    entry: Entry,
    authorities: Authorities,
    said: Said,
) -> pd.DataFrame:
    """Return the rows of an area as a table has it."""
    like = held if len(held) else now.rows[now.rows["area_id"] == area]
    ground = holds_ground(held)
    known = {(row["lad_code"], row["block"]): {**row, "note": ""} for row in held[ground].to_dict("records")}
    first = like.iloc[0].to_dict() if len(like) else {"area_name": table["area_name"].iloc[0]}
    plain = {"role": MEMBER, **_of_area(held, like, now, entry), "area_id": area, "area_name": first["area_name"]}
    plain["lead_body"] = first.get("lead_body", "")
    made: dict[tuple[str, str, str], dict[str, str]] = {}
    for row, codes in zip(table.to_dict("records"), meant, strict=True):
        given = {column: row[column] for column in (*GIVEN, *OF_AREA, "body") if row[column]}
        if not codes:
            made["", "", row["body"]] = fresh({**plain, **said.columns, **given})
        for code in codes:
            at = (code.partition(".")[0], code if "." in code else "")
            own = {"lad_code": at[0], "lad_name": authorities.name(at[0]), "block": at[1]}
            made[*at, ""] = fresh({**plain, **known.get(at, {}), **said.columns, **given, **own})
    beside = held[~ground & ~held["lad_code"].isin([lad for lad, _, _ in made if lad])]
    stays = [] if (table["body"] != "").any() else beside.to_dict("records")
    frame = pd.DataFrame([*stays, *made.values()], columns=list(OWN_COLUMNS), dtype=str)
    frame[KEPT_ON] = said.day.isoformat()
    lead = next(filter(None, table["lead_body"]), "")
    return frame if lead in {"", NO_LEAD} else told_lead(frame, lead, authorities, said)


def _of_area(held: pd.DataFrame, like: pd.DataFrame, now: Members, entry: Entry) -> dict[str, str]:
    """Return what every row of an area says: its status and money, and how sure its lead is."""
    said = {column: next(filter(None, like[column]), "") for column in OF_AREA}
    others = now.rows["status"][~now.rows["status"].isin(["proposed", "ended"])]
    usual = (held["status"] if len(held) else others).mode()
    status = entry.show if entry.show != "members" else next(iter(usual), "")
    return {**said, "status": str(status)}


def fresh(values: Mapping[str, str]) -> dict[str, str]:
    """Return a row with all columns, those that nothing is said of empty."""
    return {column: str(values.get(column, "")) for column in OWN_COLUMNS}


def told_lead(rows: pd.DataFrame, lead: str, authorities: Authorities, said: Said) -> pd.DataFrame:
    """Return the rows of an area with the body that leads it, as the user says.

    Parameters
    ----------
    rows
        Those in force of one area, with `OWN_COLUMNS`.
    lead
        Name of a body: an authority of either tier, or another.
    authorities
        The reference.
    said
        Who says so.

    Returns
    -------
    pandas.DataFrame
        Where it led before, it is only confirmed. Otherwise whoever led or answered before does no more: as members
        they stay, as bodies beside the area they go.
    """
    told = rows.assign(lead_confidence=YOURS, lead_source=said.source)
    before = str(rows["lead_body"].iloc[0]) if len(rows) else ""
    if _one(before, authorities) == _one(lead, authorities):
        return told
    answering = plain_roles(rows["role"]).isin(ANSWERING)
    told = told[~answering | (rows["lad_code"] != "")].assign(lead_body=lead)
    told["role"] = told["role"].mask(answering, MEMBER)
    leads = told["lad_code"].eq(_one(lead, authorities)) & (told["lad_code"] != "")
    told["role"] = told["role"].mask(leads, LEAD)
    return told


def _one(body: str, authorities: Authorities) -> str:
    """Return the code of the authority that a body is, else its name as people agree on it."""
    named = authorities.named(body)
    return named[0] if len(named) == 1 else plain_name(body)
