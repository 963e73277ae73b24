"""An authoritative table brought to a scheme: its areas and authorities by exact names, all else as proposals."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from geoplan.data.catalogue_file import Entry
from geoplan.data.days import parse_day
from geoplan.data.keys import plain_code, plain_writing
from geoplan.data.membership.membership import plain_shares
from geoplan.data.membership.own import rows as own_rows
from geoplan.data.membership.own.names import Proposal, ended, exactly, nearest, parted_by
from geoplan.data.membership.own.rows import Said
from geoplan.data.membership.own.steps import KEPT_ON, OWN_COLUMNS, SHIPPED, WHOSE, Members
from geoplan.data.places import Authorities
from geoplan.data.tables.membership_rows import understood
from geoplan.data.tables.tables import RawTable
from geoplan.errors import InputError, refusal
from geoplan.schema.money import MONEY_NUMBERS
from geoplan.schema.wording import YOURS, listed

__all__ = ["NEW", "NONE", "Answers", "Brought", "brought"]

NEW, NONE = "new", "none"
"""Answers: that an area is a new one, and that a name is no authority and its row is left out."""
MOST_NEAREST = 3
WITHOUT_PENCE = r"^(\d+)\.0+$"
GUARDED = ("'=", "'+", "'-", "'@")
"""How text that looks like a formula is written into tables."""
Answers = Mapping[str, str]
"""A name as it is written, with "area" or "authority" before it where only that is meant -> what is meant."""


@dataclass(frozen=True, eq=False)
class Brought:
    """What a table makes of a scheme.

    Parameters
    ----------
    members
        The scheme with it; without what is still open.
    proposals
        Names that are not exact and were not confirmed: while there are any nothing is to be kept.
    said
        How the table had to be understood, as sentences.
    handed_over
        Whether it was written by `geoplan membership show --out`, and told of each row whose it is.
    named
        Areas that the table names.
    """

    members: Members
    proposals: tuple[Proposal, ...]
    said: tuple[str, ...]
    handed_over: bool = False
    named: frozenset[str] = frozenset()


def brought(
    raw: RawTable,
    entry: Entry,
    now: Members,
    authorities: Authorities,
    *,
    as_of: date,
    said: Said,
    answers: Answers,
    whole: bool = False,
) -> Brought:
    """Bring a table to a scheme.

    Parameters
    ----------
    raw
        The table as it stands, from `geoplan.data.tables.tables.read_rows`.
    entry
        The scheme's entry in the catalogue.
    now
        Its members in force.
    authorities
        The reference.
    as_of
        The day whose members it replaces; past ones and those to come stay.
    said
        Who says so, and when it is kept.
    answers
        What names that are not exact mean: of an authority a name or code, or `NONE`; of an area a name or code, or
        `NEW`.
    whole
        Whether the table is all of the scheme: areas that it does not name are then taken away.

    Returns
    -------
    Brought
        Areas that it names have the members that it lists; what it is silent about, such as roles and money, stays.

    Raises
    ------
    InputError
        The table lacks a column or a value, contradicts itself, or an answer names nothing.
    """
    plain = raw.frame.map(lambda cell: cell[1:] if isinstance(cell, str) and cell.startswith(GUARDED) else cell)
    table = understood(replace(raw, frame=plain), parted_by(authorities))
    shares = plain_shares(table.frame["share"], table.file)
    parts = table.frame["part"].mask(pd.to_numeric(shares.replace("", None)) < 1, "yes")
    frame = table.frame.assign(row=table.frame.attrs["rows"], share=shares, part=parts)
    for column in MONEY_NUMBERS:
        frame[column] = frame[column].str.replace(WITHOUT_PENCE, r"\1", regex=True)
    if WHOSE in table.frame.attrs["own"].values():
        members, remarks = _handed_over(frame, now, table.file)
        return Brought(members, (), (*table.said, *remarks), handed_over=True)
    told = {plain_writing(name): meant.strip() for name, meant in answers.items()}
    lads, open_lads = _authorities_meant(frame, told, authorities, table.file)
    held = {area: {lad for lad in rows["lad_code"] if lad} for area, rows in _now_held(now, entry, as_of)}
    _refuse_two_areas(frame, now, held, table.file)
    _refuse_ends_before_begun(frame, table.file)
    areas, open_areas = _areas_meant(frame, lads, now, held, told)
    known = frame["area_id"].isin(list(areas)) & np.array([one is not None for one in lads], dtype=bool)
    places = [place for place, is_known in enumerate(known) if is_known]
    meant = [lads[place] or () for place in places]
    used = frame.iloc[places].assign(area=frame["area_id"].iloc[places].map(areas))
    _refuse_two_leads(used, table.file)
    members = own_rows.with_table(now, used, meant, entry, authorities, as_of=as_of, said=said, whole=whole)
    unused = [repr(heading) for heading in table.frame.attrs["own"].values()]
    verb = "is not a column" if len(unused) == 1 else "are not columns"
    more = [f"{listed(unused)} {verb} of a membership and {'was' if len(unused) == 1 else 'were'} not kept."]
    open_names = (*open_lads, *open_areas)
    return Brought(members, open_names, (*table.said, *(more if unused else [])), named=frozenset(areas.values()))


def _now_held(now: Members, entry: Entry, as_of: date) -> Iterable[tuple[str, pd.DataFrame]]:
    rows = now.rows.loc[own_rows.in_force(now.rows, entry, as_of)]
    return ((str(area), each) for area, each in rows.groupby("area_id", sort=False))


def _authorities_meant(
    frame: pd.DataFrame, told: Answers, authorities: Authorities, file: str
) -> tuple[list[tuple[str, ...] | None], list[Proposal]]:
    """Return the districts or blocks of each row, none of a row without an authority, None of one that is open."""
    found: list[tuple[str, ...] | None] = []
    open_rows: dict[str, list[int]] = {}
    unlike = []
    for row in frame.to_dict("records"):
        cells = [str(row[name]) for name in ("block", "lad_code", "lad_name") if row[name]]
        meant = [_confirmed(cell, told, authorities) for cell in cells]
        sure = [each for each in meant if each is not None]
        lads = [{code.partition(".")[0] for code in each} for each in sure]
        if not cells or any(each == () for each in sure):
            found.append(() if not cells else None)
        elif any(not lads[0] & other for other in lads[1:]):
            unlike.append(f"row {row['row']}: {' and '.join(cells)}")
            found.append(None)
        elif meant[0] is None:
            # A code that nobody knows is not made good by the name beside it.
            open_rows.setdefault(cells[0], []).append(int(row["row"]))
            found.append(None)
        else:
            found.append(sure[0])
    if unlike:
        hint = "Correct one of the two."
        raise InputError(refusal(f"{file}: the code is another authority's than the name", codes=unlike, hint=hint))
    proposals = [
        Proposal(
            "authority", written, tuple(rows), nearest(written, authorities)[:MOST_NEAREST], ended(written, authorities)
        )
        for written, rows in open_rows.items()
    ]
    return found, proposals


def _confirmed(written: str, told: Answers, authorities: Authorities) -> tuple[str, ...] | None:
    """Return what a cell means exactly or by an answer; nothing where it is no authority, None where it is open."""
    meant = exactly(written, authorities)
    answer = _answer(told, "authority", written)
    if meant or answer is None:
        return meant or None
    if answer == NONE:
        return ()
    if codes := exactly(answer, authorities):
        return codes
    near = listed(nearest(answer, authorities)[:MOST_NEAREST], "or")
    hint = f"Nearest: {near}." if near else "geoplan layers lad lists the authorities."
    raise InputError(refusal(f"{written!r} is said to mean {answer!r}, which is no authority", hint=hint))


def _answer(told: Answers, what: str, written: str) -> str | None:
    """Return what a user says a name means: one and the same slip may be an area and an authority."""
    return told.get(plain_writing(f"{what} {written}"), told.get(plain_writing(written)))


def _areas_meant(
    frame: pd.DataFrame,
    lads: list[tuple[str, ...] | None],
    now: Members,
    held: Mapping[str, set[str]],
    told: Answers,
) -> tuple[dict[str, str], list[Proposal]]:
    """Return which area of the scheme each area of the table is, a new id for a new one; and those that are open."""
    names = now.rows.drop_duplicates("area_id").set_index("area_id")["area_name"].to_dict()
    found: dict[str, str] = {}
    proposals = []
    taken = set(names)
    for written, rows in frame.groupby("area_id", sort=False):
        name = str(rows["area_name"].iloc[0])
        known = _same_area(str(written), names, held) or _same_area(name, names, held)
        answer = _answer(told, "area", name) or _answer(told, "area", str(written)) or ""
        if not known and answer and answer != NEW:
            known = _same_area(answer, names, held)
            if not known:
                likely = listed(_nearest_areas(answer, set(), names, held), "or")
                said = f"{name!r} is said to mean {answer!r}, which is no area of {now.scheme}"
                raise InputError(refusal(said, hint=f"Nearest: {likely}." if likely else f"Say {NEW} for a new one."))
        if known or answer == NEW:
            found[str(written)] = known or own_rows.new_id(str(written), taken)
            taken.add(found[str(written)])
            continue
        own = {code.partition(".")[0] for place in frame.index.get_indexer(rows.index) for code in lads[place] or ()}
        near = _nearest_areas(name, own, names, held)
        proposals.append(Proposal("area", name, tuple(dict.fromkeys(int(n) for n in rows["row"])), near))
    return found, proposals


def _same_area(written: str, names: Mapping[str, str], held: Mapping[str, set[str]]) -> str:
    """Return the area that bears an id or a name, whatever its typing; of several editions the one in force."""
    wanted = plain_code(written)
    by_id = [area for area in names if plain_code(area) == wanted]
    plain = plain_writing(written)
    by_name = [area for area, name in names.items() if plain_writing(name) == plain]
    fits = by_id or [area for area in by_name if area in held] or by_name
    return fits[0] if len(fits) == 1 else ""


def _nearest_areas(name: str, own: set[str], names: Mapping[str, str], held: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Return the names of the areas in force that share most members with one, then those written most like it."""
    share = {area: len(own & lads) / len(own | lads) for area, lads in held.items() if own & lads}
    alike = sorted(share, key=lambda area: (-share[area], area))
    by_writing = {plain_writing(names[area]): names[area] for area in held}
    near = [by_writing[each] for each in difflib.get_close_matches(plain_writing(name), by_writing, n=3, cutoff=0.6)]
    return tuple(dict.fromkeys([*(names[area] for area in alike[:1]), *near]))[:MOST_NEAREST]


