"""Rivers are joined from the parts of a database of lines, cut at the shore, and named."""

import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from geoplan.data.shipped.water_building import FILES, named_water
from geoplan.errors import InputError

LAND = shapely.box(400_000, 200_000, 500_000, 300_000)


def write_lines(folder, kind, lines):
    """Write lines given by number, as points on the national grid, in the form of the database."""
    data, directory = FILES[kind]
    to_degrees = Transformer.from_crs(27700, 4326, always_xy=True)
    content, entries = b"", []
    for number, line in lines.items():
        lon, lat = to_degrees.transform(*np.array(line, dtype=float).T)
        raw = np.column_stack([np.asarray(lon) % 360, lat]).astype("<f4").tobytes()
        entries.append(f"1 5.0 {len(line)} 50.0 60.0 {len(content)} {len(raw)} {number}\n")
        content += raw
    (folder / data).write_bytes(content)
    (folder / directory).write_text("".join(entries), encoding="ascii")


@pytest.fixture
def database(tmp_path):
    ends = {1: [(410_000, 210_000), (420_000, 220_000)], 2: [(430_000, 220_000), (420_000, 220_000)]}
    write_lines(tmp_path, "river", ends | {7: [(450_000, 250_000), (450_000, 400_000)]})
    write_lines(tmp_path, "lake", {3: [(460_000, 260_000), (462_000, 260_000), (462_000, 262_000), (460_000, 260_000)]})
    return tmp_path


def names(*rows):
    return pd.DataFrame(rows, columns=["kind", "part", "name", "where"])


def test_parts_of_a_river_are_joined_and_lakes_are_areas(database):
    table = names(("river", 1, "Long", ""), ("river", 2, "Long", ""), ("lake", 3, "Mere", ""))
    water = named_water(database, table, LAND)
    assert water[["name", "kind"]].to_numpy().tolist() == [["Mere", "lake"], ["Long", "river"]]
    assert water.area.iloc[0] == pytest.approx(2e6, rel=0.02)
    assert len(water.geometry.iloc[1].geoms) == 1
    assert water.length.iloc[1] == pytest.approx(10_000 * (1 + 2**0.5), rel=0.001)


def test_a_river_ends_a_kilometre_beyond_the_shore(database):
    water = named_water(database, names(("river", 7, "Northward", "")), LAND)
    assert water.bounds["maxy"].iloc[0] == pytest.approx(301_000, abs=50)


def test_namesakes_stay_apart(database):
    water = named_water(database, names(("river", 1, "Avon", "west"), ("river", 7, "Avon", "east")), LAND)
    assert water["name"].tolist() == ["Avon", "Avon"]


def test_a_part_that_the_database_lacks_is_refused_by_number(database):
    with pytest.raises(InputError, match="99"):
        named_water(database, names(("river", 99, "Styx", "")), LAND)
