"""All labels of a picture at one scale: numbers, names, neighbours, towns, and the key to the numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from geoplan.output.picture.naming.boxes import Board, Box
from geoplan.output.picture.naming.insets import INSET, Inset, frames_of
from geoplan.output.picture.naming.placing import beside, dotted, forms_of, inside, on_it, visible
from geoplan.output.picture.picture_parts import Drawing, Label, Place, Row, middle_of

__all__ = ["Labelled", "labelled", "listed"]

UNNAMED = "No room here for their names"
TOWNS_A_SQUARE_INCH = 0.7
"""Towns at most on a map: few."""


@dataclass
class Labelled:
    """What is written on a map and its enlarged parts, lines from labels to their areas, and the rows of the key."""

    labels: list[Label] = field(default_factory=list)
    leaders: list[np.ndarray] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    insets: list[Inset] = field(default_factory=list)


@dataclass
class _View:
    """The map, or an enlarged part of it, while it is written on."""

    board: Board
    leaders: list[np.ndarray] = field(default_factory=list)

    def put(self, label: Label) -> bool:
        """Write a label at its place or the nearest free one, with a line; tell whether there was one."""
        at = beside(self.board, label)
        if at is None:
            return False
        if (at.x, at.y) != (label.x, label.y):
            self.leaders.append(np.array([[label.x, label.y], [at.x, at.y]]))
        self.board.put(at)
        return True


def labelled(
    drawing: Drawing,
    wide: float,
    *,
    longest: int,
    written: bool = True,
    enlarged: float = INSET,
    least: float = 0.0,
    corners: Sequence[Box] = (),
) -> Labelled:
    """Write names and numbers on a map, where each finds room.

    Parameters
    ----------
    drawing
        What is drawn, with its places.
    wide
        Width of the map on the sheet, in inches.
    longest
        Most areas that are numbered because their names have no room.
    written
        Whether anything is to be written but the letters of enlarged parts.
    enlarged
        Inches: side of parts of the map that are shown again, larger; 0 for none.
    least
        Points that letters have at least.
    corners
        Parts of the map on which enlarged parts stand; by default they stand beside it.

    Returns
    -------
    Labelled
        No label covers another or leaves the map. Areas too small for their number are written on an enlarged part.
        Every area is named or numbered, unless more than ``longest`` would have to be numbered.
    """
    per_inch = (drawing.bounds[2] - drawing.bounds[0]) / wide
    frames = frames_of(drawing.places, drawing.bounds, per_inch, enlarged) if enlarged else []
    overs: Sequence[Box | None] = list(corners) or [None] * len(frames)
    frames = frames[: len(overs)]
    insets = [
        Inset(letter, box, inches=enlarged, over=over)
        for letter, (box, _), over in zip("AB", frames, overs, strict=False)
    ]
    grounds = [(drawing.bounds, per_inch), *((each.bounds, each.per_inch) for each in insets)]
    views = [_View(Board(*ground, least)) for ground in grounds]
    for view, inset in zip(views[1:], insets, strict=True):
        if inset.over is not None:
            views[0].board.cover(inset.over)
            _head(view, inset, per_inch)
    _put_letters(views[0], insets)
    if not written:
        return Labelled(labels=views[0].board.labels, insets=insets)
    home = {n: view for view, (_, held) in enumerate(frames, 1) for n in held}
    rows = _write_all(drawing.places, views, home, longest)
    for view in views:
        _write_towns(view, drawing)
    return Labelled(
        views[0].board.labels,
        views[0].leaders,
        rows,
        [
            each._replace(labels=tuple(view.board.labels), leaders=tuple(view.leaders))
            for each, view in zip(insets, views[1:], strict=True)
        ],
    )


def _head(view: _View, inset: Inset, per_inch: float) -> None:
    """Write on an enlarged part which it is, where nothing stands above it."""
    label = Label(0, 0, f"{inset.letter}: {per_inch / inset.per_inch:.1f} times", "frame")
    west, south, east, north = view.board.box(label)
    view.board.put(label._replace(x=inset.bounds[0] + (east - west) / 2, y=inset.bounds[3] - (north - south) / 2))


def _put_letters(view: _View, insets: Sequence[Inset]) -> None:
    """Write the letter of each enlarged part beside its frame on the map."""
    high = view.board.box(Label(0, 0, "A", "frame"))[3]
    for inset in insets:
        west, south, east, north = inset.bounds
        spots = ((east - high, north + high), (west + high, north + high), (east - high, south - high))
        labels = [Label(x, y, inset.letter, "frame") for x, y in spots]
        view.board.put(next((label for label in labels if view.board.fits(label)), labels[0]))


def _write_all(places: Sequence[Place], views: Sequence[_View], home: dict[int, int], longest: int) -> list[Row]:
    """Write every place where it belongs; return the key of those that got numbers here."""
    for n in _of_kind(places, "number"):
        view = views[home.get(n, 0)]
        if not _number_inside(view, places[n], places[n].number):
            _number_beside(view, places[n], places[n].number)
    unnamed = [n for n in _of_kind(places, "area") if not _named(views[home.get(n, 0)], places[n], "name")]
    for n in _of_kind(places, "focus"):
        if not _name_or_beside(views[home.get(n, 0)], places[n]):
            _name_or_beside(views[0], places[n])
    rows = _number_rest(places, views, home, unnamed, longest)
    for n, place in enumerate(places):
        for number, view in enumerate(views):
            # What stands on the map may be told once more, softly, where it is seen enlarged.
            if place.kind == "near" or (number and home.get(n) != number and place.kind in {"area", "number"}):
                _named(view, place, "near")
    return rows


def _of_kind(places: Sequence[Place], kind: str) -> Iterator[int]:
    return (n for n, place in enumerate(places) if place.kind == kind)


def _number_rest(
    places: Sequence[Place], views: Sequence[_View], home: dict[int, int], unnamed: Sequence[int], longest: int
) -> list[Row]:
    if len(unnamed) > longest:
        return [Row(f"{len(unnamed)} areas have no room here for names; the map page names them.")]
    ordered = sorted(unnamed, key=lambda n: (places[n].name, n))
    first = 1 + sum(place.kind == "number" for place in places)
    # Those that find room in their areas are not pushed aside by those that do not.
    aside = [
        (number, n)
        for number, n in enumerate(ordered, first)
        if not _number_inside(views[home.get(n, 0)], places[n], str(number))
    ]
    for number, n in aside:
        _number_beside(views[home.get(n, 0)], places[n], str(number))
    if not ordered:
        return []
    return [Row(UNNAMED, heading=True), *listed([places[n].name for n in ordered], first=first)]


def _number_inside(view: _View, place: Place, number: str) -> bool:
    """Write a number on its area, if it has room there."""
    shape = visible(place.shape, view.board.bounds)
    label = None if shape.is_empty else on_it(view.board, number, shape)
    if label is not None:
        view.board.put(label)
    return label is not None


def _number_beside(view: _View, place: Place, number: str) -> None:
    """Write a number near its area, with a line to it."""
    shape = visible(place.shape, view.board.bounds)
    view.put(Label(*middle_of(place.shape if shape.is_empty else shape), number, "badge"))


def _named(view: _View, place: Place, kind: str) -> bool:
    tried = () if place.shared else (*place.rather, place.shape)
    found = (inside(view.board, place.name, visible(shape, view.board.bounds), kind) for shape in tried)
    label = next((each for each in found if each is not None), None)
    if label is not None:
        view.board.put(label)
    return label is not None


def _name_or_beside(view: _View, place: Place) -> bool:
    """Write the name of the area asked about: inside it, or beside it with a line; tell whether there was room."""
    shape = visible(place.shape, view.board.bounds)
    if shape.is_empty:
        return False
    middle = middle_of(shape)
    return _named(view, place, "focus") or any(view.put(Label(*middle, text, "focus")) for text in forms_of(place.name))


def _write_towns(view: _View, drawing: Drawing) -> None:
    most = int(TOWNS_A_SQUARE_INCH * _square_inches(view.board.bounds, view.board.per_inch))
    for town in drawing.towns:
        if most <= 0:
            return
        label = dotted(view.board, town)
        if label is not None:
            view.board.put(label)
            most -= 1


def _square_inches(bounds: Box, per_inch: float) -> float:
    return (bounds[2] - bounds[0]) * (bounds[3] - bounds[1]) / per_inch**2


def listed(names: Sequence[str], *, first: int = 1) -> list[Row]:
    """Return names with numbers, for the key."""
    return [Row(name, number=str(n)) for n, name in enumerate(names, first)]
