"""Documents in TOML that a JSON Schema describes, refused with the line of the fault and the nearest key."""

from __future__ import annotations

import difflib
import itertools
import json
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.data.readers.documents import read_document
from geoplan.errors import ConfigurationError, InputError, refusal

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["checked", "checked_values"]

MOST_DOTS = 500
MOST_PROBLEMS = 50
"""Faults that are looked at to find the first in the file."""


@cache
def shipped_schema(package: str, file: str) -> Mapping[str, Any]:
    """Return a JSON Schema that is published in the package.

    Parameters
    ----------
    package, file
        Where it stands, such as ``geoplan.auditing`` and ``geoplan.schema.json``.

    Returns
    -------
    Mapping
        Draft 2020-12.
    """
    found: dict[str, Any] = json.loads((resources.files(package) / file).read_text(encoding="utf-8"))
    return found


def text_of(path: Path, hint: str = "") -> str:
    """Return the text of a document that says what to do, so that one that cannot be read is a fault of usage.

    Parameters
    ----------
    path
        The file.
    hint
        What helps where it cannot be read.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    ConfigurationError
        If it cannot be read.
    """
    try:
        return read_document(path)
    except InputError as problem:
        raise ConfigurationError(f"{problem} {hint}".rstrip()) from problem


def checked(text: str, file: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Read TOML that keeps to a schema.

    Parameters
    ----------
    text, file
        The document, and the name of its file for messages.
    schema
        JSON Schema, draft 2020-12.

    Returns
    -------
    dict
        What it holds; days as text.

    Raises
    ------
    ConfigurationError
        It is no TOML, or breaks the schema; names the line and the nearest key.
    """
    raw = _loaded(text, file)
    _days_as_text(raw)
    problems = _problems(raw, schema)
    problems.sort(key=lambda problem: (_line(text, problem), str(problem.message)))
    if problems:
        raise ConfigurationError(_told(problems[0], f"{file}, line {_line(text, problems[0])}"))
    return raw


def checked_values(given: Mapping[str, Any], name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Take values that keep to a schema, as a file of them would be read.

    Parameters
    ----------
    given
        The values; they are not changed.
    name
        What they are called in messages.
    schema
        JSON Schema, draft 2020-12.

    Returns
    -------
    dict
        A copy, with lists for tuples; days as text.

    Raises
    ------
    ConfigurationError
        They break the schema; names the nearest key.
    """
    raw = _plain(given)
    problems = sorted(_problems(raw, schema), key=lambda one: (not _unknown_keys(_deepest(one)), str(one.message)))
    if problems:
        raise ConfigurationError(_told(problems[0], name))
    found: dict[str, Any] = raw
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(held) for held in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    return value.isoformat() if isinstance(value, date) else value


def _problems(raw: Any, schema: Mapping[str, Any]) -> list[ValidationError]:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return list(itertools.islice(validator.iter_errors(raw), MOST_PROBLEMS))


def _days_as_text(raw: dict[str, Any]) -> None:
    for key, value in raw.items():
        if isinstance(value, date):
            raw[key] = value.isoformat()
        elif isinstance(value, dict):
            _days_as_text(value)


def _loaded(text: str, file: str) -> dict[str, Any]:
    """Parse TOML that may be hostile: each part of a dotted key costs as much as all before it."""
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > MOST_DOTS:
            raise ConfigurationError(refusal(f"{file}, line {number}: more than {MOST_DOTS} dots"))
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigurationError(refusal(f"{file} is no TOML: {problem}")) from problem
    except (RecursionError, ValueError) as problem:
        message = refusal(f"{file}: its brackets are too deep or its numbers too long to be read")
        raise ConfigurationError(message) from problem


def _told(problem: ValidationError, where: str) -> str:
    """Put what breaks the schema into a sentence, with the nearest key."""
    deepest = _deepest(problem)
    path = ".".join(str(part) for part in deepest.absolute_path)
    if unknown := next(iter(_unknown_keys(deepest)), ""):
        known = _known_keys(deepest)
        near = difflib.get_close_matches(unknown, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
        return refusal(f"{where}: unknown key {unknown!r}{f' in {path}' if path else ''}", hint=hint)
    value = json.dumps(deepest.instance, ensure_ascii=False, default=str)
    shown = value if len(value) < 60 else f"{value[:57]}..."
    if deepest.validator == "enum":
        choices: Any = deepest.validator_value
        allowed = [str(each) for each in choices]
        near = difflib.get_close_matches(str(deepest.instance), allowed, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(allowed)}."
        return refusal(f"{where}: {path} is {shown}, which is not known", hint=hint)
    return refusal(f"{where}: {path or 'the file'}: {deepest.message}")


def _deepest(problem: ValidationError) -> ValidationError:
    """Return, of the ways in which a value may be written, the fault of the one that was meant: of its type."""
    while problem.validator == "oneOf":
        meant = [each for each in problem.context or () if each.validator != "type"]
        if not meant:
            break
        problem = min(meant, key=lambda each: each.validator != "additionalProperties")
    return problem


def _line(text: str, problem: ValidationError) -> int:
    """Return the line of the key that a fault is about, 1 where it cannot be told."""
    deepest = _deepest(problem)
    return _line_of(text, [*deepest.absolute_path, *_unknown_keys(deepest)[:1]])


def _unknown_keys(problem: ValidationError) -> list[str]:
    """Return the keys that an object holds although its schema does not know them."""
    if problem.validator != "additionalProperties" or not isinstance(problem.instance, Mapping):
        return []
    return [str(key) for key in problem.instance if key not in _known_keys(problem)]


def _known_keys(problem: ValidationError) -> list[str]:
    rules: Any = problem.schema
    return list(rules.get("properties", {}))


def _line_of(text: str, path: Sequence[str | int]) -> int:
    """Find the line of a dotted path of keys in TOML: the last of its keys that has a line of its own."""
    found, counts = 1, dict[str, int]()
    heading: list[str | int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if match := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
            name = match[2]
            heading = [part.strip().strip("\"'") for part in name.split(".")]
            if match[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                heading.append(counts[name])
            if heading == list(path[: len(heading)]):
                found = number
        elif match := re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line):
            here = [*heading, *(part.strip("\"'") for part in match[1].split("."))]
            if here == list(path[: len(here)]):
                found = number
    return found
