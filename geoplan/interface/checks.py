"""`geoplan.check`: whether one layer is sound."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from geoplan.auditing import comparing
from geoplan.commuting.atlas import Atlas
from geoplan.interface.given.references import Day, Layered, atlas_of, taken
from geoplan.interface.given.sheets import Sheet
from geoplan.interface.layers import Layer
from geoplan.interface.results import Result
from geoplan.output.tables.audits import findings_table
from geoplan.schema import BRITISH_NATIONAL_GRID, Finding, Severity

__all__ = ["Check", "check"]


class Check(Result):
    """What is wrong with a layer; ``table`` and ``findings`` are the same rows, as in findings.csv."""

    _atlas: Atlas
    _reference: str
    _findings: tuple[Finding, ...]

    def __init__(self, atlas: Atlas, reference: str) -> None:
        found = comparing.check(reference, atlas=atlas)[1]
        self._take(_atlas=atlas, _reference=reference, _findings=found)

    @property
    def layer(self) -> Layer:
        """The layer as it was read."""
        return Layer(self._atlas, self._reference)

    @property
    def sound(self) -> bool:
        """Whether there is no error: what the first line of ``geoplan check`` says."""
        return not any(finding.severity is Severity.ERROR for finding in self._findings)

    def _heading(self) -> str:
        counts = pd.Series([str(finding.severity) for finding in self._findings], dtype=str).value_counts()
        said = ", ".join(f"{counts.get(each, 0)} {each}" for each in Severity)
        return f"{self.layer.key}: {'sound' if self.sound else 'not sound'}; {said}"

    def _made_table(self) -> pd.DataFrame:
        return findings_table(self._findings)

    def _found(self) -> tuple[Finding, ...]:
        return self._findings

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the findings with their ground.

        Returns
        -------
        geopandas.GeoDataFrame
            The columns of ``findings`` and ``geometry`` in EPSG:27700: the gap or overlap itself, else the area;
            missing for what has no ground.

        Raises
        ------
        ConfigurationError
            If the layer is a lookup of small areas, which has no outlines.
        """
        areas = self.layer.to_geodataframe().geometry
        grounds = [each.shape if each.shape is not None else areas.get(each.code) for each in self._findings]
        shapes = gpd.GeoSeries(grounds, crs=BRITISH_NATIONAL_GRID, dtype="geometry")
        return gpd.GeoDataFrame(self.table, geometry=shapes, crs=BRITISH_NATIONAL_GRID)

    def _sheets(self) -> list[Sheet]:
        found, areas = self.to_geodataframe(), self.layer.to_geodataframe()
        own = [each.shape is not None for each in self._findings]
        return [Sheet(areas, None, self.layer.title), Sheet(found[own], ["overlap"] * sum(own), "findings")]


def check(
    ref: Layered, *, key: str = "layer", code: str = "", name: str = "", as_of: Day = "", dissolve: bool = False
) -> Check:
    """Tell whether a layer is sound: gaps, overlaps, codes, coordinate system, validity.

    Parameters
    ----------
    ref
        Any reference to a layer; see `geoplan.layer`.
    key
        What a frame is called in findings.
    code, name
        Columns of codes and names, where they cannot be found.
    as_of
        Day whose members are shown; the data's own by default.
    dissolve
        Whether rows of outlines with the same code are joined into one area.

    Returns
    -------
    Check
        With ``sound``, ``findings``, ``layer``, ``to_geodataframe``, ``explore`` and ``plot``.

    Raises
    ------
    UnknownKeyError
        If there is no such layer; the nearest keys are named.
    InputError
        If it cannot be read or used at all.

    Examples
    --------
    >>> import geoplan
    >>> geoplan.check("lhb").sound
    True
    """
    atlas = atlas_of(as_of=as_of, code=code, name=name, dissolve=dissolve)
    return Check(atlas, taken(ref, atlas, key))
