"""`geoplan.to_folium`, any result as a map that can be added to; `geoplan.workshop`, a page that redraws areas."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.results import Result

if TYPE_CHECKING:
    import folium

__all__ = ["to_folium", "workshop"]


def to_folium(result: Any, *, tiles: str = "") -> folium.Map:
    """Draw a result as an interactive map, to which further layers can be added.

    Parameters
    ----------
    result
        What a function of `geoplan` returned: a layer, comparison, audit, check, blocks, ....
    tiles
        ``osm`` for a background of OpenStreetMap, or a name of xyzservices that needs no key, such as
        ``Esri.WorldGrayCanvas``, which the map then asks for; nothing by default.

    Returns
    -------
    folium.Map
        In EPSG:4326, simplified for the screen; ``save`` writes it as a page.

    Raises
    ------
    ConfigurationError
        If it is no result, has no outlines, or the background is not known.
    """
    if not isinstance(result, Result):
        message = refusal(
            f"a {type(result).__name__} is no result of geoplan", hint="Make a layer of it: geoplan.layer."
        )
        raise ConfigurationError(message)
    board: folium.Map = result.explore(tiles=tiles)
    return board


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
