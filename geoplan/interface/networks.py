"""`geoplan.blocks`, `geoplan.contiguity`, `geoplan.realign`, `geoplan.need_runs`: layers as networks."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import networkx as nx
import pandas as pd

from geoplan.analysis.networks.alignment_problem import Goal
from geoplan.commuting.atlas import Atlas
from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.given.references import Day, Layered, Tolerated, atlas_of, taken, tolerance_of, weight_of
from geoplan.interface.given.sheets import Sheet
from geoplan.interface.given.small_runs import all_runs
from geoplan.interface.results import Result, drawn_frame
from geoplan.output.tables import networks
from geoplan.planning.aligning import common_blocks, pieces, realigning
from geoplan.schema import BRITISH_NATIONAL_GRID, layer_wording, wording

__all__ = ["Blocks", "Contiguity", "Realignment", "blocks", "contiguity", "need_runs", "realign"]


class Blocks(Result):
    """The smallest groupings on which some layers agree, the largest first.

    ``table`` has one row an area: ``block`` (its id; empty for areas that share ground with none), ``layer``,
    ``code``, ``name``, ``people`` (of the block, the chosen weight; with weight area ``area_m2``, square metres) and
    ``region`` where the block is one.
    """

    _made: common_blocks.Blocks
    _atlas: Atlas
    _reference: str

    def __init__(self, made: common_blocks.Blocks, atlas: Atlas, reference: str) -> None:
        self._take(_made=made, _atlas=atlas, _reference=reference)

    def _heading(self) -> str:
        keys = ", ".join(layer.key for layer in self._made.layers)
        return f"{wording.plural(len(self._made.blocks), 'common block')} of {keys}"

    def _made_table(self) -> pd.DataFrame:
        return networks.blocks_table(self._made)

    @property
    def graph(self) -> nx.Graph:
        """The areas of all layers as nodes (key, place of the layer, code), and what they share as edges; a copy."""
        return self._made.graph.copy()

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the areas of the first layer with their block.

        Returns
        -------
        geopandas.GeoDataFrame
            Indexed by ``code``: ``name``, ``block`` and ``geometry`` in EPSG:27700.

        Raises
        ------
        ConfigurationError
            If the layer is a lookup of small areas, which has no outlines.
        """
        drawn = drawn_frame(self._atlas.drawn.layer(self._reference))
        block = {code: each.id for each in self._made.blocks for code in each.left}
        told = drawn[["name"]].assign(block=[block.get(str(code), "") for code in drawn.index])
        return gpd.GeoDataFrame(told, geometry=drawn.geometry, crs=BRITISH_NATIONAL_GRID)

    def _sheets(self) -> list[Sheet]:
        areas = self.to_geodataframe()
        return [
            Sheet(areas[areas["block"] != ""].dissolve("block", aggfunc={"name": ", ".join}), None, "Common blocks")
        ]


