"""Who holds what on the ground of an area of the atlas, by the rules that ship."""

from __future__ import annotations

from datetime import date

from geoplan.auditing.holders.holding import Held, held_there
from geoplan.auditing.place_lookup import is_there
from geoplan.commuting.atlas import Atlas
from geoplan.data.focus import Focus
from geoplan.data.shipped.streams import shipped_streams
from geoplan.schema import Layer

__all__ = ["held_in"]


def held_in(focus: Focus, atlas: Atlas) -> Held:
    """Tell who holds which money and duties on the ground of an area.

    Parameters
    ----------
    focus
        The area; of a drawn one the blocks that it is taken to be made of.
    atlas
        Where to open layers, and the day.

    Returns
    -------
    Held
        See `geoplan.auditing.holders.holding.held_there`.
    """

    def opened(key: str, day: date) -> Layer | None:
        layer = atlas.on(day).layer(key)
        known = layer.parts is not None and layer.blocks is None
        return layer if known and is_there(layer, day.isoformat()) else None

    return held_there(focus.shares, shipped_streams(), atlas.as_of, atlas.blocks["people"], opened)
