"""Tests of making a raw frame a sound layer."""

from __future__ import annotations

import re
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.data.drawn import drawn_layers
from geoplan.data.drawn.columns import find_columns
from geoplan.data.drawn.geometry import finite_rows
from geoplan.data.drawn.resolution import estimate_resolution
from geoplan.data.editions.codes import Former
from geoplan.data.readers import vector
from geoplan.data.readers.drivers import RawLayer
from geoplan.errors import InputError

KM = 1000.0
BASE = (400_000.0, 300_000.0)
TO_GRID = pyproj.Transformer.from_crs(4326, 27700, always_xy=True)


def square(column: float, row: float, size: float = 1.0) -> shapely.Polygon:
    """Draw a square, in kilometres from the south-west corner of the toys."""
    west, south = BASE[0] + column * KM, BASE[1] + row * KM
    return shapely.box(west, south, west + size * KM, south + size * KM)


def ring(*corners: tuple[float, float]) -> shapely.Polygon:
    return shapely.Polygon([(BASE[0] + x * KM, BASE[1] + y * KM) for x, y in corners])


def raw(geometry: Any, *, crs: Any = 27700, file: str = "towns.gpkg", layer: str = "towns", **columns: Any) -> RawLayer:
    geometry = list(geometry)
    columns = columns or {"code": [f"T{number}" for number in range(len(geometry))]}
    frame = gpd.GeoDataFrame(columns, geometry=geometry, crs=crs)
    return RawLayer(frame, file, layer, "GPKG", frame.crs, "0" * 64)


def refused(*arguments: Any, **options: Any) -> str:
    with pytest.raises(InputError) as caught:
        drawn_layers.from_raw(*arguments, **options)
    assert caught.value.exit_code == 3
    return str(caught.value)


@pytest.fixture
def towns() -> RawLayer:
    """Three unit squares in a row."""
    return raw([square(0, 0), square(1, 0), square(2, 0)], code=["A", "B", "C"], name=["Aton", "Bury", "Cove"])


# The layer


def test_a_sound_layer_stays_as_it_is(towns: RawLayer) -> None:
    before = towns.frame.copy()
    layer = drawn_layers.from_raw(towns)
    assert list(layer.areas.columns) == ["name", "area_m2", "geometry"]
    assert layer.areas.index.name == "code"
    assert layer.areas.index.tolist() == ["A", "B", "C"]
    assert layer.areas["name"].tolist() == ["Aton", "Bury", "Cove"]
    assert layer.areas["area_m2"].tolist() == [1e6, 1e6, 1e6]
    assert layer.areas.crs.to_epsg() == 27700
    assert (layer.notes, layer.status, layer.parts) == ((), "file", None)
    assert (layer.source.citation, layer.source.sha256) == ("towns.gpkg", "0" * 64)
    assert towns.frame.equals(before)


@pytest.mark.parametrize(
    ("layer", "key", "expected"),
    [("towns", None, "towns.gpkg"), ("then", None, "towns.gpkg#then"), ("then", "mine", "mine")],
)
def test_key(layer: str, key: str | None, expected: str) -> None:
    made = drawn_layers.from_raw(raw([square(0, 0)], layer=layer), key=key)
    assert (made.key, made.title) == (expected, expected)


@pytest.mark.parametrize(
    ("codes", "extent"),
    [(["E06000001", "W06000001"], "EW"), (["N09000001", "E06000001"], "EN"), (["E06000001", "T1"], "")],
)
def test_extent_comes_from_gss_codes(codes: list[str], extent: str) -> None:
    assert drawn_layers.from_raw(raw([square(0, 0), square(1, 0)], code=codes)).extent == extent


