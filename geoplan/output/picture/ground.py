"""The outlines of a result inside the frame of a picture, simplified together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cached_property

import pandas as pd
import shapely
from matplotlib.path import Path

from geoplan.auditing.results import AuditResult
from geoplan.data.focus import Focus
from geoplan.errors import ConfigurationError
from geoplan.output.picture.part_shapes import Grounds, grounds
from geoplan.output.picture.picture_parts import DETAIL, path_of
from geoplan.schema import Layer, wording

__all__ = ["Ground", "has_outlines", "held_blocks"]

AROUND = 0.3
"""Room around an area that the picture is about, as a share of its longer side."""
BESIDE, EDGE = 0.1, 0.01
"""Room around areas of a file, which have neighbours beyond; and around those that fill their countries."""


class Ground:
    """The outlines of a result, simplified together so that neighbours and layers still fit.

    Parameters
    ----------
    result
        The audit, with outlines.
    layers
        What is drawn; the frame is that of the first.
    away
        Codes of its areas that need not be in the frame.
    focus
        The area that the frame is of instead, with room around it.
    also
        Blocks that must be in the frame too.
    """

    def __init__(
        self,
        result: AuditResult,
        layers: Sequence[Layer],
        away: Collection[str] = (),
        focus: Focus | None = None,
        also: Collection[str] = (),
    ) -> None:
        main, blocks = layers[0], _outlines(result.blocks)
        near = [str(code) for code in main.areas.index.difference(list(away))] or list(main.areas.index)
        own = (
            _outlines(main.areas.loc[near])
            if main.parts is None
            else blocks[blocks.index.isin(held_blocks(main, near))]
        )
        if focus is not None:
            own = blocks[blocks.index.isin(focus.blocks)]
        if own.empty:
            whose = f"no area of {main.title}" if focus is None else f"nothing of {focus.name}"
            message = f"There is nothing to draw: {whose} has an outline."
            raise ConfigurationError(message)
        shown = pd.concat([own, blocks[blocks.index.isin(also)]])
        west, south, east, north = shapely.total_bounds(shown.to_numpy())
        edge = (AROUND if focus is not None else BESIDE if main.status == "file" else EDGE) * max(
            east - west, north - south, 1.0
        )
        self.bounds = (west - edge, south - edge, east + edge, north + edge)
        self.unit = (self.bounds[2] - self.bounds[0]) / DETAIL
        self.blocks = self._simplified(blocks)
        made = {layer.key: self._areas(layer) for layer in layers}
        self.of = {key: ground.home for key, ground in made.items()}
        self.parts = {key: dict(ground.parts) for key, ground in made.items()}

    def _simplified(self, shapes: pd.Series) -> dict[str, shapely.Geometry]:
        near = shapes[shapely.intersects(shapes.to_numpy(), shapely.box(*self.bounds))]
        return dict(zip(near.index, shapely.coverage_simplify(near.to_numpy(), self.unit), strict=True))

    def _areas(self, layer: Layer) -> Grounds:
        return Grounds(self._simplified(_outlines(layer.areas))) if layer.parts is None else grounds(layer, self.blocks)

    def seen(self, layer: Layer) -> dict[str, shapely.Geometry]:
        """Return where each area is to be named: on its ground, or where it lies somewhere in."""
        own = self.of[layer.key]
        return own | {code: shape for code, shape in self.parts[layer.key].items() if code not in own}

    def held(self, *layers: Layer) -> shapely.Geometry:
        """Return the ground of which only a part belongs to an area of some layers."""
        return shapely.union_all([shape for layer in layers for shape in self.parts[layer.key].values()])

    def crowded(self, layer: Layer) -> set[str]:
        """Return the areas that have no ground of their own and lie somewhere in the same authority as others."""
        homeless = [code for code in self.parts[layer.key] if code not in self.of[layer.key]]
        held = pd.Series(homeless, dtype=object).map(lambda code: held_blocks(layer, [code]))
        count = held.explode().value_counts()
        return {code for code, blocks in zip(homeless, held, strict=True) if any(count[each] > 1 for each in blocks)}

    def homeless(self, layer: Layer) -> list[shapely.Geometry]:
        """Return for each area the ground of which it holds a part and that no area has for its own."""
        home = shapely.union_all(list(self.of[layer.key].values()))
        left = [self.broad(shapely.difference(shape, home)) for shape in self.parts[layer.key].values()]
        return [shape for shape in left if not shape.is_empty]

    @cached_property
    def land(self) -> shapely.Geometry:
        """All the ground there is in the frame."""
        return shapely.union_all(list(self.blocks.values()))

    @cached_property
    def countries(self) -> dict[str, shapely.Geometry]:
        """The ground of each country in the frame, by its name."""
        letters = sorted({block[0] for block in self.blocks})
        held = {letter: [shape for block, shape in self.blocks.items() if block[0] == letter] for letter in letters}
        return {
            wording.countries(each)[0]: shapely.union_all(held[each]) for each in letters if wording.countries(each)
        }

    def union(self, blocks: Iterable[str]) -> shapely.Geometry:
        """Return the ground of some blocks together."""
        return shapely.union_all([self.blocks[block] for block in sorted(blocks) if block in self.blocks])

    def path(self, shape: shapely.Geometry) -> Path:
        """Return polygons as a path; islets that no pixel shows are left out."""
        parts = shapely.get_parts(shapely.orient_polygons(shape))
        rings = [r for p in parts if p.geom_type == "Polygon" for r in (p.exterior, *p.interiors)]
        large = [r for r in rings if shapely.area(shapely.polygons(r)) > 2 * self.unit**2] or rings[:1]
        return path_of(shapely.get_coordinates(ring) for ring in large)

    def lines(self, shapes: Iterable[shapely.Geometry], *, coast: bool = True) -> Path:
        """Return the borders of areas, each once however many share it."""
        noded = shapely.union_all([shape.boundary for shape in shapes])
        drawn = noded if coast or not self.blocks else shapely.difference(noded, self.land.boundary)
        merged = shapely.line_merge(drawn) if drawn.geom_type == "MultiLineString" else drawn
        return path_of(shapely.get_coordinates(line) for line in shapely.get_parts(merged))

    def broad(self, shape: shapely.Geometry) -> shapely.Geometry:
        """Return a shape without slivers, or empty."""
        return shape.buffer(-self.unit).buffer(self.unit)


def has_outlines(result: AuditResult, layer: Layer) -> bool:
    """Tell whether any area of a layer can be drawn: by its own outline, or by that of a block it holds."""
    if layer.parts is None:
        return not _outlines(layer.areas).empty
    return not _outlines(result.blocks).index.intersection(layer.parts["block"]).empty


def held_blocks(layer: Layer, codes: Sequence[str]) -> set[str]:
    """Return the blocks of some areas of a layer; none of a drawn one."""
    return set() if layer.parts is None else set(layer.parts.loc[layer.parts["code"].isin(codes), "block"])


def _outlines(frame: pd.DataFrame) -> pd.Series:
    if "geometry" not in frame:
        return pd.Series(dtype=object)
    shapes = pd.Series(frame["geometry"].to_numpy(), index=frame.index.astype(str), dtype=object)
    return shapes[[shape is not None and not shape.is_empty for shape in shapes]]