class Contiguity(Result):
    """How the areas of one layer hang together.

    ``table`` has one row a piece: ``code``, ``name``, ``piece`` (1 the largest), ``members`` (authorities, or
    polygons), ``links`` (bridges, tunnels and ferries by which alone the area is one), ``articulation`` (authorities
    whose leaving would split it) and ``within`` (the area wholly around the piece); several joined by ";".
    """

    _made: pieces.Pieces
    _atlas: Atlas
    _reference: str

    def __init__(self, made: pieces.Pieces, atlas: Atlas, reference: str) -> None:
        self._take(_made=made, _atlas=atlas, _reference=reference)

    def _heading(self) -> str:
        apart = sum(len(area.pieces) > 1 for area in self._made.areas)
        return f"{self._made.layer.key}: {apart} of {wording.plural(len(self._made.areas), 'area')} in pieces"

    def _made_table(self) -> pd.DataFrame:
        return networks.contiguity_table(self._made)

    @property
    def graph(self) -> nx.Graph:
        """Authorities, or polygons, joined by borders and crossings, with their ``area``; a copy."""
        return self._made.graph.copy()

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the areas with the number of their pieces.

        Returns
        -------
        geopandas.GeoDataFrame
            Indexed by ``code``: ``name``, ``pieces`` and ``geometry`` in EPSG:27700.

        Raises
        ------
        ConfigurationError
            If the layer has no outlines.
        """
        drawn = drawn_frame(self._atlas.drawn.layer(self._reference))
        count = {area.code: len(area.pieces) for area in self._made.areas}
        told = drawn[["name"]].assign(pieces=[count.get(str(code), 0) for code in drawn.index])
        return gpd.GeoDataFrame(told, geometry=drawn.geometry, crs=BRITISH_NATIONAL_GRID)

    def _sheets(self) -> list[Sheet]:
        return [Sheet(self.to_geodataframe(), None, layer_wording.short(self._made.layer))]


class Realignment(Result):
    """The fewest moves that would make one layer agree with another.

    ``table`` has one row an authority, or side of a split one, that moves: ``code``, ``name``, ``block``, ``from``,
    ``from_name``, ``to``, ``to_name`` and ``people`` (the chosen weight).
    """

    _made: realigning.Alignment

    def __init__(self, made: realigning.Alignment) -> None:
        self._take(_made=made)

    def _heading(self) -> str:
        left, moves = self._made.result.left.key, wording.plural(len(self._made.result.moves), "move")
        proven = "fewest" if self.optimal else "not proven to be the fewest"
        return f"{left} to {self._made.right.key}, {self._made.result.goal}: {moves} ({proven})"

    def _made_table(self) -> pd.DataFrame:
        return networks.moves_table(self._made)

    @property
    def optimal(self) -> bool:
        """Whether it is proven that there are no fewer moves."""
        return bool(self._made.result.optimal)

    @property
    def counts(self) -> pd.DataFrame:
        """Left areas by relation, ``cut_people`` and common ``blocks``: ``before`` and ``after`` the moves."""
        return pd.DataFrame({"before": dict(self._made.before), "after": dict(self._made.after)})

    @property
    def unreached(self) -> pd.Series:
        """Area -> why what was asked for cannot be reached there."""
        return pd.Series(dict(self._made.result.unreached), dtype=object, name="reason").rename_axis("code")

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return what moves.

        Returns
        -------
        geopandas.GeoDataFrame
            ``table`` with the indicative outlines of the blocks that move, in EPSG:27700.
        """
        return gpd.GeoDataFrame(self.table, geometry=list(self._made.shapes), crs=BRITISH_NATIONAL_GRID)

    def _sheets(self) -> list[Sheet]:
        moves = self.to_geodataframe()
        return [Sheet(moves, ["overlap"] * len(moves), "Authorities that would move")]


def blocks(
    *refs: Layered, weight: str = "people", tolerance: Tolerated = None, as_of: Day = "", code: str = "", name: str = ""
) -> Blocks:
    """Find the smallest groupings on which two or more layers agree.

    Parameters
    ----------
    *refs
        Layers, each as for `geoplan.layer`. Frames are called ``layer_1``, ``layer_2``, ....
    weight
        What is counted: people, working_age, postcodes or area; employment_deprived, income_deprived, disabled or
        most_deprived (people in need; missing where nobody counts them).
    tolerance
        Share below which areas do not count as meeting.
    as_of
        Day whose members are shown; the data's own by default.
    code, name
        Columns of files and frames, where they cannot be found.

    Returns
    -------
    Blocks
        With ``table``, ``graph``, ``to_geodataframe``, ``explore`` and ``plot``.

    Raises
    ------
    ConfigurationError
        If there are fewer than two layers, or one of several stands twice.
    GeoplanError
        If a layer cannot be opened.

    Notes
    -----
    Connected components of the graph in which areas of two layers are joined where they share ground;
    docs/method/networks.md.

    Examples
    --------
    >>> import geoplan
    >>> geoplan.blocks("lhb", "connect_to_work")
    <Blocks 3 common blocks of lhb, connect_to_work>
    """
    atlas = atlas_of(as_of=as_of, code=code, name=name)
    held = [taken(each, atlas, f"layer_{n}") for n, each in enumerate(refs, start=1)]
    made = common_blocks.blocks(*held, atlas=atlas, weight=weight_of(weight), tolerance=tolerance_of(tolerance))
    return Blocks(made, atlas, held[0])


def contiguity(ref: Layered, *, as_of: Day = "", code: str = "", name: str = "") -> Contiguity:
    """Tell which areas of a layer are in pieces, and what holds the others together.

    Parameters
    ----------
    ref
        A layer, as for `geoplan.layer`; no lookup of small areas.
    as_of
        Day whose members are shown; the data's own by default.
    code, name
        Columns of files and frames, where they cannot be found.

    Returns
    -------
    Contiguity
        With ``table``, ``graph``, ``to_geodataframe``, ``explore`` and ``plot``.

    Raises
    ------
    ConfigurationError
        If the layer is a lookup, which has no outlines.
    GeoplanError
        If the layer cannot be opened.

    Examples
    --------
    >>> import geoplan
    >>> geoplan.contiguity("lhb")
    <Contiguity lhb: 0 of 7 areas in pieces>
    """
    atlas = atlas_of(as_of=as_of, code=code, name=name)
    held = taken(ref, atlas)
    return Contiguity(pieces.contiguity(held, atlas=atlas), atlas, held)