def test_retired_codes_are_noted(authorities) -> None:
    retired = {
        "E07000163": Former("Craven", "2023-03-31", ("E06000065",), whole=False),
        "E07000164": Former("Hambleton", "2023-03-31", (), whole=False),
    }
    table = authorities.table.rename(index={"E1": "E06000065"}).replace({"Ashby": "North Yorkshire"})
    known = replace(authorities, table=table, retired=retired)
    codes = ["E07000163", "E07000164", "E06000065"]
    made = drawn_layers.from_raw(
        raw([square(i, 0) for i in range(3)], code=codes, name=["Craven", "H", "N"]), authorities=known
    )
    assert [(note.rule, note.code) for note in made.notes] == [("GP104", "E07000163"), ("GP104", "E07000164")]
    expected = "E07000163 Craven is a code no longer in use; it became North Yorkshire (E06000065)."
    assert made.notes[0].message == expected
    assert made.notes[1].message == "E07000164 H is a code no longer in use."


# Columns


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"code": "ab", "name": "xy"}, ("code", "name")),
        ({"Code": "ab", "NAME": "xy"}, ("Code", "NAME")),
        ({"LAD25CD": "ab", "LAD25NM": "xy", "LAD25NMW": "xy"}, ("LAD25CD", "LAD25NM")),
        ({"oa21cd": "ab", "lsoa21cd": "cc", "lsoa21nm": "xx"}, ("oa21cd", "oa21cd")),
        ({"RGN25CD": "cc", "LAD25CD": "ab", "RGN25NM": "zz", "LAD25NM": "xy"}, ("LAD25CD", "LAD25NM")),
        ({"code": "ab", "LAD25CD": "ab", "LAD25NM": "xy"}, ("code", "LAD25NM")),
        ({"code": "cc", "LAD25CD": "ab", "LAD25NM": "xy"}, ("LAD25CD", "LAD25NM")),
        ({"ICB23CD": "ab", "ICB23CDH": "cd", "ICB23NM": "xx"}, ("ICB23CD", "ICB23NM")),
        ({"area_id": "ab", "area_name": "xy", "lead_name": "pq"}, ("area_id", "area_name")),
        ({"areacode": "ab", "areaname": "xy"}, ("areacode", "areaname")),
        ({"gss_code": "ab", "label": "xy", "postcode": "cd", "OBJECTID": "12"}, ("gss_code", "gss_code")),
        ({"LAD25CD": "ab", "area_id": "cd"}, ("LAD25CD", "LAD25CD")),
    ],
)
def test_columns_are_found(columns: dict[str, str], expected: tuple[str, str]) -> None:
    frame = pd.DataFrame({column: list(values) for column, values in columns.items()})
    assert find_columns(frame) == expected
    assert find_columns(frame[frame.columns[::-1]]) == expected


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 1, 0, 2]])
def test_names_without_codes_give_codes_of_their_own(order: list[int]) -> None:
    names = ["Bath & Wells", "Ynys Môn", "A 1", "A-1"]
    made = drawn_layers.from_raw(raw([square(i, 0) for i in order], cluster_name=[names[i] for i in order]))
    codes = {name: code for code, name in made.areas["name"].items()}
    assert (codes["Bath & Wells"], codes["Ynys Môn"]) == ("bath-wells", "ynys-mon")
    assert codes["A 1"] != codes["A-1"]
    assert all(re.fullmatch(r"a-1-[0-9a-f]{6}", codes[name]) for name in ("A 1", "A-1"))
    assert made.areas.index.is_unique


def test_a_column_of_names_the_user_chooses_suffices() -> None:
    made = drawn_layers.from_raw(raw([square(0, 0), square(1, 0)], label=["North", "South"]), name="label")
    assert made.areas["name"].to_dict() == {"north": "North", "south": "South"}
    twice = raw([square(0, 0), square(1, 0)], name=["North", "North"])
    assert "column 'name': codes are repeated (1 row: North)" in refused(twice)


