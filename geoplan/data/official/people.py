"""People of the blocks by the estimates of population that the user fetched; else by those that ship."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import pandas as pd

from geoplan.data.editions.codes import Former, former_codes, shipped_changes
from geoplan.data.editions.figures import figures_forward
from geoplan.data.editions.forward import brought_forward
from geoplan.data.kept import folder, opening
from geoplan.data.kept.holdings import Holding, again, holdings, sound
from geoplan.data.official.small_areas import people_of_sides
from geoplan.data.shipped import package_data
from geoplan.errors import ConfigurationError, InputError, refusal
from geoplan.schema import Source
from geoplan.schema.indicators import Kind
from geoplan.schema.people import AS_SHIPPED, SHIPPED_YEAR, Estimates

__all__ = ["counted", "estimates_used", "people_of_blocks"]

POPULATION = "population"
FIGURES = ("figures",)
ALL_AGES = re.compile(r"all ages|all usual residents|total", re.IGNORECASE)
WORKING_AGE = re.compile(r"(aged )?16 ?(to|-) ?64", re.IGNORECASE)
YEAR = re.compile(r"(\d{4})\b")
COLUMNS = ("people", "working_age")


def counted(blocks: pd.DataFrame) -> tuple[pd.DataFrame, Estimates, tuple[Source, ...]]:
    """Count the people of the blocks by what the user holds.

    Parameters
    ----------
    blocks
        Indexed by block, with ``lad``, ``icb``, ``people`` and ``working_age`` as they ship.

    Returns
    -------
    blocks : pandas.DataFrame
        The same rows. The people of each authority are those of the estimates, shared between the sides of a split one
        as its people by small areas are, where these are held, else as what ships is; authorities that the estimates
        lack keep what ships.
    estimates : Estimates
        By which they are counted.
    sources : tuple of Source
        Where those come from that were fetched.

    Raises
    ------
    InputError
        If a file is damaged, or has not the columns and figures that it must have.
    ConfigurationError
        If the estimates asked for are none.
    UnknownKeyError
        If the edition asked for is not held.
    """
    if folder.is_set_aside():
        return blocks, AS_SHIPPED, ()
    chosen = _chosen()
    shares = people_of_sides()
    weights = blocks[list(COLUMNS)] if shares is None else _weights(blocks, shares.people)
    used = [] if shares is None else list(shares.used)
    small = "" if shares is None else shares.name
    totals = blocks.groupby("lad")[list(COLUMNS)].sum()
    if chosen is None:
        if shares is None:
            return blocks, AS_SHIPPED, ()
        return _shared_out(blocks, totals, weights), Estimates(small_areas=small), _sources(used)
    given = _totals(chosen, tuple(totals.index))
    lacking = totals.index[given["people"].reindex(totals.index).isna()]
    ages = bool(given["working_age"].notna().any())
    names = package_data.shipped_table("authorities.csv").set_index("lad_code")["name"]
    estimates = Estimates(
        _year(chosen), f"{chosen.key}@{chosen.edition}", chosen.kept_on,
        tuple((str(code), str(names.get(code, code))) for code in lacking), ages, small,
    )  # fmt: skip
    totals = given.reindex(totals.index).fillna(totals)
    return _shared_out(blocks, totals, weights), estimates, _sources([chosen, *used])


def people_of_blocks() -> pd.Series:
    """Return the people of each block, as `counted` has them.

    Returns
    -------
    pandas.Series
        By block.

    Raises
    ------
    InputError
        See `counted`.
    """
    return counted(_shipped())[0]["people"]


def estimates_used() -> Estimates:
    """Return the estimates by which people are counted; raises as `counted` does."""
    if folder.is_set_aside() or not (_chosen() or people_of_sides()):
        return AS_SHIPPED
    return counted(_shipped())[1]


@lru_cache(maxsize=1)
def _shipped() -> pd.DataFrame:
    return package_data.shipped_blocks()


def _sources(used: Sequence[Holding]) -> tuple[Source, ...]:
    return tuple(Source(f"{one.source}: {one.name}", one.licence, one.url, one.sha256) for one in used)


def _chosen() -> Holding | None:
    """Return the estimates asked for, else the newest that are held, unless those that ship are newer."""
    if asked := folder.population_asked():
        one = opening.held(asked, FIGURES)
        if one is None:
            there = [each.reference for each in holdings(kind="figures", key=POPULATION)]
            hint = f"Held: {', '.join(there)}." if there else "Fetch them: geoplan fetch population."
            raise ConfigurationError(refusal(f"estimates of people {asked!r} are not in your data folder", hint=hint))
        return one
    return next((one for one in holdings(kind="figures", key=POPULATION) if _year(one) >= SHIPPED_YEAR), None)


def _year(one: Holding) -> str:
    found = YEAR.match(one.edition)
    return found[1] if found else one.edition


@lru_cache(maxsize=4)
def _totals(one: Holding, wanted: tuple[str, ...]) -> pd.DataFrame:
    """Read ``people`` and ``working_age`` by authority of today; missing where the table has none."""
    table = pd.read_parquet(sound(one))
    total, aged = _column(one, table, ALL_AGES), _column(one, table, WORKING_AGE)
    if "code" not in table or not total:
        message = refusal(
            f"{one.name} counts no people: a column of all ages is missing",
            codes=[str(column) for column in table],
            hint=f"{again(one)} Or leave it out: --shipped.",
        )
        raise InputError(message)
    values = table.set_index("code")
    if twice := sorted(set(values.index[values.index.duplicated()])):
        raise InputError(refusal(f"{one.name}: codes stand twice", codes=twice, hint=again(one)))
    retired = former_codes(shipped_changes(), set(wanted))
    found = {
        "people": _forward(values[total], wanted, f"{one.name}, column {total!r}", retired),
        "working_age": (
            _forward(values[aged], wanted, f"{one.name}, column {aged!r}", retired) if aged else pd.Series(dtype=float)
        ),
    }
    read = pd.DataFrame(found, index=list(wanted), dtype=float)
    wrong = (read["people"] <= 0) | (read["working_age"] < 0) | (read["working_age"] > read["people"])
    if wrong.any():
        what = f"{one.name}: authorities without people, or with more people of working age than of all ages"
        raise InputError(refusal(what, codes=read.index[wrong], hint=again(one)))
    return read


def _column(one: Holding, table: pd.DataFrame, wanted: re.Pattern[str]) -> str:
    """Return the only column of numbers whose heading fits; empty where there is none."""
    fits = [str(each) for each in table if wanted.search(str(each)) and pd.api.types.is_numeric_dtype(table[each])]
    if len(fits) > 1:
        message = refusal(f"{one.name}: several columns could hold the people", codes=fits, hint=again(one))
        raise InputError(message)
    return fits[0] if fits else ""


def _forward(values: pd.Series, wanted: Sequence[str], where: str, retired: dict[str, Former]) -> pd.Series:
    """Bring counts to authorities of today; those that cannot be told exactly are left out."""
    known = set(wanted)
    values = values[values.index.isin(known) | values.index.isin(list(retired))].astype(float)
    forward = brought_forward(values.index, known, retired)
    unsure = {old for old, new in forward.now.items() if new in forward.lacking}
    values = values[~values.index.isin([*forward.divided, *unsure])]
    # What never became one of today's districts, such as a county, says nothing of them.
    reached = values.index.isin(known) | values.index.isin(list(forward.now))
    found, _, _ = figures_forward(values[reached], Kind.COUNT, known, where, retired)
    return found


def _weights(blocks: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Return by what the people of each authority are shared out: small areas where they tell all its sides."""
    told = people.reindex(blocks.index)[list(COLUMNS)]
    whole = told.notna().groupby(blocks["lad"]).transform("all") & (told > 0).groupby(blocks["lad"]).transform("any")
    return told.where(whole, blocks[list(COLUMNS)])


def _shared_out(blocks: pd.DataFrame, totals: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    """Share the totals of authorities between their blocks."""
    lad = blocks["lad"]
    shares = weights / weights.groupby(lad).transform("sum")
    # An authority of one block has its figure as it is given, without a rounding of the machine.
    shares[~lad.duplicated(keep=False)] = 1.0
    return blocks.assign(**{each: totals[each].reindex(lad).to_numpy() * shares[each].to_numpy() for each in COLUMNS})
