"""Membership tables as people keep them: cells merged downwards, several authorities in one cell, totals."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest

import numpy as np
import pandas as pd

from geoplan.data.shipped.package_data import MEMBERSHIP_COLUMNS
from geoplan.data.tables.amounts import amounts_read
from geoplan.data.tables.headings import AREA, AUTHORITY, TOTAL, recognise
from geoplan.data.tables.numerals import day_of
from geoplan.data.tables.own_columns import named_apart
from geoplan.data.tables.tables import RawTable, read_rows
from geoplan.errors import InputError, refusal
from geoplan.schema.money import MONEY_NUMBERS
from geoplan.schema.wording import at_rows, was

__all__ = ["read_membership", "understood"]

MOST_MEMBERS = 50_000
"""Rows of a membership table: some eight times those of every table that ships."""
DAYS = ("valid_from", "valid_to")
MEMBER = (*AUTHORITY, "body")
SEVERAL = re.compile(r"\s*[;\n|\u2022]\s*")
CODES = re.compile(r"[EWSN]\d{8}(\s*[,\s]\s*[EWSN]\d{8})+")


def by_separators(cell: str) -> list[str]:
    """Part a cell at semicolons, bars, bullets and line breaks, which stand in no name."""
    return [part for part in SEVERAL.split(cell) if part]


def read_membership(reference: str) -> RawTable:
    """Read a user's own membership table: which authorities make up which area.

    Columns are recognised whatever their case: the area as area_id, area_code, cluster_id, partnership_id,
    area_name, cluster, partnership; the authority as lad_code, authority_code, la_code, LAD25CD, UTLA25CD,
    code, or lad_name, authority, local_authority, LAD25NM. Where only one of id and name of the areas is
    given it serves as both.

    Parameters
    ----------
    reference
        Path of a table as for `read_flows`; of a workbook with several tables, with ``#sheet``.

    Returns
    -------
    RawTable
        At most `MOST_MEMBERS` rows of text with the columns `MEMBERSHIP_COLUMNS`, missing values empty; ``attrs``
        of the frame has the file's ``headings`` by column, the numbers of the ``rows``, and the user's ``own`` columns,
        which are kept, with their headings. Areas under a merged cell
        are filled in, several authorities in one cell become a row each with the same number, days are as in ISO
        8601.

    Raises
    ------
    InputError
        The file is missing, empty, not a table, or lacks the columns or values that are needed.
    """
    return understood(read_rows(reference, most=MOST_MEMBERS))


def understood(table: RawTable, parted: Callable[[str], Sequence[str]] = by_separators) -> RawTable:
    """Understand the rows of a membership table as people keep them.

    Parameters
    ----------
    table
        The rows as they stand; they are not changed.
    parted
        How a cell that lists authorities by name is parted.

    Returns
    -------
    RawTable
        As from `read_membership`.

    Raises
    ------
    InputError
        The table lacks the columns or values that are needed.
    """
    headings = [str(column) for column in table.frame.columns]
    chosen = recognise(headings, table.file)
    text = table.frame.astype(object).where(table.frame.notna(), "").astype(str)
    columns = {name: text[chosen[name]].str.strip() if name in chosen else "" for name in MEMBERSHIP_COLUMNS}
    own = _own_columns(headings, chosen)
    columns |= {name: text[heading].str.strip() for name, heading in own.items()}
    frame = pd.DataFrame(columns, index=table.frame.index, dtype=str)
    said = [*table.said, *_renamed(own)]
    frame = _without_totals(frame, said)
    frame = _filled_down(frame, chosen, said)
    frame = _one_authority_a_row(frame, said, parted)
    for name in DAYS:
        frame[name] = _days(frame[name], f"{table.file}: column {chosen.get(name, name)!r}")
    for name in MONEY_NUMBERS:
        frame[name] = amounts_read(frame[name], name, f"{table.file}: column {chosen.get(name, name)!r}")
    _refuse_blank(frame, table.file, chosen)
    frame["area_id"] = frame["area_id"].where(frame["area_id"] != "", frame["area_name"])
    frame["area_name"] = frame["area_name"].where(frame["area_name"] != "", frame["area_id"])
    frame.attrs.update(headings=chosen, rows=list(frame.index), own=own)
    return replace(table, frame=frame.reset_index(drop=True), said=tuple(said))


def _own_columns(headings: Sequence[str], chosen: dict[str, str]) -> dict[str, str]:
    """Return the columns that geoplan has no use for, by the name under which each is kept."""
    used = set(chosen.values())
    names = named_apart([heading for heading in headings if heading not in used], MEMBERSHIP_COLUMNS)
    return {name: heading for heading, name in names.items()}


def _renamed(own: dict[str, str]) -> list[str]:
    return [
        f"Column {heading!r} is kept as {name!r}: a column of that name is geoplan's own."
        for name, heading in own.items()
        if name != heading.strip()
    ]


def _blank(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    blank: np.ndarray = (frame[list(columns)] == "").all(axis=1).to_numpy()
    return blank


def _without_totals(frame: pd.DataFrame, said: list[str]) -> pd.DataFrame:
    """Leave out rows that sum up others: no authority, and the area called so, or the other way round."""
    total = np.zeros(len(frame), dtype=bool)
    for ones, others in ((AREA, AUTHORITY), (AUTHORITY, AREA)):
        called = frame[list(ones)].apply(lambda column: column.str.fullmatch(TOTAL)).any(axis=1).to_numpy()
        total |= called & _blank(frame, others)
    if total.any() and not total.all():
        said.append(f"{at_rows(frame.index[total]).capitalize()} {was(int(total.sum()))} set aside as a total.")
        return frame[~total]
    return frame


def _filled_down(frame: pd.DataFrame, chosen: dict[str, str], said: list[str]) -> pd.DataFrame:
    """Give rows without an area that of the row above, as merged cells are written."""
    empty = _blank(frame, AREA) & ~_blank(frame, MEMBER)
    if not empty.any() or empty[0]:
        return frame
    filled = frame.copy()
    filled.loc[_blank(frame, AREA), list(AREA)] = pd.NA
    filled[list(AREA)] = filled[list(AREA)].ffill()
    heading = next(chosen[name] for name in AREA if name in chosen)
    where = at_rows(frame.index[empty]).capitalize()
    said.append(f"{where}: column {heading!r} is empty, as under a merged cell, and the area above is meant.")
    return filled


def _one_authority_a_row(frame: pd.DataFrame, said: list[str], parted: Callable[[str], Sequence[str]]) -> pd.DataFrame:
    """Make a row of each authority where a cell lists several."""
    listed = frame["lad_code"].map(lambda cell: bool(SEVERAL.search(cell) or CODES.fullmatch(cell)))
    listed |= frame["lad_name"].map(lambda cell: len(parted(cell)) > 1).astype(bool)
    if not listed.any():
        return frame
    rows = []
    for number, row in zip(frame.index, frame.to_dict("records"), strict=True):
        codes = [part for part in re.split(r"[\s,;|\u2022]+", row["lad_code"]) if part]
        names = list(parted(row["lad_name"]))
        if max(len(codes), len(names)) < 2:
            rows.append((number, row))
            continue
        paired = len(codes) in (0, len(names))
        pairs = zip_longest(codes, names, fillvalue="") if paired else ((code, "") for code in codes)
        rows += [(number, {**row, "lad_code": code, "lad_name": name}) for code, name in pairs]
    said.append(
        f"{at_rows(frame.index[listed]).capitalize()}: several authorities in one cell were read as a row each."
    )
    index = pd.Index([number for number, _ in rows], name="row")
    return pd.DataFrame([row for _, row in rows], columns=frame.columns, index=index, dtype=str)


def _days(texts: pd.Series, where: str) -> pd.Series:
    """Bring days to ISO 8601, refusing what could be none or two."""
    known = {text: day_of(text) for text in texts.unique()}
    wrong = [f"row {row}: {text}" for row, text in texts.items() if known[text] is None]
    if wrong:
        hint = "Write days as 2026-04-01, as 1 April 2026, or as 01/04/2026 with the day first and all four digits."
        raise InputError(refusal(f"{where} holds what is no day", codes=wrong, hint=hint))
    return texts.map(known)


def _refuse_blank(frame: pd.DataFrame, file: str, chosen: dict[str, str]) -> None:
    """Refuse rows that name no area or no authority."""
    for columns, what in ((AREA, "area"), (MEMBER, "authority")):
        rows = [f"row {row}" for row in frame.index[_blank(frame, columns)]]
        if rows:
            heading = next(chosen[name] for name in columns if name in chosen)
            message = refusal(f"{file}: column {heading!r} is empty and nothing else names the {what}", codes=rows)
            raise InputError(message)
