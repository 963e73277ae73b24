"""What boundary files do not say outright."""

from __future__ import annotations

import json

import geopandas as gpd
import pytest
import shapely

from geoplan.data.drawn import drawn_layers
from geoplan.data.readers import vector

SQUARE = shapely.box(230_000, 370_000, 231_000, 371_000)


def shapefile(folder, *, encoding, name="Ynys Môn", code_page=False):
    """Write a Shapefile of one area, as programs do that state no code page."""
    frame = gpd.GeoDataFrame({"LAD25CD": ["W06000001"], "LAD25NM": [name]}, geometry=[SQUARE], crs="EPSG:27700")
    path = folder / "wal.shp"
    frame.to_file(path, driver="ESRI Shapefile", encoding=encoding)
    table = folder / "wal.dbf"
    content = bytearray(table.read_bytes())
    content[29] = 0
    table.write_bytes(content)
    if not code_page:
        (folder / "wal.cpg").unlink(missing_ok=True)
    return path


@pytest.mark.parametrize(("encoding", "called"), [("UTF-8", "UTF-8"), ("CP1252", "Windows-1252")])
def test_text_without_a_code_page_is_read_as_its_bytes_suggest(tmp_path, encoding, called):
    layer = drawn_layers.from_raw(vector.read_boundaries(str(shapefile(tmp_path, encoding=encoding))))
    assert layer.areas["name"].tolist() == ["Ynys Môn"]
    note = layer.notes[0]
    assert note.rule == "GP106"
    assert called in note.message


def test_a_stated_code_page_and_plain_text_are_left_alone(tmp_path):
    stated = vector.read_boundaries(str(shapefile(tmp_path, encoding="UTF-8", code_page=True)))
    assert (stated.frame["LAD25NM"].tolist(), stated.notes) == (["Ynys Môn"], ())
    plain = vector.read_boundaries(str(shapefile(tmp_path, encoding="UTF-8", name="Gwynedd")))
    assert plain.notes == ()


@pytest.mark.parametrize("where", ["top", "properties"])
@pytest.mark.parametrize("exceeded", [True, False])
def test_a_download_that_its_server_cut_is_told(tmp_path, where, exceeded):
    feature = {"type": "Feature", "properties": {"code": "a", "name": "A"},
               "geometry": shapely.geometry.mapping(shapely.box(-3, 51, -2, 52))}  # fmt: skip
    limit = {"exceededTransferLimit": exceeded}
    more = limit if where == "top" else {"properties": limit}
    path = tmp_path / "cut.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature], **more}))
    found = [
        note.message for note in drawn_layers.from_raw(vector.read_boundaries(str(path))).notes if note.rule == "GP108"
    ]
    assert len(found) == exceeded
    assert all("cut.geojson: the server cut this download" in message for message in found)