def test_columns_the_user_names(towns: RawLayer) -> None:
    layer = drawn_layers.from_raw(towns, code="NAME", name="code")
    assert layer.areas["name"].to_dict() == {"Aton": "A", "Bury": "B", "Cove": "C"}
    assert (
        refused(towns, code="nane") == "towns.gpkg, layer 'towns': column 'nane' is missing. Did you mean --code name?"
    )
    assert refused(towns, name="xyz").endswith("column 'xyz' is missing. Columns found: code, name.")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"colour": "ab"}, "no column holds codes, such as 'code' or 'LAD25CD'. Columns found: colour."),
        (
            {"LAD24CD": "ab", "LAD25CD": "cd"},
            "columns LAD24CD, LAD25CD are unique per row. Choose one with --code.",
        ),
        (
            {"RGN25CD": "cc", "CTRY25CD": "dd"},
            "columns RGN25CD, CTRY25CD could hold the codes, none of them unique",
        ),
    ],
)
def test_columns_that_cannot_be_told(columns: dict[str, str], expected: str) -> None:
    message = refused(raw([square(0, 0), square(1, 0)], **{key: list(values) for key, values in columns.items()}))
    assert message.startswith(f"towns.gpkg, layer 'towns': {expected}")
    assert "--code" in message


# Codes


def test_codes_become_text() -> None:
    squares = [square(0, 0), square(1, 0)]
    for values, expected in (([1, 2], ["1", "2"]), ([1.0, 2.0], ["1", "2"]), ([1.5, 2.0], ["1.5", "2.0"])):
        assert drawn_layers.from_raw(raw(squares, code=values)).areas.index.tolist() == expected
    layer = drawn_layers.from_raw(raw(squares, code=[" A ", "B\n"], name=["  ", None]))
    assert layer.areas["name"].to_dict() == {"A": "A", "B": "B"}


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["A", None, "C", " ", ""], "column 'code': codes are missing (3 rows: row 2, row 4, row 5)."),
        ([1.0, np.nan, 3.0, 4.0, 5.0], "column 'code': codes are missing (1 row: row 2)."),
        (
            ["A", "B", "A ", "B", "C"],
            "column 'code': codes are repeated (2 rows: A, B). If these rows are parts",
        ),
        ([1, 1, 2, 3, 4], "column 'code': codes are repeated (1 row: 1)."),
    ],
)
def test_bad_codes(codes: list[Any], expected: str) -> None:
    message = refused(raw([square(i, 0) for i in range(5)], code=codes))
    assert message.startswith(f"towns.gpkg, layer 'towns', {expected}")


# Geometry


def test_polygon_and_multipolygon_are_not_mixed() -> None:
    islands = shapely.MultiPolygon([square(1, 0), square(3, 0)])
    layer = drawn_layers.from_raw(raw([square(0, 0), islands]))
    assert layer.areas["area_m2"].tolist() == [1e6, 2e6]
    assert layer.notes == ()


def test_heights_are_dropped() -> None:
    layer = drawn_layers.from_raw(raw([shapely.force_3d(square(0, 0), z=12)]))
    assert not layer.areas.geometry.has_z.any()


def test_collections_keep_their_polygons() -> None:
    inner = shapely.GeometryCollection([square(3, 0), shapely.Point(BASE)])
    mixed = shapely.GeometryCollection([square(0, 0), shapely.LineString([BASE, (BASE[0], 0)]), inner])
    layer = drawn_layers.from_raw(raw([mixed, square(5, 5)]))
    assert layer.areas["area_m2"].tolist() == [2e6, 1e6]
    assert [(note.rule, note.code) for note in layer.notes] == [("GP101", "T0")]


