"""Claimants and inactivity that the user fetched, brought to areas: counts are summed, rates only over their parts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd

from geoplan.data.editions.codes import former_codes, shipped_changes
from geoplan.data.editions.forward import brought_forward
from geoplan.data.kept import folder
from geoplan.data.kept.holdings import Holding, again, holding, sound
from geoplan.data.shipped import package_data
from geoplan.errors import InputError, refusal
from geoplan.schema.frames import whole_sums
from geoplan.schema.wording import NOT_ASSESSED, amount, capital, day, listed, number_of, plural

__all__ = ["AreaFigure", "Measure", "area_figures", "by_area", "held_measures"]

CLAIMANTS, INACTIVITY = "claimants", "inactivity"
COUNT = re.compile(r"claimant count|claimants$", re.IGNORECASE)
STATUS = " (status)"
RATE_COLUMNS = {
    "rate": re.compile(r"(^|, )variable$", re.IGNORECASE),
    "numerator": re.compile(r"(^|, )numerator$", re.IGNORECASE),
    "denominator": re.compile(r"(^|, )denominator$", re.IGNORECASE),
    "half": re.compile(r"(^|, )confidence$", re.IGNORECASE),
}
TITLES = {CLAIMANTS: "claimants", INACTIVITY: "economically inactive, of those aged 16 to 64"}
WHOLE = 1 - 1e-9
NAMED = 3


@dataclass(frozen=True, eq=False)
class Measure:
    """Figures of authorities that were fetched.

    Parameters
    ----------
    one
        What they were read from.
    table
        A row an area of the publisher's: ``lad``, the authority of today that all of it is in; ``count``, or ``rate``
        (0 to 1), ``numerator``, ``denominator`` and ``half`` (0 to 1, of the 95% interval), missing where not given;
        ``status``, what the publisher says of the figure.
    """

    one: Holding
    table: pd.DataFrame

    @property
    def title(self) -> str:
        """What is measured."""
        return TITLES[self.one.key]

    @property
    def is_rate(self) -> bool:
        """Whether it is a share of people, not their number."""
        return self.one.key == INACTIVITY

    @property
    def cited(self) -> str:
        """Of when it is, what it was read from, and when that was fetched."""
        fetched = f", fetched {day(self.one.kept_on)}" if self.one.kept_on else ""
        return f"{day(self.one.edition)}; {self.one.source or self.one.key}, {self.one.name}{fetched}"


@dataclass(frozen=True)
class AreaFigure:
    """A fetched figure of one area.

    Parameters
    ----------
    key, title
        Which.
    value
        People, or a share (0 to 1); None where it is not assessed.
    low, high
        Ends of the 95% interval; None for counts, and where the publisher gives none.
    date, source
        Of when, and from where.
    note
        Why it is not assessed, or what was estimated in it; empty where nothing was.
    """

    key: str
    title: str
    value: float | None
    low: float | None
    high: float | None
    date: str
    source: str
    note: str

    @property
    def words(self) -> str:
        """The value as it is read, with its interval."""
        if self.value is None:
            return NOT_ASSESSED
        if self.key == CLAIMANTS:
            return amount(self.value)
        interval = "" if self.low is None or self.high is None else f" ({self.low:.1%} to {self.high:.1%})"
        return f"{self.value:.1%}{interval}"

    @property
    def sentence(self) -> str:
        """All that is known of it."""
        interval = "; 95% interval in brackets" if self.low is not None else ""
        note = f" {self.note}" if self.note else ""
        return f"{capital(self.title)}: {self.words} ({self.source}{interval}).{note}"


def held_measures() -> tuple[Measure, ...]:
    """Read the newest claimants and inactivity that are held.

    Returns
    -------
    tuple of Measure
        None where what is the user's is set aside.

    Raises
    ------
    InputError
        If a file is not as it was kept, or lacks the column of its figures.
    """
    if folder.is_set_aside():
        return ()
    found = (holding("figures", key) for key in (CLAIMANTS, INACTIVITY))
    return tuple(_measure(one) for one in found if one)


@lru_cache(maxsize=4)
def _measure(one: Holding) -> Measure:
    raw = pd.read_parquet(sound(one))
    columns = [str(each) for each in raw if not str(each).endswith(STATUS)]
    wanted = RATE_COLUMNS if one.key == INACTIVITY else {"count": COUNT}
    named = {name: next((each for each in columns if fits.search(each)), "") for name, fits in wanted.items()}
    first = next(iter(named))
    if "code" not in raw or not named[first]:
        raise InputError(refusal(f"{one.name}: no column holds the {first}", codes=columns, hint=again(one)))
    table = pd.DataFrame(
        {name: raw[column].astype(float) if column else np.nan for name, column in named.items()}, index=raw.index
    ).set_axis(raw["code"].astype(str), axis=0)
    table[[each for each in ("rate", "half") if each in table]] /= 100.0
    said = f"{named[first]}{STATUS}"
    table["status"] = raw[said].fillna("").to_numpy() if said in raw else ""
    table["lad"] = _homes(table.index)
    return Measure(one, table.dropna(subset="lad"))


def _homes(codes: pd.Index) -> np.ndarray:
    """Return the authority of today of each code; missing where a part went elsewhere, or a part of it is lacking."""
    today = set(package_data.shipped_table("authorities.csv")["lad_code"])
    forward = brought_forward(codes, today, former_codes(shipped_changes(), today))
    homes = {code: code for code in codes if code in today}
    homes |= {old: new for old, new in forward.now.items() if new not in forward.lacking and new not in homes}
    return codes.map(homes).to_numpy()


def by_area(measure: Measure, parts: pd.DataFrame, blocks: pd.DataFrame) -> pd.DataFrame:
    """Bring figures of authorities to areas that are made of blocks.

    Parameters
    ----------
    measure
        From `held_measures`.
    parts
        ``block``, ``code`` of the area and ``share`` of the block in it (0 to 1, missing where unknown).
    blocks
        Indexed by block, with ``lad`` and ``working_age``.

    Returns
    -------
    pandas.DataFrame
        Indexed by code: ``value``, ``low``, ``high`` and ``note``; missing where an authority has no figure, a share
        is unknown, or rates of several authorities would have to be averaged without the people they are of.

    Notes
    -----
    Of an authority that is only partly in an area, counts are shared by people aged 16 to 64. The interval of several
    authorities is that of independent samples: the root of the sum of the squares of theirs, each in people.
    """
    held = _held(parts, blocks)
    rows = held.merge(measure.table.reset_index(names="of"), on="lad", how="left")
    found = (_rates if measure.is_rate else _counts)(rows)
    said = rows["code"].duplicated(keep=False) & measure.is_rate | (rows["held"] < WHOLE) | (rows["status"] != "")
    said |= rows[["held", "rate" if measure.is_rate else "count"]].isna().any(axis=1)
    told = rows[rows["code"].isin(rows.loc[said, "code"])]
    notes = {code: _note(measure, own) for code, own in told.groupby("code")}
    return found.assign(note=pd.Series(notes, dtype=object).reindex(found.index).fillna(""))


def _held(parts: pd.DataFrame, blocks: pd.DataFrame) -> pd.DataFrame:
    """Return which share of each authority (0 to 1) an area holds: ``code``, ``lad``, ``held``."""
    weight = blocks["working_age"].reindex(parts["block"]).to_numpy()
    own = pd.DataFrame(
        {"code": parts["code"].to_numpy(), "lad": blocks["lad"].reindex(parts["block"]).to_numpy(),
         "held": parts["share"].to_numpy(dtype=float) * weight}
    )  # fmt: skip
    sums = whole_sums(own.groupby(["code", "lad"])[["held"]]).reset_index()
    share = sums["held"] / sums["lad"].map(blocks.groupby("lad")["working_age"].sum())
    return sums.assign(held=share.mask(share >= WHOLE, 1.0))


def _counts(rows: pd.DataFrame) -> pd.DataFrame:
    held = rows.assign(value=rows["count"] * rows["held"])
    return whole_sums(held.groupby(["code"])[["value"]]).assign(low=np.nan, high=np.nan)


def _rates(rows: pd.DataFrame) -> pd.DataFrame:
    """Divide sums of those counted by sums of those they are of; one authority has its rate as it is given."""
    code, held = rows["code"], rows["held"]
    spread = (rows["half"] * rows["denominator"] * held) ** 2
    parts = rows.assign(above=rows["numerator"] * held, of_all=rows["denominator"] * held, spread=spread)
    sums = whole_sums(parts.groupby(["code"])[["above", "of_all", "spread"]])
    alone = rows[~code.duplicated(keep=False) & held.notna()].set_index("code")
    value = (sums["above"] / sums["of_all"]).where(sums["of_all"] > 0)
    half = (np.sqrt(sums["spread"]) / sums["of_all"]).where(sums["of_all"] > 0)
    value, half = (
        each.mask(each.index.isin(alone.index), alone[name].reindex(each.index))
        for each, name in ((value, "rate"), (half, "half"))
    )
    half = half.where(value.notna())
    return pd.DataFrame({"value": value, "low": (value - half).clip(lower=0.0), "high": (value + half).clip(upper=1.0)})


def _note(measure: Measure, own: pd.DataFrame) -> str:
    """Say why an area is not assessed, or what is estimated in it."""
    if own["held"].isna().any():
        return "A part of unknown size belongs to it."
    column = "rate" if measure.is_rate else "count"
    blank = own.loc[own[column].isna(), "lad"]
    if len(blank):
        return f"There is no figure of {_few(blank)}."
    if measure.is_rate and len(own) > 1 and own[["numerator", "denominator"]].isna().to_numpy().any():
        return "Rates of several authorities have no sum: nobody gives the people that they are of."
    part = own.loc[own["held"] < WHOLE, "lad"]
    said = [f"{_few(part)} counted in part, by people aged 16 to 64: an estimate."] if len(part) else []
    flagged = own[own["status"] != ""]
    if len(flagged):
        words = listed(sorted(set(flagged["status"])))
        said.append(f"{number_of(len(flagged), 'figure is', 'figures are')} marked by the publisher: {words}.")
    if measure.is_rate and len(own) > 1:
        said.append(f"It is put together of {plural(len(own), 'authority')}, the interval as of independent samples.")
    return " ".join(said)


def _few(codes: Iterable[str]) -> str:
    names = package_data.shipped_table("authorities.csv").set_index("lad_code")["name"]
    called = [str(names.get(code, code)) for code in dict.fromkeys(codes)]
    more = len(called) - NAMED
    return listed([*called[:NAMED], *([f"{more} more"] if more > 0 else [])])


def area_figures(shares: pd.Series, blocks: pd.DataFrame) -> tuple[AreaFigure, ...]:
    """Return what was fetched, of one area.

    Parameters
    ----------
    shares
        Share of each block in it (0 to 1, missing where unknown), by block.
    blocks
        As for `by_area`.

    Returns
    -------
    tuple of AreaFigure
        A figure for each measure that is held.
    """
    parts = pd.DataFrame({"block": shares.index, "code": "", "share": shares.to_numpy(dtype=float)})
    return tuple(_of_area(measure, by_area(measure, parts, blocks)) for measure in held_measures() if len(parts))


def _of_area(measure: Measure, found: pd.DataFrame) -> AreaFigure:
    row = found.iloc[0]
    value, low, high = (None if pd.isna(row[name]) else float(row[name]) for name in ("value", "low", "high"))
    return AreaFigure(
        measure.one.key, measure.title, value, low, high, measure.one.edition, measure.cited, str(row["note"])
    )
