"""Shared borders, guard, union and outline against GEOS, on toys, on random layers and on real ones."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from roots import ROOT
from shapely import MultiPolygon, Polygon, box

from geoplan.data.drawn.geometry import polygonal
from geoplan.engine import adjacency, dissolving, matching

FACTS = settings(max_examples=80, deadline=None, derandomize=True)
SEEDS = st.integers(0, 2**32 - 1)


def layer(*shapes) -> np.ndarray:
    made = np.empty(len(shapes), dtype=object)
    made[:] = shapes
    return made


def pairs(geometry) -> dict[tuple[int, int], float]:
    i, j, metres = adjacency.adjacency(geometry)
    return {(int(a), int(b)): float(m) for a, b, m in zip(i, j, metres, strict=True)}


def pairs_by_geos(geometry) -> dict[tuple[int, int], float]:
    """Pairs that share a line or ground, with the length of what their boundaries have in common."""
    i, j = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    i, j = i[i < j], j[i < j]
    lines = shapely.length(shapely.intersection(shapely.boundary(geometry[i]), shapely.boundary(geometry[j])))
    kept = (lines > 0) | (shapely.area(shapely.intersection(geometry[i], geometry[j])) > 0)
    return {(int(a), int(b)): m for a, b, m in zip(i[kept], j[kept], lines[kept], strict=True)}


def overlaps(geometry) -> bool:
    i, j = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    return bool(shapely.relate_pattern(geometry[i[i < j]], geometry[j[i < j]], "2********").any())


def outline(geometry):
    return shapely.multilinestrings(shapely.linestrings(dissolving.outline_edges(geometry)))


def joined(geometry):
    return dissolving.dissolve(geometry, np.zeros(len(geometry))).geometry[0]


def turned(shapes, degrees=17.0) -> np.ndarray:
    """Turn and shift: what was collinear is so only to the last digit."""
    turn = np.exp(1j * np.deg2rad(degrees)) * 777
    return shapely.transform(
        np.asarray(shapes, dtype=object),
        lambda xy: ((xy[:, 0] + 1j * xy[:, 1]) * turn + 4e5 + 1e6j).view(float).reshape(-1, 2),
    )


def tilted(shapes) -> np.ndarray:
    """Turn and shift so that whole numbers stay whole and collinear points collinear."""
    return shapely.transform(
        np.asarray(shapes, dtype=object),
        lambda xy: np.column_stack([3 * xy[:, 0] - 4 * xy[:, 1] + 4e5, 4 * xy[:, 0] + 3 * xy[:, 1] + 1e6]),
    )


def grid(generator, *, lines=7, areas=8) -> np.ndarray:
    """Cells of uneven size dealt out to areas: parts, holes, corners that touch, all vertices shared."""
    x, y = (np.cumsum(generator.integers(1, 9, lines)) * 2.0 for _ in range(2))
    west, south = (side.ravel() for side in np.meshgrid(x[:-1], y[:-1]))
    east, north = (side.ravel() for side in np.meshgrid(x[1:], y[1:]))
    cells = box(west, south, east, north)
    owner = generator.integers(0, areas, len(cells))
    return np.array([shapely.coverage_union_all(cells[owner == n]) for n in np.unique(owner)], dtype=object)


def drawing(seed: int, *, deleted=False, thinned=False, moved=False) -> np.ndarray:
    """A grid with areas left out, drawn without the vertices their neighbours have, or moved over others."""
    generator = np.random.default_rng(seed)
    shapes = grid(generator)
    some = generator.random((3, len(shapes))) < 0.3
    if thinned:
        shapes[some[0]] = shapely.simplify(shapes[some[0]], 0)
    if moved:
        for n in np.flatnonzero(some[1]):
            step = generator.integers(-3, 4, 2)
            shapes[n] = shapely.transform(shapes[n], lambda xy, step=step: xy + step)
    if deleted:
        shapes[some[2]] = None
    return tilted(shapes)


# -------------------------------------------------------------------------------------------------- toys

WEST, EAST = box(0, 0, 1, 2), box(1, 0, 2, 2)
SOUTH_EAST, NORTH_EAST = box(1, 0, 2, 1), box(1, 1, 2, 2)
FRAME = box(0, 0, 4, 4) - box(1, 1, 2, 2)

TOYS = {
    "neighbours": (layer(WEST, EAST), {(0, 1): 2.0}, True),
    "corner": (layer(box(0, 0, 1, 1), box(1, 1, 2, 2)), {}, True),
    "corner on a side": (layer(box(0, 0, 2, 2), Polygon([(2, 1), (3, 0), (3, 2)])), {}, True),
    "apart": (layer(box(0, 0, 1, 1), box(5, 0, 6, 1)), {}, True),
    "junction": (layer(WEST, SOUTH_EAST, NORTH_EAST), {(0, 1): 1.0, (0, 2): 1.0, (1, 2): 1.0}, False),
    "no vertex shared": (layer(box(0, 0, 1, 4), box(1, 1, 2, 3)), {(0, 1): 2.0}, False),
    "crossing": (layer(box(0, 1, 3, 2), box(1, 0, 2, 3)), {(0, 1): 0.0}, False),
    "inside": (layer(box(0, 0, 4, 4), box(1, 1, 2, 2)), {(0, 1): 0.0}, False),
    "inside at a corner": (layer(box(0, 0, 4, 4), box(0, 0, 2, 2)), {(0, 1): 4.0}, False),
    "twice": (layer(WEST, WEST), {(0, 1): 6.0}, False),
    "thrice": (layer(WEST, WEST, WEST, EAST), {**dict.fromkeys([(0, 1), (0, 2), (1, 2)], 6.0),
                                               **dict.fromkeys([(0, 3), (1, 3), (2, 3)], 2.0)}, False),
    "in a hole": (layer(FRAME, box(1, 1, 2, 2)), {(0, 1): 4.0}, True),
    "over a hole": (layer(FRAME, box(1, 1, 3, 2)), {(0, 1): 3.0}, False),
    "parts": (layer(MultiPolygon([box(0, 0, 1, 1), box(5, 0, 6, 1)]), box(1, 0, 5, 1)), {(0, 1): 2.0}, True),
    "over a border": (layer(box(0, 0, 2, 4), box(2, 0, 4, 4), box(2, 1, 6, 3)),
                      {(0, 1): 4.0, (0, 2): 2.0, (1, 2): 2.0}, False),
    "minus nought": (layer(box(-1, -1, 0, 0), box(-0.0, -1, 1, -0.0)), {(0, 1): 1.0}, True),
    "missing": (layer(None, WEST, Polygon(), MultiPolygon(), EAST, None), {(1, 4): 2.0}, True),
    "nothing": (layer(None, Polygon()), {}, True),
    "no areas": (layer(), {}, True),
}  # fmt: skip

TOY = pytest.mark.parametrize("name", TOYS)


@TOY
def test_toy_borders(name):
    geometry, wanted, _ = TOYS[name]
    assert pairs(geometry) == wanted
    assert pairs_by_geos(geometry) == wanted


@TOY
def test_toy_guard(name):
    geometry, _, sound = TOYS[name]
    assert adjacency.is_coverage(geometry) is sound


@TOY
def test_toy_union(name):
    geometry, _, sound = TOYS[name]
    found = dissolving.dissolve(geometry, np.zeros(len(geometry)))
    whole = shapely.union_all(geometry)
    assert found.repaired.tolist() == [not sound] * bool(len(geometry))
    assert all(shapely.equals(shape, whole) or (shape.is_empty and whole.is_empty) for shape in found.geometry)


@TOY
def test_toy_outline(name):
    geometry, _, _ = TOYS[name]
    edge = shapely.boundary(shapely.union_all(geometry))
    found = outline(geometry)
    assert found.length == pytest.approx(edge.length if edge else 0)
    assert found.is_empty or shapely.equals(found, edge)


def test_an_annulus_that_touches_itself_at_a_point_keeps_its_hole():
    cells = [box(x, y, x + 1, y + 1) for x, y in [(0, 0), (1, 0), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1)]]
    found = dissolving.dissolve(layer(*cells), [0] * 7)
    assert not found.repaired[0]
    assert len(found.geometry[0].interiors) == 1
    assert shapely.equals(found.geometry[0], shapely.union_all(cells))


def test_an_island_that_touches_the_lake_around_it():
    lake = layer(box(0, 0, 5, 5) - box(1, 1, 4, 4), Polygon([(1, 1), (3, 2), (2, 3)]), box(2, 3, 3, 4))
    found = dissolving.dissolve(lake, ["all", "all", "all"])
    assert shapely.equals(found.geometry[0], shapely.union_all(lake))
    assert found.geometry[0].is_valid


def test_a_chessboard_touches_at_corners_only():
    x, y = (side.ravel() for side in np.meshgrid(np.arange(20), np.arange(20)))
    cells = box(x, y, x + 1, y + 1)
    found = dissolving.dissolve(cells, (x + y) % 2)
    assert not found.repaired.any()
    assert shapely.get_num_geometries(found.geometry).tolist() == [200, 200]
    assert pairs(cells[(x + y) % 2 == 0]) == {}


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_a_maze_is_joined_without_help(share):
    generator = np.random.default_rng(5)
    x, y = (side.ravel() for side in np.meshgrid(np.arange(60), np.arange(60)))
    cells, label = box(x, y, x + 1, y + 1), generator.random(3600) < share
    found = dissolving.dissolve(cells, label)
    assert not found.repaired.any()
    assert shapely.is_valid(found.geometry).all()
    assert shapely.equals(found.geometry, [shapely.union_all(cells[~label]), shapely.union_all(cells[label])]).all()


def test_groups_are_sorted_and_only_the_faulty_one_is_repaired():
    geometry = layer(box(0, 0, 1, 1), box(1, 0, 2, 1), WEST, SOUTH_EAST, NORTH_EAST, None)
    found = dissolving.dissolve(geometry, ["c", "c", "b", "b", "b", "a"])
    assert found.group.tolist() == ["a", "b", "c"]
    assert found.repaired.tolist() == [False, True, False]
    assert shapely.area(found.geometry).tolist() == [0, 4, 2]
    assert found.geometry[2].geom_type == "Polygon"


def test_shapes_that_stand_in_two_groups():
    found = dissolving.dissolve(layer(WEST, EAST, WEST, box(-1, 0, 0, 2)), [0, 0, 1, 1])
    assert not found.repaired.any()
    assert shapely.area(found.geometry).tolist() == [4, 4]


def test_the_layer_stays_as_it_was():
    geometry = TOYS["over a border"][0]
    before = shapely.to_wkb(geometry).tolist()
    pairs(geometry), adjacency.is_coverage(geometry), joined(geometry), outline(geometry)
    assert shapely.to_wkb(geometry).tolist() == before


def test_what_is_no_polygon_is_refused():
    with pytest.raises(ValueError, match="item 1 is a LineString"):
        adjacency.adjacency(layer(WEST, shapely.LineString([(0, 0), (1, 1)])))
    with pytest.raises(ValueError, match="3 areas and 2 groups"):
        dissolving.dissolve(layer(WEST, EAST, WEST), [0, 1])
    with pytest.raises(ValueError, match="finite"):
        adjacency.is_coverage(layer(Polygon([(0, 0), (1, np.inf), (1, 0)])))


# --------------------------------------------------------------------------------------- drawn inexactly


def test_junctions_on_a_slanted_border_are_neighbours():
    """In the last digit the middle vertex lies off its neighbour's side: GEOS sees corners that touch."""
    geometry = turned([WEST, SOUTH_EAST, NORTH_EAST])
    assert pairs(geometry) == {pair: pytest.approx(777) for pair in [(0, 1), (0, 2), (1, 2)]}
    assert outline(geometry).length == pytest.approx(8 * 777)


