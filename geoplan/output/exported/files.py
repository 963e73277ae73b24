"""A layer as GeoPackage, GeoJSON, GeoParquet, zipped Shapefile or CSV: the same bytes for the same layer."""

from __future__ import annotations

import io
import json
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoplan.errors import ConfigurationError, OutputError, refusal
from geoplan.output.exported.credits import credits_of, credits_text
from geoplan.output.exported.members import members_table
from geoplan.output.geopackage.layer_parts import DATASET, GEOMETRY
from geoplan.output.geopackage.writing import dated
from geoplan.output.tables.cells import table_csv
from geoplan.output.tables.money import areas_with_rates
from geoplan.schema import BRITISH_NATIONAL_GRID, Layer

__all__ = ["SUFFIXES", "export", "form_of"]

SUFFIXES = (".gpkg", ".geojson", ".parquet", ".shp.zip", ".csv")
"""How the names of exported layers end."""
LONGEST_NAME = 10
LONGEST_TEXT = 254
"""Characters of a name, and bytes of a text, that a Shapefile holds."""
DECIMALS = 8
"""Of degrees: a millimetre."""
MADE = (1980, 1, 1, 0, 0, 0)
"""The first day that archives know: they would hold the time of the run."""


def form_of(out: str) -> str:
    """Return which of `SUFFIXES` the name of a file has.

    Parameters
    ----------
    out
        The name.

    Returns
    -------
    str
        In lower case.

    Raises
    ------
    ConfigurationError
        If it has none of them.

    Examples
    --------
    >>> form_of("out/Boards.SHP.zip")
    '.shp.zip'
    """
    name = Path(out).name
    for suffix in SUFFIXES:
        if name.lower().endswith(suffix):
            return suffix
    if name.lower().endswith((".shp", ".zip")):
        hint = f"Write {Path(out).stem.removesuffix('.shp')}.shp.zip, which is read as it is, by QGIS too."
        raise ConfigurationError(
            refusal(f"{name}: a Shapefile is several files, which are written as one zip", hint=hint)
        )
    message = refusal(f"{name} has no suffix that tells a format", hint=f"Layers are written as {', '.join(SUFFIXES)}.")
    raise ConfigurationError(message)


def export(
    layer: Layer, out: str, *, as_of: str, blocks: pd.DataFrame, names: pd.Series, wkt: bool = False, raw: bool = False
) -> dict[str, bytes]:
    """Write a layer in the format that the name of a file asks for.

    Parameters
    ----------
    layer
        With outlines (EPSG:27700) for all formats but members as CSV.
    out
        Name of the file.
    as_of
        Day whose members are shown (ISO 8601).
    blocks
        The shipped blocks with ``lad``, indexed by block.
    names
        Names of authorities by code.
    wkt
        Whether CSV holds the areas with outlines as WKT; by default members where it is known who belongs.
    raw
        Whether CSV leaves text as it is that a spreadsheet takes for a formula.

    Returns
    -------
    dict
        Name of a file -> content: the layer, and beside a CSV the credits as a text. Coordinates are metres of
        EPSG:27700, in GeoJSON degrees.

    Raises
    ------
    ConfigurationError
        If the format is none of `SUFFIXES`, or the layer is a lookup and has no outlines.
    OutputError
        If it cannot be written.
    """
    form, told = form_of(out), credits_of(layer, as_of)
    if form == ".csv" and not wkt and layer.parts is not None:
        text = table_csv(members_table(layer, blocks, names), raw=raw)
        return {out: text.encode(), f"{out}.txt": credits_text(told).encode()}
    if "geometry" not in layer.areas:
        hint = "Write its members as .csv."
        raise ConfigurationError(refusal(f"{layer.title} is a lookup of small areas and has no outlines", hint=hint))
    frame = _frame(layer)
    if form == ".csv":
        plain = pd.DataFrame(frame.drop(columns="geometry")).assign(epsg=frame.crs.to_epsg(), wkt=_outlines(frame))
        return {
            out: table_csv(plain, raw=raw).encode(),
            f"{out}.txt": credits_text(told, f"Coordinate system of column wkt: {BRITISH_NATIONAL_GRID}").encode(),
        }
    stem = Path(out).name[: -len(form)]
    try:
        if form == ".geojson":
            return {out: _geojson(frame, stem, told)}
        if form == ".parquet":
            return {out: _parquet(frame, told)}
        with tempfile.TemporaryDirectory(prefix="geoplan-") as folder, dated(as_of):
            made = _geopackage if form == ".gpkg" else _shapefile
            return {out: made(frame, stem, told, Path(folder), as_of)}
    except (OSError, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as problem:
        message = f"{Path(out).name} cannot be written: {problem}."
        raise OutputError(message) from problem


def _frame(layer: Layer) -> gpd.GeoDataFrame:
    """Return the table of areas as commands show it, with outlines; lists in cells as text, columns of nothing gone."""
    table = areas_with_rates(layer).dropna(axis="columns", how="all")
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]) or pd.api.types.is_bool_dtype(table[name]):
            table[name] = [_text(value) for value in table[name]]
    shapes = gpd.GeoSeries(layer.areas["geometry"].to_numpy(), crs=BRITISH_NATIONAL_GRID)
    return gpd.GeoDataFrame(table, geometry=shapes)


