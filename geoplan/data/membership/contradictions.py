"""Where a membership table contradicts itself: one id with two names, statuses nobody knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from geoplan.data.keys import Gathered, plain_writing, told
from geoplan.schema import Note
from geoplan.schema.wording import NAMED_ROWS, at_rows

__all__ = ["Written", "contradictions", "spelling_notes", "status_notes"]

STATUSES = ("in_force", "ended", "proposed")


@dataclass(frozen=True, eq=False)
class Written:
    """How the file writes what the rows hold.

    Parameters
    ----------
    file
        Its name.
    numbers
        Number of each row in the file.
    headings
        Column of a membership table -> its heading in the file.
    """

    file: str
    numbers: Sequence[int]
    headings: Mapping[str, str]

    @classmethod
    def of(cls, rows: pd.DataFrame, file: str) -> Written:
        """Return what the reader noted of a table; of one made in memory the order of its rows."""
        numbers = list(rows.attrs.get("rows", range(1, len(rows) + 1)))
        return cls(file, numbers, rows.attrs.get("headings", {}))

    def column(self, name: str) -> str:
        """Return file and column for a sentence."""
        return f"{self.file}, column {self.headings.get(name, name)!r}"


def spelling_notes(columns: Mapping[str, Gathered], written: Written) -> list[Note]:
    """Return a note for every column in which names or codes differ only in how they are written."""
    return [
        Note(
            rule="GP106",
            lead=f"{written.column(column)}: {told(found.made_one)}.",
            advice="Write each in one way.",
            name=written.file,
            other_codes=tuple(each.kept for each in found.made_one),
            evidence={"spellings": {each.kept: each.rows for each in found.made_one}},
        )
        for column, found in columns.items()
        if found.made_one
    ]


def contradictions(filled: pd.DataFrame, written: Written) -> Iterator[Note]:
    """Tell which ids of areas bear several names, and which names several ids.

    Parameters
    ----------
    filled
        Rows from `gathered_areas`.
    written
        How the file writes them.

    Yields
    ------
    Note
        GP107 for an id, GP106 for a name, with the rows concerned.
    """
    pairs = filled[["area_id", "area_name"]].assign(row=list(written.numbers))
    for id_, rows in pairs.groupby("area_id", sort=True):
        names = sorted(rows["area_name"].unique())
        if len(names) > 1:
            said = f"{id_!r} has {len(names)} names: {_where(rows, 'area_name', names)}."
            yield Note(
                "GP107", f"{written.column('area_id')}: {said}", str(id_), names[0],
                evidence={"rows": list(rows["row"])}, detail="It is read as one area.",
                advice="Give each area an id of its own, or one name.",
            )  # fmt: skip
    for name, rows in pairs.groupby("area_name", sort=True):
        ids = sorted(rows["area_id"].unique())
        if len(ids) > 1:
            lead = f"{written.column('area_name')}: {name!r} has {len(ids)} ids: {_where(rows, 'area_id', ids)}."
            detail = f"They are read as {len(ids)} areas."
            yield Note("GP106", lead, str(name), str(name), tuple(ids), by_design=True, detail=detail)


def _where(rows: pd.DataFrame, column: str, values: Sequence[str]) -> str:
    return "; ".join(f"{one!r} ({at_rows(list(rows['row'][rows[column] == one]))})" for one in values[:NAMED_ROWS])


def status_notes(filled: pd.DataFrame, written: Written) -> tuple[pd.DataFrame, list[Note]]:
    """Bring the status of each row to the words of the tables; tell which have none of them.

    Parameters
    ----------
    filled
        All columns of a membership table, as text.
    written
        How the file writes them.

    Returns
    -------
    tuple
        The rows, an unknown status empty, and a note for each unknown one (GP106).
    """
    plain = {one: plain_writing(one).replace(" ", "_") for one in filled["status"].unique()}
    rows = pd.Series(list(written.numbers), index=filled.index)
    unknown = {one: list(rows[filled["status"] == one]) for one, word in plain.items() if word not in {*STATUSES, ""}}
    notes = [
        Note(
            rule="GP106",
            code=status,
            name=written.file,
            lead=f"{written.column('status')}, {at_rows(numbers)}: {status!r} is no status, so it was left out.",
            advice=f"Known: {', '.join(STATUSES)}, or empty.",
            evidence={"rows": numbers},
        )
        for status, numbers in sorted(unknown.items())
    ]
    return filled.assign(status=filled["status"].map({**plain, **dict.fromkeys(unknown, "")})), notes
