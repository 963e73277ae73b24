"""`geoplan.assign`: the areas in which the rows of a table lie, or of a file of any size."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence

import geopandas as gpd
import pandas as pd

from geoplan.auditing.assigning.placing import geometry_column
from geoplan.auditing.assigning.work import work_of
from geoplan.data.streams.origins import is_remote
from geoplan.errors import ConfigurationError, refusal
from geoplan.interface.given.references import Day, Layered, atlas_of, taken
from geoplan.writing import places
from geoplan.writing.assigned import assigned_bytes, write_assigned

__all__ = ["assign"]


def assign(
    points: str | os.PathLike[str] | pd.DataFrame,
    *layers: Layered,
    out: str | os.PathLike[str] | None = None,
    coordinates: tuple[str, str] | None = None,
    epsg: int | None = None,
    names: bool = False,
    summarise: bool = False,
    sums: Sequence[str] = (),
    by: Sequence[str] = (),
    as_of: Day = "",
    memory_gb: float | None = None,
) -> pd.DataFrame | None:
    """Assign points to the areas of layers, in one pass over a file of any size.

    Parameters
    ----------
    points
        Path or URL of a GeoParquet, Parquet or CSV file, or a frame: points, or two columns of coordinates.
    *layers
        Layers drawn or made of authorities, each as for `geoplan.layer`; ``"all"`` for every one in force.
    out
        File to write, ``.parquet`` or ``.csv``; None to get a frame, which must then fit into memory.
    coordinates
        The columns of x and y; found by their headings where there is no geometry.
    epsg
        Number of the coordinate system of the coordinates; None where the file tells it.
    names
        Whether the names of areas stand beside their codes; where ``points`` are polygons they always do.
    summarise
        Whether rows are counted by area and by piece, the ground that one combination of areas has; polygons by area
        alone, as what two layers cut off one may or may not be the same ground.
    sums, by
        Columns to be summed in a summary, of polygons shared out by ground, and columns whose values are counted
        apart.
    as_of
        Day whose members are shown; the data's own by default.
    memory_gb
        The most memory to take with ``out``; by default 1, or what detailed outlines need. It changes no byte of
        the result.

    Returns
    -------
    pandas.DataFrame, geopandas.GeoDataFrame or None
        All rows and columns in their order, then ``KEY_code`` of each layer: the code of the area that holds the row,
        several joined by ";", missing where none does; ``KEY_share`` of layers with parts of unknown size, as
        `geoplan.lookup_postcodes` has it. Where a column has such a name already, a number stands behind the new one.
        With ``summarise`` a row for each piece, for each area of each layer and for all: ``level`` (piece, the layer,
        total), the codes, ``rows``, and ``COLUMN`` and ``COLUMN_missing`` for each of ``sums``. Where ``points`` are
        polygons, a row for each share of one in an area: ``small_area``, ``layer``, ``code`` (missing for what lies in
        none), ``name``, ``area_m2`` and ``share`` (0 to 1; missing where that is not assessed). Of these a summary has
        ``level`` (the layer, total), ``kind`` (area, none, overlap, not_assessed, total), ``code``, ``name``, ``rows``
        (small areas), of them ``wholly`` and ``partly`` in it, ``not_known`` where layers have parts of unknown size,
        ``area_m2``, and each of ``sums``; the rows of a layer add up to the total.
        None where a file was written.

    Raises
    ------
    InputError
        If the file cannot be read, or the places of its rows are not known.
    ConfigurationError
        If no layer was named, one has no outlines, or the output would be an input.

    Examples
    --------
    >>> import geoplan, pandas as pd
    >>> halls = pd.DataFrame({"easting": [435_400, 375_000], "northing": [387_200, 164_900]})
    >>> geoplan.assign(halls, "combined_authority", names=True)["combined_authority_name"].tolist()
    ['South Yorkshire', 'West of England']
    """
    if not layers:
        raise ConfigurationError(refusal("no layer was named", hint="Name layers after the points."))
    atlas = atlas_of(as_of=as_of)
    references = [taken(each, atlas, f"layer_{n}") for n, each in enumerate(layers, start=1)]
    given = _bytes_of(points) if isinstance(points, pd.DataFrame) else os.fspath(points)
    if out is not None:
        read = [*references, *([given] if isinstance(given, str) and not is_remote(given) else [])]
        places.check({"out": os.fspath(out)}, places.inputs_of(each for each in read if _is_file(each)))
    work = work_of(
        given,
        references,
        atlas=atlas,
        coordinates=",".join(coordinates or ()),
        epsg=epsg,
        names=names,
        summarise=summarise,
        sums=sums,
        by=by,
        memory_gb=memory_gb,
    )
    if out is not None:
        write_assigned(work, os.fspath(out))
        return None
    content, _ = assigned_bytes(work)
    drawn = geometry_column(work.schema) is not None
    return (gpd.read_parquet if drawn else pd.read_parquet)(io.BytesIO(content))


def _is_file(reference: str) -> bool:
    return os.path.exists(reference.partition("#")[0].partition("?")[0])  # noqa: PTH110 - also of no path


def _bytes_of(points: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    points.to_parquet(stream)
    return stream.getvalue()
