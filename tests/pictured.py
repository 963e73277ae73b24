"""What is written on a picture, for its tests."""

from __future__ import annotations

from geoplan.output.picture.naming.boxes import Box, box_of
from geoplan.output.picture.naming.labelled import Labelled, labelled
from geoplan.output.picture.picture_parts import Drawing, Label, Row

WIDE = 5.0
"""Inches of the map on the sheet."""


def written(drawn: Drawing, wide: float = WIDE, longest: int = 60) -> Labelled:
    return labelled(drawn, wide, longest=longest)


def all_rows(drawn: Drawing, longest: int = 60) -> list[Row]:
    return [*drawn.rows, *written(drawn, longest=longest).rows, *drawn.last]


def views_of(drawn: Drawing, made: Labelled, wide: float = WIDE) -> list[tuple[Box, float, list[Label]]]:
    """Return the bounds, the map units an inch and the labels of the map and of each enlarged part."""
    per_inch = (drawn.bounds[2] - drawn.bounds[0]) / wide
    parts = [(inset.bounds, inset.per_inch, list(inset.labels)) for inset in made.insets]
    return [(drawn.bounds, per_inch, made.labels), *parts]


def faults_of(drawn: Drawing, made: Labelled, wide: float = WIDE) -> list[tuple[str, str]]:
    """Return labels that cover one another, or one with nothing that leaves its map."""
    found = []
    for bounds, per_inch, labels in views_of(drawn, made, wide):
        boxes = [box_of(label, per_inch) for label in labels]
        for n, (west, south, east, north) in enumerate(boxes):
            if west < bounds[0] or south < bounds[1] or east > bounds[2] or north > bounds[3]:
                found.append((labels[n].text, ""))
            for other, (w, s, e, t) in enumerate(boxes[:n]):
                if w < east and e > west and s < north and t > south:
                    found.append((labels[n].text, labels[other].text))
    return found
