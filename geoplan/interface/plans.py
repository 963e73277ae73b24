"""`geoplan.plan`: clusters designed to fit."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.commuting.atlas import Atlas
from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.given.references import (
    Flows,
    atlas_of,
)
from geoplan.interface.given.sheets import Sheet
from geoplan.interface.layers import Layer
from geoplan.interface.results import Result
from geoplan.output import media
from geoplan.output.summary.planned.designs import proof
from geoplan.output.tables import design_audits
from geoplan.output.tables import designs as tables
from geoplan.output.text.design_lines import designs_text
from geoplan.planning.designing import asked, designs
from geoplan.schema import wording
from geoplan.writing import folders, places

__all__ = ["Plan", "plan"]


class Plan(Result):
    """Clusters that are designed to fit: several alternatives beside today's arrangement.

    ``table`` is the scoreboard: ``measure``, ``against`` (key of a layer; empty where none), ``today`` (missing
    without a start), and a column for each alternative by its number, from "1". What is missing is not assessed.
    ``cut_people`` and ``change`` are of those whom the plan counts there: ``to_json`` has them under ``parameters``.
    """

    _designs: designs.Designs
    _atlas: Atlas
    _reads: tuple[str, ...]

    def __init__(self, made: designs.Designs, atlas: Atlas, reads: tuple[str, ...]) -> None:
        self._take(_designs=made, _atlas=atlas, _reads=reads)

    def _heading(self) -> str:
        counted = wording.number_of(len(self._designs.designs), "alternative", "alternatives")
        proved = sum(one.optimal for one in self._designs.designs)
        return f"{wording.number_of(len(self._designs.units), 'unit', 'units')}: {counted}, {proved} proved best"

    def _made_table(self) -> pd.DataFrame:
        return tables.scoreboard(self._designs)

    @property
    def summary(self) -> str:
        """What ``geoplan plan`` prints: the scoreboard, what is proved, and why units move."""
        return designs_text(self._designs)

    @property
    def alternatives(self) -> pd.DataFrame:
        """What each alternative was sought for and how good it is, indexed by ``number``.

        ``name``, ``optimal``, ``score`` (the weighted sum of the terms), ``bound`` (what none can fall below), ``gap``
        (the distance as a share of the score) and ``proof``, a sentence.
        """
        made = self._designs
        rows = [(one.name, one.optimal, one.score, one.bound, one.gap, proof(one, made)) for one in made.designs]
        numbered = pd.RangeIndex(1, len(rows) + 1, name="number")
        return pd.DataFrame(rows, numbered, ["name", "optimal", "score", "bound", "gap", "proof"])

    @property
    def areas(self) -> pd.DataFrame:
        """The areas of today's arrangement and of every alternative, a row an area.

        ``design`` ("today", or the number of the alternative), ``code``, ``name``, ``units`` (how many), ``people``,
        ``out_of_work`` (people; missing where not counted), ``self_containment`` (supply side, 0 to 1), ``pieces``,
        and for every layer of the audits ``partners KEY`` (its areas to work with) and ``cut_people KEY`` (people in
        cut pieces, of those whom the plan counts there).
        """
        return design_audits.areas_table(self._designs)

    @property
    def findings(self) -> pd.DataFrame:
        """What the audits of today's arrangement and of every alternative find, with what becomes of today's.

        ``design``, ``fate`` (mended, made, grown, shrunk or stays; empty without a start), ``before`` (its measure
        today) and the columns of findings.csv, where ``layer`` calls every arrangement ``clusters``. What is mended
        stands as it was, with no ``value``.
        """
        return design_audits.fated_findings(self._designs)

    @property
    def assignment(self) -> pd.DataFrame:
        """Which area every unit is in: ``unit``, ``name``, ``people``, ``today`` and a column for each alternative."""
        return tables.assignment_table(self._designs)

    @property
    def moves(self) -> pd.DataFrame:
        """The units whose area changes, with the reasons, a row an alternative (``design``), unit and layer.

        ``unit``, ``name``, ``from``, ``to``, ``people``, ``layer``, ``mends_people`` (fewer in cut pieces than if it
        alone stayed, of those whom the plan counts), ``keeps_workers`` (more who live and work in one area) and
        ``beside`` (who goes the same way).
        """
        numbers = range(1, len(self._designs.designs) + 1)
        return pd.concat([tables.moves_table(self._designs, number) for number in numbers], ignore_index=True)

    def layer(self, number: int = 1) -> Layer:
        """Return an alternative as a layer that `compare`, `audit` and all others take.

        Parameters
        ----------
        number
            Of the alternative, from 1.

        Returns
        -------
        Layer
            With the key ``alternative_1`` and so on.

        Raises
        ------
        ConfigurationError
            If there is no such alternative.
        """
        if number not in range(1, len(self._designs.designs) + 1):
            counted = wording.number_of(len(self._designs.designs), "alternative", "alternatives")
            raise ConfigurationError(refusal(f"there is no alternative {number!r}", hint=f"There are: {counted}."))
        key, arrangement = f"alternative_{number}", self._designs.designs[number - 1].audited.arrangement
        atlas = Atlas(as_of=self._atlas.as_of)
        atlas.hold(key, lambda other, _code, _name: arrangement.layer(other, key))
        return Layer(atlas, key)

    def to_geodataframe(self, number: int = 1) -> gpd.GeoDataFrame:
        """Return the clusters of an alternative.

        Parameters
        ----------
        number
            Of the alternative, from 1.

        Returns
        -------
        geopandas.GeoDataFrame
            Indexed by code: the columns of `Layer.table` with ``geometry`` (EPSG:27700).
        """
        return self.layer(number).to_geodataframe()

    def _sheets(self) -> list[Sheet]:
        return [Sheet(self.to_geodataframe(1), title="Alternative 1")]

    def to_json(self) -> str:
        """Return all of it as JSON, as ``geoplan plan --format json`` prints it."""
        return tables.designs_json(self._designs)

    def brief(self) -> str:
        """Return the brief for a committee, as ``geoplan plan --out`` writes it.

        Returns
        -------
        str
            HTML of two to four printed pages: the answer, the scoreboard, maps side by side, who moves and why.
        """
        from geoplan.output.brief import plans

        return plans.page(self._designs)

    def map(self) -> str:
        """Return the page that switches between today's arrangement and every alternative.

        Returns
        -------
        str
            HTML that opens from disk and asks nobody for anything; write it as UTF-8.
        """
        return media.plan_map(self._designs)

    def write(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write the files of the plan into a folder, as a set; the same as the command's.

        Parameters
        ----------
        folder
            Made if need be. Files of your own in it stay.

        Returns
        -------
        list of Path
            One a file.

        Raises
        ------
        ConfigurationError
            If a file would be written over something that was read.
        OutputError
            If they cannot be written; what was there before is left as it was.
        """
        place = Path(folder)
        names = media.plan_names(len(self._designs.designs))
        places.check_folder("folder", str(place), names, places.inputs_of(self._reads))
        files = media.plan_files(self._designs)
        folders.write_folder(place, files)
        return [place / name for name in files]


