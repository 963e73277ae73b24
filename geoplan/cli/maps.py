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
    indicator_option,
    replaced_option,
    shown_option,
    wards_option,
    weighing_options,
)
from geoplan.cli.speaking import declare, tell_changes, tell_written, write
from geoplan.errors import ConfigurationError

__all__ = ["map_kind"]

PICTURES = ("png", "svg", "pdf")


@cli.command("map")
@click.argument("layers", nargs=-1)
@click.option("--focus", default="", metavar="AREA", help="Show one area: code, name or LAYER:NAME.")
@click.option("--png", is_flag=True, help="A picture for papers and slides instead of a page.")
@click.option("--svg", is_flag=True, help="The same as drawing whose words are text.")
@click.option("--pdf", is_flag=True, help="The same as PDF to print, A4 unless --size says otherwise.")
@click.option(
    "--size",
    default="",
    metavar="SIZE",
    help="Of a picture: A5 to A2, A4-landscape, a width in pixels (1600), or width and height (1600x1000).",
)
@click.option("--title", default="", metavar="TEXT", help="Title of a picture in place of its own.")
@click.option("--subtitle", default="", metavar="TEXT", help="A line below the title of a picture.")
@click.option("--labels/--no-labels", default=True, help="Names and numbers on the map of a picture.")
@click.option(
    "--tiles",
    default="",
    metavar="NAME",
    help="Ask a host for a background when the page is open: osm, or a name of xyzservices that needs no key, such as "
    "Esri.WorldGrayCanvas; without it nobody is asked.",
)
@click.option(
    "--out",
    default="",
    metavar="FILE",
    help="Where to write; .html, .png, .svg or .pdf says what.  [default: geoplan-map.html, .png, .svg or .pdf]",
)
@shown_option
@replaced_option
@flows_option
@wards_option
@indicator_option
@weighing_options
@column_options
def draw(layers: tuple[str, ...], tiles: str, **asked: Any) -> None:
    """Draw LAYERS on one page, or of the default audit: compared in pairs, with what their borders cut.

    The first two are shaded against each other, the borders of the others lie over them; with --focus, the area's
    partners in the last layer are coloured and named; with --indicator, figures of your own are coloured instead. A
    picture of more than three layers has a map for each. The page needs no network and no other file.
    Python: geoplan.to_folium, geoplan.Audit.plot, geoplan.Audit.picture.
    """  # fmt: skip
    from geoplan.auditing import audit as auditing
    from geoplan.output.page import webmap
    from geoplan.output.picture import plot

    kind, place = _map_file(asked["out"], _kind(asked))
    if kind and tiles:
        message = "--tiles puts a background behind a page, and a picture has none: leave out --tiles, or draw a page."
        raise ConfigurationError(message)
    style = _picture_options(asked, kind)
    declare(asked, layers, out=place)
    configured = configuration({**asked, "layers": ",".join(layers)})
    result = auditing.run(configured, geometry=True)
    tell_changes(*result.layers.values())
    if kind:
        write(plot.made(result, kind, **style, figures=bool(asked["indicator"])), place)
    else:
        write(webmap.page(result, tiles=tiles, outlined=True), place)
    tell_written(place)


def _picture_options(asked: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return what is asked for of a picture, checked before any work; a page has none of it."""
    from geoplan.output.picture.sheet.size import size_of_sheet

    style = {name: asked[name] for name in ("size", "title", "subtitle")}
    given = [f"--{name}" for name, value in style.items() if value] + ["--no-labels"] * (not asked["labels"])
    if given and not kind:
        message = f"{given[0]} is for a picture, and a page has none: add --png, --svg or --pdf, or leave it out."
        raise ConfigurationError(message)
    if style["size"]:
        size_of_sheet(style["size"])
    return {**style, "labels": asked["labels"]}


def _kind(asked: dict[str, Any]) -> str:
    """Return the one kind of picture that is asked for by name, if any."""
    kinds = [kind for kind in PICTURES if asked[kind]]
    if len(kinds) > 1:
        message = f"--{kinds[0]} and --{kinds[1]} are two pictures: ask for one at a time."
        raise ConfigurationError(message)
    return kinds[0] if kinds else ""


def _map_file(out: str, kind: str) -> tuple[str, str]:
    """Return the kind of picture, or none for a page, and where it goes; the suffix of a file says what it is."""
    from geoplan.writing import places

    place = out or f"geoplan-map.{kind or 'html'}"
    path = Path(place)
    if places.is_stream(place):
        return kind, place
    suffix = map_kind(place)
    if kind and suffix != kind:
        called = f"a picture of kind {suffix}" if suffix else "a page"
        message = (
            f"{path.name} is the name of {called}, and --{kind} asks for another: leave out --{kind}, "
            f"or end the name in .{kind}."
        )
        raise ConfigurationError(message)
    return suffix, place


def map_kind(place: str) -> str:
    """Return the kind of picture that the suffix of a file says; empty for a page."""
    path = Path(place)
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in {"html", *PICTURES}:
        message = f"{path.name} ends in none of .html, .png, .svg and .pdf: a map is a page (.html) or a picture."
        raise ConfigurationError(message)
    return "" if suffix == "html" else suffix
