"""What a picture shows, laid out: ground, borders, pieces, rows of the legend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import networkx as nx
import numpy as np
import shapely

from geoplan.auditing.results import AuditResult, Pair
from geoplan.output.picture.ground import Ground
from geoplan.output.picture.patterns import HUES
from geoplan.output.picture.picture_parts import Drawing, Place, Row, phrase
from geoplan.output.summary.answers import answer_sentences
from geoplan.output.summary.part_lists import parts_of_areas
from geoplan.output.summary.ranking import asked_layers
from geoplan.schema import Layer, wording
from geoplan.schema.standing import GROUND, LOOKS, Standing

__all__ = [
    "add_borders",
    "add_parts",
    "colours_apart",
    "ground_pieces",
    "layers_drawing",
    "left_out",
    "pair_drawing",
    "pair_legend",
    "parts_listed",
]

_MOST_PARTS = 12
"""Areas with parts of authorities that are listed beside a map."""


@lru_cache(maxsize=1)
def pair_drawing(result: AuditResult, pair: Pair) -> Drawing:
    """Draw one direction of a comparison: how the left areas stand, and the ground where they overlap in part.

    A brief shows it twice, as a page and as a document; it is the same object.
    """
    left, right = pair.overlay.left, pair.overlay.right
    further = [layer for layer in asked_layers(result) if layer.key not in pair.keys]
    away = [code for code, each in pair.standing.items() if each is Standing.OUTSIDE]
    ground = Ground(result, (left, right, *further), away, also=left_out(pair, result.blocks.index))
    shapes, others, seen = ground.of[left.key], ground.of[right.key], ground.seen(left)
    people, cut = pair.cuts.by_area, ranked_cuts(pair, seen)
    pieces = [
        (name, ground.broad(piece))
        for code in shapes
        for name, piece in ground_pieces(pair, code, shapes[code], others, ground.parts[right.key])
    ]
    apart = [ground.blocks[block] for block in sorted(left_out(pair, ground.blocks))]
    title = f"Do {phrase(left)} fit {phrase(right)}?"
    drawing = Drawing(ground.bounds, title, "", frame=left.status == "file")
    drawing.areas = [("land", ground.path(ground.land)), *(("none", ground.path(block)) for block in apart)]
    drawing.areas += [(str(pair.standing[code]), ground.path(shapes[code])) for code in shapes]
    drawing.areas += [(name, ground.path(piece)) for name, piece in pieces if not piece.is_empty]
    drawing.lines = [("other", ground.lines(others.values(), coast=False)), ("outline", ground.lines(shapes.values()))]
    ground.parts[right.key] = _within(
        ground.parts[right.key], [*shapes.values(), *ground.parts[left.key].values()], ground
    )
    hatched = add_parts(drawing, ground, (left, right))
    drawing.places = [*_left_places(pair, ground, cut, away), *_around(pair, ground, away)]
    kinds = [*(name for name, piece in pieces if not piece.is_empty), *["none"] * bool(apart), *["part"] * hatched]
    legend = pair_legend(pair, seen, pieces=kinds)
    drawing.description = _described(seen, legend, cut=bool(cut))
    drawing.rows = [Row(answer_sentences(result)[0]), *_legend(legend, (left, right))]
    add_borders(drawing, ground, further, ["third"])
    if cut:
        unit = str(result.weight)
        said = [f"{left.name(code)}: {wording.amount(people.get(code), unit)}" for code in cut]
        drawing.rows.append(Row(f"Cut areas, with {wording.UNITS[unit]} {GROUND['overlap'].term}", heading=True))
        drawing.rows += [Row(words, number=str(n)) for n, words in enumerate(said, 1)]
    drawing.last = parts_listed(result, ground, (left, right))
    return drawing


def ranked_cuts(pair: Pair, codes: Iterable[str]) -> list[str]:
    """Return those of some left areas that have cut pieces, most people first: the order of every list."""
    people = pair.cuts.by_area
    return sorted((code for code in codes if code in people), key=lambda code: (-(people[code] or 0.0), code))


def ground_pieces(
    pair: Pair,
    code: str,
    shape: shapely.Geometry,
    others: Mapping[str, shapely.Geometry],
    parts: Mapping[str, shapely.Geometry],
) -> list[tuple[str, shapely.Geometry]]:
    """Return the ground of an area that is drawn as such, whatever the area's own standing.

    Parameters
    ----------
    pair, code, shape
        One direction of a comparison, one of its left areas, and the outline it is drawn with.
    others, parts
        Outlines of the right areas, drawn alike, and of the ground of which they hold only a part.

    Returns
    -------
    list of tuple
        ``overlap``: where it overlaps only in part with others; ``none``: its part in none.
    """
    cut = [others[other] for other in pair.cuts.partners.get(code, ()) if other in others]
    found = [("overlap", shapely.intersection(shape, shapely.union_all(cut)))] if cut else []
    if pair.standing[code] is Standing.PARTLY:
        partners = pair.relations.at[code, "partners"]
        met = [held[other] for other in partners for held in (others, parts) if other in held]
        found.append(("none", shapely.difference(shape, shapely.union_all(met))))
    return found


def left_out(pair: Pair, blocks: Iterable[str]) -> set[str]:
    """Return the blocks that are in no left area though both layers exist there; none where not all are known."""
    left, right = pair.overlay.left, pair.overlay.right
    if left.parts is None or not left.extent or not left.complete:
        return set()
    here = set(left.extent) & set(right.extent or left.extent)
    return {block for block in blocks if block[0] in here} - set(left.parts["block"])


def pair_legend(pair: Pair, codes: Iterable[str], *, pieces: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the key of a comparison: how areas stand, with counts, in the one order, then ground drawn as such."""
    counts = Counter(pair.standing[code] for code in codes)
    areas = [(str(each), f"{LOOKS[each].term}: {counts[each]}") for each in Standing if counts[each]]
    told = {name for name, _ in areas}
    drawn = dict.fromkeys(name for name in pieces if name not in told)
    return (*areas, *((name, GROUND[name].term) for name in GROUND if name in drawn))


