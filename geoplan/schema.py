"""The words: Layer, Source, Relation, Tolerance, Finding, and the columns each table must have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from geoplan.errors import ConfigurationError, TableError, refusal

__all__ = [
    "BRITISH_NATIONAL_GRID",
    "FINDING_COLUMNS",
    "OVERLAY_COLUMNS",
    "REST",
    "SET_ASIDE_COLUMNS",
    "Basis",
    "Change",
    "Finding",
    "Flows",
    "Layer",
    "Note",
    "Overlay",
    "Relation",
    "RowsRead",
    "Severity",
    "Source",
    "Tolerance",
    "Weight",
    "assessed",
    "check_areas",
    "check_blocks",
    "check_flows",
    "check_overlay",
    "check_parts",
]

BRITISH_NATIONAL_GRID = "EPSG:27700"

REST = ""
"""Right code of the row that holds what no right area covers."""

OVERLAY_COLUMNS = (
    "area_m2",
    "left_area_share",
    "right_area_share",
    "people",
    "left_people_share",
    "right_people_share",
    "width_m",
    "artefact",
)

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
    "message",
    "evidence",
)

SET_ASIDE_COLUMNS = ("reason", "code", "side", "workers")

PART_COLUMNS = ("block", "code", "share")

BLOCK_MEASURES = ("people", "working_age", "postcodes", "area_m2")


class Severity(StrEnum):
    """How much a finding matters; the order is that of ``--fail-on``."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for an error, 1 for a warning, 2 for info."""
        return list(Severity).index(self)


class Relation(StrEnum):
    """How one area stands to another layer; the first that holds (docs/method.md)."""

    UNCOVERED = "uncovered"
    PARTLY_COVERED = "partly_covered"
    COTERMINOUS = "coterminous"
    NESTED = "nested"
    CONTAINS = "contains"
    STRADDLES = "straddles"


class Basis(StrEnum):
    """What an overlay was decided by."""

    CODES = "codes"
    LABELS = "labels"
    GEOMETRY = "geometry"


class Weight(StrEnum):
    """What an overlay counts."""

    PEOPLE = "people"
    WORKING_AGE = "working_age"
    POSTCODES = "postcodes"
    AREA = "area"


