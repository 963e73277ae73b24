"""Layers of the membership tables that ship, and of the user's own in their place: each is made once for a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from geoplan.data.catalogue_file import Entry
from geoplan.data.kept import holdings
from geoplan.data.membership import membership
from geoplan.data.membership.own import steps
from geoplan.data.membership.own.differences import marked
from geoplan.data.membership.own.steps import Members
from geoplan.data.places import Authorities
from geoplan.data.readers import guards
from geoplan.data.shipped import package_data
from geoplan.schema import Layer

__all__ = ["layer_of", "shipped_layer"]

_MADE: dict[tuple[Entry, date, str], Layer] = {}


def shipped_layer(entry: Entry, authorities: Authorities, as_of: date, *, plain: bool) -> Layer:
    """Make the layer of a table that ships, with the user's own members where there are any.

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
        When a table is missing, or the user's own is not as it was kept.
    """
    names = [table for table in (entry.table, entry.further) if table]
    kept = [step for step in map(steps.latest, names) if step is not None]
    shipped = guards.hash_of([package_data.shipped_path(f"membership/{table}.csv") for table in names])
    at = (entry, as_of, ".".join([shipped, *(step.sha256 for step in kept)]))
    if plain and at in _MADE:
        return _MADE[at]
    tables = [steps.members(table) for table in names]
    own = [table for table in tables if table.are_yours]
    sha256 = guards.hash_of([holdings.path_of(table.step) for table in own if table.step]) if own else shipped
    layer = layer_of(entry, tables, authorities, as_of=as_of, sha256=sha256)
    if plain:
        _MADE[at] = layer
    return layer


def layer_of(
    entry: Entry, tables: Sequence[Members], authorities: Authorities, *, as_of: date, sha256: str = ""
) -> Layer:
    """Make the layer of tables of members, kept or not.

    Parameters
    ----------
    entry
        Its entry in the catalogue.
    tables
        The members of its table, and of the one joined to it.
    authorities
        The reference.
    as_of
        The day.
    sha256
        Hash of the file of the user's own, else of what ships.

    Returns
    -------
    Layer
        Where the user's own table says anything of it, it tells so.
    """
    rows = [table.rows[list(package_data.MEMBERSHIP_COLUMNS)] for table in tables]
    together = pd.concat(rows, ignore_index=True) if len(rows) > 1 else rows[0]
    layer = membership.from_catalogue(entry, together, authorities, as_of=as_of, sha256=sha256)
    own = [table for table in tables if table.are_yours]
    return marked(layer, own, entry) if own else layer
