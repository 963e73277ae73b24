"""Configurations and JSON documents, read within limits."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from geoplan.data.readers.guards import reading, refuse_absent
from geoplan.errors import InputError, refusal

__all__ = ["is_measure", "parse_json", "read_document"]


def read_document(path: Path) -> str:
    """Read a configuration, a baseline or an earlier audit.

    Parameters
    ----------
    path
        A text file, UTF-8 with or without a byte order mark.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    InputError
        The file is missing, a folder, no regular file, too large, unreadable, or not UTF-8.
    """
    refuse_absent(path)
    with reading(path.name):
        content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InputError(refusal(f"{path.name} cannot be read: it is not UTF-8")) from problem


def parse_json(text: str, file: str) -> Any:
    """Parse JSON that may be hostile.

    Parameters
    ----------
    text, file
        The document, and its name for messages.

    Returns
    -------
    object
        As `json.loads` gives it.

    Raises
    ------
    InputError
        It is no JSON, nested beyond what Python follows, or holds a number of thousands of digits.
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError as problem:
        raise InputError(refusal(f"{file} is no JSON: {problem.msg} in line {problem.lineno}")) from problem
    except (RecursionError, ValueError) as problem:
        raise InputError(refusal(f"{file}: its brackets are too deep or its numbers too long to be read")) from problem


def is_measure(value: object) -> bool:
    """Tell whether a value of a document can be a measure.

    Parameters
    ----------
    value
        As JSON gives it.

    Returns
    -------
    bool
        True for a finite number and for None, a measure that was not assessed.

    Examples
    --------
    >>> is_measure(None), is_measure(2.5), is_measure(float("nan")), is_measure(True), is_measure("2.5")
    (True, True, False, False, False)
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value is None
    return abs(value) <= sys.float_info.max
