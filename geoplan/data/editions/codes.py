"""Codes of authorities in time: when each was in force, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import pandas as pd

from geoplan.data.shipped import package_data
from geoplan.errors import TableError, refusal

__all__ = [
    "CHANGE_KINDS",
    "DIVIDED",
    "NEARLY",
    "Former",
    "check_changes",
    "first_days",
    "former_codes",
    "missing_for",
    "shipped_changes",
]

TABLE = "authority_changes.csv"
COLUMNS = (
    "code", "name", "kind", "date", "order", "successor_codes", "successor_names", "passed", "source", "confidence",
    "note",
)  # fmt: skip
CREATED, RENAMED = "created", "renamed"
CHANGE_KINDS = (CREATED, "merged", "split", RENAMED, "recoded", "boundary changed")
WHOLE, NEARLY, DIVIDED = "whole", "nearly whole", "divided"
"""How an authority passed to its successors: all of it to one, all but a few homes, or to several."""
CONFIDENCE = ("high", "medium", "low")
COUNTY, DISTRICT = "E10", "E07"
"""How codes of councils of the upper and of the lower tier begin; all others are of both."""


class Former(NamedTuple):
    """An authority whose code has ended.

    Parameters
    ----------
    name
        The name it bore.
    ended
        The last day its code was in force.
    successors
        Codes of today's authorities on its ground.
    whole
        Whether it was all of each of them, but for small boundary changes.
    then
        Codes that followed it on the next day, which may have ended since; ``successors`` where empty.
    passed
        How it passed to them: ``whole``, ``nearly whole`` or ``divided``.
    order
        The order that did it, where one is known.
    """

    name: str
    ended: str
    successors: tuple[str, ...]
    whole: bool
    then: tuple[str, ...] = ()
    passed: str = WHOLE
    order: str = ""


@cache
def shipped_changes() -> pd.DataFrame:
    """Read the table of changes to authorities that ships.

    Returns
    -------
    pandas.DataFrame
        boundaries/authority_changes.csv, all text, in the order of its days: a row for each change and authority.

    Raises
    ------
    TableError
        If the table breaks its contract.
    """
    rows = package_data.shipped_table(TABLE)
    check_changes(rows)
    return rows


def check_changes(rows: pd.DataFrame) -> None:
    """Refuse a table of changes that breaks its contract.

    Parameters
    ----------
    rows
        The columns of boundaries/authority_changes.csv, all text.

    Raises
    ------
    TableError
        A column is missing, a day is none, a word is unknown, successors are missing or out of place, or a code
        ends twice.
    """
    missing = [column for column in COLUMNS if column not in rows]
    if missing:
        raise TableError(refusal(f"{TABLE}: column {missing[0]!r} is missing"))
    ends = ~rows["kind"].isin([CREATED, RENAMED])
    several = rows["successor_codes"].str.contains(";")
    counts = rows["successor_codes"].str.count(";") == rows["successor_names"].str.replace(", ", "").str.count(";")
    faults = {
        "column 'code' is empty": rows["code"] == "",
        "column 'source' is empty": rows["source"] == "",
        "column 'kind' holds an unknown kind": ~rows["kind"].isin(CHANGE_KINDS),
        "column 'date' holds no day": ~rows["date"].str.fullmatch(r"\d{4}-\d\d-\d\d"),
        "column 'order' holds no number of an order": ~rows["order"].str.fullmatch(r"(S[IR]|SSI|WSI) \d{4}/\d+|"),
        "column 'confidence' holds an unknown word": ~rows["confidence"].isin(CONFIDENCE),
        "column 'passed' holds an unknown word": ~rows["passed"].isin([WHOLE, NEARLY, DIVIDED, ""]),
        "columns 'successor_codes' and 'passed' contradict": several != (rows["passed"] == DIVIDED),
        "column 'successor_codes' is empty": ends & (rows["successor_codes"] == ""),
        "columns 'successor_codes' and 'successor_names' differ": ~counts,
        "a code ends twice": ends & rows["code"].where(ends).duplicated(),
    }
    for what, wrong in faults.items():
        if wrong.any():
            raise TableError(refusal(f"{TABLE}: {what}", codes=rows["code"][wrong]))


def former_codes(rows: pd.DataFrame, today: Collection[str]) -> dict[str, Former]:
    """Return every code that is none of today's, with what became of it.

    Parameters
    ----------
    rows
        From `shipped_changes`.
    today
        Codes of today's authorities of either tier: a change to one of them is still to come.

    Returns
    -------
    dict of str to Former
        By code, sorted.
    """
    ended = rows[(rows["successor_codes"] != "") & (rows["kind"] != RENAMED) & ~rows["code"].isin(today)]
    found = {
        row.code: Former(
            row.name, _day_before(row.date), (), whole=False, then=tuple(row.successor_codes.split(";")),
            passed=row.passed, order=row.order,
        )
        for row in ended.sort_values("code").itertuples(index=False, name="Row")
    }  # fmt: skip
    for code, former in found.items():
        steps = list(_steps(code, found))
        passed = (found[step].passed for step in (code, *steps) if step in found)
        found[code] = former._replace(
            successors=tuple(dict.fromkeys(last for last in steps if last not in found)),
            passed=max(passed, key=(WHOLE, NEARLY, DIVIDED).index),
        )
    origins = _origins(found)
    return {
        code: former._replace(whole=not any(_missing(each, [code], origins) for each in former.successors))
        for code, former in found.items()
    }


def first_days(rows: pd.DataFrame) -> dict[str, str]:
    """Return the first day of every code that began within the table, by code.

    Parameters
    ----------
    rows
        From `shipped_changes`.

    Returns
    -------
    dict of str to str
        Code -> day; codes that are not there were in force before the first change.
    """
    created = rows[rows["kind"] == CREATED]
    return dict(zip(created["code"], created["date"], strict=True))


def missing_for(code: str, given: Collection[str], retired: Mapping[str, Former]) -> tuple[str, ...]:
    """Return the former authorities that are missing from those given for an authority to be complete.

    Parameters
    ----------
    code
        Of the authority.
    given
        Codes at hand.
    retired
        What became of former authorities.

    Returns
    -------
    tuple of str
        None where it is given itself, or all that it was made of are, of one tier or the other; itself where it was
        made of nothing known.
    """
    return _missing(code, given, _origins(retired))


def _origins(retired: Mapping[str, Former]) -> dict[str, list[str]]:
    """Return by code what it was made of, in the order of the table."""
    found: dict[str, list[str]] = {}
    for old, former in retired.items():
        for code in dict.fromkeys(former.then or former.successors):
            found.setdefault(code, []).append(old)
    return found


def _missing(code: str, given: Collection[str], origins: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    if code in given:
        return ()
    made_of = origins.get(code, ())
    tiers = [[old for old in made_of if not old.startswith(other)] for other in (COUNTY, DISTRICT)]
    lacking = [_lost(tier, given, origins) for tier in tiers if tier]
    # Districts of which some are there are not completed by their county.
    begun = [lost for lost, tier in zip(lacking, filter(None, tiers), strict=True) if lost != _lost(tier, (), origins)]
    return min(begun or lacking, key=len, default=(code,))


def _lost(tier: Sequence[str], given: Collection[str], origins: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    return tuple(lost for old in tier for lost in _missing(old, given, origins))


def _steps(code: str, retired: Mapping[str, Former]) -> Iterable[str]:
    """Return every code that followed a former one, through all that have ended since."""
    for then in retired[code].then:
        yield then
        if then in retired:
            yield from _steps(then, retired)


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
