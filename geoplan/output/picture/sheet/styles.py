"""How areas and lines of a picture look: the fills and patterns of every map, and lines of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from matplotlib.patches import PathPatch
from matplotlib.path import Path

from geoplan.output.picture.naming.boxes import INK, SOFT
from geoplan.output.picture.patterns import DRAWN, HUES, MARKS
from geoplan.output.picture.shaded.classes import NO_FIGURE, SHADES
from geoplan.schema.standing import CHANGES, GROUND

__all__ = ["FILLS", "HATCHES", "INK", "LINES", "SOFT", "edge", "patches"]

_LOOKS = {**DRAWN, "no figure": NO_FIGURE, **{f"change {name}": look for name, look in CHANGES.items()}}
FILLS = {name: look.fill for name, look in _LOOKS.items()} | {"land": "#f2f2ee", "lake": "#b5d3e7"}
FILLS |= {f"figure {number}": shade for number, shade in enumerate(SHADES)}
HATCHES = {name: (MARKS[look.pattern], look.ink) for name, look in _LOOKS.items() if look.pattern}
LINES: Mapping[str, Mapping[str, Any]] = {
    "outline": {"color": INK, "linewidth": 0.55},
    "other": {"color": "#2166ac", "linewidth": 2.0},
    "second": {"color": "#111111", "linewidth": 1.2, "linestyle": (0, (4, 2))},
    "leader": {"color": INK, "linewidth": 0.7},
    "third": {"color": "#7a2604", "linewidth": 1.4, "linestyle": (0, (1, 1.5))},
    "focus line": {"color": "#111111", "linewidth": 2.6},
    "focus part": {"color": "#111111", "linewidth": 2.0, "linestyle": (0, (3, 1.5))},
    "river": {"color": "#5e9cc7", "linewidth": 0.6},
    "part": {"color": GROUND["part"].ink, "linewidth": 1.0, "linestyle": (0, (3, 2))},
}


def patches(style: str, path: Path) -> Iterator[PathPatch]:
    """Return what fills an area: a colour, and what is drawn over it so that colour is not alone."""
    hue = int(style.removeprefix("hue")) if style.startswith("hue") else None
    fill = FILLS[style] if hue is None else HUES[hue % len(HUES)]
    if fill:
        yield PathPatch(path, facecolor=fill, edgecolor="none", linewidth=0)
    over = HATCHES.get(style) if hue is None else ("xxx", SOFT) if hue >= len(HUES) else None
    if over is not None:
        yield PathPatch(path, facecolor="none", edgecolor=over[1], hatch=over[0], linewidth=0)


def edge(style: str) -> dict[str, Any]:
    """Return how a line is drawn, as properties of a patch."""
    line = dict(LINES[style])
    return {"edgecolor": line.pop("color"), **line}
