"""What small areas say of the sides of split districts: their people, and their ground."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from geoplan.data.editions.codes import former_codes, shipped_changes
from geoplan.data.kept.holdings import Holding, holdings, sound
from geoplan.data.shipped import package_data
from geoplan.schema.frames import whole_sums

__all__ = ["Sides", "boards_cut", "lookup_to_blocks", "people_of_sides", "recoded"]

LOOKUP = "lsoa_to_icb"
POPULATION = "population_lsoa"
SMALL = re.compile(r"LSOA\d{2}CD", re.IGNORECASE)
BOARD = re.compile(r"ICB\d{2}CD", re.IGNORECASE)
DISTRICT = re.compile(r"LAD\d{2}CD", re.IGNORECASE)
AGES = {"people": re.compile(r"all ages", re.IGNORECASE), "working_age": re.compile(r"16 ?(to|-) ?64", re.IGNORECASE)}


@dataclass(frozen=True, eq=False)
class Sides:
    """People of the sides of split districts, by small areas.

    Parameters
    ----------
    people
        Indexed by block, ``people`` and ``working_age``; missing where the table has none.
    name
        What they were counted by, as ``population_lsoa@2024``.
    used
        The files they come from.
    """

    people: pd.DataFrame
    name: str
    used: tuple[Holding, ...]


def boards_cut() -> frozenset[str]:
    """Return the boards between which districts are cut."""
    known = package_data.shipped_table("blocks.csv")
    return frozenset(known.loc[known["lad"].duplicated(keep=False), "icb"])


@lru_cache(maxsize=1)
def recoded() -> dict[str, str]:
    """Return former codes of authorities of which all is one of today's, small changes of borders apart."""
    today = set(package_data.shipped_table("blocks.csv")["lad"])
    former = former_codes(shipped_changes(), today)
    whole = {code: one.successors for code, one in former.items() if one.whole and len(one.successors) == 1}
    return {code: after for code, (after,) in whole.items() if after in today}


def lookup_to_blocks() -> tuple[Holding, pd.Series] | None:
    """Find a lookup from small areas to the boards between which districts are cut.

    Returns
    -------
    tuple of Holding and pandas.Series or None
        The newest that knows all those boards; small area -> block of those in split districts. None where none is
        held: the boards of April 2026 do not tell it.

    Raises
    ------
    InputError
        If a file is not as it was kept.
    """
    for one in holdings(kind="lookup", key=LOOKUP):
        if (found := _blocks_of(one)) is not None:
            return one, found
    return None


@lru_cache(maxsize=4)
def _blocks_of(one: Holding) -> pd.Series | None:
    table = pd.read_parquet(sound(one))
    small, board, district = (_only(table, pattern) for pattern in (SMALL, BOARD, DISTRICT))
    if not (small and board and district) or not boards_cut() <= set(table[board].astype(str)):
        return None
    known = package_data.shipped_table("blocks.csv")
    split = known[known["lad"].duplicated(keep=False)]
    block = dict(zip(split["lad"] + split["icb"], split["block"], strict=True))
    at = table[district].astype(str).replace(recoded()) + table[board].astype(str)
    found = pd.Series(at.map(block).to_numpy(), index=table[small].astype(str)).dropna()
    found = found[~found.index.duplicated()]
    return found if set(found) == set(split["block"]) else None


def _only(table: Iterable[str], pattern: re.Pattern[str]) -> str:
    fits = [str(each) for each in table if pattern.fullmatch(str(each))]
    return fits[0] if len(fits) == 1 else ""


def people_of_sides() -> Sides | None:
    """Count the people of the sides of split districts by the small areas that are held.

    Returns
    -------
    Sides or None
        None where no table of people by small areas is held, or no lookup that says where these lie.

    Raises
    ------
    InputError
        If a file is not as it was kept.
    """
    counts = next(iter(holdings(kind="figures", key=POPULATION)), None)
    looked_up = lookup_to_blocks() if counts else None
    if counts is None or looked_up is None:
        return None
    lookup = looked_up[0]
    people = _people(counts, lookup)
    return None if people is None else Sides(people, f"{counts.key}@{counts.edition}", (counts, lookup))


@lru_cache(maxsize=4)
def _people(counts: Holding, lookup: Holding) -> pd.DataFrame | None:
    blocks = _blocks_of(lookup)
    table = pd.read_parquet(sound(counts)).set_index("code")
    columns = {name: [each for each in table if pattern.search(str(each))] for name, pattern in AGES.items()}
    named = {name: found[0] for name, found in columns.items() if found}
    if blocks is None or "people" not in named or not set(blocks.index) <= set(table.index):
        return None
    held = table.loc[blocks.index, list(named.values())].set_axis(list(named), axis=1).astype(float)
    # A side of which the people of one small area are not known is not known.
    return whole_sums(held.groupby(blocks.to_numpy())).reindex(columns=list(AGES))
