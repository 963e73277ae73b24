"""`geoplan.whatif`: what changes would mend and make."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import pandas as pd

from geoplan.auditing import config
from geoplan.auditing.batch import Batch
from geoplan.auditing.results import Configuration
from geoplan.commuting.atlas import Atlas
from geoplan.data.scenarios.reading import made, read_scenario
from geoplan.data.scenarios.scenario import Scenario
from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.audits import Audit
from geoplan.interface.given.references import (
    Day,
    Flows,
    Layered,
    Tolerated,
    atlas_of,
    day_of,
    taken_all,
    tolerance_of,
    weight_of,
)
from geoplan.interface.results import Result
from geoplan.output import media
from geoplan.output.tables import outcomes
from geoplan.output.tables.audits import findings_table
from geoplan.output.text.outcome_lines import outcome_text
from geoplan.planning.scenarios import whatif as planning
from geoplan.planning.scenarios.fates import FATES
from geoplan.planning.scenarios.whatif import Outcome
from geoplan.schema import BRITISH_NATIONAL_GRID, Finding
from geoplan.writing import folders, places

__all__ = ["WhatIf", "whatif"]


class WhatIf(Result):
    """What would come of changes.

    ``table`` has the figures of both audits: ``measure``, ``layer``, ``against`` (keys), ``before``, ``after``,
    ``difference`` (missing where not assessed) and ``kind`` (count, share from 0 to 1, or mean).
    ``findings`` has those of the audit after the changes.
    """

    _outcome: Outcome
    _plan: config.Plan
    _atlas: Atlas
    _reads: tuple[str, ...]

    def __init__(self, outcome: Outcome, plan: config.Plan, atlas: Atlas, reads: tuple[str, ...]) -> None:
        self._take(_outcome=outcome, _plan=plan, _atlas=atlas, _reads=reads)

    def _heading(self) -> str:
        counts = ", ".join(f"{len(self._outcome.findings(fate))} {fate}" for fate in FATES)
        return f"{self._outcome.scenario.name}: {self._outcome.moved_people:,.0f} people moved; findings: {counts}"

    def _made_table(self) -> pd.DataFrame:
        return outcomes.figures_table(self._outcome)

    def _found(self) -> Sequence[Finding]:
        return self._outcome.after.findings

    @property
    def summary(self) -> str:
        """What ``geoplan whatif`` prints: the changes, the figures that differ, what is mended and made."""
        return outcome_text(self._outcome)

    @property
    def warnings(self) -> list[str]:
        """Sentences on areas that would fall into pieces, with what would join them."""
        return list(self._outcome.warnings)

    @property
    def remarks(self) -> list[str]:
        """Sentences on how the changes were applied: moved twice, there already."""
        return list(self._outcome.remarks)

    @cached_property
    def before(self) -> Audit:
        """The audit without the changes."""
        return Audit(Batch(self._outcome.before, None, ()), self._plan, self._atlas)

    @cached_property
    def after(self) -> Audit:
        """The audit with the changes."""
        changed = self._atlas.changed_by(self._outcome.scenario)
        return Audit(Batch(self._outcome.after, self._outcome.versus, ()), self._plan, changed)

    @property
    def moved(self) -> pd.DataFrame:
        """The blocks that would be in other areas.

        ``layer``, ``block``, ``authority``, the codes and names of the areas that they leave (``left``,
        ``left_names``) and join (``joined``, ``joined_names``; several joined by ";"), and ``people``.
        """
        return outcomes.moves_table(self._outcome)

    @property
    def areas(self) -> pd.DataFrame:
        """The figures of the areas for which something differs, a row a figure.

        ``layer``, ``code``, ``name``, ``measure`` (people, out_of_work, pieces, supply, partners, cut_people,
        cut_out_of_work), ``against`` (key), ``before`` and ``after``.
        """
        return outcomes.areas_table(self._outcome)

    @property
    def mended(self) -> pd.DataFrame:
        """The findings that would be gone, as they are today; columns as in findings.csv."""
        return findings_table(self._outcome.findings("mended"))

    @property
    def made(self) -> pd.DataFrame:
        """The findings that would be new; columns as in findings.csv."""
        return findings_table(self._outcome.findings("made"))

    @property
    def grown(self) -> pd.DataFrame:
        """The findings whose measure would be larger, as they would be; columns as in findings.csv."""
        return findings_table(self._outcome.findings("grown"))

    @property
    def shrunk(self) -> pd.DataFrame:
        """The findings whose measure would be smaller, as they would be; columns as in findings.csv."""
        return findings_table(self._outcome.findings("shrunk"))

    def to_json(self) -> str:
        """Return all of it as JSON, as ``geoplan whatif --format json`` prints it."""
        return outcomes.whatif_json(self._outcome)

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the areas of the first changed layer as they would be.

        Returns
        -------
        geopandas.GeoDataFrame
            Indexed by code: ``name``, ``people``, ``moved`` (whether it is made of other blocks than today) and
            ``geometry`` (EPSG:27700).
        """
        key = next(iter(self._outcome.applied))
        changed = self._outcome.applied[key]
        areas = self._atlas.drawn.changed_by(self._outcome.scenario).layer(key).areas
        touched = {code for sides in changed.moved.values() for codes in sides for code in codes}
        drawn = areas[["name", "people", "geometry"]].assign(moved=[code in touched for code in areas.index])
        return gpd.GeoDataFrame(drawn, geometry="geometry", crs=BRITISH_NATIONAL_GRID)

    def write(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the files of the audit after the changes into a folder, as a set; the same as the command's.

        Parameters
        ----------
        folder
            Made if need be. Files of your own in it stay.

        Returns
        -------
        list of Path
            findings.csv, audit.json, audit.xlsx, audit.gpkg, map.html, brief.html, brief.docx, changes.csv and
            whatif.json; the map, the brief and the workbook tell of both audits.

        Raises
        ------
        ConfigurationError
            If a file would be written over something that was read.
        OutputError
            If they cannot be written; what was there before is left as it was.
        """
        place = Path(folder)
        places.check_folder("folder", str(place), media.WHATIF_FILES, places.inputs_of(self._reads))
        files = media.whatif_files(self._outcome)
        folders.write_folder(place, files)
        return [place / name for name in files]


Changes: TypeAlias = "str | os.PathLike[str] | pd.DataFrame | Sequence[Mapping[str, str]]"
"""A scenario that ships, a file, or rows with action, layer, area, authority and to."""


def whatif(
    changes: Changes,
    *,
    layers: Sequence[Layered] | Mapping[str, Layered] = (),
    focus: str = "",
    as_of: Day = "",
    weight: str = "people",
    tolerance: Tolerated = None,
    flows: Flows = None,
) -> WhatIf:
    """Try changes out: what they would mend, and what they would make worse.

    Parameters
    ----------
    changes
        A scenario that ships (``"surrey_2027"``), a file (a table or TOML), or rows: a DataFrame or a list of dicts
        with ``action`` (move, merge, split, new, dissolve, rename), ``layer`` (key), ``area``, ``authority`` and
        ``to``; several areas or authorities are joined by ";".
    layers
        Layers of which every pair is compared, before and after; by default each changed layer is set against those of
        the default audit.
    focus
        Only findings about one area: code, name or ``layer:name``.
    as_of
        Day whose members are changed; the scenario's or the data's own by default.
    weight
        What is counted: people, working_age, postcodes or area; employment_deprived, income_deprived, disabled or
        most_deprived (people in need; missing where nobody counts them).
    tolerance
        Share ignored; by default 0 where codes decide, 0.005 where geometry or postcodes do.
    flows
        Commuting flows between authorities, a file or DataFrame, in place of the modelled ones.

    Returns
    -------
    WhatIf
        With ``table``, ``before`` and ``after`` (two `Audit`), ``mended``, ``made``, ``grown``, ``shrunk``, ``moved``,
        ``areas``, ``warnings``, ``summary``, ``write``, ``explore`` and ``plot``.

    Raises
    ------
    UnknownKeyError
        If an area, authority, layer or scenario is not known; the nearest are named.
    ConfigurationError
        If a change makes no sense: an area is left without members, or an authority is not where it is said to be.
    InputError
        If the file cannot be read.

    See Also
    --------
    geoplan.layer : ``scenario:NAME`` opens what a scenario makes of a layer.

    Examples
    --------
    >>> import geoplan
    >>> move = {"action": "move", "layer": "connect_to_work", "authority": "Ceredigion", "to": "South West Wales"}
    >>> found = geoplan.whatif([move], layers=["connect_to_work", "lhb"])
    >>> found.table.loc[0, ["before", "after"]].tolist()
    [389160.0, 0.0]
    """
    scenario = _scenario_of(changes)
    atlas = atlas_of(as_of=day_of(as_of) or scenario.as_of or "", flows=flows).drawn
    held = taken_all(layers, atlas)
    asked = Configuration.of_layers(
        held, focus=focus, as_of=atlas.as_of, weight=weight_of(weight), tolerance=tolerance_of(tolerance),
        flows=atlas.flows_file,
    )  # fmt: skip
    configured = planning.configured(scenario, asked, chosen=bool(held))
    outcome = planning.whatif(scenario, replace(configured, as_of=atlas.as_of), atlas=atlas)
    reads = (os.fspath(changes),) if isinstance(changes, (str, os.PathLike)) else ()
    return WhatIf(outcome, config.Plan(audit=configured), atlas, reads)


def _scenario_of(changes: Any) -> Scenario:
    if isinstance(changes, (str, os.PathLike)):
        return read_scenario(os.fspath(changes))
    if isinstance(changes, pd.DataFrame):
        text = changes.astype(object).where(changes.notna(), "").astype(str)
        return _made(text.to_dict("records"))
    if isinstance(changes, Sequence) and all(isinstance(row, Mapping) for row in changes):
        return _made(changes)
    said = f"a {type(changes).__name__} is no changes"
    hint = "Give a file, a scenario that ships, or rows with action, layer, area, authority and to."
    raise ConfigurationError(refusal(said, hint=hint))


def _made(rows: Sequence[Mapping[str, str]]) -> Scenario:
    numbered = [
        (f"row {number}", {str(name).casefold(): str(cell).strip() for name, cell in row.items()})
        for number, row in enumerate(rows, start=1)
    ]
    return made(numbered, "changes", title="as the changes given have it")
