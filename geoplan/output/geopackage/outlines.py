"""Outlines stored once in a GeoPackage, and the layers that draw them as views."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.output.geopackage.layer_parts import GEOMETRY, Table
from geoplan.schema import BRITISH_NATIONAL_GRID

__all__ = ["SharedOutlines", "draw_by_outlines", "pack", "share_outlines"]

OUTLINE = "outline"
"""Column of a table of rows: the outline that a row draws; 0 where it draws none."""
PAGE_BYTES = 1024
"""Outlines are many and of some kilobytes each, and each fills whole pages."""


@dataclass(frozen=True, eq=False)
class SharedOutlines:
    """Layers of polygons taken apart: each outline once, and rows that name them.

    Attributes
    ----------
    outlines
        The outlines, numbered from 1 in the order in which rows draw them first.
    layers
        The layers as they are to be seen.
    rows
        The same without geometry and with the number of the outline of each row, in the same order.
    """

    outlines: Table
    layers: tuple[Table, ...]
    rows: tuple[Table, ...]

    def tables(self) -> Iterator[Table]:
        """Give the tables to be written before `draw_by_outlines`."""
        if self.layers:
            yield from (*self.rows, self.outlines)


def share_outlines(layers: Sequence[Table]) -> SharedOutlines:
    """Take layers of polygons apart into their outlines, equal ones once, and their rows.

    Parameters
    ----------
    layers
        Layers of polygons, EPSG:27700.

    Returns
    -------
    SharedOutlines
        What is to be written in place of the layers.
    """
    drawn = [[_multipolygon(shape) for shape in layer.frame["geometry"]] for layer in layers]
    keys = [shapely.to_wkb(np.array(own, dtype=object)).tolist() for own in drawn]
    shapes = dict(zip(chain(*keys), chain(*drawn), strict=True))
    shapes.pop(None, None)
    numbers = {key: number for number, key in enumerate(shapes, 1)}
    rows = []
    for layer, own in zip(layers, keys, strict=True):
        frame = pd.DataFrame(layer.frame.drop(columns="geometry"))
        frame[OUTLINE] = np.array([numbers.get(key, 0) for key in own], dtype=np.int64)
        rows.append(replace(layer, name=f"{layer.name}_rows", frame=frame))
    once = gpd.GeoDataFrame(geometry=list(shapes.values()), crs=BRITISH_NATIONAL_GRID)
    return SharedOutlines(Table("outlines", "Each outline once", once), tuple(layers), tuple(rows))


def draw_by_outlines(file: Path, shared: SharedOutlines) -> None:
    """Turn rows and outlines in a GeoPackage into layers, which are views of both.

    Parameters
    ----------
    file
        A GeoPackage that holds the tables of ``shared`` as GDAL writes them; rows and outlines are no longer listed as
        layers afterwards.
    shared
        From `share_outlines`.

    Notes
    -----
    GDAL, and so QGIS, fiona and pyogrio, read a view as a layer if the contents and the geometry columns list it, and
    take its column OGC_FID for the number of the row. GDAL lists tables that are not in the contents too, unless the
    contents name a table without geometry; the styles are one.
    """
    with contextlib.closing(sqlite3.connect(file)) as base, base:
        srs_id = base.execute("SELECT srs_id FROM gpkg_contents WHERE table_name = 'outlines'").fetchone()[0]
        for rows, layer in zip(shared.rows, shared.layers, strict=True):
            _add_view(base, rows, layer.name)
            bounds = [None if np.isnan(edge) else edge for edge in layer.frame.total_bounds.tolist()]
            base.execute(
                "UPDATE gpkg_contents SET table_name = ?, identifier = ?, data_type = 'features', "
                "min_x = ?, min_y = ?, max_x = ?, max_y = ?, srs_id = ? WHERE table_name = ?",
                (layer.name, layer.name, *bounds, srs_id, rows.name),
            )
            place = (layer.name, GEOMETRY, "MULTIPOLYGON", srs_id, 0, 0)
            base.execute("INSERT INTO gpkg_geometry_columns VALUES (?, ?, ?, ?, ?, ?)", place)
        for listing in ("gpkg_geometry_columns", "gpkg_contents"):
            base.execute(f"DELETE FROM {listing} WHERE table_name = 'outlines'")  # noqa: S608 - a constant
        for table in (*shared.rows, shared.outlines):
            _forget_count(base, table.name)


def pack(file: Path) -> None:
    """Write a GeoPackage anew without unused room."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as base:
        base.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        base.execute("VACUUM")


def _multipolygon(shape: shapely.Geometry | None) -> shapely.MultiPolygon | None:
    """Make one type of all outlines, so that an outline is the same in every layer."""
    return shapely.MultiPolygon([shape]) if isinstance(shape, shapely.Polygon) else shape


def _add_view(base: sqlite3.Connection, rows: Table, name: str) -> None:
    columns = ", ".join(f"r.{_named(column)}" for column in rows.frame.columns if column != OUTLINE)
    query = f"SELECT r.fid AS OGC_FID, o.{GEOMETRY} AS {GEOMETRY}, {columns} FROM {_named(rows.name)} AS r"  # noqa: S608 - quoted
    base.execute(f"CREATE VIEW {_named(name)} AS {query} LEFT JOIN outlines AS o ON o.fid = r.{OUTLINE}")


def _forget_count(base: sqlite3.Connection, name: str) -> None:
    """Drop GDAL's own count of a table's rows and the triggers that keep it."""
    base.execute("DELETE FROM gpkg_ogr_contents WHERE table_name = ?", (name,))
    for change in ("insert", "delete"):
        base.execute(f"DROP TRIGGER IF EXISTS {_named(f'trigger_{change}_feature_count_{name}')}")


def _named(name: str) -> str:
    """Quote the name of a table or a column."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