def test_a_slanted_border_without_common_vertices():
    geometry = turned([box(0, 0, 1, 3), box(1, -1, 2, 1.3), box(1, 1.3, 2, 5), box(-1, 3, 0, 4)])
    found = pairs(geometry)
    assert list(found) == [(0, 1), (0, 2), (1, 2)]
    np.testing.assert_allclose(list(found.values()), [1.3 * 777, 1.7 * 777, 777])
    assert outline(geometry).length == pytest.approx(shapely.union_all(geometry).length)


@pytest.mark.parametrize("degrees", [0.0, 17.0])
@pytest.mark.parametrize("metres", [1e-9, 1e-7, 1e-5, 1e-3, 1.0])
def test_slivers(metres, degrees):
    over, gap = (turned([box(0, 0, 1, 1), box(1 + d / 777, 0, 2, 1)], degrees) for d in (-metres, metres))
    assert not adjacency.is_coverage(over)
    assert list(pairs(over)) == [(0, 1)]
    assert list(pairs(gap)) == ([(0, 1)] if metres < matching.ROUNDING_M else [])


def test_touching_at_an_acute_corner_is_no_border():
    geometry = turned([Polygon([(0, 0), (1, 0), (1, -1)]), Polygon([(0, 0), (1, 1e-5), (1, 1)])])
    assert pairs(geometry) == {}


