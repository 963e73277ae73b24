"""Formats that people have beside the common ones: read as they are, or refused with a reason that helps."""

from __future__ import annotations

import json
import shutil
import struct
import zipfile

import geopandas as gpd
import pyogrio
import pytest
import shapely

from geoplan.commuting.atlas import Atlas
from geoplan.data.drawn import drawn_layers
from geoplan.data.readers import drivers, vector
from geoplan.data.readers.formats.parts import with_sidecars
from geoplan.errors import InputError
from geoplan.writing.places import inputs_of

SHAPES = [
    shapely.box(400_000, 300_000, 410_000, 310_000).difference(shapely.box(404_000, 304_000, 405_000, 305_000)),
    shapely.union(shapely.box(410_000, 300_000, 420_000, 310_000), shapely.box(430_000, 300_000, 431_000, 301_000)),
]
TOWNS = gpd.GeoDataFrame({"code": ["A1", "B2"], "name": ["Aton", "Môn"]}, geometry=SHAPES, crs=27700)
DRIVERS = {
    "kml": "LIBKML", "kmz": "LIBKML", "fgb": "FlatGeobuf", "tab": "MapInfo File", "mif": "MapInfo File",
    "gml": "GML", "gdb": "OpenFileGDB",
}  # fmt: skip
METRE = 1.0


def written(folder, suffix):
    """Write the two towns in a format, as the tools that people have do."""
    path = folder / f"towns.{suffix}"
    if suffix == "topojson":
        path.write_text(json.dumps(topology()))
    else:
        frame = TOWNS.to_crs(4326) if suffix.startswith("km") else TOWNS
        several = {"promote_to_multi": True} if suffix in {"fgb", "gdb"} else {}
        pyogrio.write_dataframe(frame, path, driver=DRIVERS[suffix], encoding="UTF-8", **several)
    return path


def topology(**other):
    """Return two squares that share a border, quantised, as TopoJSON: the second takes it backwards."""
    shared, left, right = (
        [[10, 0], [0, 10]],
        [[10, 10], [-10, 0], [0, -10], [10, 0]],
        [[10, 0], [10, 0], [0, 10], [-10, 0]],
    )
    objects = {
        "towns": {"type": "GeometryCollection", "geometries": [
            {"type": "Polygon", "arcs": [[0, 1]], "properties": {"code": "A1", "name": "Aton"}},
            {"type": "MultiPolygon", "arcs": [[[2, ~0]]], "properties": {"code": "B2", "name": "Môn"}},
        ]},
    }  # fmt: skip
    scale = {"scale": [1_000, 1_000], "translate": [400_000, 300_000]}
    return {"type": "Topology", "transform": scale, "objects": objects, "arcs": [shared, left, right], **other}


def zipped(path, archive):
    with zipfile.ZipFile(archive, "w") as packed:
        for each in [path] if path.is_file() else sorted(path.iterdir()):
            packed.write(each, each.relative_to(path.parent).as_posix())
    return archive


def refused(path):
    with pytest.raises(InputError) as caught:
        vector.read_boundaries(str(path))
    assert str(path.parent) not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("suffix", [*DRIVERS, "gdb.zip"])
def test_what_is_written_is_read(tmp_path, suffix):
    path = written(tmp_path, suffix.removesuffix(".zip"))
    if suffix == "gdb.zip":
        path = zipped(path, tmp_path / "towns.zip")
    before = sorted(tmp_path.rglob("*"))
    layer = drawn_layers.from_raw(vector.read_boundaries(str(path)))
    assert sorted(tmp_path.rglob("*")) == before
    # FlatGeobuf puts what lies together together.
    areas = layer.areas.sort_index()
    assert areas["name"].to_dict() == {"A1": "Aton", "B2": "Môn"}
    assert shapely.hausdorff_distance(areas.geometry.to_numpy(), TOWNS.geometry.to_numpy()).max() < METRE
    assert layer.own == (("id",) if suffix in {"kml", "kmz"} else ())
    assert layer.key == path.name + ("#towns" if suffix == "gdb.zip" and path.stem != "towns" else "")


def test_topologies_are_put_together(tmp_path):
    layer = drawn_layers.from_raw(vector.read_boundaries(str(written(tmp_path, "topojson"))))
    assert shapely.equals(
        layer.areas.geometry.to_numpy(),
        [shapely.box(400_000, 300_000, 410_000, 310_000), shapely.box(410_000, 300_000, 420_000, 310_000)],
    ).all()
    assert layer.areas["name"].tolist() == ["Aton", "Môn"]
    assert any(note.rule == "GP102" and "EPSG:27700" in note.message for note in layer.notes)


