"""Where postcodes lie and whether they are in use: by the points that ship, and the directory that was fetched."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geoplan.data.kept.folder import is_set_aside
from geoplan.data.kept.holdings import Holding, holdings, sound
from geoplan.data.shipped import package_data
from geoplan.errors import InputError, UnknownKeyError, refusal
from geoplan.schema.wording import day

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Found", "directory", "entries", "find"]

KIND = "postcodes"
SHIPPED = "the directory of November 2025"


@dataclass(frozen=True)
class Found:
    """A postcode that is known.

    Parameters
    ----------
    block
        In which it lies.
    said
        Sentences on since when it is in use or when it was terminated, and how its block was found.
    """

    block: str
    said: tuple[str, ...] = ()


def find(postcode: str) -> Found:
    """Find a postcode among the points that ship, and in the directory that was fetched.

    Parameters
    ----------
    postcode
        Such as "HP10 0AA".

    Returns
    -------
    Found
        Its block is that of the point that ships. Where there is none it is the block of its authority and board by
        the directory that was fetched, else that of the nearest point that ships.

    Raises
    ------
    UnknownKeyError
        If neither has it.
    InputError
        If the directory cannot be read.
    """
    points = package_data.postcode_points([postcode[0]], columns=("postcode", "lad", "block", "x", "y"))
    block = points.loc[(points["postcode"] == postcode).to_numpy(), "block"]
    held = directory()
    told = entries(held, [postcode]) if held else None
    if held is None or told is None or told.empty:
        if block.empty:
            fetched = f", nor in that which you fetched ({held.title})" if held else ""
            hint = "" if held else "A newer one may have it: geoplan fetch onspd."
            raise UnknownKeyError(refusal(f"the postcode {postcode} is not in {SHIPPED}{fetched}", hint=hint))
        return Found(str(block.iloc[0]))
    entry = told.iloc[0]
    if not block.empty:
        return Found(str(block.iloc[0]), (_use_said(entry, held),))
    return Found(*_placed(postcode, entry, points, held))


def _use_said(entry: pd.Series, held: Holding) -> str:
    """Say whether a postcode is in use."""
    since = f"in use since {day(entry['introduced'])}" if entry["introduced"] else "in use"
    if entry["terminated"]:
        since = f"not in use: it was terminated in {day(entry['terminated'])}"
    return f"The postcode is {since} ({held.title})."


def _placed(postcode: str, entry: pd.Series, points: pd.DataFrame, held: Holding) -> tuple[str, tuple[str, ...]]:
    """Return the block of a postcode that has no point among those that ship, and what is said of it."""
    said = (_use_said(entry, held), f"It is not in {SHIPPED}.")
    blocks = package_data.shipped_blocks().index
    for named in (entry["lad"], f"{entry['lad']}.{entry['icb']}"):
        if named in blocks:
            return named, said
    near = points[(points["lad"] == entry["lad"]).to_numpy()]
    near = points if near.empty else near
    if near.empty or np.isnan(entry["x"]):
        message = f"the postcode {postcode} has no point in {held.title}, and is not in {SHIPPED}"
        raise UnknownKeyError(refusal(message))
    nearest = near.iloc[int(np.hypot(near["x"] - entry["x"], near["y"] - entry["y"]).to_numpy().argmin())]
    return str(nearest["block"]), (*said, f"Its place is taken to be that of {nearest['postcode']}, the nearest.")


def directory() -> Holding | None:
    """Find the postcode directory that counts.

    Returns
    -------
    Holding or None
        The newest edition that is held; None where none is, or what is held is set aside.

    Raises
    ------
    InputError
        If a manifest cannot be read.
    """
    held = [] if is_set_aside() else holdings(kind=KIND)
    return max(held, key=lambda one: one.edition, default=None)


def entries(one: Holding, postcodes: Collection[str]) -> pd.DataFrame:
    """Read what a directory says of some postcodes.

    Parameters
    ----------
    one
        From `directory`.
    postcodes
        Such as "HP10 0AA".

    Returns
    -------
    pandas.DataFrame
        Indexed by postcode, those that it has: introduced and terminated (months, ``2019-06``; empty where there is
        none), x and y (metres, EPSG:27700; missing where it has no point), and the codes lad, lsoa and icb.

    Raises
    ------
    InputError
        If the file is gone, differs from its manifest, or is no directory.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from geoplan.data.shipped.postcodes import national_grid

    try:
        asked = pc.field("postcode").isin(pa.array(postcodes, pa.string()))
        frame = pq.read_table(sound(one), filters=asked).to_pandas().set_index("postcode")
        lads = pa.array(frame["lad"].fillna("")).dictionary_encode()
        x, y = national_grid(lads, *(frame[name].to_numpy(dtype=float) for name in ("easting", "northing")))
        months = {name: frame[name].fillna("").map(_month) for name in ("introduced", "terminated")}
    except (pa.ArrowException, KeyError) as error:
        raise InputError(refusal(f"{one.name} of your data folder is no postcode directory")) from error
    codes = {name: frame[name].fillna("") for name in ("lad", "lsoa", "icb")}
    return frame.drop(columns=["easting", "northing"]).assign(**months, **codes, x=x, y=y)


def _month(published: str) -> str:
    return f"{published[:4]}-{published[4:]}" if published else ""
