"""What is told with its reason: sources, notes, changes to come, findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from geoplan.schema.need import NOT_COUNTED, Need
from geoplan.schema.words import Severity

__all__ = ["FINDING_COLUMNS", "Change", "Finding", "Note", "RowsRead", "Source", "in_parts", "paragraph"]

FINDING_COLUMNS = (
    "id",
    "rule",
    "severity",
    "layer",
    "code",
    "name",
    "other_layer",
    "other_codes",
    "measure",
    "value",
    "unit",
    "out_of_work",
    "out_of_work_rate",
    "message",
    "evidence",
)


def paragraph(*texts: str) -> str:
    """Put sentences one after another; those that are empty are left out.

    Examples
    --------
    >>> paragraph("It is cut.", "", "Move it.")
    'It is cut. Move it.'
    """
    return " ".join(filter(None, texts))


def in_parts(sentences: Iterable[str]) -> tuple[str, str]:
    """Return the first sentence, which leads, and the others as its detail.

    Examples
    --------
    >>> in_parts(["It is cut.", "So are two more.", "None is whole."])
    ('It is cut.', 'So are two more. None is whole.')
    """
    lead, *others = sentences
    return lead, paragraph(*others)


@dataclass(frozen=True)
class Source:
    """Where a layer comes from.

    Parameters
    ----------
    citation
        Publisher and title, or the name of the file; never a path of the machine.
    licence
        Short name of the licence; empty when unknown.
    url
        Where it was published; empty when unknown.
    sha256
        Hash of the bytes read; empty for tables made in memory.
    """

    citation: str
    licence: str = ""
    url: str = ""
    sha256: str = ""


@dataclass(frozen=True)
class Note:
    """Something loading did or could not settle; findings are made of it.

    Parameters
    ----------
    rule
        Code of the rule that speaks, such as ``GP101``.
    lead
        One sentence that stands alone: what is wrong, with names and numbers.
    code, name
        The area concerned; empty where the note is about the layer.
    other_codes
        Codes of authorities, blocks or other areas the note names.
    measure, value, unit
        What was measured, if anything.
    by_design
        True where the catalogue says that this is meant; such a note is information.
    evidence
        Further facts, in JSON types.
    shape
        Outline of the ground it is about (shapely, EPSG:27700); None where that is a whole area or layer.
    spot
        What tells it from others about the same areas, such as the square kilometre it lies in.
    detail, advice
        Further facts, and what to do about it, in sentences; either may be empty.
    in_table
        As in `Finding`.
    need
        Those out of work among the people it counts.
    """

    rule: str
    lead: str
    code: str = ""
    name: str = ""
    other_codes: tuple[str, ...] = ()
    measure: str = ""
    value: float | None = None
    unit: str = ""
    by_design: bool = False
    evidence: Mapping[str, object] = field(default_factory=dict)
    shape: Any = None
    spot: str = ""
    detail: str = ""
    advice: str = ""
    in_table: str = ""
    need: Need = NOT_COUNTED

    @property
    def sentences(self) -> tuple[str, ...]:
        """The parts of the message."""
        return self.lead, self.detail, self.advice

    @property
    def message(self) -> str:
        """All it says, for people."""
        return paragraph(*self.sentences)


@dataclass(frozen=True)
class Change:
    """What is known to change in a layer after the day shown.

    Parameters
    ----------
    day
        When, as the table has it: ``YYYY-MM-DD``, ``YYYY-MM`` or ``YYYY``.
    text
        What happens, as the end of a sentence: ``Hampshire and the Solent begins on 4 June 2026``.
    authorities
        Codes of those concerned; empty where the whole layer is.
    """

    day: str
    text: str
    authorities: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RowsRead:
    """How the rows of a table of the user's own were used: how many were read, and why some were not used."""

    read: int
    not_in_force: int = 0
    not_understood: int = 0


@dataclass(frozen=True)
class Finding:
    """One thing an audit has to say.

    Parameters
    ----------
    id
        Hash of the rule, of the layer and area codes it names, and of the square kilometre of a gap or overlap;
        survives reordering and redraws.
    rule, severity
        Code such as ``GP301`` and how much it matters.
    layer, code, name
        The area it is about; ``code`` is empty where it is about a whole layer.
    other_layer, other_codes
        What it is measured against.
    measure, value, unit
        What was measured; ``value`` is None where nothing was.
    lead
        One sentence that stands alone: what is wrong, where, how many people.
    evidence
        Further facts, in JSON types.
    detail, advice
        What usually follows, and what to do about it, in sentences; either may be empty.
    growth
        A sentence on how its measure has grown since the baseline; empty where it has not.
    in_table
        The words of a table that names the area and its layer beside them; empty where they are the same.
    shape
        Outline of the ground it is about (shapely, EPSG:27700); None where that is the area itself.
    need
        Those out of work among the people it counts.
    figure
        The user's own indicator of those people; None without one, or where it is not assessed.
    by_need
        Whether it ranks by those, and not by what it measured.
    """

    id: str
    rule: str
    severity: Severity
    layer: str
    code: str
    name: str
    other_layer: str
    other_codes: tuple[str, ...]
    measure: str
    value: float | None
    unit: str
    lead: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    detail: str = ""
    advice: str = ""
    growth: str = ""
    in_table: str = ""
    shape: Any = None
    need: Need = NOT_COUNTED
    figure: float | None = None
    by_need: bool = False

    @property
    def size(self) -> float | None:
        """What it ranks by among others: its value, or the people out of work where need was asked for."""
        return self.need.out_of_work if self.by_need else self.value

    @property
    def out_of_work(self) -> float | None:
        """How many of the people it counts are out of work; None where that is not assessed."""
        return self.need.out_of_work

    @property
    def out_of_work_rate(self) -> float | None:
        """The share (0 to 1) of residents aged 16 to 64 there who are out of work; None where not assessed."""
        return self.need.rate

    @property
    def message(self) -> str:
        """All it says, for people."""
        return paragraph(self.lead, self.detail, self.advice, self.growth)

    @property
    def short(self) -> str:
        """The message for a table that names the area and its layer beside it."""
        return paragraph(self.in_table, self.growth) if self.in_table else self.message

    @property
    def gravity(self) -> tuple[int, str, float, str]:
        """Sort key: the most serious first, then by rule and measure."""
        return self.severity.rank, self.rule, -(self.size or 0.0), self.id