def _refuse_two_areas(frame: pd.DataFrame, now: Members, held: Mapping[str, set[str]], file: str) -> None:
    """Refuse rows whose number or code is one area and whose name is another: either may be the slip."""
    names = now.rows.drop_duplicates("area_id").set_index("area_id")["area_name"].to_dict()
    called: dict[str, list[tuple[int, str, str]]] = {}
    for row, number, name in zip(frame["row"], frame["area_id"], frame["area_name"], strict=True):
        called.setdefault(plain_code(str(number)), []).append((int(row), str(number), str(name)))
    unlike = []
    for rows in called.values():
        known = names.get(_same_area(rows[0][1], names, held), "")
        meant = {plain_writing(name) for _, _, name in rows if not known or _same_area(name, names, held)}
        if len(meant | ({plain_writing(known)} if known else set())) > 1:
            unlike += [f"row {row}: {number} and {name}" for row, number, name in rows if name != known]
    if unlike:
        hint = "Correct one of the two, or leave the numbers out."
        raise InputError(refusal(f"{file}: a number or code stands for two areas", codes=unlike, hint=hint))


def _refuse_ends_before_begun(frame: pd.DataFrame, file: str) -> None:
    """Refuse rows that were never in force, which would take their members away."""
    never = []
    for row, first, last in zip(frame["row"], frame["valid_from"], frame["valid_to"], strict=True):
        begun, ended = parse_day(str(first), end=False), parse_day(str(last), end=True)
        if begun and ended and ended < begun:
            never.append(f"row {row}: from {first} to {last}")
    if never:
        raise InputError(refusal(f"{file}: members end before they begin", codes=never, hint="Correct the days."))


