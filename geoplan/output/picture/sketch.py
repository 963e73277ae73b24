"""Draw a small map of an area with its neighbours as the parts of an SVG picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import shapely

from geoplan.analysis.ground import clipped
from geoplan.auditing.focus import opening
from geoplan.auditing.results import AuditResult, Pair
from geoplan.data.focus import Focus
from geoplan.output.picture.drawing import ground_pieces
from geoplan.output.picture.frame import WIDTH, Frame, Label
from geoplan.output.picture.part_shapes import Grounds, grounds
from geoplan.output.picture.picture_parts import middle_of
from geoplan.output.summary.part_lists import focus_parts
from geoplan.output.summary.ranking import asked_pairs
from geoplan.schema import Layer, wording
from geoplan.schema.standing import GROUND

__all__ = ["Label", "Picture", "Shape", "focus_picture"]


class Shape(NamedTuple):
    """An outline of the picture: its class, and its SVG path."""

    kind: str
    path: str


@dataclass(frozen=True)
class Picture:
    """A map as SVG parts, in a view box 1000 wide."""

    height: int
    title: str
    description: str
    shapes: tuple[Shape, ...]
    lines: str
    labels: tuple[Label, ...]
    legend: tuple[tuple[str, str], ...]
    border: str = ""


_LETTER = 19
"""Width of a letter of a place name, generously."""
_LINE = 36
"""Height of a line of one."""
_ROOM = 0.02
"""Share of the frame below which an area is not named on it."""
_OWN_WORDS = {"focus": "the area this brief is about", "near": "its neighbours"}


class _Sheet:
    """The outlines of a result inside a frame, simplified to its unit."""

    def __init__(self, result: AuditResult, frame: Frame) -> None:
        self.frame = frame
        self.blocks = _simplified(_drawn_blocks(result), frame)

    def grounds(self, layer: Layer) -> Grounds:
        """Return code -> ground for the areas that reach into the frame."""
        return (
            Grounds(_simplified(_drawn_areas(layer), self.frame))
            if layer.parts is None
            else grounds(layer, self.blocks)
        )

    def union(self, blocks: Iterable[str]) -> shapely.Geometry:
        """Return the outline of some blocks together."""
        return shapely.union_all([self.blocks[block] for block in sorted(blocks) if block in self.blocks])

    def path(self, shape: shapely.Geometry) -> str:
        """Return the SVG path of what lies in the frame."""
        return self.frame.clipped(shape)


def _drawn_blocks(result: AuditResult) -> pd.Series:
    return _drawn_areas_of(result.blocks)


def _drawn_areas(layer: Layer) -> pd.Series:
    return _drawn_areas_of(layer.areas)


def _drawn_areas_of(frame: pd.DataFrame) -> pd.Series:
    """Return the outlines a frame holds, if any, as an index of plain objects."""
    if "geometry" not in frame:
        return pd.Series(dtype=object)
    shapes = pd.Series(frame["geometry"].to_numpy(), index=frame.index.astype(str), dtype=object)
    return shapes[[shape is not None and not shape.is_empty for shape in shapes]]


def _simplified(shapes: pd.Series, frame: Frame) -> dict[str, shapely.Geometry]:
    near = shapes[shapely.intersects(shapes.to_numpy(), shapely.box(*frame.bounds))]
    return dict(zip(near.index, shapely.coverage_simplify(near.to_numpy(), frame.metres), strict=True))


def _inner_lines(shapes: Iterable[shapely.Geometry]) -> shapely.Geometry:
    """Return the borders between shapes that fit together, without their outer outline."""
    kept = [shape for shape in shapes if not shape.is_empty]
    if not kept:
        return shapely.MultiLineString()
    outer = shapely.union_all(kept).boundary
    inner = shapely.difference(shapely.union_all([shape.boundary for shape in kept]), outer)
    return shapely.line_merge(inner) if inner.geom_type == "MultiLineString" else inner


def focus_picture(result: AuditResult, focus: Focus) -> Picture | None:
    """Draw an area with its neighbours.

    Parameters
    ----------
    result
        Of an audit that compared something.
    focus
        The area.

    Returns
    -------
    Picture or None
        Simplified as a coverage to one thousandth of its width, so that neighbours still fit; None where
        the result holds no outlines.
    """
    drawn = _drawn_areas(result.layers[focus.layer]) if focus.drawn else _drawn_blocks(result)
    own = drawn[drawn.index.isin({focus.code} if focus.drawn else focus.blocks)]
    if own.empty:
        return None
    sheet = _Sheet(result, Frame(_view(shapely.total_bounds(own.to_numpy()))))
    context, shown = _focus_layers(result, focus)
    other = shown.overlay.right
    around, others = sheet.grounds(context).home, sheet.grounds(other)
    only = sheet.union(block for block, _ in focus.in_part)
    whole = around[focus.code] if focus.drawn else sheet.union(focus.blocks - {block for block, _ in focus.in_part})
    here = shapely.union(whole, only)
    near = {c: s for c, s in around.items() if (context.key, c) != (focus.layer, focus.code)}
    own = shown.keys[0] == focus.layer and not whole.is_empty
    pieces = ground_pieces(shown, focus.code, whole, *others) if own else []
    lines = sheet.path(_inner_lines(others.home.values()))
    partners = _partner_names(shown, focus, here, others.home)
    named = {context.name(code): shape for code, shape in near.items()}
    told = "; ".join(focus_parts(result))
    # A part is hatched over its neighbours' ground, not filled as the authority it lies in.
    drawn = [(kind, shape) for kind, shape in (("focus", whole), ("focus-part", only)) if not shape.is_empty]
    return Picture(
        height=sheet.frame.height,
        title=f"{focus.name} and its neighbours",
        description=(
            f"Map of {focus.name} ({f'hatched: {told}' if told else 'shaded'}) among "
            f"{wording.plural(len(near), 'area')} of {context.title}; heavy dashed lines are borders of {other.title}. "
            "The table of partners says the same in numbers."
        ),
        shapes=(
            *(Shape("near", sheet.path(near[c])) for c in sorted(near)),
            *(Shape(kind, sheet.path(shape)) for kind, shape in drawn),
            *(Shape(name, sheet.path(ground)) for name, ground in pieces),
        ),
        lines=lines,
        labels=_legible(_place_names(sheet, here, partners or {focus.name: here}, named)),
        legend=(
            *((kind, _OWN_WORDS.get(kind) or f"{GROUND['part'].term} ({told})") for kind, _ in drawn),
            ("near", _OWN_WORDS["near"]),
            *((name, GROUND[name].term) for name, _ in pieces),
        ),
        border=f"border of {wording.inside_a_sentence(other.title)}" if lines else "",
    )


def _partner_names(
    pair: Pair, focus: Focus, here: shapely.Geometry, others: Mapping[str, shapely.Geometry]
) -> dict[str, shapely.Geometry]:
    """Return the name of each partner with the ground it shares, where an area has several."""
    if pair.keys[0] != focus.layer or len(pair.relations.at[focus.code, "partners"]) < 2:
        return {}
    codes = [code for code in pair.relations.at[focus.code, "partners"] if code in others]
    shared = {pair.overlay.right.name(code): shapely.intersection(here, others[code]) for code in codes}
    return {name: ground for name, ground in shared.items() if ground.area > here.area * _ROOM}


def _place_names(
    sheet: _Sheet,
    here: shapely.Geometry,
    own: Mapping[str, shapely.Geometry],
    near: Mapping[str, shapely.Geometry],
) -> Iterable[Label]:
    """Name the focus or its partners on its ground, and each neighbour with room for its name."""
    bounds = sheet.frame.bounds
    room = _ROOM * (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])
    for name, shape in own.items():
        yield _inside(Label(*sheet.frame.point(*middle_of(shape)), _two_lines(name)))
    for name, shape in sorted(near.items()):
        seen = shapely.difference(clipped(np.array([shape]), *bounds)[0], here)
        if seen.area > room:
            yield _inside(Label(*sheet.frame.point(*middle_of(seen)), _two_lines(name)))


def _legible(labels: Iterable[Label]) -> tuple[Label, ...]:
    """Leave out names that would lie over an earlier one; the table beside the picture has them all."""
    kept: list[Label] = []
    for label in labels:
        if not any(_overlap(label, other) for other in kept):
            kept.append(label)
    return tuple(kept)


def _overlap(one: Label, other: Label) -> bool:
    wide = _LETTER * (max(map(len, one.lines)) + max(map(len, other.lines))) / 2
    high = _LINE * (len(one.lines) + len(other.lines)) / 2
    return abs(one.x - other.x) < wide and abs(one.y - other.y) < high


def _inside(label: Label) -> Label:
    """Move a name sideways where it would run out of the picture."""
    half = min(_LETTER * max(map(len, label.lines)) // 2, WIDTH // 2)
    return label._replace(x=min(max(label.x, half), WIDTH - half))


def _view(bounds: Sequence[float]) -> tuple[float, float, float, float]:
    """Return a frame one and a half as wide as high around these bounds, with room for neighbours."""
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    half = max((bounds[2] - bounds[0]) / 1.5, bounds[3] - bounds[1]) * 0.8
    return x - 1.5 * half, y - half, x + 1.5 * half, y + half


def _focus_layers(result: AuditResult, focus: Focus) -> tuple[Layer, Pair]:
    """Return the layer whose areas are the focus's neighbours, and the comparison whose borders matter most."""
    shown = opening(result, focus) or asked_pairs(result)[0]
    return result.layers.get(focus.layer, shown.overlay.left), shown


def _two_lines(name: str) -> tuple[str, ...]:
    words = name.split()
    if len(name) < 14 or len(words) == 1:
        return (name,)
    cut = min(range(1, len(words)), key=lambda n: abs(len(" ".join(words[:n])) - len(name) / 2))
    return " ".join(words[:cut]), " ".join(words[cut:])
