"""Outlines of the blocks from fetched districts, and what is said of them."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from geoplan.data import cache
from geoplan.data.kept import folder
from geoplan.data.kept.holdings import Holding, again, holdings, sound
from geoplan.data.official.people import counted
from geoplan.data.official.small_areas import boards_cut, lookup_to_blocks, recoded
from geoplan.data.readers.guards import hash_of
from geoplan.data.readers.parquet import read_frame
from geoplan.data.shipped import package_data
from geoplan.errors import InputError, refusal
from geoplan.schema import Source, wording
from geoplan.schema.people import AS_SHIPPED, Estimates

if TYPE_CHECKING:
    import geopandas as gpd

    from geoplan.schema import Layer

__all__ = ["Outlines", "Reference", "official", "read_blocks"]

DISTRICTS, BOARDS, SMALL_AREAS = "lad", "icb", "lsoa"
PREFERRED = ("BGC", "BFC", "BSC", "BUC", "")
"""The resolution that maps are drawn from and areas measured in: 20 m shows all that either can, at a thirtieth."""
FORMAT = 2


@dataclass(frozen=True)
class Outlines:
    """Official outlines of the blocks.

    Parameters
    ----------
    districts
        The fetched file of districts.
    boards
        The fetched file of integrated care boards, by which districts between two boards are cut; None where there is
        none.
    small_areas, lookup
        Without one, the fetched small areas and the lookup from them to boards, which cut them then; None where these
        are not held either, and districts are cut as what ships draws it.
    """

    districts: Holding
    boards: Holding | None
    small_areas: Holding | None = None
    lookup: Holding | None = None

    @property
    def resolution(self) -> tuple[float | None, str]:
        """Resolution in metres, None where not known, and what is said where the resolution of a layer stands."""
        from geoplan.data.drawn.resolution import STATED_RESOLUTION  # shapely, which codes do without

        metres, drawn = STATED_RESOLUTION.get(self.districts.resolution, (None, "as published"))
        return metres, f"{wording.OFFICIAL}: {self.districts.key}@{self.districts.edition}, {drawn}; {self._inside}"

    @property
    def _inside(self) -> str:
        """Say where the lines inside split districts are from."""
        named = [f"{one.key}@{one.edition}" for one in (self.boards, self.small_areas, self.lookup) if one]
        if not named:
            return f"{wording.INSIDE_SPLIT} postcodes"
        return f"{wording.INSIDE_SPLIT} {named[0]}" + (f" by {named[1]}" if named[1:] else "")

    @property
    def _used(self) -> list[Holding]:
        return [one for one in (self.districts, self.boards, self.small_areas, self.lookup) if one]

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where they come from: districts, and what cuts them where it was fetched."""
        return tuple(Source(f"{one.source}: {one.name}", one.licence, one.url, one.sha256) for one in self._used)

    @property
    def key(self) -> str:
        """All that the outlines depend on, for the cache."""
        used = [f"{one.key} {one.sha256}" for one in self._used]
        facts = [str(FORMAT), *used, hash_of([package_data.shipped_path("blocks.parquet")])]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:20]

    def table(self) -> gpd.GeoDataFrame:
        """Return ``geometry`` (EPSG:27700) and ``area_m2`` by block; made once, then from the cache."""
        if packed := cache.load("outlines", self.key):
            return read_frame(io.BytesIO(packed))
        made = _made(self)
        stream = io.BytesIO()
        made.to_parquet(stream)
        cache.store("outlines", self.key, stream.getvalue())
        return made


def official() -> Outlines | None:
    """Find the official outlines of the blocks in the user's folder.

    Returns
    -------
    Outlines or None
        Of the newest edition of districts that holds every authority of the blocks, recoded ones under their new codes,
        at 20 m where there are several resolutions; None where there is no such edition, or what is the user's is set
        aside.

    Raises
    ------
    InputError
        If a manifest or file of the folder cannot be read.
    """
    if folder.is_set_aside():
        return None
    found = holdings(kind="boundaries", key=DISTRICTS)
    rank = {resolution: number for number, resolution in enumerate(PREFERRED)}
    found.sort(key=lambda one: rank[one.resolution])
    found.sort(key=lambda one: one.edition, reverse=True)
    districts = next((one for one in found if _holds_all(one)), None)
    if districts is None:
        return None
    alike = [districts.resolution, *PREFERRED]
    boards = [one for one in holdings(kind="boundaries", key=BOARDS) if boards_cut() <= _codes(one)]
    if boards:
        return Outlines(districts, min(boards, key=lambda one: alike.index(one.resolution)))
    looked_up = lookup_to_blocks()
    if looked_up is None:
        return Outlines(districts, None)
    small = [one for one in holdings(kind="boundaries", key=SMALL_AREAS) if set(looked_up[1].index) <= _codes(one)]
    if not small:
        return Outlines(districts, None)
    return Outlines(districts, None, min(small, key=lambda one: alike.index(one.resolution)), looked_up[0])


