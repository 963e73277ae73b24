"""GeoParquet read as it stands."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from geoplan.data.readers.drivers import Described, RawLayer, choose, refuse_hollow, refuse_vertices
from geoplan.data.readers.guards import MOST_ROWS, columns_found, damaged, hash_of, is_cell, refuse_bloated
from geoplan.errors import InputError, refusal

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_geoparquet"]


def read_geoparquet(path: Path, layer: str | None) -> RawLayer:
    """Read a GeoParquet file."""
    import geopandas as gpd
    import pyarrow.parquet as pq

    with damaged(path.name, "Parquet"):
        schema = pq.read_schema(path)
    if b"geo" not in (schema.metadata or {}):
        message = refusal(
            f"{path.name} is a plain Parquet table, not GeoParquet: its metadata 'geo' is missing",
            hint=columns_found(schema.names),
        )
        raise InputError(message)
    with damaged(path.name, "Parquet"):
        shapes = geometry_columns(schema)
        names = [field.name for field in schema if field.name in shapes or is_cell(field.type)]
        refuse_bloated(path, names, shapes, most=MOST_ROWS)
        with warnings.catch_warnings():
            # Of metadata that make little sense; what follows from that is checked and worded later.
            warnings.simplefilter("ignore")
            frame = gpd.read_parquet(path, columns=names)
    found = choose([Described(path.stem, "", len(frame))], layer, path.name)
    refuse_hollow(path.name, found.name, found.count, set(frame.geom_type.dropna()))
    refuse_vertices(frame, path.name)
    return RawLayer(frame, path.name, found.name, "Parquet", frame.crs, hash_of([path]))


def geometry_columns(schema: pa.Schema) -> set[str]:
    """Name the columns of geometry of a GeoParquet file."""
    return set(json.loads(schema.metadata[b"geo"])["columns"]) & set(schema.names)