def _refuse_two_leads(used: pd.DataFrame, file: str) -> None:
    leads = used[used["lead_body"] != ""].drop_duplicates(["area", "lead_body"])
    twice = leads[leads["area"].duplicated(keep=False)]
    if len(twice):
        codes = [f"row {row}: {lead}" for row, lead in zip(twice["row"], twice["lead_body"], strict=True)]
        raise InputError(refusal(f"{file}: an area has two lead bodies", codes=codes, hint="Leave one."))


def _handed_over(frame: pd.DataFrame, now: Members, file: str) -> tuple[Members, list[str]]:
    """Take the areas of a colleague's table that are the colleague's own, as they stand in it."""
    rows = frame.reindex(columns=list(OWN_COLUMNS), fill_value="")
    wrong = ~rows[WHOSE].isin([YOURS, SHIPPED])
    if wrong.any():
        cells = zip(frame["row"][wrong], rows[WHOSE][wrong], strict=True)
        codes = [f"row {row}: {cell or 'empty'}" for row, cell in cells]
        hint = f"Write {YOURS} or {SHIPPED}, or leave the column out."
        raise InputError(refusal(f"{file}: column {WHOSE!r} holds another word", codes=codes, hint=hint))
    shipped = now.rows["area_id"].unique()
    # What is left of an area after a correction has its day too.
    theirs = set(rows.loc[(rows[WHOSE] == YOURS) | (rows[KEPT_ON] != ""), "area_id"])
    gone = set(shipped) - set(rows["area_id"])
    areas = frozenset(theirs | gone)
    stays = now.rows[~now.rows["area_id"].isin(areas)]
    merged = pd.concat([stays, rows[rows["area_id"].isin(theirs)]], ignore_index=True)
    told = []
    if unlike := _unlike(rows[~rows["area_id"].isin(theirs)], stays):
        told.append(f"As shipped to your colleague and not as here, where they stay as they are: {listed(unlike)}.")
    if gone:
        named = now.rows.drop_duplicates("area_id").set_index("area_id")["area_name"]
        told.append(f"Not in the table, and taken away: {listed(sorted(named[area] for area in gone))}.")
    return now.with_rows(merged, areas), told


def _unlike(theirs: pd.DataFrame, ours: pd.DataFrame) -> list[str]:
    """Return the names of areas that have other members in one table than in another."""
    tables = [
        {str(area): set(zip(rows["lad_code"], rows["block"], strict=True)) for area, rows in table.groupby("area_id")}
        for table in (theirs, ours)
    ]
    names = theirs.drop_duplicates("area_id").set_index("area_id")["area_name"]
    return [str(names[area]) for area, held in tables[0].items() if tables[1].get(area) != held]
