"""People out of work, on low income or disabled, by building block: where they are counted, and where not."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from geoplan.errors import InputError, refusal

__all__ = ["NEED_COUNTS", "NEED_FILE", "checked_need", "measured_need"]

NEED_FILE = "need_blocks.csv"
NEED_COUNTS = (
    "lsoas",
    "lsoas_not_scored",
    "lsoas_suppressed",
    "residents_2021",
    "residents_16_64_2021",
    "employment_deprived",
    "income_deprived",
    "disabled_2021",
    "lsoas_worst_10_imd",
    "people_worst_10_imd",
    "lsoas_worst_10_employment",
    "people_worst_10_employment",
)
MEASURED = {
    "out_of_work": "employment_deprived",
    "income_deprived": "income_deprived",
    "disabled": "disabled_2021",
    "most_deprived": "people_worst_10_imd",
    "worst_by_work": "people_worst_10_employment",
    "residents_2021": "residents_2021",
    "residents_16_64_2021": "residents_16_64_2021",
}
"""Column of blocks -> column of the file that it holds."""
INDEXED = ("most_deprived", "worst_by_work")
"""Columns told by an index of one country, which is not to be added to that of another."""
NOT_COUNTED = ("employment_deprived", "income_deprived")
"""Counts that the indices of Wales do not have: empty there, and never nought."""


def checked_need(table: pd.DataFrame, blocks: Collection[str], file: str = NEED_FILE) -> pd.DataFrame:
    """Read the counts of need by block, and refuse a table that holds what is no such count.

    Parameters
    ----------
    table
        As `geoplan.data.shipped.package_data.shipped_table` reads it: all text, missing values empty.
    blocks
        The blocks there are.
    file
        Its name, for the refusal.

    Returns
    -------
    pandas.DataFrame
        Indexed by block, `NEED_COUNTS` as numbers; those that the indices of Wales do not have are missing there.
        Blocks of Scotland and Northern Ireland have no row.

    Raises
    ------
    InputError
        A column is missing, a block is unknown or repeated, or a cell is no count.
    """
    missing = [name for name in ("block", *NEED_COUNTS) if name not in table]
    if missing:
        raise InputError(refusal(f"{file}: column {missing[0]!r} is missing", hint=f"Found: {', '.join(table)}."))
    for wrong, what in ((~table["block"].isin(blocks), "names no block"), (table["block"].duplicated(), "is repeated")):
        if wrong.any():
            raise InputError(refusal(f"{file}: column 'block' {what}", codes=_named(table, "block", wrong)))
    counts = {name: _counts(table, name, file) for name in NEED_COUNTS}
    need = pd.DataFrame(counts).set_axis(pd.Index(table["block"], name="block"))
    beyond = (need["lsoas_suppressed"] > need["lsoas"]) | (need["employment_deprived"] > need["residents_2021"])
    if beyond.any():
        what = "more are suppressed than there are small areas, or more are out of work than live there"
        raise InputError(refusal(f"{file}: {what}", codes=list(need.index[beyond])))
    return need


def measured_need(need: pd.DataFrame) -> pd.DataFrame:
    """Return people in need by building block, under the names that blocks and areas have them by.

    Parameters
    ----------
    need
        From `checked_need`.

    Returns
    -------
    pandas.DataFrame
        Indexed by block, the columns of `MEASURED`: people out of work and on low income, and those in the most
        deprived tenth of small areas by all domains and by employment, in England alone; disabled people, residents
        and residents aged 16 to 64 (Census 2021) in England and Wales.
    """
    told = need[list(MEASURED.values())].set_axis(list(MEASURED), axis=1)
    english = told.index.str.startswith("E")
    return told.assign(**{name: told[name].where(english) for name in INDEXED})


def _counts(table: pd.DataFrame, name: str, file: str) -> pd.Series:
    cells = table[name]
    empty = cells.eq("") if name in NOT_COUNTED else pd.Series(data=False, index=cells.index)
    wrong = ~empty & ~cells.str.fullmatch(r"\d+")
    if wrong.any():
        message = refusal(f"{file}: column {name!r} holds what is no count", codes=_named(table, name, wrong))
        raise InputError(message)
    return cells.where(~empty, "nan").astype(float)


def _named(table: pd.DataFrame, name: str, wrong: pd.Series) -> list[str]:
    # Row 1 of the file holds the headings.
    return [f"row {row + 2}: {cell}" for row, cell in zip(table.index[wrong], table[name][wrong], strict=True)]