def realign(
    left: Layered,
    right: Layered,
    *,
    goal: str = "clean",
    pair: tuple[str, str] | None = None,
    weight: str = "people",
    as_of: Day = "",
) -> Realignment:
    """Find the fewest authorities, then people, whose move would make one layer agree with another.

    Parameters
    ----------
    left, right
        Layers made of authorities, each as for `geoplan.layer`.
    goal
        ``clean``: of two areas that meet one lies inside the other; ``nest``: each left area lies inside one right
        one; ``whole``: each is made of whole ones.
    pair
        A left and a right area, by code or name, to be made the same; a goal of its own.
    weight
        What is counted of what moves and of what is cut: people, working_age, employment_deprived, income_deprived,
        disabled or most_deprived (people in need; missing where nobody counts them). Which moves are fewest rests on
        people whatever is counted.
    as_of
        Day whose members are shown; the data's own by default.

    Returns
    -------
    Realignment
        With ``table``, ``counts``, ``unreached``, ``optimal``, ``to_geodataframe``, ``explore`` and ``plot``.

    Raises
    ------
    ConfigurationError
        If a layer is not made of authorities, the left one overlaps itself, or goal or weight are not known.
    UnknownKeyError
        If a layer, or an area of the pair, is not known; the nearest are named.

    Examples
    --------
    >>> import geoplan
    >>> geoplan.realign("lhb", "connect_to_work").table[["name", "to_name"]].values.tolist()
    [['Ceredigion', 'Powys Teaching Health Board']]
    """
    known = [str(each) for each in Goal if each is not Goal.PAIR]
    if goal not in known:
        raise ConfigurationError(refusal(f"{goal!r} is no goal", hint=f"Known: {', '.join(known)}."))
    if pair is not None and (isinstance(pair, str) or len(pair) != 2):
        raise ConfigurationError(refusal("pair is no pair of areas", hint="Write pair=(left_area, right_area)."))
    if pair and goal != "clean":
        message = "goal and pair cannot be had together: a pair is a goal of its own."
        raise ConfigurationError(message)
    atlas = atlas_of(as_of=as_of)
    one, two = taken(left, atlas, "left"), taken(right, atlas, "right")
    chosen = Goal.PAIR if pair else Goal(goal)
    return Realignment(realigning.realign(one, two, goal=chosen, pair=pair, atlas=atlas, weight=weight_of(weight)))


def need_runs(
    ref: Layered,
    *,
    small_areas: Layered | None = None,
    worst: Iterable[str] = (),
    as_of: Day = "",
    code: str = "",
    name: str = "",
) -> pd.DataFrame:
    """Find runs of deprived ground that touch, and which of them a border of a layer cuts.

    Parameters
    ----------
    ref
        A layer, as for `geoplan.layer`.
    small_areas
        Outlines of small areas (LSOA, say) as for `geoplan.layer`, which are the units then; or a lookup from them to
        authorities, or from postcodes, which tells in which authorities a fifth of the people (of the small areas
        where it has no column of people) are in the worst. By default the units are authorities, or sides of those
        that health boards split.
    worst
        Codes of the small areas that are meant, such as those of the worst tenth: needed with ``small_areas``. Without,
        authorities count in which a fifth of residents or more live in England's most deprived tenth of small areas.
    as_of
        Day whose members are shown; the data's own by default.
    code, name
        Columns of files and frames, where they cannot be found.

    Returns
    -------
    pandas.DataFrame
        One row a run, cut ones first: ``run`` (from 1), ``units`` (how many), ``members`` (names, of small areas codes;
        joined by ";"), ``people`` (who live there in the most deprived tenth, or the worst; of drawn small areas all,
        estimated by postcodes; missing where a lookup has no people), ``areas`` (codes), ``area_names``, ``cut``
        (whether no area holds all of it). Runs in no area are left out. ``attrs["unit"]`` says what the units are.

    Raises
    ------
    ConfigurationError
        If small areas were given without ``worst``, a code is none of theirs, or a lookup is set against outlines.
    InputError
        If a file or frame cannot be used.

    Notes
    -----
    Connected components of units that share a border on land longer than a point: docs/method/need.md.

    Examples
    --------
    >>> import geoplan
    >>> geoplan.need_runs("icb_2026").query("cut")["members"].str[:21].tolist()
    ['Blackburn with Darwen', 'Birmingham; Walsall; ']
    """
    atlas = atlas_of(as_of=as_of, code=code, name=name)
    small = "" if small_areas is None else taken(small_areas, atlas, "small areas")
    return all_runs(taken(ref, atlas), small, worst, atlas)
