"""What ran in a place, when it ended and what followed: every scheme that ships, vintage by vintage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache, lru_cache

import pandas as pd

from geoplan.data.catalogue import own, successor
from geoplan.data.catalogue_file import COMPUTED, Entry
from geoplan.data.days import parse_day
from geoplan.data.membership.own.steps import members, state
from geoplan.data.membership.spans import area_days, followers, row_days
from geoplan.data.shipped.roles import holds_ground
from geoplan.schema.wording import DATE_NOT_KNOWN

__all__ = ["END_NOT_KNOWN", "SPELL_COLUMNS", "Spell", "spells", "spells_table"]

END_NOT_KNOWN = "end not known"
"""Status of a scheme that began and of which the sources do not say whether it still runs."""


@dataclass(frozen=True)
class Spell:
    """The time for which an area of a scheme held a place.

    Parameters
    ----------
    layer, title
        Key and title of the scheme's layer.
    code, name, lead_body
        The area, and who answers for it; empty where that is not known.
    valid_from, valid_to
        Year, month or day as text; empty where open or not known.
    status
        On the day asked for: ``ended``, ``in force``, ``not yet in force``, ``proposed``, ``end not known`` of a scheme
        of which the sources do not say whether it still runs, or ``date not known``.
    part
        Whether only parts of unknown size of the place's authorities belonged.
    followed_by
        Names of the areas that take its place there; empty where none is known.
    """

    layer: str
    title: str
    code: str
    name: str
    lead_body: str
    valid_from: str
    valid_to: str
    status: str
    part: bool
    followed_by: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[date, date, str]:
        """Sort key: the earliest start first, what has no dates last."""
        start, end = parse_day(self.valid_from, end=False), parse_day(self.valid_to, end=True)
        return start or date.max, end or date.max, self.title


SPELL_COLUMNS = (
    "layer",
    "title",
    "code",
    "name",
    "lead_body",
    "valid_from",
    "valid_to",
    "status",
    "part",
    "followed_by",
)


@lru_cache(maxsize=16)
def spells(blocks: frozenset[str], day: date) -> tuple[Spell, ...]:
    """Tell which areas of the schemes in the catalogue held a place, whenever.

    Parameters
    ----------
    blocks
        The shipped blocks of the place.
    day
        The day for which it is told what has ended.

    Returns
    -------
    tuple of Spell
        The earliest first; standing geographies, which their edition dates, are left out.
    """
    schemes = {
        key: _here(_rows(entry, state(entry.table)), blocks)
        for key, entry in own().items()
        if entry.show == "members" and not entry.standing and entry.table != COMPUTED
    }
    found = [spell for key, rows in schemes.items() for spell in _of_scheme(own()[key], rows, schemes, day)]
    return tuple(sorted(found, key=lambda spell: spell.order))


def spells_table(found: tuple[Spell, ...]) -> pd.DataFrame:
    """Return a timeline as rows.

    Parameters
    ----------
    found
        From `spells`.

    Returns
    -------
    pandas.DataFrame
        Columns `SPELL_COLUMNS`; names of several areas that follow are joined by ";".
    """
    rows = [{**asdict(spell), "followed_by": ";".join(spell.followed_by)} for spell in found]
    return pd.DataFrame(rows, columns=list(SPELL_COLUMNS))


@cache
def _rows(entry: Entry, kept: tuple[tuple[str, str], ...]) -> pd.DataFrame:  # noqa: ARG001 - for the cache
    """Return the rows of a scheme, each with the days of its edition where it has none, or is open when that ends."""
    every = members(entry.table).rows
    rows = every[holds_ground(every)]
    bare = (rows[["valid_from", "valid_to"]] == "").all(axis=1) & (rows["status"] != "proposed")
    last = parse_day(entry.in_force_to, end=True) or date.max
    late = [(parse_day(text, end=True) or date.max) > last for text in rows["valid_to"]]
    return rows.assign(
        valid_from=rows["valid_from"].where(~bare, entry.in_force_from),
        valid_to=rows["valid_to"].where(~pd.Series(late, index=rows.index), entry.in_force_to),
    )


def _here(rows: pd.DataFrame, blocks: frozenset[str]) -> pd.DataFrame:
    lads = {block.partition(".")[0] for block in blocks}
    held = rows["block"].isin(blocks) | ((rows["block"] == "") & rows["lad_code"].isin(lads))
    return rows[held]


def _of_scheme(entry: Entry, rows: pd.DataFrame, schemes: Mapping[str, pd.DataFrame], day: date) -> Iterator[Spell]:
    if rows.empty:
        return
    planned = rows["status"] == "proposed"
    later = successor(entry)
    after = schemes[later.key] if later else rows.iloc[:0]
    next_one = followers(rows[~planned])
    starts, ends = row_days(rows)
    dated = rows.assign(start=starts, end=ends)
    days = area_days(rows)
    for code, area in dated.groupby("area_id", sort=False):
        follow = next_one.get(str(code), [])
        goes_on = not follow and later is not None and area["valid_to"].eq(entry.in_force_to).all()
        if goes_on and str(code) in set(after["area_id"]) and _same(area, after[after["area_id"] == code]):
            continue  # the later edition tells of the whole of its time
        names = rows if follow else after
        chosen = names["area_id"].isin(follow) if follow else names["area_id"].ne("") & goes_on
        yield Spell(
            layer=entry.key,
            title=entry.title,
            code=str(code),
            name=str(area["area_name"].iloc[0]),
            lead_body=str(area["lead_body"].iloc[0]),
            valid_from=str(days.at[code, "valid_from"]),
            valid_to=str(days.at[code, "valid_to"]),
            status=_status(area, day, entry),
            part=bool((area["part"] != "").all()),
            followed_by=tuple(names["area_name"][chosen].unique()),
        )


def _same(area: pd.DataFrame, later: pd.DataFrame) -> bool:
    """Tell whether an area has the same members here in a later edition, which says when it began."""
    members = [set(zip(each["lad_code"], each["block"], strict=True)) for each in (area, later)]
    return members[0] == members[1] and set(area["valid_from"]) == set(later["valid_from"])


def _status(area: pd.DataFrame, day: date, entry: Entry) -> str:
    if area["status"].eq("proposed").all():
        return "proposed"
    if (area[["valid_from", "valid_to"]] == "").all(axis=None):
        return DATE_NOT_KNOWN
    if (area["end"] < day).all():
        return "ended"
    if (area["start"] > day).all():
        return "not yet in force"
    silent = entry.status == "reference" and (area["valid_to"] == "").any()
    return END_NOT_KNOWN if silent else "in force"