def _left_places(pair: Pair, ground: Ground, cut: Sequence[str], away: Sequence[str]) -> Iterator[Place]:
    """Return the cut areas with their numbers, in the order of their list, and the others that are compared."""
    left = pair.overlay.left
    seen, crowded = ground.seen(left), ground.crowded(left)
    for number, code in enumerate(cut, 1):
        yield Place(left.name(code), seen[code], "number", str(number))
    for code in sorted(set(seen) - set(cut) - set(away)):
        yield Place(left.name(code), seen[code], shared=code in crowded)


def _around(pair: Pair, ground: Ground, away: Sequence[str]) -> Iterator[Place]:
    """Name softly the countries beside those compared, and areas of the other layer where no left area is."""
    left, right = pair.overlay.left, pair.overlay.right
    compared = {code: shape for code, shape in ground.seen(left).items() if code not in set(away)}
    about = shapely.union_all(list(compared.values()))
    yield from _countries_beside(ground, about)
    for code, shape in sorted(ground.of[right.key].items()):
        beyond = ground.broad(shapely.difference(shape, about))
        if not beyond.is_empty:
            yield Place(right.name(code), beyond, "near")


def _countries_beside(ground: Ground, about: shapely.Geometry) -> Iterator[Place]:
    """Name the countries that the picture shows and is not about."""
    for country, shape in ground.countries.items():
        if ground.broad(shapely.intersection(shape, about)).is_empty:
            yield Place(country, shape, "near")


def _within(
    parts: Mapping[str, shapely.Geometry], shapes: Sequence[shapely.Geometry], ground: Ground
) -> dict[str, shapely.Geometry]:
    """Return of the right side's parts what lies on ground that the map is about."""
    about = shapely.union_all(shapes)
    met = {code: ground.broad(shapely.intersection(shape, about)) for code, shape in parts.items()}
    return {code: shape for code, shape in met.items() if not shape.is_empty}


