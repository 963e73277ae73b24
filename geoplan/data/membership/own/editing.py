"""Small corrections of a scheme without a file: an authority moved, added or removed, another body in the lead."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from datetime import date, timedelta

import pandas as pd

from geoplan.data.catalogue_file import Entry
from geoplan.data.days import parse_day
from geoplan.data.keys import plain_code, plain_writing
from geoplan.data.membership.own.names import exactly, nearest
from geoplan.data.membership.own.rows import Said, fresh, in_force, new_id, told_lead
from geoplan.data.membership.own.steps import KEPT_ON, OWN_COLUMNS, Members
from geoplan.data.places import Authorities
from geoplan.data.shipped.roles import MEMBER, holds_ground
from geoplan.errors import ConfigurationError, UnknownAreaError, refusal
from geoplan.schema.wording import listed, when

__all__ = ["Correction", "corrected", "find_area"]

OF_MEMBER = ("part", "share", "tier", "valid_from", "valid_to")
"""What goes with an authority into another area."""
OF_AREA = ("lead_body", "lead_confidence", "lead_source", "status")
"""What an authority that joins an area takes over from it."""


@dataclass(frozen=True)
class Correction:
    """What is to be corrected; names must be exact.

    Parameters
    ----------
    move, add, remove
        Authorities, by name or code: into ``to`` out of the areas they are in; into ``to`` besides; out of all.
    to
        The area, by name or id.
    new
        Whether that is a new area.
    lead
        Area -> the body that leads it.
    since
        First day on which it is so; empty for a mistake, which never was so.
    """

    move: tuple[str, ...] = ()
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    to: str = ""
    new: bool = False
    lead: tuple[tuple[str, str], ...] = ()
    since: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked for."""
        return not (self.move or self.add or self.remove or self.lead)


@dataclass
class _Desk:
    """The rows of a scheme while they are corrected."""

    rows: pd.DataFrame
    names: dict[str, str]
    entry: Entry
    as_of: date
    said: Said
    since: str
    areas: set[str] = field(default_factory=set)
    did: list[str] = field(default_factory=list)

    def held(self) -> pd.DataFrame:
        """Return the members in force that hold ground."""
        rows = self.rows.loc[in_force(self.rows, self.entry, self.as_of)]
        return rows[holds_ground(rows)]

    def end(self, index: pd.Index) -> None:
        """End rows on the day before the correction holds; take them away where they never were so."""
        self.areas |= set(self.rows.loc[index, "area_id"])
        if not self.since:
            self.rows = self.rows.drop(index)
            return
        last = (parse_day(self.since, end=False) or date.max) - timedelta(days=1)
        for column, value in {**self.said.columns, "valid_to": last.isoformat()}.items():
            self.rows.loc[index, column] = value

    def put(self, rows: list[dict[str, str]]) -> None:
        """Add rows of the user's own."""
        self.areas |= {row["area_id"] for row in rows}
        self.rows = pd.concat([self.rows, pd.DataFrame(rows, columns=list(OWN_COLUMNS), dtype=str)], ignore_index=True)


def corrected(
    now: Members, entry: Entry, asked: Correction, authorities: Authorities, *, as_of: date, said: Said
) -> tuple[Members, str]:
    """Correct the members of a scheme.

    Parameters
    ----------
    now
        The scheme.
    entry
        Its entry in the catalogue.
    asked
        What is to be done.
    authorities
        The reference.
    as_of
        The day whose members are corrected.
    said
        Who says so, and when it is kept.

    Returns
    -------
    members : Members
        With the areas concerned as the user's own.
    did : str
        What was done, as a sentence without its full stop.

    Raises
    ------
    ConfigurationError
        If what is asked for contradicts itself, or is so already.
    UnknownAreaError
        If a name is not exact; names the nearest.
    """
    if asked.is_empty:
        hint = (
            "Say what: --move AUTHORITY --to AREA, --add AUTHORITY --to AREA, --remove AUTHORITY or --lead AREA=BODY."
        )
        raise ConfigurationError(refusal("there is nothing to correct", hint=hint))
    if bool(asked.move or asked.add) != bool(asked.to):
        raise ConfigurationError(refusal("--move and --add need --to AREA, and --to one of them"))
    names = now.rows.drop_duplicates("area_id").set_index("area_id")["area_name"].to_dict()
    desk = _Desk(now.rows, names, entry, as_of, said, asked.since)
    wanted = _target(asked, desk) if asked.to else ""
    for written in asked.move:
        _move(written, wanted, desk, authorities, stays=False)
    for written in asked.add:
        _move(written, wanted, desk, authorities, stays=True)
    for written in asked.remove:
        _remove(written, desk, authorities)
    for area, body in asked.lead:
        _lead(find_area(area, desk.names, now.scheme), body, desk, authorities)
    since = f", {when(asked.since)}" if asked.since else ""
    emptied = _without_members(desk)
    left = desk.rows["area_id"].isin(desk.areas) & (desk.rows[KEPT_ON] == "")
    desk.rows[KEPT_ON] = desk.rows[KEPT_ON].mask(left, said.day.isoformat())
    return now.with_rows(desk.rows, frozenset(desk.areas)), f"{'; '.join([*desk.did, *emptied])}{since}"


