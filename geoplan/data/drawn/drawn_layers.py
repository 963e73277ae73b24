"""Make a raw frame a sound layer: codes, names, EPSG:27700, valid geometry, a log of every repair."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.data.drawn.attributes import attributes_of
from geoplan.data.drawn.columns import GSS, clean_codes, clean_names, codes_of_names, default_key, find_columns
from geoplan.data.drawn.geometry import Geometries, dissolved, repair, sound_types
from geoplan.data.drawn.projection import to_national_grid
from geoplan.data.drawn.resolution import resolution_of
from geoplan.data.drawn.strays import ISLANDS, far_parts, stray_text
from geoplan.data.editions.together import mixed_editions
from geoplan.data.places import Authorities
from geoplan.data.readers.drivers import RawLayer
from geoplan.schema import BRITISH_NATIONAL_GRID, Layer, Note, Source
from geoplan.schema.wording import listed

__all__ = ["from_raw"]


def from_raw(
    raw: RawLayer,
    *,
    code: str | None = None,
    name: str | None = None,
    key: str | None = None,
    authorities: Authorities | None = None,
    dissolve: bool = False,
) -> Layer:
    """Make a sound layer of what a boundary file holds.

    Codes are stripped of blanks, heights dropped, coordinates brought to EPSG:27700, invalid polygons
    repaired; each change is a note of the layer.

    Parameters
    ----------
    raw
        The layer as read; it is not changed.
    code, name
        Columns of codes and names; found by `find_columns` when None. Without codes they are made of the names.
    key
        Key of the layer; the name of the file, with ``#layer`` where it has another name, when None.
    authorities
        The reference, by which codes that are no longer in use or never were together are noted.
    dissolve
        Whether rows of the same code are parts of one area, to be joined.

    Returns
    -------
    Layer
        ``areas`` is a GeoDataFrame indexed by code with name, area_m2, geometry (EPSG:27700) and the file's other
        attributes.

    Raises
    ------
    InputError
        Codes are missing, repeated or in no column; geometry is missing, no polygon, mixed, or not finite;
        the CRS is unknown or contradicts the coordinates; the layer lies outside the United Kingdom. The
        sentence names file, layer, column and the first codes.
    """
    where = f"{raw.file}, layer {raw.layer!r}"
    code_column, name_column = find_columns(raw.frame, code=code, name=name, where=where)
    column = code_column or name_column
    codes = clean_codes(raw.frame[column], f"{where}, column {column!r}", several=dissolve)
    names = clean_names(raw.frame[name_column], codes)
    codes = codes if code_column else names.map(codes_of_names(names.drop_duplicates()).set_axis(names.unique()))
    said, own, kept = attributes_of(raw.frame, codes, {column, name_column} - {""}, where)
    geometry, parted = sound_types(raw.frame.geometry.to_numpy(), codes, where)
    geometry, moved = to_national_grid(geometry, codes, raw)
    origin = (raw.sha256, raw.layer, str(raw.crs)) if raw.sha256 else ()
    geometry, repaired = repair(geometry, codes, names, where, origin)
    codes, names, geometry, joined = (
        dissolved(codes, names, geometry, where) if dissolve else (codes, names, geometry, [])
    )
    areas = gpd.GeoDataFrame(
        {"name": names.to_numpy(), "area_m2": shapely.area(geometry)},
        geometry=geometry,
        crs=BRITISH_NATIONAL_GRID,
        index=pd.Index(codes.to_numpy(), name="code", dtype=str),
    )
    areas = areas.join(said)
    resolution_m, resolution = resolution_of(raw, geometry)
    key = key or default_key(raw)
    return Layer(
        key=key,
        title=key,
        areas=areas,
        source=Source(raw.file, sha256=raw.sha256),
        extent=extent_of(codes),
        resolution_m=resolution_m,
        resolution=resolution,
        own=own,
        notes=(
            # How a file was read is information; that some of it is missing is not.
            *(Note(rule, lead, by_design=rule == "GP106", advice=advice) for rule, lead, advice in raw.notes),
            *kept,
            *moved,
            *parted,
            *repaired,
            *joined,
            *stray_notes(geometry, codes, names),
            *(notes_on_codes(f"{where}, column {column!r}", codes, names, authorities) if authorities else ()),
        ),
    )


def extent_of(codes: pd.Series) -> str:
    """Return the first letters of GSS codes in the order EWSN, empty when some codes are others."""
    values = codes.tolist()
    if not all(map(GSS.fullmatch, values)):
        return ""
    first = {code[:1] for code in values}
    return "".join(letter for letter in "EWSN" if letter in first)


def notes_on_codes(where: str, codes: pd.Series, names: pd.Series, authorities: Authorities) -> list[Note]:
    """Note the codes that are no longer in use, with what they became, and those that never were together."""
    notes = []
    for code, name in zip(codes.tolist(), names.tolist(), strict=True):
        if code in authorities.retired:
            new = listed([f"{authorities.name(each)} ({each})" for each in authorities.successors(code)])
            became = f"; it became {new}" if new else ""
            notes.append(Note("GP104", f"{code} {name} is a code no longer in use{became}.", code, name))
    return [*notes, *mixed_editions(where, codes.tolist(), authorities.retired, authorities.first_days)]


def stray_notes(geometry: Geometries, codes: pd.Series, names: pd.Series) -> list[Note]:
    """Note the areas of which small parts lie far from the rest."""
    return [
        Note(
            "GP203", stray_text(f"{codes[row]} {names[row]}", geometry[row], far), codes[row], names[row],
            measure="area", value=float(shapely.area(far).sum()), unit="m2",
            shape=shapely.multipolygons(far), spot="far",
            detail=ISLANDS,
        )
        for row, far in far_parts(geometry).items()
    ]  # fmt: skip
