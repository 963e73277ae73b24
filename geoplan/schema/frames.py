"""The tables with identity: a layer, an overlay, commuting flows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from geoplan.schema import wording
from geoplan.schema.checks import (
    SET_ASIDE_COLUMNS,
    check_areas,
    check_blocks,
    check_bodies,
    check_flows,
    check_overlay,
    check_parts,
    require_columns,
)
from geoplan.schema.records import Change, Note, RowsRead, Source
from geoplan.schema.words import Basis, Weight

__all__ = ["Flows", "Layer", "Overlay", "whole_sums"]

CODE = len("E06000001")


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
        Frame indexed by ``code`` with ``name``; ``people``, ``working_age``, ``postcodes``, ``area_m2``,
        `geoplan.schema.NEED_COLUMNS` where known (missing means not assessed);
        ``confidence``; and ``geometry`` (EPSG:27700) where it was asked for. ``confidence`` is that of all members,
        ``mixed`` where they differ; ``unconfirmed`` counts the members that nobody confirmed, and ``not_confirmed``
        names them. ``valid_from`` and ``valid_to`` say from when to when an area is there, both empty where nobody
        knows. Where amounts of money or places
        are known, `geoplan.schema.money.MONEY_COLUMNS`.
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
    complete
        Whether all its areas are known; where not, a place in none of them may be in one nobody found.
    edition, in_force_from, in_force_to, as_of
        Texts and ISO dates; ``as_of`` is the day whose members are shown.
    status
        ``in force``, ``ended``, ``not yet in force``, ``proposed``, ``date not known``, ``reference``, ``file`` or
        ``scenario``.
    edition_of
        Month or year of the edition, of a geography that its edition dates; empty for all others.
    not_dated
        Areas left out because nobody knows when they were there and the day shown is far from their edition, by name
        and authorities.
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
    bodies
        Who sits at the table, plain members apart: a frame with `BODY_COLUMNS`, of which ``lad`` is the code of an
        authority, of either tier, and empty for other bodies. None for layers without a membership table.
    own
        Columns of ``areas`` that are the user's own, of which geoplan knows nothing and which it keeps.
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
    complete: bool = True
    edition: str = ""
    in_force_from: str = ""
    in_force_to: str = ""
    as_of: str = ""
    status: str = "file"
    edition_of: str = ""
    not_dated: tuple[Change, ...] = ()
    resolution_m: float | None = None
    resolution: str = ""
    confidence: str = ""
    notes: tuple[Note, ...] = ()
    changes: tuple[Change, ...] = ()
    blocks: pd.DataFrame | None = None
    unit: str = ""
    rows: RowsRead | None = None
    bodies: pd.DataFrame | None = None
    own: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_areas(self.areas, self.key)
        if self.parts is not None:
            check_parts(self.parts, self.key, self.areas.index)
        if self.blocks is not None:
            check_blocks(self.blocks, self.key, self.parts)
        if self.bodies is not None:
            check_bodies(self.bodies, self.key)

    @property
    def indicative(self) -> bool:
        """Whether its outlines are those of the shipped blocks, drawn from postcodes."""
        return self.parts is not None and self.blocks is None and not self.resolution.startswith(wording.OFFICIAL)

    @cached_property
    def places(self) -> dict[str, np.ndarray]:
        """Area -> the places of its rows in ``parts``; nothing of a layer without."""
        return {} if self.parts is None else self.parts.groupby("code").indices

    @cached_property
    def names(self) -> dict[str, str]:
        """Code of an area -> its name."""
        return {code: str(name) for code, name in self.areas["name"].items()}

    def name(self, code: str) -> str:
        """Return the name of the area with this code; the code itself where there is none."""
        return self.names.get(code, str(code))

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
        unknown size stand in at one half, which orders them and decides nothing.
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
        what `geoplan.analysis.artefacts.mark` found to be no true rest.
    notes
        What joining the two layers could not settle.
    bounds
        The rows that parts of unknown size touch, with ``left_least``, ``left_most``, ``right_least`` and
        ``right_most``: between which shares they lie, whatever the sizes. None where all sizes are known.
    unpeopled
        Left codes of drawn areas in which nobody lives. Their rows hold ground only, people and nominal shares are
        missing, and their relation is told by area.
    rated
        Indexed as ``table``, with `geoplan.schema.RATED_MEASURES`: people out of work and the residents (16 to 64) of
        whom they are a part, whatever was counted, and `geoplan.schema.indicators.INDICATOR_COLUMNS` where the blocks
        hold an indicator of the user's own; missing where not assessed. None where no people were counted.
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
    bounds: pd.DataFrame | None = None
    rated: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        check_overlay(self.table, f"{self.left.key} with {self.right.key}")


@dataclass(frozen=True, eq=False)
class Flows:
    """Workers by where they live and where they work.

    Parameters
    ----------
    table
        Frame indexed by ``(origin, destination)`` with ``workers``: above nought, fractions allowed, each pair
        once, sorted; ``weak`` where the flows are modelled: water or a national border lies between the two.
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
        require_columns(self.set_aside, SET_ASIDE_COLUMNS, f"set aside of {self.source}")

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions in ``zones`` of the origin and of the destination of every row."""
        index = self.table.index
        found = []
        for level, codes in zip(index.levels, index.codes, strict=True):
            places = self.zones.get_indexer(level)
            found.append(places[np.asarray(codes)])
        return found[0], found[1]

    @property
    def weak(self) -> np.ndarray:
        """Of every row, whether it is modelled across water or a national border; never where flows are given."""
        if self.kind != "modelled" or "weak" not in self.table.columns:
            return np.zeros(len(self.table), dtype=bool)
        return self.table["weak"].to_numpy(dtype=bool)

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

    @cached_property
    def silence(self) -> str:
        """A sentence on the countries, and other zones, that no flow touches; empty where there are none."""
        totals = self.residents + self.jobs
        silent = [str(zone) for zone in totals.index[totals <= 0]]
        if self.kind == "modelled" or not silent:
            return ""
        heard = {_country_of(str(zone)) for zone in totals.index[totals > 0]}
        lost = {_country_of(zone) for zone in silent} - heard - {""}
        whole = [name for letter, name in wording.COUNTRIES.items() if letter in lost]
        rest = [zone for zone in silent if _country_of(zone) not in lost]
        few = f"{wording.plural(len(rest), 'zone')} ({wording.listed(rest[:3])}{' among them' if rest[3:] else ''})"
        named = [*whole, *([few] if rest else [])]
        return f"There are no flows of {wording.listed(named)} in {self.dated}: commuting there is not assessed."

    def _total(self, end: str) -> pd.Series:
        return self.table["workers"].groupby(level=end, observed=True).sum().reindex(self.zones, fill_value=0.0)


def _country_of(zone: str) -> str:
    """Return the letter of the country that a code of statistics begins with; empty for other zones."""
    return zone[0] if len(zone) == CODE and zone[0] in wording.COUNTRIES and zone[1:].isdigit() else ""


def whole_sums(grouped: Any) -> pd.DataFrame:
    """Sum the columns of grouped rows; a sum of which one part is missing is missing."""
    sums: pd.DataFrame = grouped.sum().where(grouped.count().eq(grouped.size(), axis=0))
    return sums
