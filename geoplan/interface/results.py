"""What every result has: frames that are copies, a short text, and a small table for notebooks."""

from __future__ import annotations

import html
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geoplan.errors import ConfigurationError, escaped, refusal
from geoplan.interface.given.sheets import Sheet
from geoplan.output.tables.audits import findings_table
from geoplan.schema import BRITISH_NATIONAL_GRID, Finding, Layer

if TYPE_CHECKING:
    import folium
    from matplotlib.axes import Axes

__all__ = ["Result", "drawn_frame", "refuse_undrawn", "sheets_of"]

SHOWN_ROWS, SHOWN_COLUMNS, LONGEST_CELL, LONGEST_LINE = 5, 12, 60, 240


class Result(ABC):
    """What the functions of `geoplan` return; nothing of it can be changed, and its frames are copies."""

    __slots__ = ("__dict__",)

    def __setattr__(self, name: str, value: object) -> None:
        message = f"{type(self).__name__} cannot be changed"
        raise AttributeError(message)

    def _take(self, **parts: object) -> None:
        """Hold what the result is made of; called once, by its maker."""
        self.__dict__.update(parts)

    @abstractmethod
    def _heading(self) -> str:
        """Return what it is, in one line."""

    @abstractmethod
    def _made_table(self) -> pd.DataFrame:
        """Return its rows."""

    def _found(self) -> Sequence[Finding]:
        return ()

    @cached_property
    def _table(self) -> pd.DataFrame:
        return self._made_table()

    @property
    def table(self) -> pd.DataFrame:
        """Its rows; see the class for columns and units. A copy each time."""
        return self._table.copy()

    @property
    def findings(self) -> pd.DataFrame:
        """What is to be said about it, one row a finding, the most serious first.

        Columns as in findings.csv: id, rule, severity, layer, code, name, other_layer, other_codes (joined by ";"),
        measure, value, unit, out_of_work, out_of_work_rate, message and evidence (JSON).
        """
        return findings_table(self._found())

    @abstractmethod
    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return what can be drawn of it, in EPSG:27700."""

    def _sheets(self) -> list[Sheet]:
        """Return what is drawn, the lowest first; by default areas that touch have different colours."""
        return [Sheet(self.to_geodataframe())]

    def explore(self, *, tiles: str = "") -> folium.Map:
        """Draw it as an interactive map.

        Parameters
        ----------
        tiles
            ``osm`` for a background of OpenStreetMap, or a name of xyzservices that needs no key, such as
            ``Esri.WorldGrayCanvas``, which the map then asks for; nothing by default.

        Returns
        -------
        folium.Map
            Shown by notebooks; ``save`` writes it as a page.

        Raises
        ------
        ConfigurationError
            If there are no outlines, or the background is not known.
        """
        from geoplan.interface.canvas.board import board_of

        return board_of(self._sheets(), tiles=tiles)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw it with matplotlib.

        Parameters
        ----------
        ax
            Where to draw; by default a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            With a key and the attribution; metres of EPSG:27700.

        Raises
        ------
        ConfigurationError
            If there are no outlines.
        """
        from geoplan.interface import drawing

        return drawing.still(self._sheets(), ax)

    def __repr__(self) -> str:
        """Return one line, of fewer than 300 characters."""
        line = escaped(f"<{type(self).__name__} {self._heading()}>")
        return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 2]}…>"

    def _repr_html_(self) -> str:
        """Return the heading and the first rows as HTML: all text escaped, and no script."""
        return small_html(self._heading(), self._table)


def sheets_of(result: Result) -> list[Sheet]:
    """Return what is drawn of a result, the lowest first."""
    return result._sheets()  # noqa: SLF001 - for maps of several results


def small_html(heading: str, table: pd.DataFrame) -> str:
    """Return a heading and the first rows of a table as HTML."""
    table = table.reset_index() if table.index.name else table
    shown = pd.DataFrame(table.drop(columns="geometry", errors="ignore")).iloc[:SHOWN_ROWS, :SHOWN_COLUMNS]
    plain = shown.astype(object).map(_cell)
    rows = plain.to_html(index=False, border=0, escape=True, na_rep="")
    more = f"<p>{len(table):,} rows, {table.shape[1]} columns</p>"
    return f"<div><p><b>{html.escape(heading[:LONGEST_LINE])}</b></p>{rows}{more}</div>"


def _cell(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, (tuple, list)) else "" if pd.isna(value) else str(value)
    if isinstance(value, float) and not pd.isna(value):
        text = f"{value:,.6g}"
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def refuse_undrawn(layer: Layer) -> None:
    """Refuse to draw a layer without outlines."""
    if "geometry" not in layer.areas.columns:
        message = f"{layer.key} is a table of small areas, which has no outlines"
        raise ConfigurationError(refusal(message, hint="Give a boundary file or a GeoDataFrame."))


def drawn_frame(layer: Layer) -> gpd.GeoDataFrame:
    """Return the areas of a drawn layer, indexed by code, in EPSG:27700."""
    refuse_undrawn(layer)
    return gpd.GeoDataFrame(layer.areas.copy(), geometry="geometry", crs=BRITISH_NATIONAL_GRID)
