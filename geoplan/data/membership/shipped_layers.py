"""Layers of the membership tables that ship: each is made once for a day, however many ask for it."""

from __future__ import annotations

from datetime import date

import pandas as pd

from geoplan.data.catalogue_file import Entry
from geoplan.data.membership import membership
from geoplan.data.places import Authorities
from geoplan.data.readers import guards
from geoplan.data.shipped import package_data
from geoplan.schema import Layer

__all__ = ["shipped_layer"]

_MADE: dict[tuple[Entry, date, str], Layer] = {}


def shipped_layer(entry: Entry, authorities: Authorities, as_of: date, *, plain: bool) -> Layer:
    """Make the layer of a table that ships.

    Parameters
    ----------
    entry
        Its entry in the catalogue.
    authorities
        The reference.
    as_of
        The day.
    plain
        Whether the reference is that of the shipped blocks alone, without outlines, wards or figures of the user's: the
        layer is then the same object for the same table and day, and nobody changes it.

    Returns
    -------
    Layer
        See `geoplan.data.membership.membership.from_catalogue`.

    Raises
    ------
    InputError
        When a table is missing.
    """
    names = [table for table in (entry.table, entry.further) if table]
    sha256 = guards.hash_of([package_data.shipped_path(f"membership/{table}.csv") for table in names])
    at = (entry, as_of, sha256)
    if plain and at in _MADE:
        return _MADE[at]
    tables = [package_data.shipped_membership(table) for table in names]
    rows = pd.concat(tables, ignore_index=True) if entry.further else tables[0]
    layer = membership.from_catalogue(entry, rows, authorities, as_of=as_of, sha256=sha256)
    if plain:
        _MADE[at] = layer
    return layer