# ---------------------------------------------------------------------------------------- random layers

KINDS = st.fixed_dictionaries({"deleted": st.booleans(), "thinned": st.booleans(), "moved": st.booleans()})


@FACTS
@given(SEEDS, KINDS)
def test_borders_are_those_of_geos(seed, kinds):
    geometry = drawing(seed, **kinds)
    found, wanted = pairs(geometry), pairs_by_geos(geometry)
    assert list(found) == sorted(wanted)
    np.testing.assert_allclose(list(found.values()), [wanted[pair] for pair in found], rtol=1e-9, atol=1e-6)


@FACTS
@given(SEEDS, KINDS)
def test_no_overlap_passes_the_guard(seed, kinds):
    geometry = drawing(seed, **kinds)
    sound = adjacency.is_coverage(geometry)
    assert not (sound and overlaps(geometry))
    if not (kinds["thinned"] or kinds["moved"]):
        assert sound
    if shapely.coverage_is_valid(geometry):
        assert sound


@FACTS
@given(SEEDS, st.sampled_from([1e-9, 1e-6, 1e-3, 1.0, 100.0]))
def test_no_overlap_of_areas_drawn_with_noise_passes_the_guard(seed, noise):
    generator = np.random.default_rng(seed)
    geometry = turned(grid(generator, lines=5))
    for n in np.flatnonzero(generator.random(len(geometry)) < 0.2):
        step = generator.normal(0, noise, 2)
        geometry[n] = shapely.transform(geometry[n], lambda xy, step=step: xy + step)
    assert not (adjacency.is_coverage(geometry) and overlaps(geometry))