@pytest.mark.parametrize(
    ("geometry", "expected"),
    [
        ([square(0, 0), None], "geometry is missing or empty (1 row: T1)."),
        ([None, None], "geometry is missing or empty (2 rows: T0, T1)."),
        ([square(0, 0), shapely.Polygon()], "geometry is missing or empty (1 row: T1)."),
        ([shapely.Point(BASE), shapely.Point(BASE)], "holds no polygons, only Point."),
        (
            [shapely.GeometryCollection([shapely.Point(BASE)]), None],
            "holds no polygons, only GeometryCollection.",
        ),
        (
            [square(0, 0), shapely.Point(BASE)],
            "mixed geometry types, Point and Polygon; these areas are no polygons (1 row: T1).",
        ),
        (
            [square(0, 0), shapely.GeometryCollection([shapely.Point(BASE)])],
            "mixed geometry types, GeometryCollection and Polygon; these areas are no polygons (1 row: T1).",
        ),
        ([square(0, 0), ring((0, 0), (1, 0), (0.5, 0))], "polygons have no area (1 row: T1)."),
    ],
)
def test_geometry_that_is_refused(geometry: list[Any], expected: str) -> None:
    assert refused(raw(geometry)) == f"towns.gpkg, layer 'towns': {expected}"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("corners", [3, 4, 6])
@pytest.mark.parametrize("is_hole", [False, True])
def test_any_coordinate_that_is_not_finite_is_seen(value: float, corners: int, *, is_hole: bool) -> None:
    # A ring whose ends are no number is not closed, and nothing reads it.
    for place in range(int(np.isnan(value)), corners - 1):
        for axis in (0, 1):
            angle = 2 * np.pi * np.arange(corners) / (corners - 1)
            points = np.stack([np.cos(angle), np.sin(angle)], axis=1)
            points[[0, -1]] = 1.0, 0.0
            points[place, axis] = value
            points[-1] = points[0]
            words = [struct.pack("<BII", 1, 3, 1 + is_hole)]
            words += [struct.pack("<I10d", 5, -9, -9, 9, -9, 9, 9, -9, 9, -9, -9)] if is_hole else []
            words += [struct.pack("<I", corners), points.astype("<f8").tobytes()]
            with np.errstate(invalid="ignore"):
                odd = shapely.from_wkb(b"".join(words))
            assert finite_rows(np.array([odd, square(0, 0)], dtype=object)).tolist() == [False, True]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_coordinates_that_are_not_finite(value: float) -> None:
    corners = [BASE, (BASE[0] + KM, BASE[1]), (BASE[0] + KM, value), BASE]
    with np.errstate(invalid="ignore"):
        odd = shapely.Polygon(corners)
        layer = raw([square(0, 0), odd])
        assert refused(layer) == "towns.gpkg, layer 'towns': coordinates are NaN or infinite (1 row: T1)."


# Repairs


BOWTIE = ring((0, 0), (2, 2), (2, 0), (0, 2), (0, 0))
LOOPED = ring((0, 0), (4, 0), (4, 3), (1, 3), (1, 1), (3, 1), (3, 4), (0, 4), (0, 0))
NESTED = shapely.MultiPolygon([square(0, 0, 10), square(2, 2, 2)])
LAPPED = shapely.MultiPolygon([square(0, 0, 10), square(5, 5, 10)])
HOLE_ACROSS = shapely.Polygon(square(0, 0, 10).exterior, [square(8, 4, 4).exterior])


@pytest.mark.parametrize(
    ("drawn", "square_km", "change", "reason"),
    [
        (BOWTIE, 2, 2, "self-intersection"),
        (LOOPED, 15, -4, "self-intersection"),
        (NESTED, 100, -4, "nested shells"),
        (LAPPED, 175, -25, "self-intersection"),
        (HOLE_ACROSS, 92, 8, "self-intersection"),
    ],
)
def test_invalid_polygons_keep_their_ground(drawn: Any, square_km: float, change: float, reason: str) -> None:
    layer = drawn_layers.from_raw(raw([drawn, square(20, 20)]))
    assert layer.areas.geometry.is_valid.all()
    assert layer.areas["area_m2"].tolist() == pytest.approx([square_km * 1e6, 1e6])
    (note,) = layer.notes
    assert (note.rule, note.code, note.measure, note.unit) == ("GP101", "T0", "area_change", "m2")
    assert note.value == pytest.approx(change * 1e6)
    assert note.message == f"T0 T0: an invalid polygon ({reason}) was repaired; its area changed by {change}".replace(
        f"{change}", f"{change * 1e6:+,.0f} m2."
    )


