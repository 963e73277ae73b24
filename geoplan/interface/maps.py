"""`geoplan.to_folium`: any result as a map that can be added to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.results import Result

if TYPE_CHECKING:
    import folium

__all__ = ["to_folium"]


def to_folium(result: Any, *, tiles: str = "") -> folium.Map:
    """Draw a result as an interactive map, to which further layers can be added.

    Parameters
    ----------
    result
        What a function of `geoplan` returned: a layer, comparison, audit, check, blocks, ....
    tiles
        ``osm`` for a background of OpenStreetMap, which the map then asks for; nothing by default.

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
