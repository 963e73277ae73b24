"""How large a picture is: a paper size, or pixels."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geoplan.errors import ConfigurationError, refusal

__all__ = ["PAPERS", "Size", "size_of_sheet"]

PAPERS = {"a2": (420, 594), "a3": (297, 420), "a4": (210, 297), "a5": (148, 210)}
"""Millimetres: width and height upright."""
PRINT_DPI = 200
NARROWEST_PX, WIDEST_PX = 100, 10_000
WIDE = 8.0
"""Inches across a picture of which only the width is given: letters grow and shrink with it."""
AREA = 100.0
"""Square inches of a picture whose width and height are given in pixels: those of a slide of 13.3 by 7.5 inches."""
_PAPER = re.compile(r"(a[2-5])(-landscape|-portrait)?", re.IGNORECASE)
_PIXELS = re.compile(r"(\d{1,6})(?:\s*[x×]\s*(\d{1,6}))?(?:\s*px)?", re.IGNORECASE)
_GRAMMAR = "Write a paper size (A5 to A2, A4-landscape), a width in pixels (1600), or width and height (1600x1000)."


@dataclass(frozen=True)
class Size:
    """The size of a sheet.

    Parameters
    ----------
    wide, high
        Inches; ``high`` is None where the sheet is as high as what stands on it.
    dpi
        Pixels an inch of a PNG.
    paper
        Width and height in millimetres, of a sheet of paper; else None.
    """

    wide: float
    high: float | None
    dpi: float
    paper: tuple[int, int] | None = None


def size_of_sheet(asked: str | int) -> Size:
    """Read a size.

    Parameters
    ----------
    asked
        ``A4``, ``A4-landscape`` (A2 to A5), ``1600`` (pixels across) or ``1600x1000`` (pixels).

    Returns
    -------
    Size
        Paper has 200 pixels an inch.

    Raises
    ------
    ConfigurationError
        If it is none of these, or beyond 100 to 10,000 pixels a side.
    """
    text = str(asked).strip()
    paper, pixels = _PAPER.fullmatch(text), _PIXELS.fullmatch(text)
    if paper:
        upright = PAPERS[paper[1].lower()]
        lying = (paper[2] or "").lower() == "-landscape"
        wide, high = upright[::-1] if lying else upright
        return Size(wide / 25.4, high / 25.4, PRINT_DPI, (wide, high))
    if pixels is None:
        raise ConfigurationError(refusal(f"{text!r} is no size of a picture", hint=_GRAMMAR))
    across, down = int(pixels[1]), None if pixels[2] is None else int(pixels[2])
    for side, name in ((across, "wide"), (down, "high")):
        if side is not None and not NARROWEST_PX <= side <= WIDEST_PX:
            message = f"A picture {side:,} pixels {name} cannot be drawn: give {NARROWEST_PX} to {WIDEST_PX:,}."
            raise ConfigurationError(message)
    if down is None:
        return Size(WIDE, None, across / WIDE)
    dpi = (across * down / AREA) ** 0.5
    return Size(across / dpi, down / dpi, dpi)
