"""The picture for papers: what stands on it, that it is the same every time, and what it refuses."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
import shapely
from pictured import all_rows, written
from PIL import Image
from toy_audit import result_of

from geoplan.data.focus import Focus
from geoplan.errors import ConfigurationError
from geoplan.output.picture import drawing, picture_parts, plot
from geoplan.output.picture.naming import boxes
from geoplan.output.picture.naming.placing import beside
from geoplan.output.picture.patterns import HUES
from geoplan.output.picture.sheet import styles
from geoplan.output.picture.sheet.words import wrapped
from geoplan.schema import Weight

NEAR = {"a": {"E1.a": 1, "E1.b": 1}, "b": {"E2": 1, "E3": 1}, "c": {"E4": 1}, "w": {"W1": 1}}
FAR = {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}}
B = Focus("near", "b", "Area b", frozenset({"E2", "E3"}))
HOSTILE = ("$x_1$", "_^{", "line\nbreak\r\tand \\frac{1}{2} % #", "\u202e\u0007\U0001f4a9", "W" * 400, "", "$$$ \\$ {{")


@pytest.fixture
def near(block_layer):
    return block_layer("near", NEAR)


@pytest.fixture
def far(block_layer):
    return block_layer("far", FAR, extent="E")


@pytest.fixture
def result(near, far, blocks):
    return result_of(blocks, (near, far))


def read(made: bytes) -> Image.Image:
    return Image.open(io.BytesIO(made))


def colours(made: bytes) -> dict[str, int]:
    """Return colour -> pixels."""
    image = read(made).convert("RGB")
    return {f"#{r:02x}{g:02x}{b:02x}": count for count, (r, g, b) in image.getcolors(1 << 24)}


def nearest(made: bytes, colour: str) -> int:
    """Return the pixels of a colour, or of one that the palette of the picture made of it."""
    aim = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    pixels = np.asarray(read(made).convert("RGB")).astype(int)
    return int((np.abs(pixels - aim).max(axis=2) <= 2).sum())


def named(layer, names):
    return replace(layer, areas=layer.areas.assign(name=list(names)[: len(layer.areas)]))


def words(result):
    return [row.text for row in all_rows(plot.drawing_of(result))]


def test_it_is_a_png_of_the_width_asked_for(result):
    for width in (400, 1600):
        made = plot.made(result, size=width)
        assert made[:8] == b"\x89PNG\r\n\x1a\n"
        assert read(made).width == width
    assert read(made).info["dpi"] == pytest.approx((200, 200), abs=0.1)
    assert read(plot.made(result, size=400)).height == pytest.approx(read(made).height / 4, abs=1)


def test_the_same_result_gives_the_same_bytes_and_no_day_of_today(result):
    made = plot.made(result, size=800)
    assert plot.made(result, size=800) == made
    assert set(read(made).text) == {"Title", "Description"}
    assert b"tIME" not in made
    assert b"matplotlib" not in made.lower()


def test_the_settings_of_the_user_change_nothing_and_stay_as_they_are(result):
    made = plot.made(result, size=500)
    with mpl.rc_context({"text.color": "red", "font.size": 30, "hatch.linewidth": 9, "axes.facecolor": "green"}):
        assert plot.made(result, size=500) == made
        assert mpl.rcParams["font.size"] == 30


def test_it_says_in_words_what_the_picture_shows(result):
    text = read(plot.made(result, size=400)).text
    assert text["Title"] == "Do areas of Layer near fit areas of Layer far?"
    assert text["Description"].startswith("Map of 4 areas: same boundary: 1, inside one: 1, cut: 1, outside")


def test_kinds_are_filled_in_proportion_to_their_ground(result):
    made = plot.made(result)
    count = {kind: nearest(made, styles.FILLS[kind]) for kind in ("inside", "outside", "cut", "overlap")}
    # Area c is one square, like the country without such bodies; b is two, of which one is cut and hatched.
    assert count["inside"] == pytest.approx(count["outside"], rel=0.2)
    assert count["cut"] == pytest.approx(count["inside"], rel=0.2)
    assert 0 < count["overlap"] < 0.9 * count["cut"]
    assert count["inside"] > 20_000


def test_colour_is_never_the_only_carrier(result):
    drawn = plot.drawing_of(result)
    assert {style for style, _ in drawn.areas} == {"land", "same", "inside", "cut", "overlap", "outside"}
    made = plot.made(result)
    for kind in ("overlap", "same"):
        assert nearest(made, styles.HATCHES[kind][1]) > 0
        fill, plain = nearest(made, styles.FILLS[kind]), 5 * 200 / 3
        # Lines lie over the filled squares: of one square (overlap), of two (same).
        assert fill < 0.97 * plain**2 * (1 if kind == "overlap" else 2)
    assert [label.text for label in written(drawn).labels if label.badge] == ["1"]


def test_what_neither_area_holds_whole_is_hatched(block_layer, blocks):
    left = block_layer("left", {"a": {"E1.b": 1, "E4": 1}, "b": {"E2": 1}})
    right = block_layer("right", {"x": {"E1.a": 1, "E1.b": 1}, "y": {"E3": 1, "E4": 1}, "z": {"E2": 1}})
    drawn = plot.drawing_of(result_of(blocks, (left, right)))
    (overlap,) = (path for style, path in drawn.areas if style == "overlap")
    # Area a shares E1.b with x and E4 with y, and holds neither whole.
    both = shapely.box(401_000, 300_000, 402_000, 302_000)
    assert shapely.Polygon(overlap.vertices).symmetric_difference(both).area < 60_000


def test_cut_areas_are_listed_with_names_and_people(result):
    assert words(result)[-1] == "Area b: 400"
    assert "Cut areas, with people where they overlap only in part" in words(result)
    assert "cut: 1" in words(result)


def test_the_frame_is_that_of_areas_that_are_compared(near, far, blocks):
    north = blocks.geometry.where(blocks.index != "W1", shapely.box(400_000, 500_000, 401_000, 501_000))
    moved = blocks.set_geometry(north)
    west, south, east, top = plot.drawing_of(result_of(moved, (near, far))).bounds
    # Areas of a file have neighbours: a tenth of their longer side is left around them.
    assert (west, east) == pytest.approx((399_700, 403_300), abs=60)
    assert (south, top) == pytest.approx((299_700, 302_300), abs=60)


def test_areas_that_their_badge_would_hide_are_shown_enlarged(block_layer, blocks):
    far_away = blocks.geometry.where(blocks.index != "E4", shapely.box(500_000, 300_000, 501_000, 302_000))
    left = block_layer("near", {"a": {"E1.a": 1, "E1.b": 1}, "c": {"E4": 1}})
    right = block_layer("far", {"x": {"E1.a": 1}, "y": {"E1.b": 1, "E4": 1}})
    made = result_of(blocks.set_geometry(far_away), (left, right))
    drawn = plot.drawing_of(made)
    (inset,) = (each for each in written(drawn).insets if each.bounds[0] < 450_000)
    west, _, east, _ = inset.bounds
    assert (west + east) / 2 == pytest.approx(401_000, abs=1000)
    assert "1" in [label.text for label in inset.labels]
    assert (drawn.bounds[2] - drawn.bounds[0]) / 5 / inset.per_inch > 10
    assert len(colours(plot.made(made))) > 20


def test_badges_do_not_hide_each_other_and_point_to_their_areas():
    board = boxes.Board((-2.0, -2.0, 2.0, 2.0), 1.0)
    here = picture_parts.Label(0.0, 0.0, "1", "badge")
    moved = [board.put(beside(board, here)) for _ in range(9)]
    assert moved[0] == here
    assert min(np.hypot(a.x - b.x, a.y - b.y) for a, b in combinations(moved, 2)) > 2 * boxes.BADGE


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_text_whatever_they_contain(name, near, far, blocks):
    layers = (replace(named(near, [name] * 4), title=name or "t"), named(far, [name] * 3))
    case = result_of(blocks, layers, focus=replace(B, name=name) if name else None)
    assert len(colours(plot.made(case, size=300))) > 20


def test_names_of_all_kinds_stand_on_one_picture(near, far, blocks):
    layers = (named(near, HOSTILE[:4]), named(far, HOSTILE[4:]))
    for case in (result_of(blocks, layers), *(result_of(blocks, alone=[each]) for each in layers)):
        assert len(colours(plot.made(case, size=300))) > 20


def test_a_name_that_reads_as_a_formula_is_drawn_letter_by_letter(near, far, blocks):
    made = [plot.made(result_of(blocks, (named(near, [name] * 4), far))) for name in ("$xx$", "xx", "$yy$")]
    assert len(set(made)) == 3


def test_signs_without_a_letter_are_replaced():
    assert picture_parts.one_line("a\nb\t\U0001f4a9") == "a b \N{REPLACEMENT CHARACTER}"


def test_long_words_stay_inside_the_sheet():
    lines = wrapped("W" * 200 + " and words", 2.0, 7.0).split("\n")
    assert max(picture_parts.size_of(line, 7.0)[0] for line in lines) <= 2.0


def test_the_partners_of_a_focus_are_coloured_and_named(near, far, blocks):
    made = result_of(blocks, (near, far), focus=B)
    drawn = plot.drawing_of(made)
    partners = made.pairs[0].relations.at["b", "partners"]
    assert len(partners) > 1
    assert drawn.title == "Area b and its partners in areas of Layer far"
    assert sorted(style for style, _ in drawn.areas[1:]) == [f"hue{n}" for n in range(len(partners))]
    samples = [row.text for row in drawn.rows if row.sample.startswith("hue")]
    assert samples == sorted(far.name(code) for code in partners)
    assert {far.name(code) for code in partners} <= {label.text for label in written(drawn).labels}
    assert "focus line" in {style for style, _ in drawn.lines}
    picture = plot.made(made)
    assert all(nearest(picture, HUES[n]) > 10_000 for n in range(len(partners)))


def test_a_focus_with_no_other_layer_is_refused(near, blocks):
    made = replace(result_of(blocks, alone=[near], focus=B), parameters={"layers": ["near"]})
    with pytest.raises(ConfigurationError, match=r"no other layer to draw Area b against\. Name a layer"):
        plot.made(made)


def test_a_third_layer_is_drawn_by_its_borders(near, far, block_layer, blocks):
    third = block_layer("third", {"one": {"E1.a": 1, "E1.b": 1, "E2": 1}, "two": {"E3": 1, "E4": 1}})
    made = replace(result_of(blocks, (near, far), alone=[third]), parameters={"layers": ["near", "far", "third"]})
    drawn = plot.drawing_of(made)
    assert [row.text for row in drawn.rows if row.sample == "third"] == ["border of areas of Layer third"]
    assert len(dict(drawn.lines)["third"].vertices) > 1
    assert nearest(plot.made(made), styles.LINES["third"]["color"]) > 200


def test_layers_without_a_comparison_are_drawn_in_colours_and_named(near, far, blocks):
    made = result_of(blocks, alone=[near, far])
    drawn = plot.drawing_of(made)
    assert [style for style, _ in drawn.lines] == ["outline", "second"]
    assert {label.text.replace("\n", " ") for label in written(drawn).labels} == {f"Area {code}" for code in "abcw"}
    used = {style for style, _ in drawn.areas if style.startswith("hue")}
    picture = plot.made(made)
    assert all(nearest(picture, HUES[int(style[3:])]) > 10_000 for style in used)


def test_areas_that_touch_have_different_colours(blocks):
    shapes = dict(zip(blocks.index, blocks.geometry, strict=True))
    colour = drawing.colours_apart(shapes)
    pairs = [(a, b) for a, b in combinations(shapes, 2) if shapes[a].intersects(shapes[b])]
    assert len(pairs) == 11
    assert all(colour[a] != colour[b] for a, b in pairs)
    # Squares that meet at corners need four.
    assert set(colour.values()) == {0, 1, 2, 3}


def test_where_there_are_enough_colours_every_area_has_its_own(blocks):
    few = dict(zip(blocks.index[: len(HUES)], blocks.geometry[: len(HUES)], strict=True))
    assert len(set(drawing.colours_apart(few).values())) == len(HUES)


def test_more_colours_than_there_are_come_back_hatched():
    path = picture_parts.path_of([np.array([[0, 0], [1, 0], [1, 1]])])
    assert len(list(styles.patches("hue0", path))) == 1
    assert [patch.get_hatch() for patch in styles.patches(f"hue{len(HUES)}", path)] == [None, "xxx"]


def test_areas_too_small_for_their_names_are_numbered_and_listed(near, blocks):
    long = named(near, [f"{'W' * 50}{n}" for n in range(4)])
    drawn = plot.drawing_of(result_of(blocks, alone=[long]))
    assert [label.text for label in written(drawn).labels if label.badge] == ["1", "2", "3", "4"]
    assert [row.number for row in all_rows(drawn) if row.number] == ["1", "2", "3", "4"]


def test_too_many_for_a_list_are_only_counted(near, blocks):
    drawn = plot.drawing_of(result_of(blocks, alone=[named(near, ["W" * 99] * 4)]))
    assert not any(label.badge for label in written(drawn, longest=3).labels)
    assert all_rows(drawn, longest=3)[-1].text == "4 areas have no room here for names; the map page names them."


def test_drawn_layers_are_cut_where_the_other_runs_through_them(drawn_layer, blocks):
    left = drawn_layer("file", {"one": shapely.box(400_000, 300_000, 402_000, 302_000)}, status="file")
    edges = {"p": (399_000, 400_500), "q": (400_500, 403_000)}
    halves = {code: shapely.box(west, 300_000, east, 302_000) for code, (west, east) in edges.items()}
    right = drawn_layer("other", halves, status="file")
    drawn = plot.drawing_of(result_of(blocks, (left, right), weight=Weight.AREA))
    overlaps = [path for style, path in drawn.areas if style == "overlap"]
    # Neither half lies whole in the file's only area, nor it in one of them.
    whole = shapely.union_all([shapely.Polygon(path.vertices) for path in overlaps])
    assert whole.symmetric_difference(shapely.box(400_000, 300_000, 402_000, 302_000)).area < 20_000
    assert drawn.title == "Do areas of Layer file fit areas of Layer other?"


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    white = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(white @ np.clip(light, 1e-4, 1) / np.array([0.9505, 1, 1.089]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


# Machado, Oliveira and Fernandes (2009), for linear red, green and blue at full severity.
SEEN = {
    "all": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


@pytest.mark.parametrize("kind", SEEN)
def test_colours_are_told_apart_with_every_kind_of_colour_vision(kind):
    seen = [lab(np.array(SEEN[kind]) @ linear(colour)) for colour in HUES]
    # Some 2.3 can just be noticed.
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 12


def test_dark_names_can_be_read_on_every_colour():
    ink, *hues = (float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (styles.INK, *HUES))
    assert all((hue + 0.05) / (ink + 0.05) > 4.5 for hue in hues)


def test_what_cannot_be_drawn_is_refused(near, far, blocks):
    with pytest.raises(ConfigurationError, match="run it with geometry=True"):
        plot.made(result_of(blocks.drop(columns="geometry"), (near, far)))
    with pytest.raises(ConfigurationError, match="50 pixels wide"):
        plot.made(result_of(blocks, (near, far)), size=50)
    with pytest.raises(ConfigurationError, match="near is a table of small areas"):
        plot.made(result_of(blocks, alone=[replace(near, blocks=blocks.drop(columns="geometry"))]))
    nowhere = replace(near, parts=near.parts.assign(block="none " + near.parts["block"]))
    with pytest.raises(ConfigurationError, match="no area of Layer near has an outline"):
        plot.made(result_of(blocks, alone=[nowhere]))