def test_a_shell_within_a_shell_is_a_hole_where_another_area_lies() -> None:
    layer = drawn_layers.from_raw(raw([NESTED, square(2, 2, 2)], code=["ring", "island"]))
    assert layer.areas["area_m2"].tolist() == [96e6, 4e6]
    ringed, island = layer.areas.geometry
    assert not ringed.overlaps(island)
    assert ringed.intersection(island).area == 0
    assert layer.notes[0].message.endswith("-8,000,000 m2, for another area lies on ground it held twice.")


def test_a_shell_within_a_shell_stays_ground_where_another_area_only_touches() -> None:
    layer = drawn_layers.from_raw(raw([NESTED, square(2, 2, 1)], code=["ring", "corner"]))
    assert layer.areas["area_m2"].tolist() == [100e6, 1e6]


def test_an_invalid_multipolygon_may_hold_nothing_in_a_part() -> None:
    drawn = shapely.MultiPolygon([shapely.Polygon(), BOWTIE])
    assert drawn_layers.from_raw(raw([drawn])).areas["area_m2"].tolist() == [2e6]


def test_valid_polygons_are_not_touched() -> None:
    sound = square(20, 20)
    layer = drawn_layers.from_raw(raw([BOWTIE, sound]))
    assert layer.areas.geometry.iloc[1].equals_exact(sound, 0)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=4, max_size=9, unique=True))
def test_repair_covers_all_that_was_outlined(corners: list[tuple[int, int]]) -> None:
    drawn = ring(*corners)
    enclosed = shapely.union_all(shapely.get_parts(shapely.polygonize([shapely.node(drawn.exterior)])))
    if enclosed.area == 0:
        return
    even_odd = shapely.make_valid(drawn).area
    (area,) = drawn_layers.from_raw(raw([drawn])).areas.geometry
    assert area.is_valid
    assert even_odd * (1 - 1e-9) <= area.area <= enclosed.area * (1 + 1e-9)


# Coordinates


@pytest.mark.parametrize("crs", [4326, 4258, 3857, 29903, 2157, 32630, 7405])
def test_any_crs_is_brought_to_the_national_grid(towns: RawLayer, crs: int) -> None:
    frame = towns.frame.to_crs(pyproj.CRS(crs))
    moved = drawn_layers.from_raw(RawLayer(frame, "towns.gpkg", "towns", "GPKG", frame.crs, ""))
    distance = shapely.hausdorff_distance(moved.areas.geometry.to_numpy(), towns.frame.geometry.to_numpy())
    assert distance.max() < 0.1
    (note,) = moved.notes
    assert (note.rule, note.by_design) == ("GP102", True)
    assert note.message.endswith(f"the coordinates were brought from EPSG:{crs} to EPSG:27700.")


def test_the_national_grid_in_esri_words_is_the_national_grid(towns: RawLayer) -> None:
    crs = pyproj.CRS(pyproj.CRS(27700).to_wkt("WKT1_ESRI"))
    made = drawn_layers.from_raw(RawLayer(towns.frame, "towns.shp", "towns", "ESRI Shapefile", crs, ""))
    distance = shapely.hausdorff_distance(made.areas.geometry.to_numpy(), towns.frame.geometry.to_numpy())
    assert distance.max() < 0.1


