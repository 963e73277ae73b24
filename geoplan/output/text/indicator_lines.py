"""An indicator of the user's own on the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from geoplan.auditing.results import Pair
from geoplan.output.text.lines import WIDTH, cut_to_width
from geoplan.schema import REST, layer_wording, wording
from geoplan.schema.indicators import source_sentence, value_text, values_of

__all__ = ["indicator_lines"]


def indicator_lines(pair: Pair, codes: Sequence[str]) -> list[str]:
    """Return an indicator in areas and in their pieces.

    Parameters
    ----------
    pair
        One direction of a comparison, with or without an indicator.
    codes
        The left areas to tell of.

    Returns
    -------
    list of str
        A heading with the source, a line an area, a line a piece; nothing without an indicator.
    """
    over, indicator = pair.overlay, pair.indicator
    if indicator is None:
        return []
    lines = ["", *textwrap.wrap(source_sentence(indicator), WIDTH)]
    if over.rated is None:
        return [*lines, f"    {wording.NOT_ASSESSED}: no people were counted"]
    wholes, pieces = (values_of(counted, indicator.kind) for counted in (over.left.areas, over.rated))
    told = [code for code in codes if pieces.loc[code].notna().any()]
    for code in told:
        lines.append(cut_to_width(f"{value_text(wholes[code], indicator.kind):>12}  {over.left.name(code)}", WIDTH))
        for other, value in pieces.loc[code].items():
            name = layer_wording.not_found(over.right) if other == REST else over.right.name(str(other))
            lines.append(cut_to_width(f"{'':4}{value_text(value, indicator.kind):>12}  {name}", WIDTH))
    if len(told) < len(codes):
        lines.append(f"{wording.NOT_ASSESSED:>12}  in {wording.plural(len(codes) - len(told), 'further area')}")
    return lines