def find_area(written: str, names: dict[str, str], scheme: str) -> str:
    """Return the area of a scheme that bears a name or an id.

    Parameters
    ----------
    written
        As the user has it; capitals, dashes and blanks do not matter.
    names
        Id of each area -> its name.
    scheme
        For the message.

    Returns
    -------
    str
        Its id.

    Raises
    ------
    UnknownAreaError
        If there is none, or several; names the nearest.
    """
    by_id = [area for area in names if plain_code(area) == plain_code(written)]
    fits = by_id or [area for area, name in names.items() if plain_writing(name) == plain_writing(written)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise UnknownAreaError(refusal(f"{written!r} is the name of several areas of {scheme}: {listed(fits)}"))
    by_writing = {plain_writing(name): name for name in names.values()}
    close = difflib.get_close_matches(plain_writing(written), by_writing, n=3, cutoff=0.6)
    within = [name for plain, name in by_writing.items() if plain_writing(written) in plain]
    near = list(dict.fromkeys([*within[:3], *(by_writing[each] for each in close)]))
    hint = f"Nearest: {listed(near, 'or')}." if near else f"geoplan membership show {scheme} lists its areas."
    raise UnknownAreaError(refusal(f"{scheme} has no area called {written!r}", hint=hint))


def _target(asked: Correction, desk: _Desk) -> str:
    """Return the id of the area that authorities are to be in."""
    if not asked.new:
        return find_area(asked.to, desk.names, desk.entry.key)
    if plain_writing(asked.to) in map(plain_writing, (*desk.names, *desk.names.values())):
        raise ConfigurationError(refusal(f"{desk.entry.key} has an area {asked.to!r} already", hint="Leave out --new."))
    made = new_id(asked.to, desk.names)
    desk.names[made] = asked.to
    return made


def _exactly(written: str, authorities: Authorities) -> tuple[str, ...]:
    if codes := exactly(written, authorities):
        return codes
    near = nearest(written, authorities)[:3]
    hint = f"Nearest: {listed(near, 'or')}." if near else "geoplan layers lad lists the authorities."
    raise UnknownAreaError(refusal(f"{written!r} is no exact name or code of an authority", hint=hint))


def _of(codes: tuple[str, ...], held: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of authorities, or of sides of them."""
    lads = [code for code in codes if "." not in code]
    return held[held["lad_code"].isin(lads) | held["block"].isin(codes)]


def _move(written: str, wanted: str, desk: _Desk, authorities: Authorities, *, stays: bool) -> None:
    codes = _exactly(written, authorities)
    mine = _of(codes, desk.held())
    if (mine["area_id"] == wanted).any():
        raise ConfigurationError(refusal(f"{written} is in {desk.names[wanted]} already"))
    if not stays and mine.empty:
        raise ConfigurationError(refusal(f"{written} is in no area of {desk.entry.key}", hint="--add puts it in one."))
    before = {(row["lad_code"], row["block"]): row for row in mine.to_dict("records")}
    sides = [(code.partition(".")[0], code if "." in code else "") for code in codes]
    of_area = {**_told_of_area(wanted, desk), "area_id": wanted, "area_name": desk.names[wanted], "role": MEMBER}
    since = {"valid_from": desk.since} if desk.since else {}
    new = []
    for lad, block in sides if stays else before:
        old = before.get((lad, block), {})
        own = {"lad_code": lad, "lad_name": authorities.name(lad), "block": block}
        kept = {name: old.get(name, "") for name in OF_MEMBER}
        new.append(fresh({**kept, **of_area, **own, **desk.said.columns, **since}))
    if not stays:
        desk.end(mine.index)
    desk.put(new)
    whence = f" from {listed(list(dict.fromkeys(mine['area_name'])))}" if len(mine) and not stays else ""
    desk.did.append(f"{written} {'added' if stays else 'moved'}{whence} to {desk.names[wanted]}")


def _told_of_area(area: str, desk: _Desk) -> dict[str, str]:
    """Return what a row of an area says of it; of a new area the usual status."""
    held, every = desk.held(), desk.rows
    for rows in (held, every):
        if len(like := rows[rows["area_id"] == area]):
            return {name: str(like[name].iloc[0]) for name in OF_AREA}
    return {"status": str(next(iter(held["status"].mode()), ""))}


def _remove(written: str, desk: _Desk, authorities: Authorities) -> None:
    mine = _of(_exactly(written, authorities), desk.held())
    if mine.empty:
        raise ConfigurationError(refusal(f"{written} is in no area of {desk.entry.key}"))
    desk.end(mine.index)
    desk.did.append(f"{written} removed from {listed(list(dict.fromkeys(mine['area_name'])))}")


def _lead(area: str, body: str, desk: _Desk, authorities: Authorities) -> None:
    index = in_force(desk.rows, desk.entry, desk.as_of)
    rows = desk.rows.loc[index]
    own = rows[rows["area_id"] == area]
    if own.empty:
        raise ConfigurationError(refusal(f"{desk.names[area]} is not in force, and has no lead", hint="--as-of DATE."))
    told = told_lead(own, body, authorities, desk.said)
    others = desk.rows.drop(own.index)
    desk.areas.add(area)
    desk.rows = pd.concat([others, told]).sort_index()
    desk.did.append(f"{body} leads {desk.names[area]}")


def _without_members(desk: _Desk) -> list[str]:
    """Take bodies away that sit at the table of an area without members, and tell of it."""
    ground = holds_ground(desk.rows)
    empty = sorted(desk.areas - set(desk.rows.loc[ground, "area_id"]))
    desk.rows = desk.rows[~desk.rows["area_id"].isin(empty)].copy()
    return [f"{desk.names[area]} has no members left and is gone" for area in empty]