@FACTS
@given(SEEDS, KINDS)
def test_unions_are_those_of_geos(seed, kinds):
    geometry = drawing(seed, **kinds)
    group = np.random.default_rng(seed).integers(0, 3, len(geometry))
    found = dissolving.dissolve(geometry, group)
    for name, shape, repaired in zip(*found, strict=True):
        members = geometry[group == name]
        whole = shapely.union_all(members)
        assert shape.is_valid
        assert shape.area == pytest.approx(whole.area, rel=1e-9)
        assert shape.equals(whole) or shape.is_empty
        assert repaired or shape.area == pytest.approx(np.nansum(shapely.area(members)), rel=1e-9)
        assert not (repaired and shapely.coverage_is_valid(members))


@FACTS
@given(SEEDS, KINDS)
def test_the_outline_is_the_boundary_of_the_union(seed, kinds):
    geometry = drawing(seed, **kinds)
    edge = shapely.boundary(shapely.union_all(geometry))
    found = outline(geometry)
    assert found.length == pytest.approx(edge.length if edge else 0)
    assert found.is_empty or shapely.hausdorff_distance(found, edge) < 1e-6


@FACTS
@given(SEEDS, st.integers(1, 6))
def test_triangles_at_any_angle(seed, groups):
    generator = np.random.default_rng(seed)
    points = shapely.multipoints(generator.uniform(0, 1e4, (40, 2)) + np.array([4e5, 1e6]))
    geometry = shapely.get_parts(shapely.delaunay_triangles(points))
    label = generator.integers(0, groups, len(geometry))
    found = dissolving.dissolve(geometry, label)
    assert adjacency.is_coverage(geometry)
    assert not found.repaired.any()
    assert shapely.is_valid(found.geometry).all()
    areas = np.bincount(label, shapely.area(geometry))[found.group]
    np.testing.assert_allclose(shapely.area(found.geometry), areas, rtol=1e-9)
    assert pairs(geometry) == pytest.approx(pairs_by_geos(geometry))


@FACTS
@given(SEEDS, KINDS)
def test_the_order_of_the_rows_does_not_matter(seed, kinds):
    geometry = drawing(seed, **kinds)
    order = np.random.default_rng(seed).permutation(len(geometry))
    found = {tuple(sorted(order[list(pair)])): metres for pair, metres in pairs(geometry[order]).items()}
    assert found == pytest.approx(pairs(geometry))
    group = np.arange(len(geometry)) % 3
    one, other = dissolving.dissolve(geometry, group), dissolving.dissolve(geometry[order], group[order])
    assert one.repaired.tolist() == other.repaired.tolist()
    kept = ~one.repaired
    assert shapely.to_wkb(one.geometry[kept]).tolist() == shapely.to_wkb(other.geometry[kept]).tolist()


