"""`geoplan.audit`: many layers against each other, with findings, files and a map."""

from __future__ import annotations

import difflib
import itertools
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.auditing import config as configuring
from geoplan.auditing.batch import Batch
from geoplan.auditing.need import need_table, run_table
from geoplan.auditing.opening import atlas_for
from geoplan.auditing.results import DEFAULT_PAIRS, Configuration, Pair
from geoplan.commuting.atlas import Atlas
from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.comparisons import Comparison, cut_sheets, pieces_of
from geoplan.interface.given.references import (
    Day,
    Flows,
    Layered,
    Tolerated,
    atlas_of,
    rank_of,
    taken,
    taken_all,
    tolerance_of,
    weight_of,
)
from geoplan.interface.given.sheets import Sheet, ground_sheets
from geoplan.interface.results import Result, sheets_of
from geoplan.output import media
from geoplan.output.summary.ranking import asked_pairs
from geoplan.output.text.audit_lines import summary_text
from geoplan.schema import BRITISH_NATIONAL_GRID, Finding, Severity
from geoplan.writing import folders, places

__all__ = ["Audit", "audit"]

FILES = (*configuring.FILES, "audit.sarif", "audit.junit.xml")


class Audit(Result):
    """Everything an audit found.

    ``table`` has the ``pairs`` of audit.json, one row a pair and direction: ``left``, ``right`` (keys), ``basis``,
    ``areas`` and their number by relation, ``outside_extent``, ``cut_areas``, ``cut_people`` (the weight; missing
    where not assessed), ``homogeneity``, ``completeness``, ``v_measure`` (0 to 1) and ``blocks`` (common blocks).
    ``findings`` has the rows of findings.csv.
    """

    _batch: Batch
    _plan: configuring.Plan
    _atlas: Atlas

    def __init__(self, batch: Batch, plan: configuring.Plan, atlas: Atlas) -> None:
        self._take(_batch=batch, _plan=plan, _atlas=atlas)

    def _heading(self) -> str:
        result = self._batch.result
        counts = [sum(found.severity is each for found in result.findings) for each in Severity]
        found = ", ".join(f"{count} {each}" for count, each in zip(counts, Severity, strict=True))
        return f"{len(result.layers)} layers, {len(result.pairs)} comparisons as of {result.as_of}; findings: {found}"

    def _made_table(self) -> pd.DataFrame:
        return pd.DataFrame([dict(pair.summary) for pair in self._batch.result.pairs])

    def _found(self) -> Sequence[Finding]:
        return self._batch.result.findings

    @property
    def summary(self) -> str:
        """What ``geoplan audit`` prints: the answers, the pairs, the largest findings."""
        return summary_text(self._batch.result, (), "")

    @cached_property
    def pairs(self) -> Mapping[tuple[str, str], Comparison]:
        """Keys of the left and the right layer -> `Comparison`; both directions stand in it."""
        references = {self._atlas.layer(reference).key: reference for reference in self._plan.audit.keys}
        made = {pair.keys: self._comparison(pair, references) for pair in self._batch.result.pairs}
        return MappingProxyType(made)

    def _comparison(self, pair: Pair, references: Mapping[str, str]) -> Comparison:
        left, right = (references.get(key, key) for key in pair.keys)
        return Comparison(pair, self._atlas, (left, right))

    @property
    def _asked(self) -> list[Pair]:
        return asked_pairs(self._batch.result)

    @property
    def pieces(self) -> gpd.GeoDataFrame:
        """Where the geographies compared cut each other, as asked (EPSG:27700); see `Comparison.pieces`."""
        made = [pieces_of(pair, self._atlas) for pair in self._asked]
        empty = gpd.GeoDataFrame(geometry=[], crs=BRITISH_NATIONAL_GRID)
        return gpd.GeoDataFrame(pd.concat(made, ignore_index=True)) if made else empty

    @property
    def need(self) -> pd.DataFrame:
        """Need by area, with that of England first: rows of audit.json and of the workbook's sheet "Need".

        ``layer``, ``code``, ``name``; ``out_of_work``, ``income_deprived``, ``disabled``, ``most_deprived``,
        ``worst_by_work`` (people; missing where nobody counts them), ``residents_2021``, ``residents_16_64_2021``;
        ``out_of_work_rate``, ``most_deprived_share``, ``worst_by_work_share`` (0 to 1) and ``parted`` (deprived
        neighbours on both sides of its border, joined by ";").
        """
        return need_table(self._batch.result)

    @property
    def need_runs(self) -> pd.DataFrame:
        """Runs of deprived neighbours and which of them borders cut: rows of audit.json and of "Need runs".

        ``layer``; ``run``, ``units`` (how many), ``members`` (authorities or sides of one, joined by ";"), ``people``
        (in the most deprived tenth of small areas there), ``areas`` (codes), ``area_names``, ``cut`` (whether no area
        holds all of it). By small areas of your own: `geoplan.need_runs`.
        """
        return run_table(self._batch.result)

    @property
    def changes(self) -> pd.DataFrame:
        """What changed since the earlier audit given as ``against``; no rows without one."""
        versus = self._batch.versus
        return pd.DataFrame() if versus is None else versus.table.copy()

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the left areas of the pairs asked for, with how they stand to the right layers.

        Returns
        -------
        geopandas.GeoDataFrame
            ``left``, ``right`` (keys), then the columns of `Comparison.relations` and ``geometry`` (EPSG:27700).

        Raises
        ------
        ConfigurationError
            If a layer is a lookup of small areas, which has no outlines, or no two layers were compared.
        """
        made = []
        for pair in self._asked:
            areas = self.pairs[pair.keys].to_geodataframe().reset_index()
            areas.insert(0, "left", pair.keys[0])
            areas.insert(1, "right", pair.keys[1])
            made.append(areas)
        if not made:
            raise ConfigurationError(refusal("there is nothing to draw: no two layers were compared"))
        return gpd.GeoDataFrame(pd.concat(made, ignore_index=True))

    def _sheets(self) -> list[Sheet]:
        if not self._asked:
            return [Sheet(self.to_geodataframe())]
        first, *others = self._asked
        more = (sheet for pair in others for sheet in cut_sheets(pair, self._atlas, self._found(), shown=False))
        return [*sheets_of(self.pairs[first.keys]), *more, *ground_sheets(self._found())]

    def picture(
        self,
        kind: str = "png",
        *,
        size: str | int = "",
        title: str = "",
        subtitle: str = "",
        labels: bool = True,
        figures: bool = False,
    ) -> bytes:
        """Draw what ``geoplan map`` draws as a picture: the first comparison, the focus, the layers or the indicator.

        Parameters
        ----------
        kind
            png, svg or pdf.
        size
            A paper size (``A4``, ``A4-landscape``, A2 to A5), a width in pixels (``1600``), or width and height
            (``1600x1000``); by default 1600 pixels across, a PDF A4.
        title, subtitle
            Words in place of the picture's own title, and below the title.
        labels
            Whether there are names and numbers on the map.
        figures
            Whether the audit's ``indicator`` is drawn, in colours of its own, under the borders of up to three layers.

        Returns
        -------
        bytes
            The same audit gives the same bytes; the words of an SVG and a PDF are text.

        Raises
        ------
        ConfigurationError
            If there are no outlines, no such kind or size, the size is too small, or there is no indicator to draw.

        Examples
        --------
        >>> import geoplan
        >>> geoplan.audit(layers=["lhb", "country"]).picture("pdf", size="A5")[:8]
        b'%PDF-1.4'
        """
        from geoplan.output.picture import plot

        return plot.made(
            self._batch.result, kind, size=size, title=title, subtitle=subtitle, labels=labels, figures=figures
        )

    def write(self, folder: str | os.PathLike[str], files: Iterable[str] | None = None) -> list[Path]:
        """Write files into a folder, in the place of those of an earlier audit, as a set; the same as the command's.

        Parameters
        ----------
        folder
            Made if need be. Files of your own in it stay.
        files
            Of findings.csv, audit.json, audit.xlsx, audit.gpkg, map.html, brief.html, brief.docx, audit.sarif,
            audit.junit.xml; by default those of the configuration, or the first seven.

        Returns
        -------
        list of Path
            What was written. Those that need outlines are left out where a lookup has none.

        Raises
        ------
        ConfigurationError
            If a file is not known, or would be written over something that the audit reads.
        OutputError
            If they cannot be written; what was there before is left as it was.
        """
        names = self._plan.files if files is None else tuple(files)
        _refuse_unknown(names)
        place = Path(folder)
        below = ("areas", "index.html") if self._plan.focus else ()
        changed = ("changes.csv",) if self._plan.against else ()
        places.check_folder("folder", str(place), (*names, *below, *changed), places.inputs_of(self._plan.reads))
        made = media.audit_files(self._batch, names, fail_on=self._plan.fail_on, raw=self._plan.raw_csv)
        written = {**made, **media.area_files(self._batch)}
        folders.write_folder(place, written)
        return [place / name for name in written]


def _refuse_unknown(files: Iterable[str]) -> None:
    for name in files:
        if name not in FILES:
            near = difflib.get_close_matches(name, FILES, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(FILES)}."
            raise ConfigurationError(refusal(f"{name!r} is no file of an audit", hint=hint))


def audit(  # noqa: PLR0913 - what the command has
    config: str | os.PathLike[str] | None = None,
    *,
    layers: Sequence[Layered] | Mapping[str, Layered] = (),
    pairs: Iterable[tuple[Layered, Layered]] = (),
    focus: str = "",
    as_of: Day = "",
    weight: str = "people",
    rank: str = "people",
    tolerance: Tolerated = None,
    flows: Flows = None,
    wards: str | os.PathLike[str] = "",
    indicator: str | os.PathLike[str] = "",
    baseline: str | os.PathLike[str] = "",
    against: str | os.PathLike[str] = "",
) -> Audit:
    """Audit partnership geographies against each other; without arguments, those that ship.

    Parameters
    ----------
    config
        A geoplan.toml (``geoplan init`` writes one), which excludes the options about layers and measures.
    layers
        Layers of which every pair is compared, each as for `geoplan.layer`; in a mapping under names of your own.
        With ``pairs`` they are only checked.
    pairs
        Pairs of layers to compare, in both directions; names of ``layers``, or layers.
    focus
        Only findings about one area: code, name or ``layer:name``.
    as_of
        Day whose members are shown; the data's own by default.
    weight
        What is counted: people, working_age, postcodes or area; employment_deprived, income_deprived, disabled or
        most_deprived (people in need; missing where nobody counts them).
    rank
        Order of findings of one severity: ``people``, by what they measure, or ``need``, by the people out of work.
    tolerance
        Share ignored; by default 0 where codes decide, 0.005 where geometry or postcodes do.
    flows
        Commuting flows between authorities, a file or DataFrame, in place of the modelled ones.
    wards
        Boundary file of wards, or lookup to wards, that parts of authorities whose wards are known are counted by.
    indicator
        Figures of your own by authority, block or small area, as `FILE?value=COLUMN&kind=count&source=TEXT&year=YYYY`;
        for rates ``kind=rate&of=people`` or ``working_age``; for small areas ``&small_areas=FILE`` says where they lie.
    baseline
        File of known findings, which are kept quiet while they do not grow.
    against
        audit.json of an earlier audit: `Audit.changes` says what is new, gone, grown or shrunk.

    Returns
    -------
    Audit
        With ``table``, ``findings``, ``pairs``, ``pieces``, ``summary``, ``changes``, ``write``, ``to_geodataframe``,
        ``explore`` and ``plot``. A layer that cannot be compared is finding GP901.

    Raises
    ------
    ConfigurationError
        If the configuration or an option makes no sense.
    InputError
        If no layer, or a frame, can be used; or the earlier audit or baseline cannot be read.
    UnknownAreaError
        If there is no such area; the nearest are named.

    See Also
    --------
    geoplan.compare : Two layers alone.

    Examples
    --------
    >>> import geoplan
    >>> geoplan.audit(layers=["lhb", "lad"], weight="working_age").table[["left", "right", "areas"]].values.tolist()
    [['lhb', 'lad', 7], ['lad', 'lhb', 361]]
    """
    options = {"layers": layers, "pairs": pairs, "focus": focus, "as_of": as_of, "flows": flows, "wards": wards}
    options["indicator"] = indicator
    plain = {"weight": weight, "rank": rank}
    options |= {name: "" if given == "people" else given for name, given in plain.items()} | {"tolerance": tolerance}
    if config is not None:
        _refuse_both(options, config)
        plan = configuring.load(Path(config))
        atlas = atlas_for(plan.audit, geometry=True)
    else:
        atlas = atlas_of(as_of=as_of, flows=flows, wards=wards, indicator=indicator)
        asked = _configuration(atlas, layers, pairs)
        measured = replace(
            asked, focus=focus, as_of=atlas.as_of, weight=weight_of(weight), tolerance=tolerance_of(tolerance),
            flows=atlas.flows_file, wards=atlas.wards_file, rank=rank_of(rank),
            indicator=atlas.indicator_file,
        )  # fmt: skip
        plan, atlas = configuring.Plan(audit=measured), atlas.drawn
    plan = replace(plan, baseline=os.fspath(baseline) or plan.baseline, against=os.fspath(against) or plan.against)
    if plan.against:
        folders.refuse_unfinished(Path(plan.against))
    return Audit(media.run(plan, atlas=atlas), plan, atlas)


def _refuse_both(options: Mapping[str, Any], config: Any) -> None:
    if not isinstance(config, (str, os.PathLike)):
        said = f"a {type(config).__name__} is no configuration"
        raise ConfigurationError(refusal(said, hint="Write layers=[...]."))
    given = [
        name for name, value in options.items() if value is not None and len(str(value)) > 0 and value not in ("", ())
    ]
    if given:
        message = f"{given[0]} and a configuration exclude each other: write it into {Path(config).name}."
        raise ConfigurationError(message)


def _configuration(
    atlas: Atlas, layers: Sequence[Layered] | Mapping[str, Layered], pairs: Iterable[tuple[Layered, Layered]]
) -> Configuration:
    """Put layers and pairs where the atlas opens them, and say which are compared."""
    held = taken_all(layers, atlas)
    named = dict(zip(layers, held, strict=True)) if isinstance(layers, Mapping) else {}
    seen: dict[int, str] = {}
    wanted = []
    for n, (left, right) in enumerate(map(_two, pairs), start=1):
        sides = ((left, f"left_{n}"), (right, f"right_{n}"))
        wanted.append(tuple(_side(each, atlas, key, named, seen) for each, key in sides))
    if wanted:
        return Configuration(pairs=tuple((one, two) for one, two in wanted), layers=tuple(held))
    if held:
        return Configuration(pairs=tuple(itertools.combinations(dict.fromkeys(held), 2)), layers=tuple(held))
    return Configuration(pairs=DEFAULT_PAIRS)


def _two(pair: Any) -> tuple[Layered, Layered]:
    if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
        raise ConfigurationError(refusal("pairs holds what is no pair of layers", hint="Write pairs=[(left, right)]."))
    return pair[0], pair[1]


def _side(given: Layered, atlas: Atlas, key: str, named: Mapping[str, str], seen: dict[int, str]) -> str:
    """Return by which name one side of a pair is opened; the same frame in several pairs is one layer."""
    if isinstance(given, str):
        return named.get(given, given)
    if id(given) not in seen:
        seen[id(given)] = taken(given, atlas, key)
    return seen[id(given)]