@pytest.mark.parametrize(("crs", "noted"), [(4326, 2), (27700, 1)])
def test_a_missing_crs_is_assumed_where_only_one_can_be(towns: RawLayer, crs: int, noted: int) -> None:
    frame = towns.frame.to_crs(crs).set_crs(None, allow_override=True)
    layer = drawn_layers.from_raw(RawLayer(frame, "towns.shp", "towns", "ESRI Shapefile", None, ""))
    assert layer.areas["area_m2"].tolist() == pytest.approx([1e6] * 3, rel=1e-6)
    assert [note.rule for note in layer.notes] == ["GP102"] * noted
    assert layer.notes[0].message == (
        f"towns.shp, layer 'towns': no CRS is declared; the coordinates can only be EPSG:{crs}, which was assumed."
    )
    assert not layer.notes[0].by_design


@pytest.mark.parametrize(
    "geometry",
    [
        shapely.box(0, 0, 1, 1),
        shapely.box(52, -2, 53, -1),
        shapely.box(100, 100, 900, 900),
        shapely.box(-300_000, 6_000_000, -200_000, 7_000_000),
        shapely.box(0, 0, np.nextafter(700_000, 1e6), 10),
    ],
)
def test_a_missing_crs_is_refused(geometry: Any) -> None:
    message = refused(raw([geometry], crs=None))
    assert message.startswith("towns.gpkg, layer 'towns': the CRS is missing and the coordinates (x ")
    assert message.endswith("could be in several. Save the layer with its CRS.")


def test_a_missing_crs_in_northern_ireland_could_be_the_irish_grid() -> None:
    message = refused(raw([shapely.box(300_000, 350_000, 330_000, 370_000)], crs=None, code=["N09000003"]))
    assert "the CRS is missing" in message


@pytest.mark.parametrize("crs", [27700, 3857, 29903])
def test_degrees_called_metres(crs: int) -> None:
    message = refused(raw([shapely.box(-2, 52, -1, 53)], crs=crs))
    expected = f"EPSG:{crs} is in metres, but the coordinates are degrees (x -2 to -1, y 52 to 53)."
    assert message.startswith(f"towns.gpkg, layer 'towns': {expected}")


def test_metres_called_degrees() -> None:
    message = refused(raw([square(0, 0)], crs=4326))
    expected = "EPSG:4326 is in degrees, but the coordinates are metres (x 400000 to 401000, y 300000 to 301000)."
    assert message.startswith(f"towns.gpkg, layer 'towns': {expected}")


@pytest.mark.parametrize(
    ("crs", "geometry"),
    [
        (4326, shapely.box(52, -2, 53, -1)),
        (4326, shapely.box(2.2, 41.0, 2.4, 41.2)),
        (27700, shapely.box(4e6, 3e6, 4.1e6, 3.1e6)),
        (3857, shapely.box(1e7, 1e6, 1.1e7, 1.1e6)),
    ],
)
def test_layers_far_away(crs: int, geometry: Any) -> None:
    message = refused(raw([geometry], crs=crs))
    assert message.startswith("towns.gpkg, layer 'towns': ")
    assert "lies outside the United Kingdom" in message or "where EPSG:27700 ends" in message


def test_coordinates_beyond_the_projection() -> None:
    message = refused(raw([shapely.box(-2, 52, -1, 53), shapely.box(88, 0, 88.1, 0.1)], crs=4326))
    assert message == "towns.gpkg, layer 'towns': coordinates lie where EPSG:27700 ends (1 row: T1)."


def test_a_crs_that_leads_nowhere() -> None:
    local = pyproj.CRS('LOCAL_CS["site grid",UNIT["metre",1]]')
    frame = gpd.GeoDataFrame({"code": ["A"]}, geometry=[square(0, 0)])
    message = refused(RawLayer(frame, "towns.gpkg", "towns", "GPKG", local, ""))
    assert message == "towns.gpkg, layer 'towns': nothing is known that leads from the CRS site grid to EPSG:27700."


