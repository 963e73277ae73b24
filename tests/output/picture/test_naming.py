"""Names and numbers on pictures: none covers another or leaves its map, and every area is told."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pictured import all_rows, faults_of, views_of, written

from geoplan.auditing import audit
from geoplan.auditing.results import Configuration
from geoplan.output.picture import plot
from geoplan.output.picture.base.land import bear
from geoplan.output.picture.base.scale_bar import LONGEST, MILE, bars
from geoplan.output.picture.naming.insets import frames_of, is_small
from geoplan.output.picture.picture_parts import Drawing, Place, Town

SIDE = 100_000.0
WORDS = ("Ash", "Little Snoring", "Bath and North East Somerset, Swindon and Wiltshire", "W" * 30, "$x_1$", "O")


def cells(seed: int, count: int) -> list[shapely.Polygon]:
    """Cut a square into Voronoi cells; half of the points lie close together in a corner of it."""
    generator = np.random.default_rng(seed)
    wide, near = generator.uniform(0, SIDE, (count, 2)), generator.uniform(0, 0.08 * SIDE, (count, 2))
    made = shapely.voronoi_polygons(shapely.MultiPoint(np.concatenate([wide, near + 0.6 * SIDE])))
    return list(shapely.intersection(shapely.get_parts(made), shapely.box(0, 0, SIDE, SIDE)))


def toy(seed: int, count: int, kinds: str) -> Drawing:
    names = [f"{WORDS[n % len(WORDS)]} {n}" for n in range(3 * count)]
    places, number = [], 0
    for n, cell in enumerate(cells(seed, count)):
        kind = {"n": "number", "a": "area", "f": "area" if n else "focus", "r": "near"}[kinds[n % len(kinds)]]
        number += kind == "number"
        places.append(Place(names[n], cell, kind, str(number) if kind == "number" else ""))
    places.sort(key=lambda place: place.kind != "number")
    towns = [Town(f"Town {n}", x, y) for n, (x, y) in enumerate(np.random.default_rng(seed).uniform(0, SIDE, (30, 2)))]
    return Drawing((0, 0, SIDE, SIDE), "Toy", "Toy.", places=places, towns=towns)


def told(drawn: Drawing, made) -> list[str]:
    """Return the text of every name and number on the map and on its enlarged parts, without line breaks."""
    kinds = {"badge", "name", "focus"}
    views = views_of(drawn, made)
    return [label.text.replace("\n", " ") for _, _, labels in views for label in labels if label.kind in kinds]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 14), kinds=st.sampled_from(["a", "na", "fa", "nar", "faan"]))
def test_labels_neither_meet_nor_leave_the_map_and_tell_every_area(seed, count, kinds):
    drawn = toy(seed, count, kinds)
    made = written(drawn)
    assert faults_of(drawn, made) == []
    said = told(drawn, made)
    assert len(said) == len(set(said)), "nothing is told twice"
    key = {row.text: row.number for row in made.rows}
    for place in drawn.places:
        if place.kind == "number":
            assert place.number in said
        elif place.kind == "focus":
            assert place.name in said
        elif place.kind == "area":
            assert (place.name in said) != (key.get(place.name) in said)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 14))
def test_at_most_two_parts_are_enlarged_and_they_do_not_meet(seed, count):
    drawn = toy(seed, count, "na")
    found = frames_of(drawn.places, drawn.bounds, SIDE / 5)
    assert len(found) <= 2
    assert all(is_small(drawn.places[n].shape, SIDE / 5) for _, held in found for n in held)
    if len(found) == 2:
        assert not shapely.intersects(*(shapely.box(*box) for box, _ in found))


@pytest.mark.parametrize(
    "layers", [("connect_to_work", "icb_2026"), ("utla", "icb_2026"), ("icb_2026", "connect_to_work")]
)
def test_pairs_of_england_enlarge_london_and_cover_no_label(layers):
    drawn = plot.drawing_of(audit.run(Configuration.of_layers(layers), geometry=True))
    bear(drawn)
    for wide in (4.0, 5.0, 9.0):
        made = written(drawn, wide)
        assert faults_of(drawn, made, wide) == []
    made = written(drawn)
    assert any(shapely.contains_xy(shapely.box(*inset.bounds), 530_000, 180_000) for inset in made.insets)
    if layers[0] == "connect_to_work":
        said = told(drawn, made)
        numbers = {row.number for row in all_rows(drawn) if row.number}
        assert numbers <= set(said)
        named = [place for place in drawn.places if place.kind != "near"]
        assert len(said) == len(named)
        assert {"Scotland", "Wales"} <= {label.text for label in made.labels if label.kind == "near"}


@given(metres=st.floats(500, 500_000))
def test_the_bars_of_the_scale_are_round_and_as_long_as_they_say(metres):
    for bar, unit in zip(bars(metres), (1000, MILE), strict=True):
        number, name = bar.words.split()
        assert name in {"km", "mile", "miles"}
        assert (number == "1") == (name == "mile" or (name == "km" and number == "1"))
        assert f"{float(number):e}"[0] in "125"
        assert bar.inches * metres == pytest.approx(float(number) * unit)
        assert LONGEST / 2.51 < bar.inches <= LONGEST + 1e-9
