"""Tables that the program keeps between calls, forgotten where texts are to be kept another way."""

from __future__ import annotations

from geoplan.analysis.networks import crosswalk
from geoplan.auditing.profiles import timeline
from geoplan.data.editions import codes
from geoplan.data.membership import shipped_layers
from geoplan.data.official import people


def forget_tables() -> None:
    shipped_layers._MADE.clear()
    for kept in (codes.shipped_changes, timeline._rows, timeline.spells, crosswalk._reference, people._shipped):
        kept.cache_clear()