@settings(max_examples=30, deadline=None)
@given(st.floats(-7.5, 1.5), st.floats(50, 60), st.floats(0.01, 0.2))
def test_areas_survive_the_way_through_degrees(lon: float, lat: float, size: float) -> None:
    box = shapely.box(*TO_GRID.transform(lon, lat), *TO_GRID.transform(lon + size, lat + size))
    back = gpd.GeoSeries([box], crs=27700).to_crs(4326)
    layer = drawn_layers.from_raw(raw(back, crs=4326))
    assert layer.areas["area_m2"].iloc[0] == pytest.approx(box.area, rel=1e-5)


# Resolution


def wiggly(count: int, *, seed: int = 1, diameter: float = 20 * KM) -> np.ndarray[Any, Any]:
    """Draw fractal outlines by displacing midpoints ten times."""
    rng = np.random.default_rng(seed)
    shapes = []
    for number in range(count):
        angle = np.linspace(0, 2 * np.pi, 9)[:-1]
        points = np.column_stack([np.cos(angle), np.sin(angle)]) * diameter / 2
        for _ in range(10):
            after = np.roll(points, -1, axis=0)
            across = (after - points)[:, ::-1] * [-1, 1]
            middle = (points + after) / 2 + rng.normal(0, 0.22, len(points))[:, None] * across
            points = np.stack([points, middle], axis=1).reshape(-1, 2)
        shapes.append(shapely.make_valid(shapely.Polygon(points + np.array([number * 2 * diameter, 0]))))
    return np.array(shapes)


@pytest.fixture(scope="module")
def fractals() -> np.ndarray[Any, Any]:
    return wiggly(12)


@pytest.mark.parametrize("metres", [20, 50, 100, 200, 500])
def test_resolution_of_lines_simplified_by_distance(fractals: np.ndarray[Any, Any], metres: float) -> None:
    estimate = estimate_resolution(shapely.simplify(fractals, metres))
    assert estimate == pytest.approx(metres, rel=0.1)


@pytest.mark.parametrize("metres", [20, 50, 100, 200])
def test_resolution_of_lines_simplified_by_area(fractals: np.ndarray[Any, Any], metres: float) -> None:
    estimate = estimate_resolution(shapely.coverage_simplify(fractals, metres))
    assert estimate == pytest.approx(metres, rel=0.1)


def test_resolution_of_lines_never_simplified(fractals: np.ndarray[Any, Any]) -> None:
    estimate = estimate_resolution(fractals)
    assert estimate is not None
    assert 1 <= estimate < 10


def test_resolution_of_few_vertices_is_not_guessed(towns: RawLayer) -> None:
    layer = drawn_layers.from_raw(towns)
    assert (layer.resolution_m, layer.resolution) == (None, "")


@pytest.mark.parametrize(
    ("file", "name", "metres"),
    [
        ("LAD_MAY_2025_UK_BFC.shp", "LAD_MAY_2025_UK_BFC", 1),
        ("x.gpkg", "LAD_MAY_2025_UK_BGC_V2", 20),
        ("icb_bsc.parquet", "icb_bsc", 200),
        ("Regions (BUC).geojson", "regions", 500),
    ],
)
def test_resolution_stated_in_a_name(file: str, name: str, metres: float) -> None:
    layer = drawn_layers.from_raw(raw([square(0, 0)], file=file, layer=name))
    assert layer.resolution_m == metres
    assert layer.resolution.endswith(")")


def test_resolution_is_not_read_out_of_a_word() -> None:
    assert drawn_layers.from_raw(raw([square(0, 0)], file="subscribers.gpkg", layer="ABSCOND")).resolution_m is None


# Real files


@pytest.mark.parametrize(
    ("file", "areas", "resolution"),
    [
        ("icb_2023", 42, (200, "estimated 200 m from vertices")),
        ("lad_2025", 361, (20, "estimated 20 m from vertices")),
        ("lad_2024_bsc", 361, (200, "super-generalised 200 m (BSC)")),
    ],
)
def test_real_files_load_without_options(
    shared_data: Path, file: str, areas: int, resolution: tuple[float, str]
) -> None:
    layer = drawn_layers.from_raw(vector.read_boundaries(str(shared_data / f"{file}.parquet")))
    assert len(layer.areas) == areas
    assert (layer.resolution_m, layer.resolution) == resolution
    assert layer.areas.geometry.is_valid.all()


