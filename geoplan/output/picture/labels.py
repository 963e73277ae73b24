"""Names and badges of a picture, where they find room."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import shapely

from geoplan.output.picture.picture_parts import (
    BADGE,
    LONGEST,
    NAME_PT,
    Drawing,
    Label,
    Row,
    middle_of,
    one_line,
    path_of,
    size_of,
)
from geoplan.schema import Layer, wording

__all__ = ["label_at", "listed", "name_areas", "phrase", "put_badges"]


def name_areas(
    drawing: Drawing, layer: Layer, shapes: Mapping[str, shapely.Geometry], crowded: Collection[str] = ()
) -> None:
    """Put names where they have room; the other areas get numbers, unless they are too many to be listed.

    Those that are crowded lie on one ground with others, so that none of them may put its name there.
    """
    found = {code: label_at(layer.name(code), shapes[code], drawing) for code in shapes if code not in crowded}
    named = {code: label for code, label in found.items() if label is not None}
    drawing.labels = list(named.values())
    small = sorted((code for code in shapes if code not in named), key=lambda code: (layer.name(code), code))
    if len(small) > LONGEST:
        drawing.rows.append(Row(f"{len(small)} areas have no room here for names; the map page names them."))
    elif small:
        badges = [Label(*middle_of(shapes[code]), str(n), badge=True) for n, code in enumerate(small, 1)]
        put_badges(drawing, badges)
        drawing.rows += [Row("No room here for their names", heading=True), *listed(list(map(layer.name, small)))]


def label_at(name: str, shape: shapely.Geometry, drawing: Drawing) -> Label | None:
    """Return the name at the middle of its area, if it has room there in up to three lines."""
    x, y = middle_of(shape)
    for lines in range(1, 4):
        text = _in_lines(name, lines)
        wide, high = (side * drawing.per_inch / 2 for side in size_of(text, NAME_PT))
        room = shapely.box(x - wide, y - high, x + wide, y + high)
        if shapely.intersection(shape, room).area > 0.97 * room.area:
            return Label(x, y, text, badge=False)
    return None


def _in_lines(name: str, count: int) -> str:
    text = one_line(name)
    return (
        text if count == 1 else "\n".join(textwrap.wrap(text, max(len(text) // count + 3, 6), break_long_words=False))
    )


def put_badges(drawing: Drawing, badges: Sequence[Label]) -> None:
    """Put numbers in their areas; where one would hide another it stands aside, with a line to its area."""
    moved = _apart(badges, 2.1 * BADGE * drawing.per_inch)
    drawing.labels += moved
    ways = (np.array([[was.x, was.y], [now.x, now.y]]) for was, now in zip(badges, moved, strict=True) if was != now)
    drawing.lines.append(("leader", path_of(ways)))


def _apart(labels: Sequence[Label], step: float) -> list[Label]:
    """Move a badge to the nearest free place where it would hide an earlier one."""
    placed: list[Label] = []
    for label in labels:
        ways = [(0.0, 0.0), *((np.cos(a) * r, np.sin(a) * r) for r in (1, 1.7) for a in np.arange(8) * np.pi / 4)]
        spots = [label._replace(x=label.x + dx * step, y=label.y + dy * step) for dx, dy in ways]
        free = (s for s in spots if all(np.hypot(s.x - p.x, s.y - p.y) > 0.95 * step for p in placed))
        placed.append(next(free, label))
    return placed


def listed(names: Sequence[str]) -> list[Row]:
    """Return names with numbers, and how many more there are where the list would be too long."""
    rows = [Row(name, number=str(n)) for n, name in enumerate(names[:LONGEST], 1)]
    more = len(names) - len(rows)
    return [*rows, Row(f"and {more} more: the map page lists all")] if more else rows


def phrase(layer: Layer) -> str:
    """Return how a sentence calls a layer: a file is no name for its areas."""
    return f"areas of {layer.title}" if layer.status == "file" else wording.inside_a_sentence(layer.title)
