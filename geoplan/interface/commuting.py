"""`geoplan.labour_markets` and `geoplan.containment`: how commuting fits areas."""

from __future__ import annotations

from numbers import Integral

import geopandas as gpd
import pandas as pd

from geoplan.commuting import delineated, self_containment
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.criteria import Criteria
from geoplan.commuting.delineated import Markets
from geoplan.commuting.self_containment import Contained
from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.given.flow_sheets import flow_sheets
from geoplan.interface.given.references import Day, Flows, Layered, atlas_of, refuse_no_numbers, taken
from geoplan.interface.given.sheets import Sheet
from geoplan.interface.results import Result, drawn_frame
from geoplan.output.tables.commuting import containment_table, matrix_table, steadiness
from geoplan.schema import BRITISH_NATIONAL_GRID, layer_wording, wording

__all__ = ["Containment", "LabourMarkets", "containment", "labour_markets"]


class LabourMarkets(Result):
    """Groups of zones in which most who live there work there.

    ``table`` has one row an area: ``area`` (code of its core), ``name``, ``zones`` (their number), ``size`` (residents
    in work), ``jobs``, ``live_and_work`` (workers), ``supply`` and ``demand`` (self-containment, 0 to 1), the scores
    ``validity`` and ``line``, ``valid`` and ``stability`` (0 to 1; missing without runs).
    """

    _made: Markets
    _atlas: Atlas

    def __init__(self, made: Markets, atlas: Atlas) -> None:
        self._take(_made=made, _atlas=atlas)

    def _heading(self) -> str:
        found = self._made.found
        areas = wording.plural(len(found.areas), "area")
        return f"{areas} of {len(found.assignment)} zones by {found.method}; {self._made.flows.dated}"

    def _made_table(self) -> pd.DataFrame:
        areas = self._made.found.areas.rename_axis("area").reset_index()
        areas.insert(1, "name", self._made.names.reindex(areas["area"]).fillna(areas["area"]).astype(str).to_numpy())
        return areas.assign(stability=steadiness(self._made).reindex(areas["area"]).to_numpy(dtype=float))

    @property
    def assignment(self) -> pd.Series:
        """Zone -> area; zones that are in none are left out. It can be compared like any layer."""
        return self._made.found.assignment.rename("area").rename_axis("zone")

    @property
    def stability(self) -> pd.Series:
        """Zone -> share of runs (0 to 1) in which it stays with the core of its area; empty without runs."""
        told = self._made.stability
        steady = pd.Series(dtype=float) if told is None else told.zones["stability"]
        return steady.rename("stability").rename_axis("zone")

    @property
    def likeness(self) -> pd.DataFrame:
        """How like the areas are to partnerships in force and to Louvain's communities, by residents in work."""
        return self._made.likeness.copy()

    @property
    def flows(self) -> pd.DataFrame:
        """The flows it was made of: ``origin``, ``destination`` and ``workers``."""
        return self._made.flows.table[["workers"]].reset_index()

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the zones with their area.

        Returns
        -------
        geopandas.GeoDataFrame
            Indexed by ``code``: ``name``, ``area`` and ``geometry`` (indicative) in EPSG:27700.

        Raises
        ------
        ConfigurationError
            If the zones are no authorities, whose outlines alone are known.
        """
        drawn = drawn_frame(self._atlas.drawn.layer("lad"))
        if not self.assignment.index.isin(drawn.index).all():
            message = "the zones of these flows are no authorities, and their outlines are not known"
            raise ConfigurationError(refusal(message, hint="Join assignment to a GeoDataFrame of your own."))
        told = drawn[["name"]].assign(area=self.assignment.reindex(drawn.index))
        whole = gpd.GeoDataFrame(told, geometry=drawn.geometry, crs=BRITISH_NATIONAL_GRID)
        return whole[whole["area"].notna()]

    def _sheets(self) -> list[Sheet]:
        areas = self.to_geodataframe().drop(columns="name").dissolve("area")
        names = self.table.set_index("area")["name"]
        zones = self.to_geodataframe()
        title = f"between authorities, {self._made.flows.dated}"
        lines = flow_sheets(self._made.flows.table, zones.geometry, zones["name"], title)
        return [Sheet(areas.assign(name=names.reindex(areas.index)), None, "Labour market areas"), *lines]


class Containment(Result):
    """How self-contained the areas of a layer are.

    ``table`` has one row an area: ``code``, ``name``, ``size`` (residents in work), ``jobs``, ``live_and_work``
    (workers), ``supply`` and ``demand`` (0 to 1; missing where nobody lives, or works, there), ``validity``, ``passes``
    and the largest leak out and in: ``leak_out_code``, ``leak_out_name``, ``leak_out_workers``, ``leak_out_share``
    (0 to 1), ``leak_out_certainty`` (clear, weak, not clear), and the same with ``leak_in``. Where modelled flows leave
    it open which leak is the largest, the codes are joined by ";" and workers and share are missing.
    """

    _made: Contained
    _atlas: Atlas
    _reference: str

    def __init__(self, made: Contained, atlas: Atlas, reference: str) -> None:
        self._take(_made=made, _atlas=atlas, _reference=reference)

    def _heading(self) -> str:
        passing = int(self._made.found.areas["passes"].sum())
        areas = wording.plural(len(self._made.found.areas), "area")
        return f"{self._made.layer.key}: {passing} of {areas} would pass; {self._made.flows.dated}"

    def _made_table(self) -> pd.DataFrame:
        return containment_table(self._made)

    @property
    def leaks(self) -> pd.DataFrame:
        """What each area sends to every other and gets from it, most first.

        ``code``, ``other`` (empty for ground in no area), ``direction`` (out or in), ``workers``, ``share`` (0 to
        1: of its residents in work, or of its jobs), ``weak`` (at least half of them modelled across water or a
        national border) and ``rival`` (the error of the model leaves it open which of these is the largest).
        """
        return self._made.found.leaks.copy()

    @property
    def matrix(self) -> pd.DataFrame:
        """Workers between the areas: ``origin``, ``destination`` (codes; empty for ground in none), ``workers``."""
        return matrix_table(self._made)

    @property
    def cut(self) -> pd.DataFrame:
        """The labour market areas that the layer's boundaries cut, with the workers who cross."""
        return self._made.cut.copy()

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the areas with their scores.

        Returns
        -------
        geopandas.GeoDataFrame
            Indexed by ``code``: the columns of ``table`` and ``geometry`` in EPSG:27700.

        Raises
        ------
        ConfigurationError
            If the layer is a lookup of small areas, which has no outlines.
        """
        drawn = drawn_frame(self._atlas.drawn.layer(self._reference))
        told = self.table.set_index("code")
        return gpd.GeoDataFrame(told, geometry=drawn.geometry.reindex(told.index), crs=BRITISH_NATIONAL_GRID)

    def _sheets(self) -> list[Sheet]:
        areas = self.to_geodataframe()
        title = layer_wording.short(self._made.layer)
        between = self._made.found.between
        lines = flow_sheets(between, areas.geometry, areas["name"], f"{title}, {self._made.flows.dated}")
        return [Sheet(areas, None, title), *lines]


def labour_markets(  # noqa: PLR0913 - what the published procedures ask for
    flows: Flows = None,
    *,
    zones: Layered | None = None,
    method: str = "uk",
    test: str = "validity",
    rest: str = "",
    min_size: float = 3500.0,
    min_containment: float = 0.667,
    target_size: float = 25000.0,
    target_containment: float = 0.75,
    contiguous: bool = False,
    runs: int = 20,
    seed: int = 1,
    as_of: Day = "",
) -> LabourMarkets:
    """Find labour market areas: groups of zones in which most who live there work there.

    Parameters
    ----------
    flows
        A file, or a DataFrame with origin, destination and workers; by default the modelled flows between
        authorities.
    zones
        Layer whose areas are the zones, as for `geoplan.layer`; others are refused.
    method
        ``uk``: a whole area dissolves at a time; ``istat``: one zone leaves it.
    test
        Published form of the criterion: ``validity`` or ``line``.
    rest
        With ``istat``, what is left of an area: ``package`` (default) or ``summed``.
    min_size, min_containment, target_size, target_containment
        Working residents (number) and self-containment (0 to 1) that an area must reach: the smaller the one, the
        larger the other must be.
    contiguous
        Whether pieces cut off from the rest of their area move to a neighbour; authorities only.
    runs, seed
        Runs with shuffled order and flows drawn anew, for the stability, and their seed; 0 for none.
    as_of
        Day whose partnerships the areas are set against; the data's own by default.

    Returns
    -------
    LabourMarkets
        With ``table``, ``assignment``, ``stability``, ``likeness``, ``flows``, ``to_geodataframe``, ``explore`` and
        ``plot``.

    Raises
    ------
    ConfigurationError
        If an option has a value that it cannot have.
    InputError
        If the flows or the zones cannot be used.

    Notes
    -----
    The procedures of the travel to work areas of the United Kingdom and of Istat's local labour systems, with their
    sources: docs/method/overlay.md.

    Examples
    --------
    >>> import geoplan, pandas as pd
    >>> trips = pd.DataFrame({"origin": ["A", "A", "B"], "destination": ["A", "B", "B"], "workers": [900, 100, 500]})
    >>> geoplan.labour_markets(trips, min_size=100, target_size=500, runs=0).assignment.to_dict()
    {'A': 'A', 'B': 'B'}
    """
    refuse_no_numbers(min_size=min_size, min_containment=min_containment, target_size=target_size,
                      target_containment=target_containment)  # fmt: skip
    refuse_no_numbers(Integral, runs=runs, seed=seed)
    atlas = atlas_of(as_of=as_of, flows=flows)
    made = delineated.delineated(
        atlas.flows_file, atlas=atlas, zones="" if zones is None else taken(zones, atlas, "zones"), method=method,
        test=test, rest=rest, contiguous=contiguous, runs=runs, seed=seed,
        criteria=Criteria(min_size, min_containment, target_size, target_containment),
    )  # fmt: skip
    return LabourMarkets(made, atlas)


def containment(
    layer: Layered,
    *,
    flows: Flows = None,
    min_size: float = 3500.0,
    min_containment: float = 0.667,
    target_size: float = 25000.0,
    target_containment: float = 0.75,
    as_of: Day = "",
    code: str = "",
    name: str = "",
) -> Containment:
    """Score the areas of a layer as labour markets: who works where they live, and where the others go.

    Parameters
    ----------
    layer
        A layer, as for `geoplan.layer`.
    flows
        A file, or a DataFrame with origin, destination and workers; by default the modelled flows between
        authorities.
    min_size, min_containment, target_size, target_containment
        What an area must reach, as for `labour_markets`.
    as_of
        Day whose members are shown; the data's own by default.
    code, name
        Columns of files and frames, where they cannot be found.

    Returns
    -------
    Containment
        With ``table``, ``leaks``, ``matrix``, ``cut``, ``to_geodataframe``, ``explore`` and ``plot``.

    Raises
    ------
    InputError
        If layer and flows have no zone in common, or the layer is a lookup and no flows were given.

    Examples
    --------
    >>> import geoplan
    >>> len(geoplan.containment("lhb").table)
    7
    """
    atlas = atlas_of(as_of=as_of, flows=flows, code=code, name=name)
    held = taken(layer, atlas)
    refuse_no_numbers(min_size=min_size, min_containment=min_containment, target_size=target_size,
                      target_containment=target_containment)  # fmt: skip
    criteria = Criteria(min_size, min_containment, target_size, target_containment)
    made = self_containment.containment(held, atlas=atlas, criteria=criteria)
    return Containment(made, atlas, held)
