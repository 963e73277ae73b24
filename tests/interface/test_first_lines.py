"""The lines an analyst who knows geopandas would try first."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

import geoplan


def test_ten_lines_an_analyst_would_try_first(squares, halves, tmp_path):
    boards = geoplan.layer("lhb")
    assert boards.table.loc["W11000023", "people"] > 600_000
    assert isinstance(boards.to_geodataframe(), gpd.GeoDataFrame)
    fit = geoplan.compare(boards, "connect_to_work")
    assert fit.table.query("relation == 'straddles'")["left_name"].unique().tolist() == [
        "Hywel Dda University Health Board"
    ]
    mine = geoplan.compare(squares, halves, weight="area")
    assert mine.relations.set_index("name")["relation"].to_dict() == {
        "Ash": "nested", "Birch": "nested", "Cedar": "nested", "Dale": "partly_covered",
    }  # fmt: skip
    found = geoplan.lookup(["Barnsley", "Powys"])
    assert found.groupby("place")["layer"].nunique().gt(5).all()
    audit = geoplan.audit(layers=["lhb", "connect_to_work"])
    assert isinstance(audit.findings, pd.DataFrame)
    assert [path.name for path in audit.write(tmp_path / "out", ["findings.csv"])] == ["findings.csv"]
    assert geoplan.to_folium(fit).get_root().render().count("Hywel Dda") > 0


def test_check_tells_an_overlap_from_a_sound_layer(squares):
    assert geoplan.check("lhb").sound
    grown = squares.to_crs("EPSG:27700")
    grown.geometry = [grown.geometry[0].buffer(2000), *grown.geometry[1:]]
    found = geoplan.check(grown, key="mine")
    assert "GP202" in set(found.findings["rule"])
    assert found.to_geodataframe().area.max() > 1e7


def test_labour_markets_of_a_frame_and_how_they_contain(trips):
    found = geoplan.labour_markets(trips, min_size=100, target_size=1000, runs=3)
    assert found.assignment.to_dict() == {"A": "A", "B": "A", "C": "C", "D": "C"}
    assert found.table.set_index("area")["size"].to_dict() == {"A": 1495.0, "C": 1280.0}
    assert found.stability.between(0, 1).all()
    assert found.flows["workers"].sum() == trips["workers"].sum()
    scored = geoplan.containment(found.assignment, flows=trips)
    assert scored.table.set_index("code")["live_and_work"].to_dict() == {"A": 1490.0, "C": 1280.0}
    assert scored.matrix["workers"].sum() == trips["workers"].sum()
    assert {"code", "other", "workers", "share"} <= set(scored.leaks.columns)


def test_the_year_of_the_modelled_flows_is_said_once():
    assert repr(geoplan.labour_markets(runs=0)).count("2011") == 1


def test_blocks_contiguity_and_realign_of_wales():
    blocks = geoplan.blocks("lhb", "connect_to_work")
    assert set(blocks.table["block"]) == {"", "W11000023", "W11000024", "W11000028"}
    assert blocks.graph.number_of_nodes() > 7
    assert geoplan.contiguity("lhb").table["piece"].eq(1).all()
    moves = geoplan.realign("lhb", "connect_to_work")
    assert moves.optimal
    assert moves.table["name"].tolist() == ["Ceredigion"]
    assert moves.counts.loc["straddles", "after"] == 0


def test_many_places_one_of_them_unknown():
    with pytest.raises(geoplan.errors.UnknownAreaError, match="Barnslleyyy"):
        geoplan.lookup(["Barnsley", "Barnslleyyy"])
    found = geoplan.lookup(["Barnsley", "Barnslleyyy"], errors="report")
    assert set(found["place"]) == {"Barnsley"}
    assert list(found.attrs["unknown"]) == ["Barnslleyyy"]


def test_versions_are_told_without_paths(capsys):
    geoplan.show_versions()
    told = capsys.readouterr().out
    assert {"geoplan", "Python", "GEOS", "GDAL", "PROJ", "geopandas"} <= {line.split()[0] for line in told.splitlines()}
    assert " /" not in told
