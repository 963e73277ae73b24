"""A finished sheet as a file: PNG, SVG or PDF, the same bytes every time."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.sax.saxutils import escape

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, PngImagePlugin

from geoplan.output.picture.picture_parts import FONT, one_line
from geoplan.output.picture.sheet.mapping import HALO, HALO_PT
from geoplan.output.picture.sheet.size import Size

__all__ = ["KINDS", "encoded", "own_settings"]

KINDS = ("png", "svg", "pdf")
_RC: dict[Any, Any] = {
    "font.family": FONT, "text.parse_math": False, "hatch.linewidth": 0.7, "svg.fonttype": "none",
    "svg.hashsalt": "geoplan", "pdf.fonttype": 42, "pdf.compression": 9,
}  # fmt: skip
"""Settings of matplotlib for a sheet; nobody's own may change it, least of all names read as formulas."""
LANGUAGE = "en-GB"
_DATA, _FINE = re.compile(r'(?<= )d="[^"]*"'), re.compile(r"(\.\d\d)\d+")
"""The points of paths, and their decimals beyond a hundredth of a point, which nobody sees."""
_NAMED = re.compile(r'<g id="halo">\s*<text style="([^"]*)"([^>]*)>(.*?)</text>\s*</g>', re.DOTALL)
_HEAD = re.compile(r"^.*?<svg [^>]*?>", re.DOTALL)
_FILL = re.compile(r"(?<![-\w])fill: *#[0-9a-f]+;? *")


@contextmanager
def own_settings() -> Iterator[None]:
    """Draw with the settings of geoplan's sheets inside this block, whatever the user's own are.

    Yields
    ------
    None
        Afterwards the user's own are in force again.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_RC)
        yield


def encoded(figure: Figure, kind: str, size: Size, title: str, description: str) -> bytes:
    """Write a sheet.

    Parameters
    ----------
    figure
        The sheet.
    kind
        png, svg or pdf.
    size
        What was asked for.
    title, description
        Words that stand in the file for those who do not see the picture.

    Returns
    -------
    bytes
        Without a day, a path of the machine or anything drawn by lot.
    """
    title, description = one_line(title), one_line(description)
    if kind == "svg":
        return _svg(figure, size, title, description)
    if kind == "pdf":
        return _pdf(figure, title, description)
    return _png(figure, size, title, description)


def _png(figure: Figure, size: Size, title: str, description: str) -> bytes:
    """Return a PNG of few colours: a third of the bytes, and no eye tells the difference."""
    figure.set_dpi(size.dpi)
    # Whole pixels, where the product of inches and dots would fall just short of them.
    figure.set_size_inches(*((round(side * size.dpi) + 0.01) / size.dpi for side in figure.get_size_inches()))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    image = Image.fromarray(pixels).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    words = PngImagePlugin.PngInfo()
    words.add_itxt("Title", title)
    words.add_itxt("Description", description)
    held = io.BytesIO()
    image.save(held, "png", optimize=True, dpi=(size.dpi, size.dpi), pnginfo=words)
    return held.getvalue()


def _svg(figure: Figure, size: Size, title: str, description: str) -> bytes:
    """Return an SVG whose words are words, which says in words what it shows."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    held = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    FigureCanvasSVG(figure).print_svg(held, metadata=nothing)  # type: ignore[no-untyped-call]
    wide, high = (72 * float(side) for side in figure.get_size_inches())
    if size.paper:
        width, height = (f"{side}mm" for side in size.paper)
    else:
        width, height = (f"{round(side / 72 * size.dpi)}px" for side in (wide, high))
    head = (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" '
        f'width="{width}" height="{height}" viewBox="0 0 {wide:g} {high:g}" role="img" xml:lang="{LANGUAGE}" '
        f'aria-labelledby="title description">\n <title id="title">{escape(title)}</title>\n '
        f'<desc id="description">{escape(description)}</desc>'
    )
    text = _HEAD.sub(lambda _: head, held.getvalue(), count=1)
    text = _DATA.sub(lambda found: _FINE.sub(r"\1", found[0]), text)
    text = _NAMED.sub(_edged, text).replace(f"'{FONT}'", f"'{FONT}', Verdana, sans-serif")
    return text.encode()


def _edged(found: re.Match[str]) -> str:
    """Put a white edge under a name, as a text of its own: not every program knows an edge below letters."""
    style, rest, words = found.groups()
    edge = f"fill: {HALO}; stroke: {HALO}; stroke-width: {HALO_PT}; stroke-linejoin: round"
    under = f"{_FILL.sub('', style).rstrip('; ')}; {edge}"
    below = f'<text aria-hidden="true" style="{under}"{rest}>{words}</text>'
    return f'<g>{below}<text style="{style}"{rest}>{words}</text></g>'


def _pdf(figure: Figure, title: str, description: str) -> bytes:
    """Return a PDF of one page with its fonts in it."""
    from matplotlib.backends.backend_pdf import FigureCanvasPdf  # brings fonttools, which a PNG does without

    held = io.BytesIO()
    about = {"Title": title, "Subject": description, "CreationDate": None, "Creator": None, "Producer": None}
    FigureCanvasPdf(figure).print_pdf(held, metadata=about)  # type: ignore[no-untyped-call]
    return _spoken(held.getvalue())


def _spoken(made: bytes) -> bytes:
    """Say in a PDF which language it is in: an update at its end, as the format foresees for later changes."""
    catalog = re.search(rb"(\d+) 0 obj\n<< /Type /Catalog([^>]*)>>", made)
    last = re.search(rb"startxref\n(\d+)\n%%EOF\s*$", made)
    trailer = re.search(rb"trailer\n<<(.*?)>>\s*startxref", made, re.DOTALL)
    if catalog is None or last is None or trailer is None:
        message = "the catalogue of the PDF is not where it was expected"
        raise AssertionError(message)
    number, at = int(catalog[1]), len(made)
    shown = b"/ViewerPreferences << /DisplayDocTitle true >>"
    again = b"%d 0 obj\n<< /Type /Catalog%s/Lang (%s) %s >>\nendobj\n" % (number, catalog[2], LANGUAGE.encode(), shown)
    table = b"xref\n%d 1\n%010d 00000 n \n" % (number, at)
    ending = b"trailer\n<<%s /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (
        trailer[1].rstrip(),
        int(last[1]),
        at + len(again),
    )
    return made + again + table + ending