def plan(config: str | os.PathLike[str] | Mapping[str, Any], *, flows: Flows = None) -> Plan:
    """Design clusters that fit.

    Parameters
    ----------
    config
        A TOML file, or what stands in it: a mapping with ``units``, ``within``, ``clusters``, ``start``,
        ``objectives``, ``constraints``, ``alternatives``, ``seed`` and ``time_limit`` (docs/reference/planning.md).
    flows
        Commuting flows between authorities, a file or DataFrame, in place of those that the plan names.

    Returns
    -------
    Plan
        With ``table`` (the scoreboard), ``alternatives``, ``areas``, ``findings``, ``assignment``, ``moves``,
        ``layer``, ``summary``, ``to_geodataframe``, ``brief``, ``map``, ``write``, ``explore`` and ``plot``.

    Raises
    ------
    ConfigurationError
        If the plan makes no sense: a key, unit or area that is not known, with the nearest names; or constraints that
        contradict each other, with the smallest set of those.
    InputError
        If a file cannot be read.
    TimeUpError
        If no arrangement was found in the time.

    See Also
    --------
    geoplan.realign : The fewest moves that align two layers as they are.

    Examples
    --------
    >>> import geoplan
    >>> asked = {
    ...     "within": ["combined_authority:Greater Manchester"],
    ...     "units": "lad",
    ...     "clusters": 2,
    ...     "objectives": {"self_containment": 1.0},
    ...     "alternatives": 1,
    ... }
    >>> found = geoplan.plan(asked)
    >>> found.alternatives["optimal"].tolist()
    [True]
    >>> len(found.layer(1).table)
    2
    """
    wanted = asked.taken(config) if isinstance(config, Mapping) else asked.load(Path(os.fspath(config)))
    atlas = atlas_of(as_of=wanted.as_of or "", flows=wanted.flows or None if flows is None else flows)
    made = designs.answered(designs.plan(wanted, atlas=atlas))
    own = () if isinstance(config, Mapping) else (os.fspath(config),)
    return Plan(made, atlas, (*own, *asked.references(wanted)))
