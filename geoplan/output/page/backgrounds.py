"""Backgrounds that maps may ask for, and the attribution that stands on every map."""

from __future__ import annotations

import difflib
import html
import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import wording

__all__ = ["Tiles", "background_of"]

SHORT = {"osm": "OpenStreetMap.Mapnik"}
"""Names of our own beside those of xyzservices."""
NEAREST = 3
ISLES = ((49.0, -9.0), (61.0, 2.0))
"""South-west and north-east of what is mapped (latitude, longitude)."""
WEB_MERCATOR = "EPSG:3857"
DEEPEST = 18
"""Zoom up to which tiles are asked for where nobody says."""


class Tiles(NamedTuple):
    """A background of pictures, asked for from a host whenever the map is looked at."""

    name: str
    address: str
    host: str
    attribution: str
    deepest: int


def background_of(name: Any) -> Tiles | None:
    """Return a background by its name.

    Parameters
    ----------
    name
        ``osm``, or a name of the package xyzservices, such as ``Esri.WorldGrayCanvas``, in any spelling it takes;
        empty for none. A ``TileProvider`` of that package is taken too.

    Returns
    -------
    Tiles or None
        With one host, its address for ``{z}``, ``{x}`` and ``{y}``, and whom to credit as plain text.

    Raises
    ------
    ConfigurationError
        If there is none of that name (the nearest are named), or it cannot stand behind a map of these islands that
        holds no key.
    """
    if not name:
        return None
    import xyzservices

    every = xyzservices.providers.flatten()
    provider = name if isinstance(name, xyzservices.TileProvider) else _named(name, xyzservices.providers, every)
    if reason := _unfit(provider):
        hint = f"Without a key there are {_some(every)}."
        raise ConfigurationError(refusal(f"{provider.name} cannot be the background: {reason}", hint=hint))
    address = provider.build_url(x="{x}", y="{y}", z="{z}")
    host = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    return Tiles(provider.name, address, host, f"Background: {_credit(provider)}.", provider.get("max_zoom", DEEPEST))


def _named(name: Any, providers: Any, every: Any) -> Any:
    if not isinstance(name, str):
        said = f"{name!r} is no background"
        raise ConfigurationError(refusal(said, hint="Give a name, or a TileProvider of xyzservices."))
    try:
        return providers.query_name(SHORT.get(name.lower(), name))
    except ValueError:
        raise ConfigurationError(_unknown(name, every)) from None


def _unknown(name: str, every: Any) -> str:
    """Say that there is no such background, and name those that are written most like it."""
    fit = [*SHORT, *(key for key, provider in every.items() if not _unfit(provider))]
    folded = {key.lower(): key for key in fit}
    near = [folded[key] for key in difflib.get_close_matches(name.lower(), folded, n=NEAREST, cutoff=0.5)]
    hint = f"Nearest: {', '.join(near)}." if near else f"There are {_some(every)}."
    return refusal(f"the map has no background {name!r}", hint=hint)


def _unfit(provider: Any) -> str:
    """Say why tiles cannot stand behind the page; empty where they can."""
    (south, west), (north, east) = ISLES
    (low, left), (high, right) = provider.get("bounds", ISLES)
    needs = {
        "it needs a key of your own, and a page that is passed on must hold none": provider.requires_token(),
        "it shows no part of the United Kingdom": low > north or high < south or left > east or right < west,
        "its tiles are in another projection": provider.get("crs", WEB_MERCATOR) != WEB_MERCATOR,
        "its tiles are numbered another way": provider.get("tms", False),
        "its host no longer answers": provider.get("status") == "broken",
        "its host is asked without encryption": not provider.url.startswith("https:"),
    }
    return next((reason for reason, holds in needs.items() if holds), "")


def _some(every: Any) -> str:
    known = ("OpenStreetMap.HOT", "Esri.WorldGrayCanvas", "OpenTopoMap")
    return wording.listed([*SHORT, *(key for key in known if key in every)])


def _credit(provider: Any) -> str:
    """Return whom to credit, as plain text, with the address of the licence where the credit links to one."""
    links = re.findall(r'href="https?://(?:www\.)?([^"]*(?:copyright|licen[cs]e)[^"]*)"', provider.html_attribution)
    plain = html.unescape(re.sub(r"<[^>]*>", "", provider.attribution))
    said = plain.replace("(C)", "©").replace("--", "–").strip(" .")
    return f"{said} ({', '.join(dict.fromkeys(links))})" if links else said
