"""The patterns that stand with colours on maps, as SVG."""

from __future__ import annotations

from collections.abc import Mapping

from geoplan.schema.standing import GROUND, LOOKS, Look

__all__ = ["DRAWN", "HUES", "MARKS", "MOVED", "fills", "svg_patterns"]

DRAWN: Mapping[str, Look] = {**{str(each): look for each, look in LOOKS.items()}, **GROUND}
"""All that a map fills ground with, by name."""
MOVED = Look("in another area than today", "", "", "ground whose area changes", "", "chevrons", "#8a0f4d")
"""Ground that changes move: it lies over the fill of other ground."""
HUES = ("#f4e7a6", "#8fbbe2", "#eda284", "#dad8e2", "#4fae95")
"""Light enough for dark names, and told apart with every kind of colour vision; a sixth colour would be hatched."""
MARKS = {
    "dashes": "--",
    "plus": "++",
    "thin": "//",
    "stripes": "//////",
    "rings": "oo",
    "dots": "....",
    "crosses": "xx",
    "slants": "\\\\",
    "bars": "||||",
}
"""Pattern -> the same as hatching of matplotlib."""
_TILES = {
    "dashes": (18, 0, '<path d="M6 7H12M6 10H12" stroke="{ink}" stroke-width="1" fill="none"/>'),
    "plus": (18, 0, '<path d="M6 9H12M9 6V12" stroke="{ink}" stroke-width="1" fill="none"/>'),
    "thin": (11, 45, '<path d="M0 0V11" stroke="{ink}" stroke-width="1.2" fill="none"/>'),
    "stripes": (7, 45, '<path d="M0 0V7" stroke="{ink}" stroke-width="2.8" fill="none"/>'),
    "rings": (14, 0, '<circle cx="7" cy="7" r="2" fill="none" stroke="{ink}" stroke-width="1"/>'),
    "crosses": (16, 45, '<path d="M5 8H11M8 5V11" stroke="{ink}" stroke-width="1.2" fill="none"/>'),
    "slants": (12, 135, '<path d="M6 0V12" stroke="{ink}" stroke-width="1" fill="none"/>'),
    "dots": (7, 0, '<circle cx="3.5" cy="3.5" r="1.3" fill="{ink}"/>'),
    "chevrons": (9, 0, '<path d="M0 7L4.5 2L9 7" fill="none" stroke="{ink}" stroke-width="1.8"/>'),
    "bars": (6, 0, '<path d="M3 0V6" stroke="{ink}" stroke-width="1" fill="none"/>'),
}
"""Side of the tile, its turn in degrees, and what is drawn on it."""


def fills() -> dict[str, str]:
    """Return how SVG fills each kind of ground: its colour, or the pattern of `svg_patterns`.

    Returns
    -------
    dict
        Name of `DRAWN` -> value of the attribute ``fill``.
    """
    return {name: f"url(#fill-{name})" if look.pattern else look.fill for name, look in DRAWN.items()}


def svg_patterns(scale: float = 1.0, *, more: Mapping[str, Look] | None = None) -> str:
    """Write the patterns as elements that belong inside ``defs``.

    Parameters
    ----------
    scale
        Units of the picture a pixel of the patterns takes.
    more
        Further ground, by name.

    Returns
    -------
    str
        SVG without any text of a user's.
    """
    every = {**DRAWN, "moved": MOVED, **(more or {})}
    return "\n".join(_pattern(name, look, scale) for name, look in every.items() if look.pattern)


def _pattern(name: str, look: Look, scale: float) -> str:
    side, turn, drawn = _TILES[look.pattern]
    ground = f'<rect width="{side}" height="{side}" fill="{look.fill}"/>' if look.fill else ""
    return (
        f'<pattern id="fill-{name}" width="{side}" height="{side}" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({turn}) scale({scale:g})">{ground}{drawn.format(ink=look.ink)}</pattern>'
    )
