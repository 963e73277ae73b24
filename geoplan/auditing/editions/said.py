"""The findings on what changed between two editions (GP601), each in a sentence that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import pandas as pd

from geoplan.analysis.editions.changes import EditionChange
from geoplan.auditing.judging.findings import from_notes
from geoplan.data.editions.codes import NEARLY
from geoplan.schema import Finding, Layer, Note, Weight
from geoplan.schema.wording import counted, day, listed

__all__ = ["change_findings", "sentence"]

QUIET = frozenset({EditionChange.RECODED, EditionChange.RENAMED})
"""Nobody's ground changes: information."""
IN_PARTS = frozenset({EditionChange.SPLIT, EditionChange.REDRAWN})
MOST_NAMED = 6


def change_findings(table: pd.DataFrame, old: Layer, new: Layer, weight: Weight) -> Iterator[Finding]:
    """Make the findings of all areas that are not unchanged.

    Parameters
    ----------
    table
        From `geoplan.auditing.editions.versions.Editions`.
    old, new
        The editions.
    weight
        What is counted.

    Yields
    ------
    Finding
        GP601: of the new edition where the area is there, else of the old one.
    """
    unit, by_area = str(weight), weight is Weight.AREA
    ended_in_parts = set(table.loc[table["change"].isin(IN_PARTS), "old_code"]) - {""}
    for row in table[table["change"] != EditionChange.UNCHANGED].itertuples(index=False):
        layer = new if row.new_code else old
        lost, gained = (row.area_lost_m2, row.area_gained_m2) if by_area else (row.people_lost, row.people_gained)
        moved = lost + gained
        yield from from_notes(
            layer,
            [
                Note(
                    "GP601",
                    sentence(row, unit, ended_in_parts),
                    row.new_code or row.old_code,
                    row.new_name or row.old_name,
                    other_codes=row.other_codes,
                    measure="moved",
                    value=None if pd.isna(moved) else float(moved),
                    unit="m2" if by_area else unit,
                    by_design=row.change in QUIET,
                    evidence=_evidence(row),
                )
            ],
        )


def _evidence(row: Any) -> dict[str, object]:
    told = {
        "change": str(row.change), "old_code": row.old_code, "new_code": row.new_code, "took_effect": row.took_effect,
        "order": row.order, "area_lost_m2": row.area_lost_m2, "area_gained_m2": row.area_gained_m2,
        "people_lost": row.people_lost, "people_gained": row.people_gained,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value != "" and not pd.isna(value)}


def sentence(row: Any, unit: str, in_parts: Collection[str] = ()) -> str:
    """Say what became of an area.

    Parameters
    ----------
    row
        A row of the table, as a named tuple.
    unit
        What is counted: people, or another weight.
    in_parts
        Codes of old areas of which only parts went to one area.

    Returns
    -------
    str
        One sentence, with the order where one is known.
    """
    said: str = SAID[row.change](row._replace(other_names=_parts_named(row, in_parts)), unit)
    when = [row.order, day(row.took_effect)] if row.took_effect else []
    known = f" ({', '.join(filter(None, when))})" if when else ""
    return f"{said}{known}."


def _parts_named(row: Any, in_parts: Collection[str]) -> tuple[str, ...]:
    """Return the names of the others, those of which only a part is meant so named."""
    if row.old_code or row.change != EditionChange.MERGED:
        return tuple(row.other_names)
    named = zip(row.other_codes, row.other_names, strict=True)
    return tuple(f"a part of {name}" if code in in_parts else name for code, name in named)


def _called(name: str, code: str) -> str:
    return f"{name} ({code})" if name != code else name


def _others(row: Any) -> str:
    named = [_called(name, code) for name, code in zip(row.other_names, row.other_codes, strict=True)]
    return listed([*named[:MOST_NAMED], *([f"{len(named) - MOST_NAMED} more"] if len(named) > MOST_NAMED else [])])


def _old(row: Any) -> str:
    return _called(row.old_name, row.old_code)


def _new(row: Any) -> str:
    return _called(row.new_name, row.new_code)


def _amount(row: Any, how: str, unit: str) -> str:
    """Return people and ground that were lost or gained."""
    metres = counted(getattr(row, f"area_{how}_m2"), "area")
    people = getattr(row, f"people_{how}")
    return metres if unit == "area" or pd.isna(people) else f"{counted(people, unit)} on {metres}"


def _new_one(row: Any, unit: str) -> str:
    return f"{_new(row)} is new: nothing of the old edition had its ground ({_amount(row, 'gained', unit)})"


def _gone(row: Any, unit: str) -> str:
    return f"{_old(row)} is gone: nothing of the new edition has its ground ({_amount(row, 'lost', unit)})"


def _merged(row: Any, unit: str) -> str:
    if row.old_code:
        return f"{_old(row)} ended: it went into {_others(row)}, with {_amount(row, 'lost', unit)}"
    return f"{_new(row)} began: it was made of {_others(row)}, {_amount(row, 'gained', unit)}"


def _split(row: Any, unit: str) -> str:
    if row.old_code:
        return f"{_old(row)} ended: it was split between {_others(row)}, {_amount(row, 'lost', unit)}"
    return f"{_new(row)} began: it was a part of {_others(row)}, {_amount(row, 'gained', unit)}"


def _redrawn(row: Any, unit: str) -> str:
    now = row.new_code if row.new_name == row.old_name else _new(row)
    also = f", now {now}," if row.old_code != row.new_code else ""
    changed: Sequence[tuple[str, float, float]] = (
        ("lost", row.people_lost, row.area_lost_m2), ("gained", row.people_gained, row.area_gained_m2),
    )  # fmt: skip
    moved = [f"{how} {_amount(row, how, unit)}" for how, people, metres in changed if people > 0 or metres > 0]
    beside = f", with {_others(row)} on the other side" if row.other_codes else ""
    return f"{_old(row)}{also} was redrawn: it {listed(moved) or 'changed its ground'}{beside}"


def _recoded(row: Any, _: str) -> str:
    called = f" and is called {row.new_name}" if row.new_name != row.old_name else ""
    if row.passed == NEARLY:
        return f"{_old(row)} has another code, {row.new_code}{called}, because its boundary changed a little"
    return f"{_old(row)} has another code on the same ground: {row.new_code}{called}"


def _renamed(row: Any, _: str) -> str:
    return f"{_old(row)} is called {row.new_name} now, on the same ground"


SAID: dict[EditionChange, Callable[[Any, str], str]] = {
    EditionChange.NEW: _new_one,
    EditionChange.GONE: _gone,
    EditionChange.MERGED: _merged,
    EditionChange.SPLIT: _split,
    EditionChange.REDRAWN: _redrawn,
    EditionChange.RECODED: _recoded,
    EditionChange.RENAMED: _renamed,
}
