"""Holdings opened as layers, and as tables that other readers take: KEY@EDITION, with ``:BGC`` for a resolution."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from geoplan.data.kept.folder import is_set_aside
from geoplan.data.kept.holdings import RESOLUTIONS, Holding, holding, holdings, sound
from geoplan.data.readers.drivers import RawLayer
from geoplan.data.readers.guards import stands
from geoplan.data.readers.parquet import read_geoparquet
from geoplan.data.tables.tables import RawTable, read_flows
from geoplan.errors import UnknownKeyError, refusal
from geoplan.schema import Layer, Source
from geoplan.schema.wording import day

if TYPE_CHECKING:
    import geopandas as gpd

__all__ = ["ANY", "beside", "commuting", "held", "raw_of", "table_of", "titled"]

REFERENCE = re.compile(
    rf"(?P<key>[a-z0-9][a-z0-9_.-]*)@(?P<edition>[a-z0-9][a-z0-9_.-]*)(?::(?P<drawn>{'|'.join(RESOLUTIONS)}))?"
)
PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]*")
LAYERS = ("boundaries", "lookup")
"""Kinds that a reference to a layer may mean, the first before the others."""
COMMUTING = "commuting"
"""Key of flows between authorities."""
ANY = (*LAYERS, "flows")
"""Kinds that a reference to an input may mean."""


def held(reference: str, kinds: tuple[str, ...] = LAYERS) -> Holding | None:
    """Find the holding that a reference means.

    Parameters
    ----------
    reference
        ``KEY@EDITION`` or ``KEY@EDITION:RESOLUTION``; or a key alone, for the newest edition.
    kinds
        What it may be, the first before the others.

    Returns
    -------
    Holding or None
        None where the reference is none of that form, or a key alone of which nothing is held.

    Raises
    ------
    UnknownKeyError
        If an edition is named and is not held; those that are held are named.
    InputError
        If a manifest cannot be read.
    """
    head = reference.partition("#")[0]
    whole = REFERENCE.fullmatch(head)
    if whole is None and not PLAIN.fullmatch(head):
        return None
    if stands(Path(head)):
        return None
    key, edition, resolution = (whole["key"], whole["edition"], whole["drawn"] or "") if whole else (head, "", "")
    for kind in kinds:
        if one := holding(kind, key, edition=edition, resolution=resolution):
            return one
    if whole is None:
        return None
    there = [one for kind in kinds for one in holdings(kind=kind, key=key)]
    others = f"Held: {', '.join(one.reference for one in there)}. " if there else ""
    hint = f"{others}Fetch it: geoplan fetch {head}."
    raise UnknownKeyError(refusal(f"{head} is not in your data folder", hint=hint))


def beside(reference: str, folder: Path) -> str:
    """Return a reference of a configuration as commands take it.

    Parameters
    ----------
    reference
        Of something held, which stays as it is, or a path.
    folder
        Where paths begin.

    Returns
    -------
    str
        A file that stands there comes before what is held.

    Raises
    ------
    UnknownKeyError
        If an edition is named, is not held, and no such file stands there.
    InputError
        If a manifest cannot be read.
    """
    return reference if not stands(folder / reference) and held(reference, ANY) else str(folder / reference)


def commuting() -> str:
    """Return the reference of the newest flows between authorities that are held; empty where none are wanted or held.

    Returns
    -------
    str
        As `held` reads it.

    Raises
    ------
    InputError
        If a manifest cannot be read.
    """
    found = None if is_set_aside() else holding("flows", COMMUTING)
    return found.reference if found else ""


def titled(layer: Layer, one: Holding, reference: str) -> Layer:
    """Say of a layer where it comes from, as the manifest has it.

    Parameters
    ----------
    layer
        As it was read.
    one
        What it was read from.
    reference
        By which it was asked for; it becomes its key.

    Returns
    -------
    Layer
        With key, title, source, licence and edition of the holding.
    """
    citation = ", ".join(filter(None, (one.source, one.title))) or one.name
    source = Source(citation, licence=one.licence, url=one.url, sha256=one.sha256)
    return replace(layer, key=reference, title=one.title or one.name, source=source, edition=day(one.edition))


def raw_of(one: Holding, frame: gpd.GeoDataFrame | None = None) -> RawLayer:
    """Return held outlines like a boundary file that was read, so that every check of such files is made.

    Parameters
    ----------
    one
        Of kind ``boundaries``; its name stands for that of a file, and tells the resolution.
    frame
        With ``code`` and ``name``, EPSG:27700; what is held where None.

    Returns
    -------
    RawLayer
        Its columns of codes and names are ``code`` and ``name``.

    Raises
    ------
    InputError
        If the file is gone, or differs from its manifest.
    """
    frame = read_geoparquet(sound(one), None).frame if frame is None else frame
    return RawLayer(frame, one.name, one.resolution or one.key, "Parquet", frame.crs, one.sha256)


def table_of(one: Holding, reference: str = "") -> RawTable:
    """Return a held table as it was read from its file.

    Parameters
    ----------
    one
        Of any kind but ``boundaries``; its name stands for that of a file.
    reference
        By which it was asked for, which may name a column.

    Returns
    -------
    RawTable
        Its ``column`` is the one asked for.

    Raises
    ------
    InputError
        If the file is gone, or differs from its manifest.
    """
    table = read_flows(sound(one))
    return replace(table, file=one.name, column=reference.partition("#")[2] or None, sha256=one.sha256)