def _outlines(frame: gpd.GeoDataFrame) -> list[str]:
    """Return outlines as text with all their decimals."""
    return list(shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=-1))


def _text(value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ";".join(map(str, value))
    return "" if pd.isna(value) else str(value)


def _geojson(frame: gpd.GeoDataFrame, stem: str, told: Mapping[str, str]) -> bytes:
    drawn = frame.to_crs(4326)
    shapes = shapely.transform(drawn.geometry.to_numpy(), lambda each: each.round(DECIMALS))
    drawn = drawn.set_geometry(gpd.GeoSeries(shapely.orient_polygons(shapes), crs=4326))
    collection: dict[str, Any] = json.loads(drawn.to_json(drop_id=True, na="null"))
    collection.pop("crs", None)
    # Members that a standard does not know are left alone by those who read it.
    document = {"type": "FeatureCollection", "name": stem, "credits": told, "features": collection["features"]}
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _parquet(frame: gpd.GeoDataFrame, told: Mapping[str, str]) -> bytes:
    import pyarrow.parquet as pq

    first, last = io.BytesIO(), io.BytesIO()
    frame.to_parquet(first, index=False)
    table = pq.read_table(first)
    credits_said = json.dumps(told, ensure_ascii=False).encode()
    pq.write_table(table.replace_schema_metadata({**table.schema.metadata, b"credits": credits_said}), last)
    return last.getvalue()


def _geopackage(frame: gpd.GeoDataFrame, stem: str, told: Mapping[str, str], folder: Path, _: str) -> bytes:
    file = folder / "layer.gpkg"
    about = credits_text(dict(told)).replace("\n", ". ").strip()
    pyogrio.write_dataframe(
        frame, file, layer=stem, driver="GPKG", geometry_type="MultiPolygon", promote_to_multi=True,
        dataset_options=DATASET, layer_metadata={name.upper(): text for name, text in told.items()},
        layer_options={"GEOMETRY_NAME": GEOMETRY, "DESCRIPTION": about, "IDENTIFIER": told["title"]},
    )  # fmt: skip
    return file.read_bytes()


def _shapefile(frame: gpd.GeoDataFrame, stem: str, told: Mapping[str, str], folder: Path, as_of: str) -> bytes:
    names = _short_names([str(name) for name in frame.columns if name != "geometry"])
    cut = [name for name in names if _longest(frame[name]) > LONGEST_TEXT]
    with warnings.catch_warnings():
        # That texts are cut is said in the credits.
        warnings.simplefilter("ignore")
        pyogrio.write_dataframe(
            frame.rename(columns=names), folder / f"{stem}.shp", driver="ESRI Shapefile", encoding="UTF-8",
            layer_options={"DBF_DATE_LAST_UPDATE": as_of},
        )  # fmt: skip
    columns = [f"Column {short}: {name}" for name, short in names.items() if name != short]
    columns += [f"Column {names[name]}: texts longer than {LONGEST_TEXT} bytes are cut off" for name in cut]
    parts = {part.name: part.read_bytes() for part in sorted(folder.iterdir())}
    parts[f"{stem}.txt"] = credits_text(dict(told), "\n".join(columns)).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, MADE)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def _longest(values: pd.Series) -> int:
    texts = values if not pd.api.types.is_numeric_dtype(values) else pd.Series(dtype=str)
    return max((len(str(text).encode()) for text in texts), default=0)


def _short_names(names: list[str]) -> dict[str, str]:
    """Cut names to what a Shapefile holds; of several alike, whatever their case, later ones end in a number."""
    short: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        ends = ["", *(f"_{n}" for n in range(2, len(names) + 2))]
        cuts = (name[: LONGEST_NAME - len(end)] + end for end in ends)
        short[name] = next(each for each in cuts if each.lower() not in taken)
        taken.add(short[name].lower())
    return short