def broken(**changes):
    return json.dumps(topology(**changes))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (broken(arcs=[[[10, 0], [0, 10]]]), "names arcs that it does not hold, first 2, in 'towns'"),
        (broken(arcs=[[[10, 0], ["x", 10]], [], []]), "arc 0 is no list of positions"),
        (broken(arcs=7), "it has no arcs or no objects"),
        (broken(transform={"scale": [0, 1], "translate": [0, 0]}), "its transform is no scale and translation"),
        (broken(transform={"scale": [1e400, 1], "translate": [0, 0]}), "its transform is no scale and translation"),
        (broken(arcs=[[[10, 0]], [[10, 10], [0, 1]], [[0, 0], [1, 1]]]), "rings of its outlines can be put together"),
        (broken(objects={"towns": {"type": "Polygon", "arcs": 7}}), "cannot be read as TopoJSON"),
        (broken(type="FeatureCollection"), "is not TopoJSON"),
        (broken()[:-40], "is no JSON"),
    ],
)
def test_topologies_that_do_not_hold(tmp_path, content, expected):
    path = tmp_path / "towns.topojson"
    path.write_text(content)
    assert expected in refused(path)


KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>{more}<Folder><name>towns</name><Placemark><name>Aton</name>'
    "<Polygon><outerBoundaryIs><LinearRing><coordinates>-2,52 -1,52 -1,53 -2,52</coordinates></LinearRing>"
    "</outerBoundaryIs></Polygon></Placemark></Folder></Document></kml>"
)
ENTITIES = '<!DOCTYPE kml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (KML.format(more="<NetworkLink><Link><href>http://a.org/b.kml</href></Link></NetworkLink>"), "(NetworkLink)"),
        (ENTITIES + KML.format(more=""), "declares a document type"),
        (KML.format(more="<Folder>" * 200 + "</Folder>" * 200), "more than 100 elements in one another"),
        (KML.format(more="<name>")[:-3], "is damaged, cut short"),
        ("<OGRVRTDataSource/>", "is not KML"),
        ("<svg xmlns='http://www.w3.org/2000/svg'/>", "is not KML, whatever its name says"),
        (KML.replace("<Polygon>", "<Point><coordinates>-2,52</coordinates></Point><!--").replace(
            "</Polygon>", "-->").format(more=""), "polygon"),
    ],
)  # fmt: skip
def test_kml_that_is_not_read(tmp_path, content, expected):
    path = tmp_path / "towns.kml"
    path.write_text(content)
    with pytest.raises(InputError) as caught:
        drawn_layers.from_raw(vector.read_boundaries(str(path)))
    assert expected in str(caught.value)


def test_kml_of_several_folders(tmp_path):
    path = tmp_path / "towns.kml"
    path.write_text(KML.format(more=KML[KML.index("<Folder>") : KML.index("</Document>")].replace("towns", "villages")))
    assert refused(path) == "towns.kml holds 2 layers: villages, towns. Name one: towns.kml#villages"
    assert vector.read_boundaries(f"{path}#towns").frame["Name"].tolist() == ["Aton"]


def test_kml_of_which_some_would_be_lost_is_refused(tmp_path):
    path = tmp_path / "towns.kml"
    path.write_text(KML.format(more="<Folder><name>empty</name></Folder>"))
    assert vector.read_boundaries(str(path)).layer == "towns"
    drivers.refuse_lost_places(path, 1)
    with pytest.raises(InputError, match=r"only 1 of 2 placemarks can be read\. In QGIS save"):
        drivers.refuse_lost_places(path, 2)


def test_an_archive_of_several_kml_documents(tmp_path):
    path = tmp_path / "towns.kmz"
    link = "<kml xmlns='http://www.opengis.net/kml/2.2'><NetworkLink/></kml>"
    for names, expected in (((), "holds no KML document"), (("a", "b"), "towns.kmz holds 2 layers: a, b")):
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr("doc.kml", link) if names else packed.writestr("a.png", "")
            for name in names:
                packed.writestr(f"layers/{name}.kml", KML.format(more=""))
        assert expected in refused(path)
    assert len(vector.read_boundaries(f"{path}#b").frame) == 1


GML = (
    '<c:all xmlns:c="http://example.org/c" xmlns:gml="http://www.opengis.net/gml/3.2" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {root}>'
    "<c:featureMember><c:towns gml:id='t1'><c:name>Aton</c:name><c:shape>"
    "<gml:Polygon srsName='{crs}' gml:id='p'>{ring}</gml:Polygon></c:shape></c:towns></c:featureMember></c:all>"
)
RING = "<gml:exterior><gml:LinearRing><gml:posList>{}</gml:posList></gml:LinearRing></gml:exterior>"
METRES = RING.format("400000 300000 410000 300000 410000 310000 400000 300000")
URN = "urn:ogc:def:crs:EPSG::27700"


