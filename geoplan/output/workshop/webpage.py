"""The workshop as one page that opens from disk and asks nobody for anything."""

from __future__ import annotations

from functools import cache

import jinja2

from geoplan.output.page.sealed import LIBRARIES, asset, embedded, leaflet_style, library, policy
from geoplan.output.picture.patterns import svg_patterns
from geoplan.output.workshop.payload import payload_of
from geoplan.planning.workshop import Workshop
from geoplan.schema import wording

__all__ = ["page"]

HERE = "geoplan.output.workshop"
_SHARED = ("arcs", "shapes", "dom")
"""Scripts of the map's page."""
_SCRIPTS = (
    "data", "matching", "scores", "rules", "arrangement", "names", "membership", "moves", "sharing", "colours",
    "labels", "board", "list", "card", "scoreboard", "dialogs", "shop", "start",
)  # fmt: skip


def page(shop: Workshop) -> str:
    """Return the workshop as one HTML page.

    Parameters
    ----------
    shop
        From `geoplan.planning.workshop.gathered`.

    Returns
    -------
    str
        A whole page (HTML, WGS84 coordinates inside): the same workshop gives the same text. Every name travels as
        JSON and becomes text, never markup; a policy admits only the scripts and styles that stand in the page.
    """
    payload = payload_of(shop)
    scripts = [
        *map(library, LIBRARIES),
        *(asset(f"{name}.js") for name in _SHARED),
        *(asset(f"{name}.js", HERE) for name in _SCRIPTS),
    ]
    styles = [leaflet_style(), asset("map.css"), asset("workshop.css", HERE)]
    return _frame().render(
        policy=policy(scripts, styles),
        title=payload["title"],
        heading=payload["heading"],
        tags=[payload["as_of"], payload["flows"]],
        outlines=payload["outlines"],
        indicative=payload["indicative"],
        attribution=wording.attribution(),
        about=payload["about"],
        styles=styles,
        scripts=scripts,
        patterns=svg_patterns(),
        marks=asset("marks.svg").rstrip("\n"),
        data=embedded(payload),
    )


@cache
def _frame() -> jinja2.Template:
    return jinja2.Environment(autoescape=True).from_string(asset("workshop.html", HERE))
