"""What a membership table says of its areas besides who belongs: money, places, and columns of the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from geoplan.data.membership.contradictions import Written
from geoplan.data.tables.amounts import amounts_read, is_funded
from geoplan.data.tables.own_columns import plainly_typed
from geoplan.schema import Note
from geoplan.schema.money import MONEY_COLUMNS, MONEY_NUMBERS
from geoplan.schema.wording import at_rows, listed, number_of

__all__ = ["facts_of_areas"]

NAMED = 3
"""Areas that a sentence names."""


def facts_of_areas(
    rows: pd.DataFrame, written: Written, own: Mapping[str, str]
) -> tuple[pd.DataFrame, tuple[str, ...], list[Note]]:
    """Gather what the rows of a table say of each area: said once, or the same on all its rows.

    Parameters
    ----------
    rows
        The rows shown, all text, with ``area_id``, ``area_name`` and ``row``, their numbers in the file.
    written
        How the file writes them.
    own
        Column of the user's own -> its heading in the file.

    Returns
    -------
    facts : pandas.DataFrame
        Indexed by area: `MONEY_COLUMNS` where the table has any of them, amounts in pounds; and the user's own
        columns that do not vary within an area, as numbers where they are.
    kept : tuple of str
        Which of them are the user's own.
    notes : list of Note
        Amounts that contradict within an area (GP107) and are not used, columns that vary and are not shown (GP106).

    Raises
    ------
    InputError
        If an amount is none; names file, column and rows.
    """
    said = pd.DataFrame(index=pd.Index(sorted(rows["area_id"].unique()), name="code"))
    notes: list[Note] = []
    for column in MONEY_COLUMNS if is_funded(rows) else ():
        cells = _cells(rows, column, written)
        values, wrong = _once(rows.assign(cell=cells), column, written)
        said[column] = values.reindex(said.index)
        notes += wrong
    said = _typed(said)
    varying: dict[str, list[str]] = {}
    for column in own:
        values, areas = _constant(rows.assign(cell=rows[column]))
        if areas:
            varying[column] = areas
        elif (values != "").any():
            said[column] = plainly_typed(values.reindex(said.index).fillna(""))
    notes += _varying_note(varying, own, rows, written)
    return said, tuple(column for column in own if column in said), notes


def _cells(rows: pd.DataFrame, column: str, written: Written) -> pd.Series:
    if column not in rows:
        return pd.Series("", index=rows.index)
    if column not in MONEY_NUMBERS:
        return rows[column]
    read = amounts_read(rows[column].set_axis(rows["row"]), column, written.column(column))
    return read.set_axis(rows.index)


def _typed(said: pd.DataFrame) -> pd.DataFrame:
    """Make numbers of amounts; text where nothing is said is empty."""
    typed = {
        name: pd.to_numeric(said[name], errors="coerce") if name in MONEY_NUMBERS else said[name].fillna("")
        for name in said
    }
    return pd.DataFrame(typed, index=said.index)


def _once(rows: pd.DataFrame, column: str, written: Written) -> tuple[pd.Series, list[Note]]:
    """Return what is said of each area in one column; where amounts contradict each other, nothing."""
    used = rows[rows["cell"] != ""].drop_duplicates(["area_id", "cell", "row"])
    kinds = used.drop_duplicates(["area_id", "cell"])
    values = kinds.drop_duplicates("area_id").set_index("area_id")["cell"]
    several = sorted(set(kinds["area_id"][kinds.duplicated("area_id")]))
    if column not in MONEY_NUMBERS:
        texts = {area: "; ".join(kinds["cell"][kinds["area_id"] == area]) for area in several}
        return pd.concat([values.drop(several), pd.Series(texts, dtype=str)]), []
    notes = [_contradiction(str(area), used[used["area_id"] == area], column, written) for area in several]
    return values.drop(several), notes


def _contradiction(area: str, own: pd.DataFrame, column: str, written: Written) -> Note:
    name = str(own["area_name"].iloc[0])
    by_value = own.groupby("cell", sort=False)["row"].agg(lambda numbers: list(dict.fromkeys(numbers)))
    told = [f"{float(value):,.0f} ({at_rows(numbers)})" for value, numbers in by_value.items()]
    more = [f"{len(told) - NAMED} more"] if len(told) > NAMED else []
    return Note(
        rule="GP107",
        code=area,
        name=name,
        lead=f"{written.column(column)}: {name} has {len(told)} amounts: {listed([*told[:NAMED], *more])}.",
        detail="None of them is used.",
        advice="Say it once for each area; if these are the amounts of its authorities, sum them up first.",
        evidence={"rows": [int(number) for number in dict.fromkeys(own["row"])]},
    )


def _constant(rows: pd.DataFrame) -> tuple[pd.Series, list[str]]:
    """Return what stands on all rows of an area, or on its first only; and the areas in which a column varies."""
    once = rows.drop_duplicates("row").sort_values("row", kind="stable")
    first = once.drop_duplicates("area_id").set_index("area_id")["cell"]
    others = once[once.duplicated("area_id")]
    unlike = others["area_id"][others["cell"] != others["area_id"].map(first)]
    filled = others["area_id"][others["cell"] != ""]
    return first, sorted(set(unlike) & set(filled))


def _varying_note(
    varying: Mapping[str, Sequence[str]], own: Mapping[str, str], rows: pd.DataFrame, written: Written
) -> Iterator[Note]:
    if not varying:
        return
    names = rows.drop_duplicates("area_id").set_index("area_id")["area_name"]
    headings = [repr(own[column]) for column in varying]
    example = names[next(iter(varying.values()))[0]]
    verb = "varies" if len(headings) == 1 else "vary"
    what = "column" if len(headings) == 1 else "columns"
    more = [number_of(len(headings) - NAMED, "further column", "further columns")] if len(headings) > NAMED else []
    yield Note(
        rule="GP106",
        lead=(
            f"{written.file}, {what} {listed([*headings[:NAMED], *more])}: {verb} within areas, as in {example}, and "
            f"{'is' if len(headings) == 1 else 'are'} not shown."
        ),
        name=written.file,
        by_design=True,
        evidence={"columns": {own[column]: list(areas) for column, areas in varying.items()}},
    )
