"""`geoplan.lookup`: every partnership that covers a place, or each of many."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import pandas as pd

from geoplan.auditing import place_lookup
from geoplan.errors import ConfigurationError, UnknownKeyError, refusal
from geoplan.interface.given.references import Day, atlas_of

__all__ = ["lookup"]

COLUMNS = ("place", "layer", "code", "name", "share", "certain", "confidence", "status",
           "lead_body", "lead_confidence", "accountable_body")  # fmt: skip


def lookup(
    place: str | Iterable[str], *, as_of: Day = "", errors: str = "raise", wards: str | os.PathLike[str] = ""
) -> pd.DataFrame:
    """Find every partnership that covers a postcode, an authority or an area, or each of many of them.

    Parameters
    ----------
    place
        A postcode, a code, a name or ``layer:name``; or many of them.
    as_of
        Day whose members are shown; the data's own by default.
    errors
        What is done where a place is not known: ``raise``; or ``report``: it has no rows and stands in ``attrs``.
    wards
        Boundary file of wards, or lookup to wards, that parts of authorities whose wards are known are counted by.

    Returns
    -------
    pandas.DataFrame
        A row for every area that covers a place, in the order of the places and then of the catalogue: ``place`` (as
        given), ``layer`` (its key), ``code``, ``name``, ``share`` (0 to 1, of the place's people; missing where a part
        of unknown size decides), ``certain`` (whether it surely reaches the place: how two parts of one authority lie
        to each other is not known), ``confidence`` (of the membership: exact, high, medium, low or mixed), ``status``
        of the layer, ``lead_body`` with ``lead_confidence`` and ``accountable_body`` (empty where not
        known). ``attrs["unknown"]`` maps each place that is not known to the sentence that says so;
        ``attrs["seats"]`` has a frame for each authority that sits at the table of areas it is not in;
        ``attrs["remarks"]`` has what is said of how a place was chosen and of what is known to change.

    Raises
    ------
    UnknownKeyError
        If a place is not known; the nearest are named.
    AmbiguousError
        If a name fits several areas of one layer.
    ConfigurationError
        If ``errors`` is neither of the two, or what was given is no text and no list of texts.

    Examples
    --------
    >>> import geoplan
    >>> found = geoplan.lookup(["Barnsley", "Powys"])
    >>> found.loc[found["layer"] == "connect_to_work", ["place", "name"]].values.tolist()
    [['Barnsley', 'South Yorkshire'], ['Powys', 'Mid Wales']]
    """
    if errors not in {"raise", "report"}:
        raise ConfigurationError(refusal(f"errors is {errors!r}", hint="Known: raise, report."))
    atlas = atlas_of(as_of=as_of, wards=wards)
    unknown: dict[str, str] = {}
    remarks: dict[str, tuple[str, ...]] = {}
    seats: dict[str, pd.DataFrame] = {}
    rows = []
    for each in dict.fromkeys(_places(place)):
        try:
            found = place_lookup.lookup(each, atlas=atlas)
        except UnknownKeyError as problem:
            if errors == "raise":
                raise
            unknown[each] = str(problem)
            continue
        remarks[each] = (*found.remarks, *found.changes)
        if len(found.seats):
            seats[each] = found.seats
        rows.append(found.areas.assign(place=each)[list(COLUMNS)])
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(COLUMNS))
    table.attrs = {"unknown": unknown, "remarks": {each: list(said) for each, said in remarks.items() if said}}
    table.attrs["seats"] = seats
    return table


def _places(given: Any) -> list[str]:
    """Return one place or many as a list, refusing what is no text."""
    if isinstance(given, str):
        return [given]
    hint = "Give a postcode, code or name, or a list or column of them."
    if not isinstance(given, Iterable) or isinstance(given, pd.DataFrame):
        raise ConfigurationError(refusal(f"a {type(given).__name__} is no place", hint=hint))
    places = list(given)
    for each in places:
        if not isinstance(each, str):
            raise ConfigurationError(refusal(f"{each!r} among the places is no text", hint=hint))
    return places
