"""How good the drawn boundaries are: the printed figures are those measured."""

from __future__ import annotations

import re
import runpy

import pytest
from roots import ROOT

from geoplan.schema import wording


@pytest.fixture(scope="module")
def measured(shared_data):
    benchmark = runpy.run_path(str(ROOT / "benchmarks" / "drawn.py"))
    return benchmark["by_country"](benchmark["agreement"](shared_data / "lad_2025.parquet"))


def test_sources_print_what_is_measured(measured):
    text = (ROOT / "SOURCES.md").read_text(encoding="utf-8")
    for country, row in measured.iterrows():
        (line,) = re.findall(rf"^\| {country} \| (.*) \|$", text, flags=re.MULTILINE)
        count, *figures = line.split(" | ")
        assert int(count) == row["authorities"]
        wanted = [row[key] for key in ("median", "tenth", "least", "sum")]
        assert [float(figure) for figure in figures] == pytest.approx(wanted, abs=1e-3), country


def test_the_one_figure_is_the_median_of_all_authorities(measured):
    (said,) = re.findall(r"(\d+)%", wording.DRAWN)
    median = measured.loc["United Kingdom", "median"]
    assert float(said) / 100 - 0.01 < median < float(said) / 100