@pytest.mark.parametrize(
    ("crs", "ring"),
    [
        (URN, METRES),
        ("EPSG:27700", METRES),
        ("http://www.opengis.net/def/crs/EPSG/0/27700", METRES),
        ("urn:ogc:def:crs:EPSG::4326", RING.format("52.6 -2 52.6 -1.85 52.7 -1.85 52.6 -2")),
        ("EPSG:4326", RING.format("-2 52.6 -1.85 52.6 -1.85 52.7 -2 52.6")),
    ],
)
def test_the_axes_of_gml(tmp_path, crs, ring):
    path = tmp_path / "towns.gml"
    path.write_text(GML.format(root="", crs=crs, ring=ring))
    (tmp_path / "towns.xsd").write_text("no schema")
    (tmp_path / "towns.gfs").write_text("no template")
    raw = vector.read_boundaries(str(path))
    assert set(raw.frame.columns) == {"name", "geometry"}
    west, south, east, north = drawn_layers.from_raw(raw).areas.total_bounds
    assert 399_000 < west < 401_000
    assert 299_000 < south < 302_000
    assert 409_000 < east < 412_000
    assert 309_000 < north < 313_000


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (GML.format(root="", crs="http://127.0.0.1:9/crs", ring=METRES), "by what is no EPSG code"),
        (GML.format(root="", crs="/etc/crs.xml", ring=METRES), "by what is no EPSG code"),
        (GML.format(root="", crs=URN, ring="<gml:exterior xlink:href='http://127.0.0.1:9/a'/>"), "(exterior)"),
        (
            GML.format(root="xsi:schemaLocation='http://a.org/c \\\\host\\c.xsd'", crs=URN, ring=METRES),
            "by a path",
        ),
        (GML.format(root="xsi:schemaLocation='http://example.org/c ../../c.xsd'", crs=URN, ring=METRES), "by a path"),
        (ENTITIES.replace("kml", "all") + GML.format(root="", crs=URN, ring=METRES), "declares a document type"),
        (KML.format(more=""), "is not GML, whatever its name says"),
        (GML.format(root="", crs=URN, ring=METRES)[:-30], "is damaged, cut short"),
    ],
)
def test_gml_that_is_not_read(tmp_path, content, expected):
    path = tmp_path / "towns.gml"
    path.write_text(content)
    assert expected in refused(path)


def test_schemas_of_gml_on_the_network_are_not_fetched(tmp_path):
    path = tmp_path / "towns.gml"
    told = "xsi:schemaLocation='http://example.org/c http://127.0.0.1:9/c.xsd'"
    path.write_text(GML.format(root=told, crs=URN, ring=METRES))
    assert vector.read_boundaries(str(path)).frame["name"].tolist() == ["Aton"]


def test_mapinfo_tables_that_are_not_whole_or_not_their_own(tmp_path):
    path = written(tmp_path, "tab")
    assert [each.suffix for each in with_sidecars(path)] == [".tab", ".dat", ".id", ".map"]
    assert set(inputs_of([str(path)])) == set(with_sidecars(path))
    text = path.read_text()
    for changed in (text.replace("NATIVE", "LINKED"), text + '\nbegin_metadata\n"\\IsSeamless" = "TRUE"\n'):
        path.write_text(changed)
        assert "made of other tables or of a database" in refused(path)
    path.write_text(text)
    path.with_suffix(".map").unlink()
    assert refused(path).startswith("towns.tab is incomplete: towns.map must lie beside it.")


def test_flatgeobuf_whose_outlines_leave_its_bounds_is_damaged(tmp_path):
    path = written(tmp_path, "fgb")
    content = path.read_bytes()
    east = struct.pack("<d", TOWNS.total_bounds[2])
    header, _, outlines = content.partition(east)
    assert east in outlines
    path.write_bytes(header + east + outlines.replace(east, struct.pack("<d", 900_000.0)))
    assert "outlines reach beyond the bounds that the file says it has" in refused(path)


def test_geodatabases_that_are_none(tmp_path):
    path = written(tmp_path, "gdb")
    (path / "a.lock").write_text("in use")
    assert len(vector.read_boundaries(str(path)).frame) == 2
    (path / "b.gdbtable").symlink_to("/dev/zero")
    assert refused(path).startswith("towns.gdb: b.gdbtable that belongs to it is no regular file")
    shutil.rmtree(path)
    path.mkdir()
    assert refused(path).startswith("towns.gdb is no file geodatabase")
    path.rmdir()
    assert refused(path) == "towns.gdb: there is no such file."
    path.write_text("hello")
    assert refused(path).startswith("towns.gdb is a file, and a file geodatabase is a folder")


def test_a_geodatabase_is_read_again_when_one_of_its_files_changes(tmp_path):
    path = written(tmp_path, "gdb")
    atlas = Atlas()
    first = atlas.layer(str(path))
    assert atlas.layer(str(path)) is first
    pyogrio.write_dataframe(TOWNS[:1], path, driver="OpenFileGDB", layer="towns", promote_to_multi=True)
    assert atlas.layer(str(path)).areas.index.tolist() == ["A1"]


def test_formats_that_the_installation_lacks_say_how_to_convert(tmp_path, monkeypatch):
    paths = [written(tmp_path, suffix) for suffix in ("kml", "fgb")]
    monkeypatch.setattr(pyogrio, "list_drivers", lambda: {"GPKG": "rw"})
    for path, called in zip(paths, ("KML", "FlatGeobuf"), strict=True):
        hint = f"In QGIS save the layer as GeoPackage, or run: ogr2ogr -f GPKG towns.gpkg {path.name}"
        assert refused(path) == f"{path.name}: {called} is not read by this installation. {hint}"