@dataclass(frozen=True)
class Tolerance:
    """Shares below which two layers count as agreeing.

    Parameters
    ----------
    codes
        Share ignored where both layers are unions of the same blocks; 0, so that no island is swallowed.
    drawn
        Share ignored where geometry or postcodes decide.
    keep_artefacts
        Whether pieces no wider than the two layers' resolutions count as real.
    """

    codes: float = 0.0
    drawn: float = 0.005
    keep_artefacts: bool = False

    def __post_init__(self) -> None:
        for name in ("codes", "drawn"):
            value = getattr(self, name)
            if not 0 <= value < 0.5:
                message = f"tolerance {name} is {value}, it must be a share from 0 to below 0.5"
                raise ConfigurationError(message)

    def of(self, basis: Basis) -> float:
        """Return the share that applies to an overlay decided by ``basis``."""
        return self.codes if basis is Basis.CODES else self.drawn


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
    message
        One plain sentence.
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
    """

    rule: str
    message: str
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


@dataclass(frozen=True, eq=False)
class Layer:
    """One geography: its areas, what they are made of, and where it comes from.

    Parameters
    ----------
    key
        Catalogue key, or the name of the file.
    title
        Title for people.
    one, many
        What one of its areas, and several of them, are called inside a sentence; empty for files.
    areas
        Frame indexed by ``code`` with ``name``; ``people``, ``working_age``, ``postcodes``, ``area_m2``
        where known (missing means not assessed); ``confidence``; and ``geometry`` (EPSG:27700) where it
        was asked for. ``confidence`` is that of all members, ``mixed`` where they differ; ``unconfirmed``
        counts the members that nobody confirmed, and ``not_confirmed`` names them.
    parts
        Frame with ``block``, ``code`` (the area) and ``share`` (of the block; missing when unknown), or
        None for a layer that is not a union of blocks. ``confidence`` of the membership, where known.
    source
        Where it comes from.
    extent
        First letters of the GSS codes of the countries it speaks about (E, W, S, N); empty when unknown.
    exhaustive
        Whether every place in the extent should be in an area.
    overlap
        Whether a place may be in several areas by design.
    edition, in_force_from, in_force_to, as_of
        Texts and ISO dates; ``as_of`` is the day whose members are shown.
    status
        ``in force``, ``ended``, ``proposed``, ``reference`` or ``file``.
    resolution_m
        Resolution of the drawing in metres, None when unknown.
    resolution
        The same in words, such as ``indicative: from postcodes``.
    confidence
        Of membership: exact, high, medium, low, or mixed.
    notes
        What loading repaired or could not settle.
    changes
        What is known to change after the day shown, from the first on.
    blocks
        Building blocks of its own, such as the small areas of a lookup: a frame indexed by ``block`` with
        ``people``, ``working_age``, ``postcodes`` and ``area_m2`` (missing where unknown). None: the parts
        are of the shipped blocks.
    unit
        What the blocks of its own are called, such as ``lsoa21``; empty for the shipped ones.
    rows
        How the rows of a membership table of the user's own were used; None for other layers.
    """

    key: str
    title: str
    areas: pd.DataFrame
    source: Source
    parts: pd.DataFrame | None = None
    one: str = ""
    many: str = ""
    extent: str = ""
    exhaustive: bool = False
    overlap: bool = False
    edition: str = ""
    in_force_from: str = ""
    in_force_to: str = ""
    as_of: str = ""
    status: str = "file"
    resolution_m: float | None = None
    resolution: str = ""
    confidence: str = ""
    notes: tuple[Note, ...] = ()
    changes: tuple[Change, ...] = ()
    blocks: pd.DataFrame | None = None
    unit: str = ""
    rows: RowsRead | None = None

    def __post_init__(self) -> None:
        check_areas(self.areas, self.key)
        if self.parts is not None:
            check_parts(self.parts, self.key, self.areas.index)
        if self.blocks is not None:
            check_blocks(self.blocks, self.key, self.parts)

    def name(self, code: str) -> str:
        """Return the name of the area with this code; the code itself where there is none."""
        return str(self.areas["name"].get(code, code))

    def __repr__(self) -> str:
        """Return one line of counts."""
        basis = "drawn" if self.parts is None else f"{len(self.parts)} parts of blocks"
        return f"<Layer {self.key}: {len(self.areas)} areas, {basis}, {self.edition or 'no edition'}>"


@dataclass(frozen=True, eq=False)
class Overlay:
    """Two layers intersected.

    Parameters
    ----------
    left, right
        The layers.
    table
        Frame indexed by ``(left, right)`` codes with `OVERLAY_COLUMNS`; rows with right code ``""`` hold
        what no right area covers. Areas in square metres (EPSG:27700), shares 0 to 1, widths in metres;
        the people columns hold the chosen weight. Missing means not assessed.
    totals
        Frame indexed by left code with ``weight`` (of the area), ``rest_share`` and ``overlap_share``:
        for each area the shares of its pairs + rest - overlap = 1.
    nominal
        Like the share columns of ``table``, with ``left_share``, ``right_share`` for every row: parts of
        unknown size stand in at one half, so that relations can be told where people cannot.
    basis, weight
        What decided, and what was counted.
    pieces
        The polygons in which the pairs meet (EPSG:27700), where geometry decided; else None.
    minor
        The weighed postcodes of rows that hold less than half of either area, where artefacts are looked
        for: ``left``, ``right``, ``x``, ``y`` (metres, EPSG:27700) and ``amount``. All such rows where labels
        decided, rests only where geometry did; None where no postcodes were counted. Rows with left ``""``
        are postcodes of a right area in no left one.
    edge
        Right code -> share of its weight that lies outside the left layer's drawn coast or outer edge only:
        what `geoplan.artefacts.mark` found to be no true rest.
    notes
        What joining the two layers could not settle.
    unpeopled
        Left codes of drawn areas in which nobody lives. Their rows hold ground only, people and nominal shares are
        missing, and their relation is told by area.
    """

    left: Layer
    right: Layer
    table: pd.DataFrame
    totals: pd.DataFrame
    nominal: pd.DataFrame
    basis: Basis
    weight: Weight
    pieces: pd.Series | None = None
    minor: pd.DataFrame | None = None
    edge: Mapping[str, float] | None = None
    notes: tuple[Note, ...] = ()
    unpeopled: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        check_overlay(self.table, f"{self.left.key} with {self.right.key}")


@dataclass(frozen=True, eq=False)
class Flows:
    """Workers by where they live and where they work.

    Parameters
    ----------
    table
        Frame indexed by ``(origin, destination)`` with ``workers``: above nought, fractions allowed, each pair
        once, sorted.
    zones
        Every zone, sorted; one may be left without any flow.
    set_aside
        Frame with `SET_ASIDE_COLUMNS`: workers who do not travel between two zones, by ``reason``, the ``code``
        the source gives, and the ``side`` it stands on (origin or destination).
    source, year
        Who counted, and when; the year is empty when unknown.
    kind
        ``census``, ``given`` (a file of the user's own) or ``modelled``.
    notes
        What reading could not settle.
    """

    table: pd.DataFrame
    zones: pd.Index
    set_aside: pd.DataFrame
    source: str
    year: str = ""
    kind: str = "given"
    notes: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        check_flows(self.table, self.zones, self.source)
        _require_columns(self.set_aside, SET_ASIDE_COLUMNS, f"set aside of {self.source}")

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions in ``zones`` of the origin and of the destination of every row."""
        index = self.table.index
        found = []
        for level, codes in zip(index.levels, index.codes, strict=True):
            places = self.zones.get_indexer(level)
            found.append(places[np.asarray(codes)])
        return found[0], found[1]

    @cached_property
    def residents(self) -> pd.Series:
        """Workers living in each zone, wherever in the zones they work (R)."""
        return self._total("origin")

    @cached_property
    def jobs(self) -> pd.Series:
        """Workers working in each zone, wherever in the zones they live (W)."""
        return self._total("destination")

    @cached_property
    def live_and_work(self) -> pd.Series:
        """Workers living and working in the same zone (S)."""
        ends = self.table.index
        own = self.table["workers"][ends.get_level_values("origin") == ends.get_level_values("destination")]
        return own.droplevel("destination").reindex(self.zones, fill_value=0.0).rename("live_and_work")

    @property
    def dated(self) -> str:
        """The source with its year, which is not said twice."""
        return " ".join(filter(None, (self.source, "" if self.year in self.source else self.year)))

    @property
    def workers(self) -> float:
        """Workers between zones; those set aside are not among them."""
        return float(self.table["workers"].sum())

    def _total(self, end: str) -> pd.Series:
        return self.table["workers"].groupby(level=end, observed=True).sum().reindex(self.zones, fill_value=0.0)


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
    message
        What is wrong, where, how many people, what usually follows: for people.
    evidence
        Further facts, in JSON types.
    short
        The message for a table that names the area and its layer beside it; empty where it is the same.
    shape
        Outline of the ground it is about (shapely, EPSG:27700); None where that is the area itself.
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
    message: str
    evidence: Mapping[str, object] = field(default_factory=dict)
    short: str = ""
    shape: Any = None

    @property
    def gravity(self) -> tuple[int, str, float, str]:
        """Sort key: the most serious first, then by rule and measure."""
        return self.severity.rank, self.rule, -(self.value or 0.0), self.id


def assessed(value: object) -> float | None:
    """Return a measure as a number, or None where it is missing: not assessed."""
    return None if value is None or pd.isna(value) else float(value)  # type: ignore[arg-type]


def _require_columns(table: pd.DataFrame, columns: Iterable[str], where: str) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        message = refusal(f"{where}: column {missing[0]!r} is missing", hint=f"Found: {list(table.columns)}.")
        raise TableError(message)


def check_areas(areas: pd.DataFrame, where: str) -> None:
    """Refuse a table of areas without names, or with codes missing or repeated.

    Parameters
    ----------
    areas
        Frame indexed by code.
    where
        The layer, for the message.

    Raises
    ------
    TableError
        Naming the layer, the column, the number of bad rows and the first three codes.
    """
    _require_columns(areas, ["name"], f"areas of {where}")
    index = areas.index
    blank = index.isna() | (index.astype(str).str.strip() == "")
    if blank.any():
        message = refusal(f"areas of {where}: column 'code' is empty", codes=areas["name"][blank])
        raise TableError(message)
    if not index.is_unique:
        message = refusal(f"areas of {where}: column 'code' has repeated values", codes=index[index.duplicated()])
        raise TableError(message)


def check_parts(parts: pd.DataFrame, where: str, codes: pd.Index) -> None:
    """Refuse parts that name unknown areas or hold shares outside 0 to 1.

    Parameters
    ----------
    parts
        Frame with ``block``, ``code`` and ``share``.
    where
        The layer, for the message.
    codes
        The codes of the layer's areas.

    Raises
    ------
    TableError
        Naming the layer, the column, the number of bad rows and the first three codes.
    """
    _require_columns(parts, PART_COLUMNS, f"parts of {where}")
    strange = codes.get_indexer(parts["code"]) < 0
    if strange.any():
        message = refusal(f"parts of {where}: column 'code' names no area", codes=parts["code"][strange])
        raise TableError(message)
    wrong = (parts["share"] < 0) | (parts["share"] > 1 + 1e-9)
    if wrong.any():
        message = refusal(f"parts of {where}: column 'share' is not within 0 to 1", codes=parts["block"][wrong])
        raise TableError(message)
    twice = parts.duplicated(["block", "code"])
    if twice.any():
        message = refusal(f"parts of {where}: a block is listed twice for one area", codes=parts["block"][twice])
        raise TableError(message)


def check_blocks(blocks: pd.DataFrame, where: str, parts: pd.DataFrame | None) -> None:
    """Refuse a layer's own blocks without a measure, or parts that are not whole blocks of them, each once.

    Parameters
    ----------
    blocks
        Frame indexed by block.
    where
        The layer, for the message.
    parts
        The layer's parts.

    Raises
    ------
    TableError
        Naming the layer, the column, the number of bad rows and the first three codes.
    """
    _require_columns(blocks, BLOCK_MEASURES, f"blocks of {where}")
    if parts is None:
        message = refusal(f"blocks of {where}: no parts say which area each belongs to")
        raise TableError(message)
    if not blocks.index.is_unique:
        message = refusal(f"blocks of {where}: blocks are repeated", codes=blocks.index[blocks.index.duplicated()])
        raise TableError(message)
    at = blocks.index.get_indexer(parts["block"])
    strange = at < 0
    if strange.any():
        message = refusal(f"parts of {where}: column 'block' names no block", codes=parts["block"][strange])
        raise TableError(message)
    torn = (parts["share"] != 1).to_numpy() | pd.Series(at).duplicated().to_numpy()
    if torn.any():
        message = refusal(f"parts of {where}: a block of its own is not whole in one area", codes=parts["block"][torn])
        raise TableError(message)


def check_flows(table: pd.DataFrame, zones: pd.Index, where: str) -> None:
    """Refuse flows that hold a pair twice, workers that are no positive number, or a zone that is not named.

    Parameters
    ----------
    table
        Frame indexed by ``(origin, destination)`` with ``workers``.
    zones
        The zones the table may name.
    where
        The source, for the message.

    Raises
    ------
    TableError
        Naming the source, the column, the number of bad rows and the first three codes.
    """
    _require_columns(table, ["workers"], f"flows of {where}")
    if table.index.names != ["origin", "destination"]:
        message = refusal(f"flows of {where}: the index is {list(table.index.names)}, not origin and destination")
        raise TableError(message)
    bad = ~(table["workers"] > 0) | (table["workers"] == float("inf"))
    if bad.any():
        codes = [" to ".join(map(str, ends)) for ends in table.index[bad]]
        raise TableError(refusal(f"flows of {where}: column 'workers' is not a number above 0", codes=codes))
    if not table.index.is_unique:
        codes = [" to ".join(map(str, ends)) for ends in table.index[table.index.duplicated()]]
        raise TableError(refusal(f"flows of {where}: pairs of zones stand twice", codes=codes))
    for end in ("origin", "destination"):
        unknown = table.index.unique(end).difference(zones)
        if len(unknown):
            raise TableError(refusal(f"flows of {where}: column {end!r} names unknown zones", codes=unknown))


def check_overlay(table: pd.DataFrame, where: str) -> None:
    """Refuse an overlay table without its index levels or columns, or with a pair twice.

    Parameters
    ----------
    table
        Frame indexed by ``(left, right)``.
    where
        The two layers, for the message.

    Raises
    ------
    TableError
        Naming the layers, the column, the number of bad rows and the first three pairs.
    """
    if list(table.index.names) != ["left", "right"]:
        message = refusal(f"overlay of {where}: the index is {list(table.index.names)}, not left, right")
        raise TableError(message)
    _require_columns(table, OVERLAY_COLUMNS, f"overlay of {where}")
    if not table.index.is_unique:
        twice = table.index[table.index.duplicated()]
        message = refusal(f"overlay of {where}: a pair stands twice", codes=twice)
        raise TableError(message)
