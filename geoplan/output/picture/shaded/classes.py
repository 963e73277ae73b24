"""Values of an indicator put into classes, each with its colour and its words in the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from geoplan.analysis.networks.graphs import authority_of
from geoplan.auditing.focus import authority_names
from geoplan.auditing.results import AuditResult
from geoplan.data.shipped import package_data
from geoplan.schema import paragraph
from geoplan.schema.indicators import INDICATOR_COLUMNS, Indicator, Kind, value_text, values_of
from geoplan.schema.standing import Look

__all__ = ["NO_FIGURE", "SHADES", "Shaded", "shaded"]

SHADES = ("#ffffcc", "#d9f0a3", "#addd8e", "#78c679", "#41ab5d")
"""Light to dark, told apart with every kind of colour vision and light enough for dark names and borders: the lighter
five of ColorBrewer's seven of YlGn (https://colorbrewer2.org, Apache 2.0)."""
NO_FIGURE = Look("no figure", "", "", "ground of which the table says nothing", "#f4f4f4", "slants", "#7b858e")
MANY = "About as many places have each colour; behind the colon, how many."
FEW = "Behind the colon, how many places."
SIZES = "A count is larger where more people live."


@dataclass(frozen=True, eq=False)
class Shaded:
    """An indicator as the colours of a map.

    Parameters
    ----------
    indicator
        Whose values they are.
    units
        Indexed by the code of an authority or block that a value came by, with ``name``, ``value`` and ``shade``
        (number of its class, -1 where there is no figure).
    classes
        The words of each class, lightest first.
    note
        How classes were made, and what to beware of.
    """

    indicator: Indicator
    units: pd.DataFrame
    classes: tuple[str, ...]
    note: str

    @property
    def shade_of(self) -> Mapping[str, int]:
        """Block -> number of its class; blocks without a figure are left out."""
        told = self.units.loc[self.units["shade"] >= 0, "shade"]
        return {block: int(shade) for code, shade in told.items() for block in self.indicator.units[str(code)]}


def shaded(result: AuditResult) -> Shaded | None:
    """Put the values of an audit's indicator into classes.

    Parameters
    ----------
    result
        Of an audit, or what was made for drawing.

    Returns
    -------
    Shaded or None
        By the authorities or blocks that the values came by; as many quantiles as there are colours, equal values
        always in one class; a class for each value where there are no more values than colours. None without an
        indicator.
    """
    indicator = result.indicator
    if indicator is None:
        return None
    home = pd.Series({block: code for code, held in indicator.units.items() for block in held}, dtype=object)
    counted = result.blocks.reindex(home.index)[list(INDICATOR_COLUMNS)].astype(float)
    # Where a block has no figure its unit has none; sums that pass over it would be too small.
    held = counted.groupby(home).sum().where(counted["indicator"].notna().groupby(home).all())
    values = values_of(held, indicator.kind).round(9)
    shade = _classed(values)
    names = _names(values.index)
    units = pd.DataFrame({"name": names, "value": values, "shade": shade}, index=values.index).rename_axis("code")
    text = [_range_words(values[shade == each], indicator) for each in range(int(shade.max()) + 1)]
    return Shaded(indicator, units, tuple(text), _note(values, indicator))


def _classed(values: pd.Series) -> pd.Series:
    """Return the number of the class of each value, -1 for those that are missing."""
    known = values.dropna()
    many = known.nunique() > len(SHADES)
    found = pd.qcut(known, len(SHADES), labels=False, duplicates="drop") if many else known
    # Where many values are equal there are fewer classes, which are numbered without gaps.
    ranked = found.rank(method="dense").sub(1)
    return ranked.reindex(values.index).fillna(-1).astype(int)


def _range_words(values: pd.Series, indicator: Indicator) -> str:
    low, high = (value_text(each, indicator.kind, indicator.unit) for each in (values.min(), values.max()))
    said = low if low == high else f"{value_text(values.min(), indicator.kind)} to {high}"
    return f"{said}: {len(values)}"


def _note(values: pd.Series, indicator: Indicator) -> str:
    classed = MANY if values.nunique() > len(SHADES) else FEW
    return paragraph(classed, SIZES if indicator.kind is Kind.COUNT else "")


def _names(codes: pd.Index) -> list[str]:
    """Return what authorities of either tier, and sides of split ones, are called."""
    counties = package_data.shipped_table("authorities.csv").set_index("utla_code")["utla_name"].to_dict()
    boards = package_data.shipped_membership("icb").set_index("area_id")["area_name"].to_dict()
    known = {**counties, **authority_names()}
    said = []
    for code in map(str, codes):
        board = code.removeprefix(authority_of(code)).removeprefix(".")
        side = f" (in {boards.get(board, board)})" if board else ""
        said.append(f"{known.get(authority_of(code), authority_of(code))}{side}")
    return said
