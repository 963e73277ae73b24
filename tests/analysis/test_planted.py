"""Pieces moved between neighbours are found in drawings made apart from each other, and nothing else is."""

import importlib.util
import sys
from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from roots import ROOT

from geoplan.analysis import artefacts, relations
from geoplan.analysis.overlay import overlay
from geoplan.schema import REST, Relation, Tolerance, Weight

BENCHMARK = ROOT / "benchmarks" / "planted.py"
ESSEX, SUFFOLK = "E10000012", "E10000029"


@pytest.fixture(scope="module")
def planted():
    """Return the module of the benchmark, which is no part of the package."""
    spec = importlib.util.spec_from_file_location("planted", BENCHMARK)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "planted", module)
        spec.loader.exec_module(module)
        yield module


# ------------------------------------------------------------------------------------------------- real


@pytest.fixture(scope="module")
def ground(planted, shared_data):
    return planted.read(shared_data, counties=[ESSEX, SUFFOLK])


@pytest.fixture(scope="module")
def moves(planted, ground):
    return planted.Planter(ground, np.random.default_rng(1)).moves(14)


def test_the_truth_is_sound(planted, ground, moves):
    after = planted.moved(ground.districts, moves)
    shapes = after.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert shapely.area(shapes).sum() == pytest.approx(shapely.area(ground.districts.to_numpy()).sum(), rel=1e-12)
    gained = sum(shapely.area(shapely.difference(after[code], ground.districts[code])) for code in after.index)
    assert gained == pytest.approx(sum(move.shape.area for move in moves))
    assert len(moves) == 14
    assert any(move.coastal for move in moves)
    assert min(move.width for move in moves) < 400
    assert max(move.width for move in moves) > 2_000


@pytest.fixture(scope="module", params=[20, 200])
def trial(planted, ground, moves, request):
    return planted.by_geometry(ground, moves, (request.param, request.param), np.random.default_rng(1))


def test_moves_are_found_in_real_districts_and_nothing_else(trial):
    assert trial.judged["must"].sum() >= 8
    assert list(trial.details()) == []


def test_the_drawings_are_as_far_off_as_they_say(trial):
    stated = trial.limit / 2
    assert 0.75 * stated < max(trial.off) < 1.25 * stated
    slivers = trial.over.table[trial.over.table["artefact"].astype(bool)].drop(index=trial.rows, errors="ignore")
    assert len(slivers) > 10
    assert slivers["people"].sum() > 0
    assert stated / 2 < trial.slivers < trial.limit


def test_a_move_marked_as_artefact_is_missed(trial):
    blind = replace(trial, over=replace(trial.over, table=trial.over.table.assign(artefact=True)))
    assert len(blind.missed) == trial.judged["must"].sum() > 0
    assert blind.failed


def test_a_pair_nobody_planted_is_false(trial):
    n = int(trial.judged["found"].to_numpy().argmax())
    kept = [k for k in range(len(trial.moves)) if k != n]
    spared = replace(trial, moves=[trial.moves[k] for k in kept], rows=[trial.rows[k] for k in kept])
    assert list(spared.false.index) == [trial.rows[n]]
    assert spared.failed


def test_a_district_without_its_coast_is_wrong(trial):
    code = trial.back.index[0]
    bare = replace(
        trial, back=trial.back.assign(relation=trial.back["relation"].where(trial.back.index != code, "uncovered"))
    )
    assert [verdict.split()[0] for verdict in bare.wrong] == [code]
    assert bare.failed


# -------------------------------------------------------------------------------------------------- toy

SIDE = 20_000.0
STEP = 1_000.0


def line(rng, by):
    """Return a border from south to north, at each step up to so many metres off the straight one."""
    steps = np.linspace(0, SIDE, int(SIDE / STEP) + 1)
    return np.stack([rng.choice([-by, 0, by], len(steps)) * rng.uniform(0.5, 1), steps], axis=1)


def halves(border, coast):
    """Return a western and an eastern half that meet in a border, the eastern one with a coast."""
    west = shapely.Polygon([(-SIDE, SIDE), (-SIDE, 0), *border])
    east = shapely.Polygon([*border[::-1], *np.add(coast, (SIDE, 0))])
    return {"W": west, "E": east}


seeds = st.integers(0, 2**32 - 1)
resolutions = st.sampled_from([1.0, 20.0, 200.0])


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seeds, resolutions, resolutions, st.floats(0.1, 3), st.booleans())
def test_a_piece_wider_than_the_drawings_differ_is_found(blocks, drawn_layer, seed, one, two, widths, moved):
    rng = np.random.default_rng(seed)
    limit = one + two
    width = limit * (2 + widths) if moved else 0.0
    borders, coasts = ([line(rng, by) for by in (one, two)] for _ in range(2))
    before, after = (halves(border, coast) for border, coast in zip(borders, coasts, strict=True))
    piece = shapely.box(-SIDE / 2, SIDE / 2, width, SIDE / 2 + width)
    if moved:
        after = {"W": shapely.union(after["W"], piece), "E": shapely.difference(after["E"], piece)}
    layers = [
        drawn_layer(key, shapes, resolution_m=by)
        for key, shapes, by in (("before", before, one), ("after", after, two))
    ]
    over = artefacts.mark(overlay(*layers, blocks=blocks, weight=Weight.AREA), tolerance=Tolerance())
    artefact = over.table["artefact"].astype(bool)
    real = {(left, right) for left, right in over.table.index[~artefact] if REST != right != left}
    assert real == ({("E", "W")} if moved else set())
    related = relations.relate(over, tolerance=Tolerance())
    assert not set(related["relation"]) & {Relation.PARTLY_COVERED, Relation.UNCOVERED}
    assert moved or set(related["relation"]) == {Relation.COTERMINOUS}
