"""How an area stands to another layer, in the one word and the one colour that every output has for it."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from geoplan.schema.words import Relation

__all__ = ["CHANGES", "GROUND", "LOOKS", "SELDOM", "STANDING_OF", "Look", "Standing"]


class Standing(StrEnum):
    """How one area stands to another layer; the order is that of every list, table and key."""

    SAME = "same"
    INSIDE = "inside"
    WHOLE = "whole"
    CUT = "cut"
    PARTLY = "partly"
    NONE = "none"
    NOT_ASSESSED = "not_assessed"
    NOT_KNOWN = "not_known"
    OUTSIDE = "outside"


SELDOM = frozenset({Standing.NOT_ASSESSED, Standing.NOT_KNOWN})
"""What has a column of its own in a table only where an area stands so."""


class Look(NamedTuple):
    """The words for one standing, or for one kind of ground, and how it is drawn.

    ``term`` stands in tables, keys and counts; ``one`` and ``many`` are the verbs of a sentence; ``means`` explains it;
    ``fill`` is its colour, ``pattern`` what is drawn on that in ``ink``, so that colour is never alone.
    """

    term: str
    one: str
    many: str
    means: str
    fill: str
    pattern: str = ""
    ink: str = ""


STANDING_OF = MappingProxyType(
    {
        Relation.COTERMINOUS: Standing.SAME,
        Relation.NESTED: Standing.INSIDE,
        Relation.CONTAINS: Standing.WHOLE,
        Relation.STRADDLES: Standing.CUT,
        Relation.PARTLY_COVERED: Standing.PARTLY,
        Relation.UNCOVERED: Standing.NONE,
        Relation.NOT_ASSESSED: Standing.NOT_ASSESSED,
        Relation.NOT_KNOWN: Standing.NOT_KNOWN,
    }
)
"""Relation -> standing, for areas where the other layer exists."""
LOOKS = MappingProxyType(
    {
        Standing.SAME: Look(
            "same boundary", "has the same boundary as one", "have the same boundary as one",
            "one area, one partner: each holds the whole of the other", "#cfe0ef", "dashes", "#3d6a94",
        ),
        Standing.INSIDE: Look(
            "inside one", "lies inside one", "lie inside one", "a larger partner holds all of it", "#f8f7f2",
        ),
        Standing.WHOLE: Look(
            "made of whole ones", "is made of whole ones", "are made of whole ones",
            "several partners, each of them whole inside it", "#e3e2f0", "plus", "#736ea3",
        ),
        Standing.CUT: Look(
            "cut", "is cut", "are cut", "a border of the other runs through it: a partner has only part of it",
            "#fde3bd", "thin", "#a9701f",
        ),
        Standing.PARTLY: Look(
            "partly in none", "lies partly in none", "lie partly in none", "part of it is in no area of the other",
            "#fdf6dc", "rings", "#7a6a1e",
        ),
        Standing.NONE: Look(
            "in none", "lies in none", "lie in none", "all of it is in no area of the other",
            "#fff3c4", "dots", "#5c4a00",
        ),
        Standing.NOT_ASSESSED: Look(
            "not assessed", "is not assessed", "are not assessed",
            "part of an authority belongs to it, or to a partner, and how large that part is decides",
            "#e6efe2", "crosses", "#4f7042",
        ),
        Standing.NOT_KNOWN: Look(
            "none found (not all are known)", "has none that was found, and not all are known",
            "have none that was found, and not all are known",
            "for all or part of it no area of the other was found; there may be one", "#eee6ee", "slants", "#7a5f7a",
        ),
        Standing.OUTSIDE: Look(
            "outside this comparison", "is outside this comparison", "are outside this comparison",
            "where the other does not exist", "#e1e5e8",
        ),
    }
)  # fmt: skip
"""The words and colours of each standing. Ground of a cut area that a partner whole inside it holds has its colour."""
CHANGES = MappingProxyType(
    {
        "new": Look("new", "", "", "nothing of the old edition had its ground", "#cfe8c6", "plus", "#3f7a35"),
        "gone": Look("gone", "", "", "nothing of the new edition has its ground", "#f3c9c2", "crosses", "#9a3b2e"),
        "merged": Look("merged", "", "", "made of several, or went into one", "#cfe0ef", "dashes", "#3d6a94"),
        "split": Look("split", "", "", "was a part of one, or went into several", "#fde3bd", "thin", "#a9701f"),
        "redrawn": Look("redrawn", "", "", "goes on, and gained or lost ground", "#ffb866", "stripes", "#8a3800"),
        "recoded": Look("recoded", "", "", "has another code on the same ground", "#e3e2f0", "dots", "#736ea3"),
        "renamed": Look("renamed", "", "", "has another name on the same ground", "#eee0ee", "rings", "#7a5f7a"),
        "unchanged": Look("unchanged", "", "", "goes on as it was", "#f8f7f2"),
    }
)
"""The words and colours of what became of an area from one edition to the next, in the order in which they are told."""
GROUND = MappingProxyType(
    {
        "overlap": Look(
            "where they overlap only in part", "", "", "a piece that neither area holds whole",
            "#ffb866", "stripes", "#8a3800",
        ),
        "none": LOOKS[Standing.NONE],
        "part": Look(
            "somewhere in: only a part of this authority belongs", "", "",
            "the outline is that of the whole authority: where in it the part lies is not known", "", "bars", "#55626e",
        ),
    }
)  # fmt: skip
"""Ground that is drawn as such whatever the area's own standing: pieces of areas, what is in none, and parts.

What is without a fill lies over the fill of other ground.
"""
