"""The command that draws: map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.options import (
    column_options,
    configuration,
    flows_option,
    replaced_option,
    shown_option,
    wards_option,
    weighing_options,
)
from geoplan.cli.speaking import declare, tell_changes, tell_written, write
from geoplan.errors import ConfigurationError

__all__ = []


@cli.command("map")
@click.argument("layers", nargs=-1)
@click.option("--focus", default="", metavar="AREA", help="Show one area: code, name or LAYER:NAME.")
@click.option("--png", is_flag=True, help="A picture for papers instead of a page.")
@click.option(
    "--tiles",
    default="",
    metavar="NAME",
    help="Ask a host for a background when the page is open: osm, or a name of xyzservices that needs no key, such as "
    "Esri.WorldGrayCanvas; without it nobody is asked.",
)
@click.option(
    "--out", default="", metavar="FILE", help="Where to write: .html or .png.  [default: geoplan-map.html or .png]"
)
@shown_option
@replaced_option
@flows_option
@wards_option
@weighing_options
@column_options
def draw(layers: tuple[str, ...], tiles: str, **asked: Any) -> None:
    """Draw LAYERS on one page, or of the default audit: compared in pairs, with what their borders cut.

    The first two are shaded against each other, the borders of the others lie over them; with --focus, the area's
    partners in the last layer are coloured and named. A picture takes at most three layers. The page needs no
    network and no other file. Python: geoplan.to_folium, geoplan.Audit.plot.
    """  # fmt: skip
    from geoplan.auditing import audit as auditing
    from geoplan.output.page import webmap
    from geoplan.output.picture import plot

    place = _map_file(asked["out"], png=asked["png"])
    picture = asked["png"] or place.lower().endswith(".png")
    if picture and tiles:
        message = "--tiles puts a background behind a page, and a picture has none: leave out --tiles, or draw a page."
        raise ConfigurationError(message)
    declare(asked, layers, out=place)
    configured = configuration({**asked, "layers": ",".join(layers)})
    result = auditing.run(configured, geometry=True)
    tell_changes(*result.layers.values())
    if picture:
        write(plot.png(result), place)
    else:
        write(webmap.page(result, tiles=tiles, outlined=True), place)
    tell_written(place)


def _map_file(out: str, *, png: bool) -> str:
    """Return where a map goes; the suffix of a file says what it is."""
    from geoplan.writing import places

    place = out or ("geoplan-map.png" if png else "geoplan-map.html")
    path = Path(place)
    if places.is_stream(place):
        return place
    suffix = path.suffix.lower()
    if suffix not in {".html", ".png"}:
        message = f"{path.name} ends in neither .html nor .png: a map is a page (.html) or a picture (.png)."
        raise ConfigurationError(message)
    if png and suffix != ".png":
        message = (
            f"{path.name} is the name of a page, and --png asks for a picture: leave out --png, or end it in .png."
        )
        raise ConfigurationError(message)
    return place
