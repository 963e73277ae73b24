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
from geoplan.data.editions.codes import former_codes, shipped_changes
from geoplan.data.kept import folder
from geoplan.data.kept.holdings import Holding, again, holdings, sound
from geoplan.data.readers.guards import hash_of
from geoplan.data.shipped import package_data
from geoplan.errors import InputError, refusal
from geoplan.schema import Source, wording

if TYPE_CHECKING:
    import geopandas as gpd

    from geoplan.schema import Layer

__all__ = ["Outlines", "Reference", "official", "read_blocks"]

DISTRICTS, BOARDS = "lad", "icb"
PREFERRED = ("BGC", "BFC", "BSC", "BUC", "")
"""The resolution that maps are drawn from and areas measured in: 20 m shows all that either can, at a thirtieth."""
FORMAT = 1


@dataclass(frozen=True)
class Outlines:
    """Official outlines of the blocks.

    Parameters
    ----------
    districts
        The fetched file of districts.
    boards
        The fetched file of integrated care boards, by which districts between two boards are cut; None where there is
        none, and they are cut as what ships draws it.
    """

    districts: Holding
    boards: Holding | None

    @property
    def resolution(self) -> tuple[float | None, str]:
        """Resolution in metres, None where not known, and what is said where the resolution of a layer stands."""
        from geoplan.data.drawn.resolution import STATED_RESOLUTION  # shapely, which codes do without

        metres, drawn = STATED_RESOLUTION.get(self.districts.resolution, (None, "as published"))
        inside = "" if self.boards else f"; {wording.INSIDE_SPLIT}"
        return metres, f"{wording.OFFICIAL}: {self.districts.key}@{self.districts.edition}, {drawn}{inside}"

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where they come from: districts, and boards where they were fetched."""
        used = filter(None, (self.districts, self.boards))
        return tuple(Source(f"{one.source}: {one.name}", one.licence, one.url, one.sha256) for one in used)

    @property
    def key(self) -> str:
        """All that the outlines depend on, for the cache."""
        used = [one.sha256 for one in (self.districts, self.boards) if one]
        facts = [str(FORMAT), *used, hash_of([package_data.shipped_path("blocks.parquet")])]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:20]

    def table(self) -> gpd.GeoDataFrame:
        """Return ``geometry`` (EPSG:27700) and ``area_m2`` by block; made once, then from the cache."""
        import geopandas as gpd

        if packed := cache.load("outlines", self.key):
            return gpd.read_parquet(io.BytesIO(packed))
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
    cut = _cut_boards()
    boards = [one for one in holdings(kind="boundaries", key=BOARDS) if cut <= _codes(one)]
    boards.sort(key=lambda one: (one.resolution != districts.resolution, rank[one.resolution]))
    return Outlines(districts, boards[0] if boards else None)


@dataclass(frozen=True, eq=False)
class Reference:
    """The blocks that layers are made of.

    Parameters
    ----------
    blocks
        As `geoplan.data.shipped.package_data.shipped_blocks` has them; where outlines are official, ``area_m2`` too.
    outlines
        What their outlines are; None for those that ship.
    """

    blocks: pd.DataFrame
    outlines: Outlines | None

    def describe(self, layer: Layer) -> Layer:
        """Return a layer with the resolution of its outlines, where it is made of blocks and those are official."""
        if self.outlines is None or layer.parts is None or layer.blocks is not None:
            return layer
        metres, said = self.outlines.resolution
        return replace(layer, resolution_m=metres, resolution=said)


def read_blocks(*, geometry: bool = False) -> Reference:
    """Read the blocks, with official outlines and areas where the user has them.

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
    if outlines is None:
        return Reference(package_data.shipped_blocks(geometry=geometry), None)
    plain, drawn = package_data.shipped_blocks(), _table_of(outlines)
    measured = plain.assign(area_m2=drawn["area_m2"].reindex(plain.index))
    if not geometry:
        return Reference(measured, outlines)
    import geopandas as gpd

    shapes = drawn["geometry"].reindex(plain.index)
    return Reference(gpd.GeoDataFrame(measured, geometry=shapes, crs=drawn.crs), outlines)


@lru_cache(maxsize=2)
def _table_of(outlines: Outlines) -> gpd.GeoDataFrame:
    return outlines.table()


def _cut_boards() -> frozenset[str]:
    """Return the boards between which districts are cut."""
    known = package_data.shipped_table("blocks.csv")
    return frozenset(known.loc[known["lad"].duplicated(keep=False), "icb"])


@lru_cache(maxsize=1)
def _recoded() -> dict[str, str]:
    """Return former codes of authorities of which all is one of today's, small changes of borders apart."""
    today = set(package_data.shipped_table("blocks.csv")["lad"])
    former = former_codes(shipped_changes(), today)
    whole = {code: one.successors for code, one in former.items() if one.whole and len(one.successors) == 1}
    return {code: after for code, (after,) in whole.items() if after in today}


@lru_cache(maxsize=32)
def _codes(one: Holding) -> frozenset[str]:
    """Return the codes of a file, recoded ones as today's; the file is checked once a process."""
    codes = pd.read_parquet(sound(one), columns=["code"])["code"]
    return frozenset(codes.replace(_recoded()))


def _holds_all(one: Holding) -> bool:
    return _codes(one).issuperset(package_data.shipped_table("blocks.csv")["lad"])


def _shapes(one: Holding) -> gpd.GeoSeries:
    """Read polygons by code, repaired."""
    import geopandas as gpd

    from geoplan.data.drawn.geometry import repair

    frame = gpd.read_parquet(sound(one))
    codes = frame["code"].replace(_recoded())
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
    boards = _shapes(outlines.boards) if outlines.boards else None
    for lad, own in known.groupby("lad"):
        if len(own) == 1:
            yield str(own.index[0]), districts[lad]
            continue
        drawn = own["geometry"] if boards is None else boards.reindex(own["icb"]).to_numpy()
        yield from cut(districts[lad], dict(zip(own.index, drawn, strict=True))).items()
