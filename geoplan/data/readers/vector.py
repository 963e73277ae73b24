"""Boundary files read: one layer of one file, of any format, as raw frame."""

from __future__ import annotations

from geoplan.data.readers.archives import read_zipped
from geoplan.data.readers.drivers import RawLayer, read_with_drivers
from geoplan.data.readers.kinds import kind_of
from geoplan.data.readers.locators import parse_reference
from geoplan.data.readers.parquet import read_geoparquet
from geoplan.progress import phase

__all__ = ["read_boundaries"]


def read_boundaries(reference: str) -> RawLayer:
    """Read one layer of a boundary file, as it is.

    fiona inspects the file with the one driver its suffix names, pyogrio (for GeoParquet: geopandas) reads
    it; KML is seen by pyogrio alone. GeoJSON without a CRS of its own is EPSG:4326 (RFC 7946), KML always is, and
    TopoJSON has none.

    Parameters
    ----------
    reference
        Path of a GeoPackage, Shapefile or file geodatabase (both also zipped), GeoJSON, TopoJSON, GeoParquet,
        FlatGeobuf, KML, KMZ, GML, MapInfo TAB or MIF file; ``path#layer`` where the file holds several layers.

    Returns
    -------
    RawLayer
        The frame, with the name of file and layer, the CRS as declared, and the hash of the file.

    Raises
    ------
    InputError
        The file is missing, a folder, remote, of another format, corrupt, empty, or holds no polygons; the
        layer does not exist, or there are several and none was named; or it is not safe to read.

    Notes
    -----
    Files may be hostile. Of a GeoPackage only tables are read: views and computed columns are queries of the
    file's author. Nothing is fetched: a GeoJSON whose CRS is a link is refused, KML with network links, GML whose
    outlines are links, and MapInfo tables made of others; schemas are not looked for. Documents with a document
    type are refused. Refused too is what exceeds `MOST_BYTES`, `MOST_ROWS`, `MOST_COLUMNS` or `MOST_VERTICES`, and an
    archive that points outside itself.
    """
    path, layer = parse_reference(reference)
    path = path.absolute()
    kind = kind_of(path)
    with phase(f"Reading {path.name}"):
        if kind in {"zip", "KMZ"}:
            return read_zipped(path, layer, kind)
        if kind == "Parquet":
            return read_geoparquet(path, layer)
        return read_with_drivers(path, layer, kind)
