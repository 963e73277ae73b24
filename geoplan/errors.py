"""Every way geoplan refuses or warns, in one tree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

__all__ = [
    "AmbiguousError",
    "ConfigurationError",
    "GeoplanError",
    "GeoplanWarning",
    "InputError",
    "NetworkError",
    "NoServiceError",
    "OutputError",
    "Refusal",
    "RunError",
    "TableError",
    "TimeUpError",
    "UnknownAreaError",
    "UnknownKeyError",
    "WorkersError",
    "carefully",
    "escaped",
    "refusal",
]

LONGEST_REASON = 200
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*| geographies: | could hold the areas: |Name it: flows\?")
KEYWORDS = {
    "--as-of": "as_of=...",
    "--code": "code=...",
    "--dissolve": "geoplan.layer(..., dissolve=True)",
    "--flows": "flows=...",
    "--focus": "focus=...",
    "--keep-artefacts": "keep_artefacts=True",
    "--name": "name=...",
    "--zones": "zones=...",
    " could hold the areas: ": "of a frame keep two columns, frame[[small_areas, areas]]",
    " geographies: ": "of a frame keep two columns, frame[[small_areas, areas]]",
    "Name it: flows?": "of a frame frame.rename(columns={HEADING: 'origin'})",
}
"""What refusals tell to write on the command line, and what is written for it in Python."""
NO_MEMORY = ("bad_alloc", "failed to map segment", "cannot allocate memory")
"""What libraries say, and what the system says of a library it cannot load, where memory has run out."""


class GeoplanError(Exception):
    """Base of all refusals; its text is one plain sentence, a hint may follow.

    ``exit_code`` is what the command line ends with: 2 for usage and configuration, 3 for input that
    cannot be read, 4 for what could not run or be written; ``why`` is the reason alone. Options that it names are
    told as Python's keywords in a note, which a traceback shows and the command line does not.
    """

    exit_code = 3

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why
        words = [KEYWORDS[option] for option in dict.fromkeys(OPTION.findall(str(why))) if option in KEYWORDS]
        if words:
            self.add_note(f"In Python: {', '.join(words)}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Come back from another process as it was, whatever its making took."""
        return _again, (type(self), self.args, dict(vars(self)))


def _again(kind: type[GeoplanError], arguments: tuple[Any, ...], state: dict[str, Any]) -> GeoplanError:
    made = kind.__new__(kind, *arguments)
    Exception.__init__(made, *arguments)
    vars(made).update(state)
    return made


class InputError(GeoplanError):
    """A file or layer cannot be read or used."""


class TableError(InputError):
    """A table lacks a column or holds values that its contract forbids."""


class OutputError(GeoplanError):
    """The results cannot be written where they were asked for."""

    exit_code = 4


class NetworkError(GeoplanError):
    """A server cannot be reached, does not answer, or answers with what is no answer."""

    exit_code = 4


class NoServiceError(NetworkError):
    """A server answers, and has nothing at the address that was asked for."""


class RunError(GeoplanError):
    """Something failed that geoplan did not foresee."""

    exit_code = 4

    def __init__(self, what: str, problem: Exception) -> None:
        why = _reason(problem)
        super().__init__(f"{what} could not run: {why}")
        self.why = why


class WorkersError(GeoplanError):
    """Those who were to do the work cannot, or would answer otherwise."""

    exit_code = 4


class TimeUpError(GeoplanError):
    """The time given was up before there was any answer."""

    exit_code = 4


class ConfigurationError(GeoplanError):
    """The request itself makes no sense: an option, a date, a pair of layers."""

    exit_code = 2


class UnknownKeyError(ConfigurationError):
    """A catalogue key, place, area or rule is not known."""


class UnknownAreaError(UnknownKeyError):
    """An area that was asked for is in none of the layers."""

    exit_code = 3


class AmbiguousError(ConfigurationError):
    """A name or column fits several things."""


class GeoplanWarning(UserWarning):
    """Data that is poor but usable; the same matter is also reported as a finding."""


@contextmanager
def carefully(what: str) -> Iterator[None]:
    """Turn whatever a library or the system raises into a refusal that asks for a report.

    Parameters
    ----------
    what
        The work that is done, naming the layers concerned, as the beginning of a sentence.

    Raises
    ------
    RunError
        For anything but a refusal of geoplan's own, which passes.
    """
    try:
        yield
    except GeoplanError:
        raise
    except Exception as problem:
        raise RunError(what, problem) from problem


def is_memory(problem: Exception) -> bool:
    """Tell whether a library gave up because memory ran out."""
    told = str(problem).lower()
    return isinstance(problem, MemoryError) or any(sign in told for sign in NO_MEMORY)


class Refusal(str):
    """The text of a refusal, which knows where its hint begins.

    Parameters
    ----------
    sentence
        What is wrong, with its full stop.
    hint
        What the user can do about it; may be empty.
    """

    __slots__ = ("hint", "sentence")
    sentence: str
    hint: str

    def __new__(cls, sentence: str, hint: str = "") -> Self:
        """Join a sentence and a hint to one text that still knows both."""
        made = super().__new__(cls, f"{sentence} {hint}" if hint else sentence)
        made.sentence, made.hint = sentence, hint
        return made


def _reason(problem: Exception) -> Refusal:
    if is_memory(problem):
        return refusal(
            "there is not enough memory", hint="Cut the files to the part that matters, or simplify their outlines."
        )
    # Of the system's errors only the words: their text holds paths of the machine.
    told = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    said = " ".join(told.split())[:LONGEST_REASON].rstrip(".")
    return refusal(
        f"{type(problem).__name__}{f' ({said})' if said else ''}",
        hint="This was not foreseen: please report it, with this sentence and the files.",
    )


def refusal(what: str, *, codes: Iterable[object] = (), hint: str = "") -> Refusal:
    """Word a refusal: the sentence, the number of bad rows with the first three codes, and a hint.

    Parameters
    ----------
    what
        The sentence, without a full stop, naming file, layer and column.
    codes
        The codes or row labels at fault; all are counted, the first three are named.
    hint
        What the user can do about it, as a sentence of its own.

    Returns
    -------
    Refusal
        The message for an exception.

    Examples
    --------
    >>> refusal("towns.csv: column 'code' has repeated values", codes=["E1", "E2", "E1", "E3"])
    "towns.csv: column 'code' has repeated values (4 rows: E1, E2, E1, ...)."
    """
    listed = [str(code) for code in codes]
    found = ""
    if listed:
        rows = "row" if len(listed) == 1 else "rows"
        found = f" ({len(listed)} {rows}: {', '.join(listed[:3])}{', ...' if len(listed) > 3 else ''})"
    return Refusal(f"{what}{found}.", hint)


def escaped(text: str) -> str:
    r"""Show what a terminal would take for a command, or what turns the direction of writing, as an escape.

    Parameters
    ----------
    text
        For people to read.

    Returns
    -------
    str
        The same text; line feeds and tabs stay.

    Examples
    --------
    >>> print(escaped("Barn\x1b[31msley"))
    Barn\x1b[31msley
    """
    return "".join(
        each if each in "\n\t" or unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} else _escape(each)
        for each in text
    )


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
