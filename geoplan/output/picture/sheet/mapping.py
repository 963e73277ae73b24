"""A map put on a sheet: its ground, its lines, its labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import Stroke, withStroke

from geoplan.output.picture.naming.boxes import BADGE, DOT, KINDS
from geoplan.output.picture.picture_parts import LINE, Drawing, Label, one_line, path_of
from geoplan.output.picture.sheet.styles import INK, SOFT, edge, patches

__all__ = ["HALO", "draw_frames", "draw_label", "map_axes"]

HALO = "#ffffff"
HALO_PT = 1.6


def map_axes(
    figure: Figure,
    drawing: Drawing,
    bounds: Sequence[float],
    inches: Sequence[float],
    *,
    framed: bool,
    leaders: Iterable[np.ndarray] = (),
) -> Axes:
    """Put areas and lines on a part of the sheet: left edge, upper edge, width and height in inches from the top."""
    wide, high = figure.get_figwidth(), figure.get_figheight()
    x, y, across, down = inches
    axes = figure.add_axes((x / wide, 1 - (y + down) / high, across / wide, down / high), frameon=framed)
    axes.set(xlim=bounds[::2], ylim=bounds[1::2], xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(edgecolor=SOFT, linewidth=0.8)
    seen = tuple(bounds[:2]), tuple(bounds[2:])
    for patch in (patch for style, path in drawing.areas for patch in patches(style, _part(path, *seen))):
        axes.add_artist(patch)
    for style, path in drawing.lines:
        shown = _part(path, *seen)
        axes.add_artist(PathPatch(shown, facecolor="none", joinstyle="round", capstyle="butt", **edge(style)))
    ways = path_of(leaders)
    if len(np.asarray(ways.vertices)):
        axes.add_artist(PathPatch(ways, facecolor="none", **edge("leader")))
    return axes


def _part(path: Path, low: Sequence[float], high: Sequence[float]) -> Path:
    """Return the rings or lines of a path that reach into a box, whole."""
    points = np.asarray(path.vertices)
    if not len(points):
        return path
    runs = np.split(points, np.flatnonzero(path.codes == Path.MOVETO)[1:])
    return path_of(run for run in runs if (run.max(axis=0) >= low).all() and (run.min(axis=0) <= high).all())


def draw_frames(axes: Axes, bounds: Iterable[Sequence[float]]) -> None:
    """Outline the parts of a map that are shown enlarged."""
    for west, south, east, north in bounds:
        axes.add_artist(Rectangle((west, south), east - west, north - south, fill=False, edgecolor=SOFT, linewidth=0.9))


def draw_label(axes: Axes, label: Label, per_inch: float, *, radius: float = BADGE, kind: str = "png") -> None:
    """Write a label; a number in a ring, the name of a town beside its dot.

    Parameters
    ----------
    axes
        Of a map, or of the sheet.
    label
        With its point in the units of the axes.
    per_inch
        Those units an inch; below none where they run downwards.
    radius
        Of the ring, in inches.
    kind
        png, svg or pdf: how names get their white edge. Letters that have one are no text any more in a PDF, where it
        is drawn below them; an SVG makes its own.
    """
    if label.badge:
        axes.plot([label.x], [label.y], "o", markersize=radius * 144, color=HALO, markeredgecolor=INK, mew=0.8)
        axes.text(
            label.x, label.y, label.text, size=KINDS["badge"].points * radius / BADGE, color=INK, weight="bold",
            ha="center", va="center_baseline", clip_on=True, parse_math=False,
        )  # fmt: skip
        return
    x = label.x
    if label.kind == "town":
        axes.plot([x], [label.y], "o", markersize=DOT * 144, color=KINDS["town"].color, markeredgecolor=HALO, mew=0.5)
        x += {"left": 2.5, "right": -2.5}[label.side] * DOT * per_inch
    _write_lines(axes, label, x, per_inch, kind)


def _write_lines(axes: Axes, label: Label, x: float, per_inch: float, kind: str) -> None:
    """Write each line by itself, so that it stays one text in every file."""
    face = KINDS[label.kind]
    lines = [one_line(line) for line in label.text.split("\n")]
    step = face.points * LINE / 72 * per_inch
    for number, line in enumerate(lines):
        y = label.y + ((len(lines) - 1) / 2 - number) * step - 0.36 * face.points / 72 * per_inch
        style: dict[str, Any] = {
            "size": face.points, "weight": face.weight, "ha": label.side, "va": "baseline", "clip_on": True,
            "parse_math": False,
        }  # fmt: skip
        written = axes.text(x, y, line, color=face.color, **style)
        if kind == "png":
            written.set_path_effects([withStroke(linewidth=HALO_PT, foreground=HALO)])
        elif kind == "pdf":
            below = axes.text(x, y, line, color=HALO, zorder=written.get_zorder() - 0.1, **style)
            below.set_path_effects([Stroke(linewidth=HALO_PT, foreground=HALO)])
        else:
            written.set_gid("halo")
