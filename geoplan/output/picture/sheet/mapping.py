"""A map put on a sheet: its ground, its lines, its labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import Stroke, withStroke

from geoplan.output.picture.naming.boxes import BADGE, DOT, KINDS
from geoplan.output.picture.picture_parts import LINE, Drawing, Label, Land, one_line, path_of
from geoplan.output.picture.sheet.styles import INK, SOFT, edge, patches

__all__ = ["HALO", "draw_frames", "draw_label", "filled", "lined", "map_axes"]

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
    for patch in (patch for style, path in drawing.areas for patch in patches(style, filled(path, bounds))):
        axes.add_artist(patch)
    if drawing.land is not None:
        _draw_land(axes, drawing, drawing.land, bounds)
    for style, path in drawing.lines:
        shown = lined(path, bounds)
        axes.add_artist(PathPatch(shown, facecolor="none", joinstyle="round", capstyle="butt", **edge(style)))
    ways = path_of(leaders)
    if len(np.asarray(ways.vertices)):
        axes.add_artist(PathPatch(ways, facecolor="none", **edge("leader")))
    return axes


def _draw_land(axes: Axes, drawing: Drawing, land: Land, bounds: Sequence[float]) -> None:
    """Draw the shade of slopes on the land, then lakes and rivers."""
    if land.shade is not None:
        west, south, east, north = land.bounds
        view = axes.get_xlim(), axes.get_ylim()
        shade = axes.imshow(
            land.shade, extent=(west, east, south, north), interpolation="bicubic", aspect="auto", zorder=1
        )
        shade.set_clip_path(filled(dict(drawing.areas)["land"], bounds), axes.transData)
        axes.set(xlim=view[0], ylim=view[1])
    for patch in patches("lake", filled(land.lakes, bounds)):
        axes.add_artist(patch)
    rivers = PathPatch(lined(land.rivers, bounds), facecolor="none", capstyle="round", **edge("river"))
    axes.add_artist(rivers)


def filled(path: Path, bounds: Sequence[float]) -> Path:
    """Return what a map shows of an area; rings keep their direction, which tells holes."""
    return path if _within(path, bounds) else path_of(ring for run in _runs(path) for ring in _clipped(run, bounds))


def _clipped(ring: np.ndarray, bounds: Sequence[float]) -> Iterator[np.ndarray]:
    held = shapely.LinearRing(ring)
    shown = shapely.clip_by_rect(shapely.Polygon(held), *_roomy(bounds))
    for part in (each for each in shapely.get_parts(shown) if each.geom_type == "Polygon"):
        same = shapely.is_ccw(part.exterior) == shapely.is_ccw(held)
        yield shapely.get_coordinates(part.exterior if same else shapely.reverse(part.exterior))


def lined(path: Path, bounds: Sequence[float]) -> Path:
    """Return what a map shows of lines."""
    if _within(path, bounds):
        return path
    shown = shapely.clip_by_rect(np.array([shapely.LineString(run) for run in _runs(path)]), *_roomy(bounds))
    return path_of(shapely.get_coordinates(part) for part in shapely.get_parts(shown))


def _runs(path: Path) -> list[np.ndarray]:
    """Return the rings or lines of a path."""
    return np.split(np.asarray(path.vertices), np.flatnonzero(path.codes == Path.MOVETO)[1:])


def _within(path: Path, bounds: Sequence[float]) -> bool:
    points = np.asarray(path.vertices)
    return bool((points >= bounds[:2]).all() and (points <= bounds[2:]).all())


def _roomy(bounds: Sequence[float]) -> tuple[float, float, float, float]:
    """Return a box with room around it, so that nothing seen is drawn at its edge."""
    room = 0.05 * (bounds[2] - bounds[0])
    return bounds[0] - room, bounds[1] - room, bounds[2] + room, bounds[3] + room


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
            "size": face.points, "weight": face.weight, "ha": label.side, "va": "baseline", "parse_math": False,
        }  # fmt: skip
        written = axes.text(x, y, line, color=face.color, **style)
        if kind == "png":
            written.set_path_effects([withStroke(linewidth=HALO_PT, foreground=HALO)])
        elif kind == "pdf":
            below = axes.text(x, y, line, color=HALO, zorder=written.get_zorder() - 0.1, **style)
            below.set_path_effects([Stroke(linewidth=HALO_PT, foreground=HALO)])
        else:
            written.set_gid("halo")
