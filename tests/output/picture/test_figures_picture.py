"""Figures of the user's own in classes, and in pictures: by hand, with laws, and refused where they cannot be read."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from toy_audit import result_of

from geoplan.data.focus import Focus
from geoplan.errors import ConfigurationError
from geoplan.output.picture import plot
from geoplan.output.picture.shaded.classes import SHADES, shaded
from geoplan.output.picture.shaded.drawing import figures_drawing
from geoplan.schema.indicators import Indicator, Kind

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
UNITS = {"E1": ("E1.a", "E1.b"), "E2": ("E2",), "E3": ("E3",), "E4": ("E4",)}
RATE = Indicator("rate", Kind.RATE, "people", "own.csv", "Nomis", "2026", unit="%", units=UNITS)


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def figured(near, blocks):
    """Rates of 5 in E1, 2 in E2, 7 in E4; none in E3 and W1."""
    held = blocks["people"] * [5.0, 5.0, 2.0, np.nan, 7.0, np.nan]
    return replace(
        result_of(blocks.assign(indicator=held, indicator_of=blocks["people"]), alone=[near]), indicator=RATE
    )


def counts_of(values: list[float]) -> pd.DataFrame:
    blocks = [f"b{n}" for n in range(len(values))]
    return pd.DataFrame({"lad": blocks, "indicator": values, "indicator_of": 1.0}, index=blocks)


@given(values=st.lists(st.integers(0, 40).map(float) | st.just(float("nan")), min_size=1, max_size=60))
def test_classes_are_in_order_share_no_value_and_leave_none_out(values):
    table = counts_of(values)
    indicator = Indicator("n", Kind.COUNT, "people", "f.csv", units={block: (block,) for block in table.index})
    told = shaded(replace(result_of(table), indicator=indicator))
    shade, value = told.units["shade"], told.units["value"]
    assert ((shade < 0) == value.isna()).all()
    known = sorted(set(shade[shade >= 0]))
    assert known == list(range(len(told.classes)))
    assert len(known) <= len(SHADES)
    for lower, upper in itertools.pairwise(known):
        assert value[shade == lower].max() < value[shade == upper].min()
    assert sum(int(text.rpartition(": ")[2]) for text in told.classes) == value.notna().sum()


def test_units_have_the_values_that_were_given_and_those_without_all_their_blocks_none(figured):
    told = shaded(figured)
    assert told.units["value"].to_dict() == pytest.approx({"E1": 5, "E2": 2, "E3": np.nan, "E4": 7}, nan_ok=True)
    assert told.classes == ("2.00%: 1", "5.00%: 1", "7.00%: 1")
    assert told.shade_of == {"E1.a": 1, "E1.b": 1, "E2": 0, "E4": 2}
    assert shaded(replace(figured, indicator=None)) is None


def test_the_picture_has_the_ground_of_each_class_its_key_and_the_borders(figured, near):
    drawn = figures_drawing(figured, [near])
    assert [style for style, _ in drawn.areas] == ["land", "no figure", "figure 0", "figure 1", "figure 2"]
    assert [row.text for row in drawn.rows] == [
        "rate (rate in %, weighted by people; Nomis, 2026)", "2.00%: 1", "5.00%: 1", "7.00%: 1", "no figure",
        "border of areas of Layer near",
    ]  # fmt: skip
    assert "Nomis" in drawn.description
    assert {place.name for place in drawn.places} == {"Area a", "Area b", "Area c", "Area w"}


def test_a_focus_is_outlined_and_fills_the_picture(figured, near):
    focus = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))
    drawn = figures_drawing(replace(figured, focus=focus), [near])
    assert drawn.lines[-1][0] == "focus line"
    assert drawn.title.startswith("Area b: rate")


def test_the_file_is_made_only_where_it_is_asked_for(figured):
    made = plot.made(figured, "svg", figures=True).decode()
    assert "no figure" in made
    assert SHADES[2] in made
    assert "no figure" not in plot.made(figured, "svg").decode()


def test_figures_that_are_not_there_and_too_many_borders_are_refused(figured, block_layer):
    with pytest.raises(ConfigurationError, match="without an indicator"):
        plot.made(replace(figured, indicator=None), figures=True)
    many = {key: block_layer(key, NEAR) for key in "pqrs"}
    asked = {"layers": list(many)}
    with pytest.raises(ConfigurationError, match="borders of 4 layers over figures"):
        plot.made(replace(figured, layers=many, parameters={**figured.parameters, **asked}), figures=True)