def add_parts(drawing: Drawing, ground: Ground, layers: Sequence[Layer]) -> bool:
    """Hatch the ground of which only a part belongs; where no area has it for its own, its border is broken."""
    if not any(ground.parts[layer.key] for layer in layers):
        return False
    drawing.areas.append(("part", ground.path(ground.held(*layers))))
    drawing.lines.append(("part", ground.lines(shape for layer in layers for shape in ground.homeless(layer))))
    return True


def parts_listed(result: AuditResult, ground: Ground, layers: Sequence[Layer]) -> list[Row]:
    """Say of each area which authorities belong to it in part, or only how many areas there are of that kind."""
    said = [
        f"{layer.name(code)}: {'; '.join(words)}"
        for layer in layers
        for code, words in parts_of_areas(result, layer).items()
        if code in ground.parts[layer.key]
    ]
    if len(said) > _MOST_PARTS:
        return [Row(f"{len(said)} areas hold parts of authorities; the map page says of which, and how much.")]
    return [Row("Parts of authorities", heading=True), *map(Row, said)] if said else []


def _described(seen: Collection[str], legend: Sequence[tuple[str, str]], *, cut: bool) -> str:
    told = f"Map of {wording.plural(len(seen), 'area')}: {wording.listed([words for _, words in legend])}."
    return f"{told} Each cut area is numbered and named in the list." if cut else told


def _legend(legend: Sequence[tuple[str, str]], sides: tuple[Layer, Layer]) -> Iterator[Row]:
    for kind, words in legend:
        yield Row(words, kind)
    for side, style in zip(sides, ("outline", "other"), strict=True):
        yield Row(f"border of {phrase(side)}", style)


def add_borders(
    drawing: Drawing, ground: Ground, layers: Iterable[Layer], styles: Iterable[str] = ("second", "third")
) -> None:
    """Draw the borders of further layers, each in a line of its own."""
    for style, layer in zip(styles, layers, strict=False):
        drawing.lines.append((style, ground.lines(ground.of[layer.key].values(), coast=False)))
        drawing.rows.append(Row(f"border of {phrase(layer)}", style))


def layers_drawing(result: AuditResult, asked: Sequence[Layer]) -> Drawing:
    """Draw the areas of the first layer in colours, and the borders of the others over them."""
    main, *more = asked
    ground = Ground(result, asked)
    shapes, seen = ground.of[main.key], ground.seen(main)
    title = f"{wording.listed([layer.title for layer in asked])}: where they lie"
    counted = wording.plural(len(main.areas), "area") + ("; areas that touch have different colours" if shapes else "")
    drawing = Drawing(ground.bounds, title, f"Map of {phrase(main)}: {counted}.")
    colours = colours_apart(shapes)
    drawing.areas = [("land", ground.path(ground.land))]
    drawing.areas += [(f"hue{colours[code]}", ground.path(shapes[code])) for code in shapes]
    drawing.lines = [("outline", ground.lines(shapes.values()))]
    drawing.rows = [Row(f"{counted}."), *([Row(f"border of {phrase(main)}", "outline")] if shapes else [])]
    if add_parts(drawing, ground, asked):
        drawing.rows.append(Row(GROUND["part"].term, "part"))
        drawing.description += f" Hatched: {GROUND['part'].term}."
    add_borders(drawing, ground, more)
    crowded = ground.crowded(main)
    drawing.places = [Place(main.name(code), shape, shared=code in crowded) for code, shape in sorted(seen.items())]
    about = shapely.union_all(list(seen.values()))
    drawing.places += _countries_beside(ground, about)
    drawing.last = parts_listed(result, ground, asked)
    return drawing


def colours_apart(shapes: Mapping[str, shapely.Geometry]) -> dict[str, int]:
    """Return for each area the number of a colour: its own where there are enough, else one that no neighbour has."""
    if len(shapes) <= len(HUES):
        return {code: number for number, code in enumerate(shapes)}
    codes, held = list(shapes), np.array(list(shapes.values()), dtype=object)
    touching = nx.Graph()
    touching.add_nodes_from(codes)
    met = shapely.STRtree(held).query(held, predicate="intersects").T
    touching.add_edges_from((codes[i], codes[j]) for i, j in met if i < j)
    return dict(nx.greedy_color(touching, strategy="DSATUR"))
