"""The tutorial for analysts runs from start to end, in one session, and its figures are those it makes."""

from __future__ import annotations

import re

import geopandas as gpd
import matplotlib as mpl
import pandas as pd
import pytest
import shapely
from matplotlib import pyplot as plt
from roots import ROOT

import geoplan

TUTORIAL = ROOT / "docs" / "tutorial" / "index.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)


@pytest.fixture
def told():
    return TUTORIAL.read_text(encoding="utf-8")


@pytest.fixture
def at_the_analysts_desk(tmp_path, monkeypatch):
    """Stand in a folder with the files that the tutorial names."""
    shapes = [shapely.box(x, 4e5, x + 1e4, 4.2e5) for x in (4e5, 4.1e5)]
    named = {"code": ["W", "E"], "name": ["West", "East"], "REF": ["1", "2"], "TITLE": ["Left", "Right"]}
    drawn = gpd.GeoDataFrame(named, geometry=shapes, crs="EPSG:27700")
    drawn.to_file(tmp_path / "my_boundaries.gpkg", layer="clusters")
    members = pd.DataFrame({"area_name": ["North", "North", "South"], "authority": ["Gwynedd", "Conwy", "Cardiff"]})
    members.to_csv(tmp_path / "my_table.csv", index=False)
    monkeypatch.chdir(tmp_path)
    mpl.use("agg")
    yield tmp_path
    plt.close("all")


def test_every_block_runs_after_those_before_it(told, at_the_analysts_desk, capsys):
    blocks = BLOCK.findall(told)
    assert len(blocks) == told.count("```python")
    session: dict[str, object] = {}
    for block in blocks:
        before = told[: told.index(block)].count("\n")
        exec(compile("\n" * before + block, str(TUTORIAL), "exec"), session)  # noqa: S102 - the project's own page
    assert (at_the_analysts_desk / "results" / "brief.html").exists()
    printed = capsys.readouterr().out
    assert "icb_2027" in printed, "the refused layer is named"


def test_its_figures_are_those_of_the_data(told):
    pair = geoplan.compare("connect_to_work", "icb_2026")
    count = pair.relations["relation"].value_counts()
    assert (
        f"Of the {sum(count) - count['uncovered']} areas in England {count['coterminous']} have the same boundary as a "
        f"board, {count['nested']} lie inside one, {count['contains']} is made of whole ones, {count['straddles']} are "
        "cut."
    ) in told
    for people in pair.table.query("left_name == 'Cumbria'")["people"]:
        assert f"{people:,.0f} people in" in told or f"{people:,.0f} in" in told
