"""Coordinates brought to the British National Grid."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyproj
import shapely
from pyproj.exceptions import ProjError

from geoplan.data.drawn.geometry import Floats, Geometries, finite_rows, refuse_rows
from geoplan.data.readers.drivers import RawLayer
from geoplan.errors import InputError, refusal
from geoplan.schema import BRITISH_NATIONAL_GRID, Note

__all__ = ["to_national_grid"]

DEGREES = (-9.0, 49.0, 3.0, 61.5)
METRES = (0.0, 0.0, 700_000.0, 1_300_000.0)
FARTHEST = 1e7
"""Metres from the origin of the grid at which nothing lies that is compared with the United Kingdom."""
BEYOND_DEGREES = 1000.0
LARGEST_DEGREE = 360.0
SAVED = "Save the layer with its CRS."
TOLD = {
    **dict.fromkeys(("CSV", "workbook"), "Add a column epsg with the number of their CRS, such as 27700."),
    "TopoJSON": "TopoJSON cannot say its CRS: save the layer as GeoPackage.",
}
"""How files of some formats say their CRS."""


def to_national_grid(geometry: Geometries, codes: pd.Series, raw: RawLayer) -> tuple[Geometries, list[Note]]:
    """Bring coordinates to EPSG:27700, refusing a CRS that is unknown or that the coordinates contradict."""
    where = f"{raw.file}, layer {raw.layer!r}"
    bounds = shapely.total_bounds(geometry)
    crs = raw.crs if raw.crs is not None else assume_crs(bounds, codes, where, told=TOLD.get(raw.driver, SAVED))
    refuse_contradiction(crs, bounds, where)
    notes = []
    if raw.crs is None:
        text = f"{where}: no CRS is declared; the coordinates can only be {crs.to_string()}, which was assumed."
        notes.append(Note("GP102", text))
    if crs.to_epsg() != pyproj.CRS(BRITISH_NATIONAL_GRID).to_epsg():
        geometry = project(geometry, crs, where)
        refuse_rows(f"{where}: coordinates lie where EPSG:27700 ends", codes, ~finite_rows(geometry))
        text = f"{where}: the coordinates were brought from {crs_name(crs)} to EPSG:27700."
        notes.append(Note("GP102", text, by_design=True))
    refuse_elsewhere(shapely.total_bounds(geometry), where)
    return geometry, notes


def assume_crs(bounds: Floats, codes: pd.Series, where: str, *, told: str = "") -> pyproj.CRS:
    """Return the only CRS the coordinates can be in: EPSG:4326 or EPSG:27700; ``told`` is how a file would say it."""
    if within(bounds, DEGREES):
        return pyproj.CRS("EPSG:4326")
    irish = codes.str.fullmatch(r"N\d{8}").any()
    if within(bounds, METRES) and bounds[2:].max() > BEYOND_DEGREES and not irish:
        return pyproj.CRS(BRITISH_NATIONAL_GRID)
    message = refusal(
        f"{where}: the CRS is missing and the coordinates ({worded(bounds)}) could be in several", hint=told
    )
    raise InputError(message)


def within(bounds: Floats, extent: tuple[float, float, float, float]) -> bool:
    """Tell whether bounds lie within an extent (least x, least y, greatest x, greatest y)."""
    return bool((bounds[:2] >= extent[:2]).all() and (bounds[2:] <= extent[2:]).all())


def worded(bounds: Floats) -> str:
    """Word bounds for a message."""
    west, south, east, north = (f"{value:.6g}" for value in bounds)
    return f"x {west} to {east}, y {south} to {north}"


def crs_name(crs: pyproj.CRS) -> str:
    """Return the EPSG code of a CRS, its name where it has none."""
    epsg = crs.to_epsg()
    return f"EPSG:{epsg}" if epsg else str(crs.name)


def refuse_contradiction(crs: pyproj.CRS, bounds: Floats, where: str) -> None:
    """Refuse degrees declared as metres, and metres declared as degrees."""
    largest = float(np.abs(bounds).max())
    if crs.is_geographic and largest > LARGEST_DEGREE:
        message = refusal(
            f"{where}: {crs_name(crs)} is in degrees, but the coordinates are metres ({worded(bounds)})",
            hint="Save the layer with its true CRS; GeoJSON is always in degrees (RFC 7946).",
        )
        raise InputError(message)
    if not crs.is_geographic and largest <= LARGEST_DEGREE / 2:
        message = refusal(
            f"{where}: {crs_name(crs)} is in metres, but the coordinates are degrees ({worded(bounds)})",
            hint="Save the layer with its true CRS, probably EPSG:4326.",
        )
        raise InputError(message)


def project(geometry: Geometries, crs: pyproj.CRS, where: str) -> Geometries:
    """Bring geometry from a CRS to EPSG:27700."""
    try:
        transformer = pyproj.Transformer.from_crs(crs, BRITISH_NATIONAL_GRID, always_xy=True)
    except ProjError as error:
        message = refusal(f"{where}: nothing is known that leads from the CRS {crs_name(crs)} to EPSG:27700")
        raise InputError(message) from error

    def moved(coordinates: Floats) -> Floats:
        return np.column_stack(transformer.transform(coordinates[:, 0], coordinates[:, 1]))

    projected: Geometries = shapely.transform(geometry, moved)
    return projected


def refuse_elsewhere(bounds: Floats, where: str) -> None:
    """Refuse a layer that lies outside the extent of the British grid."""
    west, south, east, north = bounds
    beside = west > METRES[2] or east < METRES[0] or south > METRES[3] or north < METRES[1]
    if beside or np.abs(bounds).max() > FARTHEST:
        message = refusal(
            f"{where}: lies outside the United Kingdom ({worded(bounds)} in EPSG:27700)",
            hint="Check its CRS and the order of its coordinates.",
        )
        raise InputError(message)
