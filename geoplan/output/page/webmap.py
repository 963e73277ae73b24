"""The audit as one interactive page: Folium's map, with everything it needs inside the file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import folium
import jinja2
from branca.element import Element, Figure, MacroElement

from geoplan.auditing.editions.versions import Editions
from geoplan.auditing.results import AuditResult
from geoplan.errors import ConfigurationError
from geoplan.output.page.backgrounds import Tiles, background_of
from geoplan.output.page.bearings import own_credits
from geoplan.output.page.changed import CHANGE_FILLS
from geoplan.output.page.figures import FIGURES, NO_FIGURE_FILL
from geoplan.output.page.payload import payload_of
from geoplan.output.page.sealed import LIBRARIES, OWN_PICTURES, asset, embedded, leaflet_style, lean, library, policy
from geoplan.output.page.switching import Switch
from geoplan.output.picture.patterns import svg_patterns
from geoplan.output.picture.shaded.classes import NO_FIGURE

__all__ = ["page"]

_SCRIPTS = (
    "arcs", "shapes", "data", "dom", "patterns", "draw", "ground", "backdrop", "labels", "wanted", "names", "inset",
    "frame", "parts", "details", "arrows", "flows", "postcodes", "search", "panel", "tables", "print", "views",
    "link", "picture", "away", "page",
)  # fmt: skip
_PANES = {
    "land": 390, "shade": 400, "water": 401, "relief": 402, "parts": 403, "places": 405, "lines": 410, "flows": 415,
    "chosen": 420,
}  # fmt: skip
"""Panes of the map, each with its height; those of `_ASKED` answer to the pointer."""
_ASKED = frozenset({"land", "shade", "parts", "flows", FIGURES})


def page(
    result: AuditResult,
    *,
    tiles: str = "",
    outlined: bool = False,
    switch: Switch | None = None,
    editions: Editions | None = None,
) -> str:
    """Return the map of an audit as one HTML page that asks nobody for anything.

    Parameters
    ----------
    result
        From `geoplan.auditing.audit.run` with ``geometry=True``; geometry in EPSG:27700.
    tiles
        A background that `geoplan.output.page.backgrounds.background_of` knows, such as "osm". The page then asks
        that one host for pictures, which tells the host where the reader looks; without, it asks nobody.
    outlined
        Whether the page opens with the borders of all layers asked for, and with the partners of the focus in the
        last of them, instead of those of its first pair alone.
    switch
        From `geoplan.output.page.switching.switched`, with its audit: the page switches between views.
    editions
        Two layers of the audit compared as editions: the page opens in the colours of what became of their areas.

    Returns
    -------
    str
        A whole page (HTML, WGS84 coordinates inside): the same result gives the same text.

    Raises
    ------
    ConfigurationError
        If the audit was run without outlines, a layer is a lookup from small areas, or there is no such background.

    Notes
    -----
    All layers made of blocks share one set of arcs (TopoJSON), from which the page makes their outlines and
    areas by their membership. Every name travels as JSON and becomes text, never markup, and a content
    security policy admits only the scripts and styles that stand in the page.
    """
    if "geometry" not in result.blocks.columns:
        message = "The map needs outlines, and this audit was run without: run it with geometry=True."
        raise ConfigurationError(message)
    if result.undrawn:
        message = f"The map needs outlines, and {result.undrawn[0]} is a table of small areas: use geoplan compare."
        raise ConfigurationError(message)
    background = background_of(tiles)
    payload = payload_of(result, background, outlined=outlined, switch=switch, editions=editions)
    figure = _Page(payload, background)
    board = folium.Map(location=(54.5, -3.0), zoom_start=6, tiles=None, zoom_snap=0.25, attribution_control=False)
    _named(board, "board")
    figure.add_child(board, name="board")
    if background:
        board.add_child(_tile_layer(background))
    for name, height in {**_PANES, **({FIGURES: _PANES["relief"]} if FIGURES in payload else {})}.items():
        board.add_child(_named(folium.map.CustomPane(name, height, pointer_events=name in _ASKED), name))
    board.add_child(_Start())  # type: ignore[no-untyped-call]
    return figure.render()


class _Start(MacroElement):
    """The one call of the page's script: whatever it shows is data."""

    _template = folium.template.Template(
        "{% macro script(this, kwargs) %}geoplan.open({{ this._parent.get_name() }});{% endmacro %}"
    )


def _named(element: Element, name: str) -> Element:
    """Give an element an id: Folium draws ids by lot, and the same audit must give the same page."""
    element._id = name  # noqa: SLF001
    return element


class _Page(Figure):
    """A figure whose head holds its scripts and styles themselves, not ten addresses of four hosts."""

    def __init__(self, payload: Mapping[str, Any], background: Tiles | None) -> None:
        super().__init__()
        self.payload = payload
        self.background = background

    def render(self, **kwargs: Any) -> str:
        """Render map and overlays, then put them into the page's own frame."""
        for child in self._children.values():
            child.render(**kwargs)
        # Only a page with figures of the user's own, or of what changed, has a script and patterns for them.
        told = FIGURES in self.payload
        names = [each for name in _SCRIPTS for each in ([FIGURES, name] if told and name == "panel" else [name])]
        scripts = [*map(library, LIBRARIES), *(lean(asset(f"{name}.js")) for name in names)]
        scripts.append(self.script.render(**kwargs))
        styles = [leaflet_style(), *map(asset, ("map.css", "away.css", *(["tiles.css"] if self.background else [])))]
        return _frame().render(
            policy=policy(scripts, styles, (OWN_PICTURES, *([self.background.host] if self.background else []))),
            # The hosts of backgrounds want to know which site asks; nobody else is told.
            referrer="strict-origin" if self.background else "no-referrer",
            title=self.payload["title"],
            heading=self.payload["heading"],
            outlines=self.payload["outlines"],
            indicative=self.payload["indicative"],
            as_of=self.payload["as_of"],
            quiet=self.payload["quiet"],
            attribution=" ".join(own_credits(self.background)),
            credit=self.background.attribution if self.background else "",
            styles=styles,
            scripts=scripts,
            body=self.html.render(**kwargs),
            patterns=svg_patterns(more={NO_FIGURE_FILL: NO_FIGURE, **CHANGE_FILLS} if told else {}),
            marks=asset("marks.svg").rstrip("\n"),
            data=embedded(self.payload),
        )


@cache
def _frame() -> jinja2.Template:
    return jinja2.Environment(autoescape=True).from_string(asset("page.html"))


def _tile_layer(background: Tiles) -> folium.TileLayer:
    layer = folium.TileLayer(background.address, attr=background.attribution, max_zoom=background.deepest)
    _named(layer, "background")
    return layer