@dataclass(frozen=True, eq=False)
class Reference:
    """The blocks that layers are made of.

    Parameters
    ----------
    blocks
        As `geoplan.data.shipped.package_data.shipped_blocks` has them; where outlines are official, ``area_m2`` is
        theirs, and where estimates are held, people are theirs.
    outlines
        What their outlines are; None for those that ship.
    estimates
        By which their people are counted.
    counted_by
        Where those estimates come from; empty for those that ship.
    """

    blocks: pd.DataFrame
    outlines: Outlines | None
    estimates: Estimates = AS_SHIPPED
    counted_by: tuple[Source, ...] = ()

    @property
    def is_shipped(self) -> bool:
        """Whether the blocks are as they ship."""
        return self.outlines is None and self.estimates.shipped

    def describe(self, layer: Layer) -> Layer:
        """Return a layer with the resolution of its outlines, where it is made of blocks and those are official."""
        if self.outlines is None or layer.parts is None or layer.blocks is not None:
            return layer
        metres, said = self.outlines.resolution
        return replace(layer, resolution_m=metres, resolution=said)


def read_blocks(*, geometry: bool = False) -> Reference:
    """Read the blocks, with official outlines, areas and people where the user has them.

    Parameters
    ----------
    geometry
        Whether outlines are wanted.

    Returns
    -------
    Reference
        Blocks, and what their outlines are.

    Raises
    ------
    InputError
        If a file is missing or cannot be read.
    """
    outlines = official()
    plain, estimates, counted_by = counted(package_data.shipped_blocks(geometry=geometry and outlines is None))
    if outlines is None:
        return Reference(plain, None, estimates, counted_by)
    drawn = _table_of(outlines)
    measured = plain.assign(area_m2=drawn["area_m2"].reindex(plain.index))
    if not geometry:
        return Reference(measured, outlines, estimates, counted_by)
    import geopandas as gpd

    shapes = drawn["geometry"].reindex(plain.index)
    blocks = gpd.GeoDataFrame(measured, geometry=shapes, crs=drawn.crs)
    return Reference(blocks, outlines, estimates, counted_by)


@lru_cache(maxsize=2)
def _table_of(outlines: Outlines) -> gpd.GeoDataFrame:
    return outlines.table()


@lru_cache(maxsize=32)
def _codes(one: Holding) -> frozenset[str]:
    """Return the codes of a file, recoded ones as today's; the file is checked once a process."""
    codes = pd.read_parquet(sound(one), columns=["code"])["code"]
    return frozenset(codes.replace(recoded()))


def _holds_all(one: Holding) -> bool:
    return _codes(one).issuperset(package_data.shipped_table("blocks.csv")["lad"])


def _shapes(one: Holding) -> gpd.GeoSeries:
    """Read polygons by code, repaired."""
    import geopandas as gpd

    from geoplan.data.drawn.geometry import repair

    frame = read_frame(sound(one))
    codes = frame["code"].replace(recoded())
    if codes.duplicated().any():
        raise InputError(refusal(f"{one.name}: codes stand twice", codes=codes[codes.duplicated()], hint=again(one)))
    shapes, _ = repair(frame.geometry.to_numpy(), codes, codes, one.name)
    return gpd.GeoSeries(shapes, index=pd.Index(codes), crs=frame.crs)


def _made(outlines: Outlines) -> gpd.GeoDataFrame:
    """Make the outlines of all blocks from those of their districts."""
    import geopandas as gpd

    from geoplan.data.official.cutting import as_coverage

    known = package_data.shipped_blocks(geometry=True)
    pieces = dict(_pieces(outlines, known))
    # A block that an official drawing of its district leaves no ground keeps what ships.
    shapes = gpd.GeoSeries(pieces, crs=known.crs).reindex(known.index)
    shapes = as_coverage(shapes.where(shapes.notna(), known.geometry))
    return gpd.GeoDataFrame({"area_m2": shapes.area}, geometry=shapes, crs=known.crs)


def _pieces(outlines: Outlines, known: gpd.GeoDataFrame) -> Iterator[tuple[str, object]]:
    """Yield each block and its outline."""
    from geoplan.data.official.cutting import cut

    districts = _shapes(outlines.districts)
    sides = _sides(outlines, known)
    for lad, own in known.groupby("lad"):
        if len(own) == 1:
            yield str(own.index[0]), districts[lad]
            continue
        yield from cut(districts[lad], dict(zip(own.index, sides.reindex(own.index), strict=True))).items()


def _sides(outlines: Outlines, known: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return by block what cuts its district: the boards' own outlines, those of small areas, or what ships."""
    if outlines.boards:
        boards = _shapes(outlines.boards)
        return boards.reindex(known["icb"]).set_axis(known.index)
    found = lookup_to_blocks() if outlines.small_areas else None
    if found is None or outlines.small_areas is None:
        return known.geometry
    import shapely

    small = _shapes(outlines.small_areas).reindex(found[1].index)
    grouped = small.groupby(found[1].to_numpy())
    return grouped.agg(lambda own: shapely.union_all(own.to_numpy()))