@FACTS
@given(SEEDS, KINDS, st.sampled_from([0, 1, 3]))
def test_keys_that_agree_by_chance_change_nothing(seed, kinds, bits):
    geometry = drawing(seed, **kinds)
    group = np.arange(len(geometry)) % 3
    wanted = pairs(geometry), adjacency.is_coverage(geometry), dissolving.dissolve(geometry, group)
    spread = matching._spread
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "_spread", lambda points: spread(points) & np.uint64(2**bits - 1))
        found = pairs(geometry), adjacency.is_coverage(geometry), dissolving.dissolve(geometry, group)
    assert found[0] == wanted[0]
    assert wanted[1] or not found[1]
    assert shapely.equals(found[2].geometry, wanted[2].geometry)[~shapely.is_empty(wanted[2].geometry)].all()


@FACTS
@given(SEEDS)
def test_rings_may_run_either_way(seed):
    geometry = drawing(seed, deleted=True)
    turned_round = geometry.copy()
    turned_round[::2] = shapely.reverse(geometry[::2])
    assert pairs(turned_round) == pytest.approx(pairs(geometry))
    assert adjacency.is_coverage(turned_round)
    assert joined(turned_round).equals(joined(geometry))


# ------------------------------------------------------------------------------------------------- real


def read(folder: Path, name: str) -> gpd.GeoDataFrame:
    frame = gpd.read_parquet(folder / f"{name}.parquet").sort_values("code", ignore_index=True)
    return frame.set_geometry(polygonal(shapely.make_valid(frame.geometry.to_numpy())))


def test_districts_that_touch_along_a_line(shared_data):
    geometry = read(shared_data, "lad_2025").geometry.to_numpy()
    i, j = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    i, j = i[i < j], j[i < j]
    along = shapely.relate_pattern(geometry[i], geometry[j], "F***1****")
    found = pairs(geometry)
    assert list(found) == sorted(zip(i[along].tolist(), j[along].tolist(), strict=True))
    assert adjacency.is_coverage(geometry)


def test_districts_have_the_borders_that_are_shipped(shared_data):
    frame = read(shared_data, "lad_2025")
    file = ROOT / "boundaries" / "neighbours.csv"
    shipped = pd.read_csv(file, index_col=["lad_code", "neighbour_code"])["border_km"]
    i, j, metres = adjacency.adjacency(frame.geometry.to_numpy())
    codes = frame["code"].to_numpy()
    found = pd.Series(metres / 1000, index=pd.MultiIndex.from_arrays([codes[i], codes[j]]))
    assert found.index.symmetric_difference(shipped.index).empty
    np.testing.assert_allclose(found, shipped.reindex(found.index), atol=0.005)


MENDED_APART = ["E06000011", "E06000064", "E07000074", "E07000119"]
"""Districts in which make_valid cut an area without its neighbour, so that their small areas no longer fit."""


def test_small_areas_join_to_districts(shared_data):
    frame = read(shared_data, "msoa21")
    geometry, lad = frame.geometry.to_numpy(), frame["lad"].to_numpy(str)
    found = dissolving.dissolve(geometry, lad)
    assert found.group[found.repaired].tolist() == MENDED_APART
    assert not any(shapely.coverage_is_valid(geometry[lad == name]) for name in MENDED_APART)
    assert shapely.is_valid(found.geometry).all()
    kept = ~found.repaired
    areas = frame.area.groupby(lad).sum()[found.group]
    np.testing.assert_allclose(shapely.area(found.geometry[kept]), areas[kept], rtol=1e-9)
    some = np.flatnonzero(kept)[::10]
    safe = [shapely.union_all(geometry[lad == name]) for name in found.group[some]]
    assert shapely.equals(found.geometry[some], safe).all()


def test_one_district_redrawn_is_found_and_mended_alone(shared_data):
    frame = read(shared_data, "msoa21")
    frame = frame[frame["rgn"] == frame["rgn"].iloc[0]].reset_index(drop=True)
    geometry = frame.geometry.to_numpy().copy()
    before = pairs(geometry)
    inner = np.bincount(np.array(list(before)).ravel()).argmax()
    geometry[inner] = shapely.simplify(geometry[inner], 50)
    found = dissolving.dissolve(geometry, frame["lad"].to_numpy(str))
    assert found.group[found.repaired].tolist() == [frame["lad"][inner]]
    after, wanted = pairs(geometry), pairs_by_geos(geometry)
    elsewhere = {pair: metres for pair, metres in before.items() if inner not in pair}
    assert {pair: after[pair] for pair in elsewhere} == elsewhere
    assert {pair for pair in wanted if inner in pair} == {pair for pair in after if inner in pair}