def test_output_areas_are_repaired(shared_data: Path) -> None:
    layer = drawn_layers.from_raw(vector.read_boundaries(str(shared_data / "lsoa21.parquet")))
    known = "E01017290 E01019228 E01019900 E01020312 E01020541 E01024572 E01031952 W01000067"
    assert [note.code for note in layer.notes if note.rule == "GP101"] == known.split()
    assert {note.rule for note in layer.notes} == {"GP101", "GP203"}
    assert sum(note.value or 0 for note in layer.notes if note.rule == "GP101") == pytest.approx(-13.3e6, abs=0.1e6)
    assert layer.areas["area_m2"].sum() == pytest.approx(151_240.0e6, abs=0.1e6)
    assert (layer.extent, layer.resolution_m) == ("EW", 20)


@pytest.mark.parametrize(
    ("file", "metres"),
    [("lad_2024_bsc", 200), ("history_ltla_2014_2025_bsc", 200), ("msoa21", 20), ("ttwa11_from_lsoa21", 20)],
)
def test_resolution_of_real_files(shared_data: Path, file: str, metres: float) -> None:
    frame = gpd.read_parquet(shared_data / f"{file}.parquet")
    assert estimate_resolution(frame.geometry.to_numpy()) == pytest.approx(metres, rel=0.05)


@pytest.mark.parametrize("metres", [50, 100, 500])
def test_resolution_of_real_districts_simplified_again(shared_data: Path, metres: float) -> None:
    districts = gpd.read_parquet(shared_data / "lad_2025.parquet").geometry.to_numpy()[:60]
    assert estimate_resolution(shapely.simplify(districts, metres)) == pytest.approx(metres, rel=0.1)
    assert estimate_resolution(shapely.coverage_simplify(districts, metres)) == pytest.approx(metres, rel=0.1)


def halves(**columns):
    """Two rows of area A that touch, one of B."""
    squares = [shapely.box(400_000 + 1000 * n, 300_000, 401_000 + 1000 * n, 301_000) for n in range(3)]
    frame = gpd.GeoDataFrame(columns, geometry=squares, crs="EPSG:27700")
    return RawLayer(frame, "towns.gpkg", "towns", "GPKG", frame.crs, "")


def test_rows_of_one_code_are_joined_on_request_only() -> None:
    raw = halves(code=["A", "A", "B"], name=["North", "North", "South"])
    assert "join them with --dissolve" in refused(raw)
    layer = drawn_layers.from_raw(raw, dissolve=True)
    assert layer.areas["name"].to_dict() == {"A": "North", "B": "South"}
    assert layer.areas["area_m2"].to_dict() == {"A": 2e6, "B": 1e6}
    assert layer.areas.geometry.is_valid.all()
    (note,) = layer.notes
    assert (note.rule, note.by_design) == ("GP103", True)
    assert "3 rows were joined into 2 areas" in note.message


def test_rows_without_codes_are_joined_by_their_names() -> None:
    layer = drawn_layers.from_raw(halves(name=["North", "North", "South"]), dissolve=True)
    assert layer.areas["area_m2"].to_dict() == {"north": 2e6, "south": 1e6}


def test_one_code_with_two_names_is_not_joined() -> None:
    raw = halves(code=["A", "A", "B"], name=["North", "West", "South"])
    with pytest.raises(InputError, match=r"codes have several names \(1 row: A\)"):
        drawn_layers.from_raw(raw, dissolve=True)


def test_nothing_is_said_where_there_is_nothing_to_join() -> None:
    assert drawn_layers.from_raw(halves(code=["A", "B", "C"], name=["x", "y", "z"]), dissolve=True).notes == ()
