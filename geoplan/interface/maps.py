"""`geoplan.to_folium`, any result as a map that can be added to; `geoplan.workshop`, a page that redraws areas."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.given.sheets import Sheet
from geoplan.interface.layers import layer
from geoplan.interface.results import Result, sheets_of

if TYPE_CHECKING:
    import folium
    from xyzservices import TileProvider

__all__ = ["to_folium", "workshop"]


def to_folium(*shown: Any, m: folium.Map | None = None, tiles: str | TileProvider = "") -> folium.Map:
    """Draw results or layers as an ordinary map of folium's, to which anything of folium's can be added.

    Parameters
    ----------
    *shown
        What functions of `geoplan` returned (a layer, comparison, audit, check, blocks, ...), or anything that
        `geoplan.layer` takes: catalogue keys, paths, GeoDataFrames; also lists of these, and mappings whose names the
        layers in them are called by. The first lies lowest.
    m
        A map of your own to draw on, which keeps its place and zoom; by default a new one that shows all of the first.
    tiles
        ``osm`` for a background of OpenStreetMap, or a name of xyzservices that needs no key, such as
        ``Esri.WorldGrayCanvas``, or a ``TileProvider`` of that package, which the map then asks for; nothing by
        default.

    Returns
    -------
    folium.Map
        ``m``, or the new map, with a ``FeatureGroup`` of one ``GeoJson`` for each kind of thing shown, a layer control
        and a key. Colours are those of all outputs, and the words for them stand in the key and where one points;
        features have their names and figures as properties, escaped. Outlines are simplified for the screen. ``save``
        writes it as a page, which asks the network for the scripts of Leaflet, as all maps of folium's do.

    Raises
    ------
    ConfigurationError
        If something is neither a result nor a layer, has no outlines, or the background is not known.
    InputError
        If a file or frame cannot be used as a layer.

    See Also
    --------
    geoplan.Audit.write : The page that asks nobody for anything.

    Examples
    --------
    >>> import folium, geoplan
    >>> m = geoplan.to_folium(geoplan.compare("lhb", "connect_to_work"), "police_force")
    >>> _ = folium.Marker((52.4153, -4.0829), tooltip="Our office").add_to(m)
    >>> geoplan.to_folium("fire_authority", m=m) is m
    True
    """
    from geoplan.interface.canvas.board import board_of

    return board_of([sheet for one in shown for sheet in _sheets(one)], m=m, tiles=tiles)


def _sheets(given: Any, key: str = "") -> list[Sheet]:
    if isinstance(given, Result):
        return sheets_of(given)
    if isinstance(given, Mapping):
        return [sheet for name, each in given.items() for sheet in _sheets(each, str(name))]
    if isinstance(given, (list, tuple)):
        return [sheet for each in given for sheet in _sheets(each)]
    if hasattr(given, "get_root"):
        raise ConfigurationError(refusal("a map is nothing to show on one", hint="Write m=... for your own map."))
    return sheets_of(layer(given, key=key))


def workshop(plan: str | os.PathLike[str] = "") -> str:
    """Make a page on which areas are redrawn by hand, with scores that change at once.

    Parameters
    ----------
    plan
        TOML as for ``geoplan plan``; by default Connect to Work areas of England and Wales, against health boards and
        combined authorities. Its ``start`` is what is redrawn, its constraints are watched.

    Returns
    -------
    str
        HTML that opens from disk and asks nobody for anything; write it as UTF-8.

    Raises
    ------
    ConfigurationError
        If the plan cannot be read, or has no arrangement of today.

    Examples
    --------
    >>> import geoplan
    >>> page = geoplan.workshop()
    >>> page[:15], len(page) < 3_000_000
    ('<!DOCTYPE html>', True)
    """
    from geoplan.output.workshop.webpage import page
    from geoplan.planning.designing import asked
    from geoplan.planning.workshop import DEFAULT, gathered

    return page(gathered(asked.load(Path(plan)) if plan else DEFAULT))
