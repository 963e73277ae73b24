"""One area in each geography: small maps side by side in one frame, as the parts of SVG pictures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import shapely

from geoplan.auditing.profiles.profile import Profile
from geoplan.data.focus import blocks_of
from geoplan.output.picture.frame import Frame, Label, moved_apart
from geoplan.output.picture.part_shapes import grounds
from geoplan.output.picture.patterns import HUES
from geoplan.output.picture.picture_parts import middle_of
from geoplan.output.summary.profiled.headline import governing
from geoplan.schema import Layer, wording
from geoplan.schema.standing import LOOKS, Standing

__all__ = ["BADGE", "SIDE", "GeographyMap", "geography_maps"]

SIDE = 320
"""Units across each map."""
BADGE = 15
"""Radius of a numbered badge in those units."""
AROUND = 0.35
"""Room around the area, as a share of its longer side."""
NUMBERED = 6
"""Partners up to which each has a number on the map."""
SAME, HOLDS = LOOKS[Standing.SAME].term, "whole inside it"


@dataclass(frozen=True)
class GeographyMap:
    """An area among the areas of one geography, or of several that have a partner on the same ground.

    Parameters
    ----------
    title
        Of the geography, or how many have a partner on the same ground.
    caption
        How the area stands to it, and with whom.
    described
        The picture in words.
    partners
        Fill and path of each partner's ground.
    others, own
        Paths of the other areas of the geography, and of the area itself.
    badges
        Numbers of the partners at their places.
    part
        Whether the area is a part of the ground that is drawn, of unknown size.
    agrees
        Whether the partner has the same boundary.
    """

    title: str
    caption: str
    described: str
    partners: tuple[tuple[str, str], ...]
    others: str
    own: str
    badges: tuple[Label, ...] = ()
    part: bool = False
    agrees: bool = False


def geography_maps(found: Profile, blocks: pd.DataFrame) -> tuple[GeographyMap, ...]:
    """Draw an area in each geography in force that somebody works with.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.
    blocks
        The shipped blocks with their outlines (EPSG:27700).

    Returns
    -------
    tuple of GeographyMap
        Those that cut it first, those with the same boundary last; geographies with one partner there on the same
        ground have one map. None without outlines. Outlines are simplified as a coverage to one unit of the view box,
        so that neighbours still fit.
    """
    own = blocks.index.isin(found.focus.blocks) if "geometry" in blocks else []
    if not any(own):
        return ()
    frame = _framed(shapely.total_bounds(blocks["geometry"].to_numpy()[own]))
    sheet = _Sheet(frame, blocks, found)
    rows = {str(key): group for key, group in governing(found.partners).groupby("layer", sort=False)}
    cut = [each.layer for each in found.cuts]
    order = sorted(rows, key=lambda key: (key not in cut, cut.index(key) if key in cut else 0))
    alike: dict[object, list[str]] = {}
    for key in order:
        alike.setdefault(_only_ground(found.layers[key], rows[key]) or key, []).append(key)
    made = [sheet.map([found.layers[key] for key in keys], [rows[key] for key in keys]) for keys in alike.values()]
    # What agrees comes last, as it asks for nothing.
    return tuple(sorted(made, key=lambda each: each.agrees))


def _only_ground(layer: Layer, rows: pd.DataFrame) -> frozenset[str]:
    """Return the blocks of the one partner that a geography has; nothing where it has several."""
    return blocks_of(layer, str(rows["code"].iloc[0])) if len(rows) == 1 else frozenset()


def _framed(bounds: Sequence[float]) -> Frame:
    """Return a square frame around bounds, with room for neighbours."""
    west, south, east, north = bounds
    half = max(east - west, north - south) * (0.5 + AROUND)
    x, y = (west + east) / 2, (south + north) / 2
    return Frame((x - half, y - half, x + half, y + half), SIDE)


class _Sheet:
    """The outlines around an area, simplified to the unit of the frame."""

    def __init__(self, frame: Frame, blocks: pd.DataFrame, found: Profile) -> None:
        self.frame, self.focus = frame, found.focus
        shapes = blocks["geometry"]
        near = shapes[shapely.intersects(shapes.to_numpy(), shapely.box(*frame.wide))]
        simple = shapely.coverage_simplify(near.to_numpy(), frame.metres)
        self.blocks = dict(zip(map(str, near.index), simple, strict=True))
        self.ground = shapely.union_all([self.blocks[each] for each in sorted(found.focus.blocks & set(self.blocks))])
        self.own = frame.clipped(self.ground)

    def map(self, layers: Sequence[Layer], rows: Sequence[pd.DataFrame]) -> GeographyMap:
        """Draw the area among those of a geography, with its partners coloured and numbered.

        Several geographies have one partner there, on the same ground.
        """
        told, first = grounds(layers[0], self.blocks), rows[0]
        ground = {**told.parts, **told.home}
        codes = [str(code) for code in first["code"] if str(code) in ground]
        numbered = codes if 1 < len(codes) <= NUMBERED else []
        names = list(dict.fromkeys(name for each in rows for name in each["name"]))
        return GeographyMap(
            title=layers[0].title if len(layers) == 1 else f"{len(layers)} geographies: {first['relation'].iloc[0]}",
            caption="; ".join(
                _captions(first, dict(zip(numbered, range(1, NUMBERED + 1), strict=False)))
                if len(layers) == 1
                else [wording.listed([wording.inside_a_sentence(wording.bare(layer.title)) for layer in layers])]
            ),
            described=_described(self.focus.name, wording.listed([layer.title for layer in layers]), names),
            partners=tuple((HUES[n % len(HUES)], self.frame.clipped(ground[code])) for n, code in enumerate(codes)),
            others="".join(self.frame.clipped(shape) for code, shape in sorted(ground.items()) if code not in codes),
            own=self.own,
            badges=tuple(self._badges(ground, numbered)),
            part=bool(self.focus.vague),
            agrees=set(first["relation"]) == {SAME},
        )

    def _badges(self, ground: Mapping[str, shapely.Geometry], codes: Iterable[str]) -> Iterable[Label]:
        """Return a number for each partner, inside the area where they share ground."""
        labels = []
        for number, code in enumerate(codes, start=1):
            shared = shapely.intersection(ground[code], self.ground)
            seen = shared if not shared.is_empty and shared.area > 0 else ground[code]
            labels.append(Label(*self.frame.point(*middle_of(seen)), (str(number),)))
        return moved_apart(labels, 2 * BADGE + 2)


def _captions(rows: pd.DataFrame, numbers: Mapping[str, int]) -> Iterator[str]:
    """Say how the area stands to its partners, many whole ones together."""
    whole = rows[rows["relation"] == HOLDS]
    if len(whole) > NUMBERED or (len(rows) > NUMBERED and len(whole) > 1):
        yield f"{len(whole)} areas, each {HOLDS}"
        rows = rows[rows["relation"] != HOLDS]
    for row in rows.itertuples():
        number = f"{numbers[str(row.code)]} " if str(row.code) in numbers else ""
        share = "" if pd.isna(row.share) or row.share == 1 else f" {wording.percent(row.share)}"
        yield f"{number}{row.name}{share}, {row.relation}"


def _described(name: str, title: str, partners: Sequence[str]) -> str:
    more = [f"{len(partners) - NUMBERED} more"] if len(partners) > NUMBERED else []
    return (
        f"Map of {name}, outlined, among the areas of {title}: it shares ground with "
        f"{wording.listed([*partners[:NUMBERED], *more])}. The table of partners says the same in numbers."
    )
