"""The small maps of the page as pictures: what it draws with lines and fills, drawn again as PNG."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path

from geoplan.output.document.inks import ink, look
from geoplan.output.document.inline import classes
from geoplan.output.picture.picture_parts import path_of
from geoplan.output.picture.sheet.encoding import encoded, own_settings
from geoplan.output.picture.sheet.size import Size

__all__ = ["small_map"]

PIXELS = 640
"""Across a picture: some 290 an inch where it is printed."""
POINTS = 72
"""A unit of the page's drawing is a point of this one, so that widths of lines are the same numbers."""


def small_map(drawn: Any, title: str, description: str) -> bytes:
    """Draw a small map of the page as a picture.

    Parameters
    ----------
    drawn
        Its element ``svg``: paths of straight lines, circles and texts, in the looks of the page's classes.
    title, description
        Words that stand in the file for those who do not see it.

    Returns
    -------
    bytes
        PNG, 640 pixels across.
    """
    # A reader of HTML writes all names of attributes small.
    wide, high = (float(each) for each in drawn.get("viewbox").split()[2:])
    size = Size(wide / POINTS, high / POINTS, PIXELS / wide * POINTS)
    with own_settings():
        figure = Figure(figsize=(size.wide, high / POINTS), facecolor="white")
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, wide), ylim=(high, 0), xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(edgecolor=f"#{ink('line')}", linewidth=2)
        for order, element in enumerate(drawn, 1):
            _draw(axes, element, order)
        return encoded(figure, "png", size, title, description)


def _draw(axes: Axes, element: Any, order: int) -> None:
    if element.tag == "path" and element.get("d"):
        axes.add_artist(PathPatch(_path(element.get("d")), zorder=order, joinstyle="round", **_pen(element, "path")))
    elif element.tag == "circle":
        at, radius = (float(element.get("cx")), float(element.get("cy"))), float(element.get("r"))
        axes.add_artist(Circle(at, radius, zorder=order, **_pen(element)))
    elif element.tag == "text":
        written = look("g text")
        axes.text(
            float(element.get("x")), float(element.get("y")), element.text, zorder=order, color=written["fill"],
            size=float(written["font"].split()[1].removesuffix("px")), weight="bold",
            ha="center", va="center_baseline", parse_math=False,
        )  # fmt: skip


def _pen(element: Any, *tags: str) -> dict[str, Any]:
    """Return how an element is filled and drawn, as properties of a patch."""
    named = sorted(classes(element))
    rules = [f"g {each}" for each in tags] + [f"g .{each}" for each in named] + [f"g .{'.'.join(named)}"]
    told: dict[str, str] = {"fill": element.get("fill", "none")}
    for rule in rules:
        told |= look(rule)
    dashes = [float(each) / float(told["stroke-width"]) for each in told.get("stroke-dasharray", "").split()]
    return {
        "facecolor": told["fill"],
        "edgecolor": told["stroke"],
        "linewidth": float(told["stroke-width"]),
        "linestyle": (0, dashes) if dashes else "solid",
    }


def _path(drawn: str) -> Path:
    """Return a path of straight lines, as the page writes them."""
    runs = drawn.replace("Z", "").split("M")[1:]
    return path_of(np.array([point.split() for point in run.split("L")], dtype=float) for run in runs)
