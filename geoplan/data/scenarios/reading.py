"""Read changes: a table or TOML of the user's own, or a scenario that ships."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from geoplan.data.catalogue import day_asked
from geoplan.data.days import parse_day
from geoplan.data.membership.checks import CONFIDENCES
from geoplan.data.readers.documents import read_document
from geoplan.data.readers.guards import hash_of
from geoplan.data.readers.locators import looks_like_file, parse_reference
from geoplan.data.scenarios.scenario import ACTIONS, PREFIX, SEVERAL, Scenario, Step, asked_of, several
from geoplan.data.shipped.package_data import shipped_files, shipped_path
from geoplan.data.tables.tables import is_table, read_rows
from geoplan.errors import ConfigurationError, InputError, UnknownKeyError, refusal
from geoplan.schema import wording

__all__ = ["made", "read_scenario", "scenario_file", "scenario_of", "shipped_scenarios"]

MOST_CHANGES = 5000
COLUMNS = ("action", "layer", "area", "authority", "to")
MORE = ("code", "source", "date", "confidence", "note")
TEXTS = ("title", "as_of", "date", "source", "confidence", "note")
"""What a file in TOML may say of its changes as a whole."""
FOLDER = "scenarios"
HINT = f"Write a table with the columns {', '.join(COLUMNS)}."


def scenario_of(reference: str, stands_for: str = "") -> tuple[Scenario, str]:
    """Return the scenario that a reference means, and which of its layers.

    Parameters
    ----------
    reference
        ``scenario:NAME``, with ``#layer`` for one of its layers.
    stands_for
        Key of the layer it stands for; of several layers this one is meant, else the first.

    Returns
    -------
    tuple of Scenario and str
        The scenario, and the reference to the layer that it changes.

    Raises
    ------
    ConfigurationError
        If it does not change the layer that the reference names.
    """
    name, wanted = asked_of(reference)
    scenario = read_scenario(name)
    if wanted and wanted not in scenario.layers:
        said = f"{PREFIX}{Path(name).name} does not change {wanted!r}"
        raise ConfigurationError(refusal(said, hint=f"It changes {wording.listed(scenario.layers)}."))
    return scenario, wanted or (stands_for if stands_for in scenario.layers else scenario.layers[0])


def read_scenario(name: str) -> Scenario:
    """Read changes.

    Parameters
    ----------
    name
        A scenario that ships, or a file: a table (CSV, Excel) with ``action``, ``layer``, ``area``, ``authority`` and
        ``to``, or TOML with ``[[changes]]`` that hold the same.

    Returns
    -------
    Scenario
        Its cells as written: what they mean is told where they are applied.

    Raises
    ------
    UnknownKeyError
        If no scenario that ships is called so, and it is no file; names the nearest.
    InputError
        If the file cannot be read.
    ConfigurationError
        If it holds no changes, an action that is not known, or a change without what it needs.
    """
    name = name.removeprefix(PREFIX)
    known = shipped_scenarios()
    if name in known:
        return known[name]
    file = scenario_file(name)
    if file is None:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"Those that ship: {', '.join(known)}."
        raise UnknownKeyError(refusal(f"{name!r} is no scenario that ships, and no file", hint=hint))
    return _of_toml(file) if file.suffix.lower() == ".toml" else _of_table(name, file)


def scenario_file(name: str) -> Path | None:
    """Return the file that a scenario is read from; None where there is none of that name."""
    if name in shipped_scenarios():
        return shipped_path(f"{FOLDER}/{name}.toml")
    return parse_reference(name)[0] if looks_like_file(name) else None


@cache
def shipped_scenarios() -> Mapping[str, Scenario]:
    """Return the scenarios that ship, by name.

    Returns
    -------
    Mapping of str to Scenario
        In the order of their names; not to be changed.
    """
    return {file.stem: _of_toml(file, file.stem) for file in shipped_files(f"{FOLDER}/*.toml")}


def _of_table(name: str, file: Path) -> Scenario:
    if not is_table(file):
        raise ConfigurationError(refusal(f"{file.name} holds no changes that can be read", hint=HINT))
    table = read_rows(name, most=MOST_CHANGES)
    plain = [str(heading).strip().casefold() for heading in table.frame.columns]
    if twice := [heading for heading in (*COLUMNS, *MORE) if plain.count(heading) > 1]:
        raise ConfigurationError(refusal(f"{file.name} has column {twice[0]!r} twice", hint="Keep one of them."))
    headings = dict(zip(plain, map(str, table.frame.columns), strict=True))
    if missing := [column for column in ("action", "layer") if column not in headings]:
        raise ConfigurationError(refusal(f"{file.name} has no column {missing[0]!r}", hint=HINT))
    known = {column: headings[column] for column in (*COLUMNS, *MORE) if column in headings}
    text = table.frame.astype(object).where(table.frame.notna(), "").astype(str)
    rows = [
        (f"row {number}", {column: str(row[heading]).strip() for column, heading in known.items()})
        for number, row in zip(table.frame.index, text.to_dict("records"), strict=True)
    ]
    unread = [heading for heading in plain if heading not in (*COLUMNS, *MORE)]
    noted = [f"Not read, as changes have no such column: {wording.listed(unread)}."] if unread else []
    said = (*table.said, *noted)
    return made(rows, file.name, title=f"as {file.name} changes them", sha256=table.sha256, said=said)


def _of_toml(file: Path, name: str = "") -> Scenario:
    try:
        raw = tomllib.loads(read_document(file))
    except tomllib.TOMLDecodeError as problem:
        raise ConfigurationError(refusal(f"{file.name} is no TOML: {problem}")) from problem
    except (RecursionError, ValueError) as problem:
        said = f"{file.name}: its brackets are too deep or its numbers too long to be read"
        raise ConfigurationError(refusal(said)) from problem
    given = raw.get("changes")
    if not isinstance(given, list) or not all(isinstance(each, dict) for each in given):
        raise ConfigurationError(refusal(f"{file.name} has no [[changes]]", hint="Begin each change with [[changes]]."))
    _refuse_unknown(raw, (*TEXTS, "changes"), file.name)
    whole = {key: _text(raw[key], f"{file.name}: {key}") for key in TEXTS if key in raw}
    _refuse_no_day(whole.get("date", ""), file.name)
    rows = []
    for number, each in enumerate(given, start=1):
        _refuse_unknown(each, (*COLUMNS, *MORE), f"{file.name}, change {number}")
        rows.append((f"change {number}", {key: _text(cell, f"{file.name}, change {number}: {key}")
                                          for key, cell in each.items()}))  # fmt: skip
    as_of = _day_changed(whole["as_of"], file.name) if "as_of" in whole else None
    return made(
        rows, name or file.name, title=whole.get("title") or f"as {file.name} changes them", sha256=hash_of([file]),
        as_of=as_of, in_force_from=whole.get("date", ""),
        **{key: whole.get(key, "") for key in ("source", "confidence", "note")},
    )  # fmt: skip


def _day_changed(text: str, name: str) -> date:
    try:
        return day_asked(text)
    except ConfigurationError as problem:
        message = f"{name}: as_of: {problem}"
        raise ConfigurationError(message) from problem


def _refuse_unknown(given: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
            raise ConfigurationError(refusal(f"{where} has an unknown key {str(key)!r}", hint=hint))


def _text(value: object, where: str) -> str:
    """Return what TOML holds as the text of a cell."""
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return SEVERAL.join(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return value.strip()
    raise ConfigurationError(refusal(f"{where} is {str(value)[:60]}, which is no text"))


def made(rows: Sequence[tuple[str, Mapping[str, str]]], name: str, *, title: str, **whole: Any) -> Scenario:
    """Make a scenario of rows.

    Parameters
    ----------
    rows
        Where each stands, and its cells by column.
    name
        Of the scenario or its file, for messages.
    title
        For people.
    **whole
        Other fields of `Scenario`.

    Returns
    -------
    Scenario
        Every action is known and has what it needs.

    Raises
    ------
    ConfigurationError
        Naming the row and the column.
    """
    steps = tuple(_steps(rows, name))
    if not steps:
        raise ConfigurationError(refusal(f"{name} holds no changes", hint=HINT))
    return Scenario(name=name, title=title, steps=steps, **whole)


def _steps(rows: Sequence[tuple[str, Mapping[str, str]]], name: str) -> Iterator[Step]:
    for at, cells in rows:
        where = f"{name}, {at}"
        action = cells.get("action", "").casefold()
        if action not in ACTIONS:
            near = difflib.get_close_matches(action, ACTIONS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(ACTIONS)}."
            raise ConfigurationError(refusal(f"{where}: {cells.get('action', '')!r} is no action", hint=hint))
        needed = ACTIONS[action]
        for column in ("layer", *needed):
            if not cells.get(column):
                hint = f"{action} is told {wording.listed(['layer', *needed])}."
                raise ConfigurationError(refusal(f"{where}: column {column!r} is empty", hint=hint))
        optional = ("area",) if action == "move" else ()
        for column in ("area", "authority", "to"):
            if cells.get(column) and column not in (*needed, *optional):
                hint = f"{action} is told {wording.listed(['layer', *needed])}."
                raise ConfigurationError(refusal(f"{where}: {action} takes no {column!r}", hint=hint))
        for column in ("to", *(("area",) if action in {"split", "rename"} else ())):
            if len(several(cells.get(column, ""))) > 1:
                said = f"{where}: {action} takes one {column!r}, and there is {cells[column]!r}"
                raise ConfigurationError(refusal(said, hint="Write a row for each."))
        _refuse_unsure(cells.get("confidence", ""), where)
        day = cells.get("date", "")
        _refuse_no_day(day, where)
        named = {key: cells.get(key, "") for key in ("layer", "area", "authority", "to", *MORE) if key != "date"}
        yield Step(at=at, action=action, day=day, **named)


def _refuse_unsure(text: str, where: str) -> None:
    if text and text not in CONFIDENCES:
        said = f"{where}: confidence is {text!r}"
        raise ConfigurationError(refusal(said, hint=f"Known: {', '.join(CONFIDENCES)}."))


def _refuse_no_day(text: str, where: str) -> None:
    try:
        parse_day(text, end=False)
    except (ConfigurationError, InputError) as problem:
        raise ConfigurationError(refusal(f"{where}: date is {text!r}", hint="Write it like 2027-04-01.")) from problem
