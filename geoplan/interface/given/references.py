"""What the caller gives as a layer, put where an atlas opens it by name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import pandas as pd

from geoplan.commuting.atlas import Atlas
from geoplan.data.catalogue import day_asked
from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.given import frames
from geoplan.schema import Rank, Tolerance, Weight

__all__ = [
    "Day",
    "Flows",
    "Layered",
    "Tolerated",
    "atlas_of",
    "day_of",
    "rank_of",
    "refuse_no_numbers",
    "renamed",
    "taken",
    "taken_all",
    "tolerance_of",
    "weight_of",
]


@runtime_checkable
class Opened(Protocol):
    """A layer that is open already, from `geoplan.layer`."""

    def put_into(self, atlas: Atlas) -> str:
        """Put it where an atlas opens it, and return by which name."""


Layered: TypeAlias = "str | os.PathLike[str] | pd.DataFrame | pd.Series | Opened"
"""A catalogue key or a reference to a file, a path, a GeoDataFrame, a DataFrame of members or of a lookup, a Series of
areas by code, or a layer from `geoplan.layer`."""
Flows: TypeAlias = "str | os.PathLike[str] | pd.DataFrame | None"
"""A file of commuting flows, or a DataFrame with origin, destination and workers; None for the modelled ones."""
Day: TypeAlias = "str | date | np.datetime64"
Tolerated: TypeAlias = "float | Tolerance | None"


def atlas_of(
    *,
    as_of: Day = "",
    flows: Flows = None,
    code: str = "",
    name: str = "",
    dissolve: bool = False,
    wards: str | os.PathLike[str] = "",
    indicator: str | os.PathLike[str] = "",
) -> Atlas:
    """Return where the layers of one question are opened.

    Parameters
    ----------
    as_of
        Day whose members are shown; the data's own by default.
    flows
        Commuting flows in place of the modelled ones.
    code, name
        Columns of files and frames, where they cannot be found.
    dissolve
        Whether rows of outlines with the same code are joined.
    wards
        Boundary file of wards, or lookup to wards, that parts of authorities are counted by.
    indicator
        Table of figures of the user's own, with what is said of it.

    Returns
    -------
    Atlas
        A new one.
    """
    columns = {"code": code, "name": name, "dissolve": dissolve, "indicator": os.fspath(indicator)}
    atlas = Atlas(as_of=day_of(as_of), flows=_file_of(flows), wards=os.fspath(wards), **columns)
    if isinstance(flows, pd.DataFrame):
        atlas.hold_flows(frames.raw_table(flows, "flows"))
    return atlas


def day_of(as_of: Day) -> date | None:
    """Return a day as a date, also of pandas' and numpy's times; None where none was asked for."""
    if as_of is None or isinstance(as_of, str):
        return day_asked(as_of) if as_of else None
    day = pd.Timestamp(as_of) if isinstance(as_of, np.datetime64) else as_of
    if not isinstance(day, date) or pd.isna(day):
        raise ConfigurationError(refusal(f"{as_of!r} is not a date", hint="Write it like 2026-04-01, or today."))
    return day.date() if isinstance(day, datetime) else day


def _file_of(flows: Flows) -> str:
    if flows is None or isinstance(flows, pd.DataFrame):
        return ""
    if isinstance(flows, (str, os.PathLike)):
        return os.fspath(flows)
    hint = "Give a path, or a DataFrame with origin, destination and workers."
    raise ConfigurationError(refusal(f"a {type(flows).__name__} is no table of flows", hint=hint))


def rank_of(rank: str) -> Rank:
    """Return an order of findings by its name, refusing one that is not known."""
    if not isinstance(rank, str) or rank not in set(Rank):
        raise ConfigurationError(refusal(f"{rank!r} is no order of findings", hint=f"Known: {', '.join(Rank)}."))
    return Rank(rank)


def weight_of(weight: str) -> Weight:
    """Return a weight by its name, refusing one that is not known."""
    if not isinstance(weight, str) or weight not in set(Weight):
        raise ConfigurationError(refusal(f"{weight!r} is no weight", hint=f"Known: {', '.join(Weight)}."))
    return Weight(weight)


def tolerance_of(given: Tolerated, *, keep_artefacts: bool = False) -> Tolerance:
    """Return a tolerance, of one share for all bases where a number is given."""
    if isinstance(given, Tolerance):
        return given
    if not isinstance(given, (Real, type(None))):
        raise ConfigurationError(refusal(f"tolerance is {given!r}", hint="Give a share, such as 0.01."))
    shares: dict[str, Any] = {} if given is None else {"codes": given, "drawn": given}
    return Tolerance(**shares, keep_artefacts=keep_artefacts)


def refuse_no_numbers(kind: type = Real, **options: object) -> None:
    """Refuse an option that is no number, or no whole one, before anything is worked out."""
    for name, value in options.items():
        if not isinstance(value, kind):
            said = "no whole number" if kind is Integral else "no number"
            raise ConfigurationError(refusal(f"{name} is {value!r}, which is {said}"))


def taken(given: Layered, atlas: Atlas, key: str = "layer") -> str:
    """Put what was given where an atlas opens it.

    Parameters
    ----------
    given
        Any reference to a layer.
    atlas
        Where it is to be opened.
    key
        What a frame is called, which has no name of its own.

    Returns
    -------
    str
        The name by which the atlas opens it.

    Raises
    ------
    InputError
        If a frame cannot be used as a layer.
    ConfigurationError
        If the key is one of the catalogue or is taken, or what was given is no reference at all.
    """
    if not isinstance(key, str):
        raise ConfigurationError(refusal(f"key is {key!r}, which is no text"))
    if isinstance(given, Opened) and not isinstance(given, type):
        return given.put_into(atlas)
    if isinstance(given, (pd.DataFrame, pd.Series)):
        atlas.hold(key, frames.opener_of(given, key))
        return key
    if isinstance(given, (str, os.PathLike)):
        return _path_of(given)
    message = refusal(
        f"a {type(given).__name__} is no layer",
        hint="Give a catalogue key, a path, a GeoDataFrame, a DataFrame of members, a Series or a geoplan.layer.",
    )
    raise ConfigurationError(message)


def _path_of(given: str | os.PathLike[str]) -> str:
    """Return a reference as text; a path is one also where it has no folder and no suffix."""
    text = os.fspath(given)
    return (
        str(Path(text).absolute()) if isinstance(given, os.PathLike) and "/" not in text and "." not in text else text
    )


def taken_all(given: Sequence[Layered] | Mapping[str, Layered], atlas: Atlas) -> list[str]:
    """Put several layers where an atlas opens them.

    Parameters
    ----------
    given
        References; or a mapping from names to them, which frames are then called.
    atlas
        Where they are to be opened.

    Returns
    -------
    list of str
        The names by which the atlas opens them.

    Raises
    ------
    ConfigurationError
        If one layer was given for a list of layers.
    """
    if isinstance(given, str):
        raise ConfigurationError(refusal(f"{given!r} is one layer, and a list is needed", hint=f"Write [{given!r}]."))
    if not isinstance(given, Iterable) or isinstance(given, (pd.DataFrame, Opened)):
        message = f"a {type(given).__name__} is no list of layers"
        raise ConfigurationError(refusal(message, hint="Write layers=[...], also for one."))
    if isinstance(given, Mapping):
        return [renamed(taken(each, atlas, key), atlas, key) for key, each in given.items()]
    return [taken(each, atlas, f"layer_{n}") for n, each in enumerate(given, start=1)]


def renamed(reference: str, atlas: Atlas, key: str) -> str:
    """Put what an atlas opens by one name under another; nothing is done where that is the same."""
    if key != reference:
        atlas.hold(key, lambda opening, code, name: replace(opening.layer(reference, code=code, name=name), key=key))
    return key
