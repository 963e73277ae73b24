"""The sheet with a chart: the partners' shares of the area asked for, or the people whom each comparison cuts off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from geoplan.auditing.focus import focus_pairs, partners_of
from geoplan.auditing.results import AuditResult
from geoplan.output.summary.ranking import asked_pairs
from geoplan.output.workbook.asked.partners import SHARE
from geoplan.output.workbook.sheet_parts import AMOUNTS, NUMBERS, Sheet
from geoplan.schema import Weight, layer_wording, wording

__all__ = ["Chart", "chart_of", "draw"]

CHART = "Chart"
BAR_PX, EDGE_PX, WIDE_PX = 30, 150, 900
ACCENT = "#17457F"


@dataclass(frozen=True)
class Chart:
    """A sheet of two columns, what and how much, and the title of its bars."""

    sheet: Sheet
    title: str

    @property
    def description(self) -> str:
        """What the bars show, for who cannot see them."""
        kind, rows = self.sheet.kinds[str(self.sheet.table.columns[1])], self.sheet.table.itertuples(index=False)
        said = [f"{name}: {_shown(value, kind)}" for name, value in rows]
        return f"Bar chart. {self.title}. {'; '.join(said)}."


def chart_of(result: AuditResult) -> Chart | None:
    """Return what the workbook's chart shows.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    Chart or None
        With a focus the shares of it that its partners hold in the geographies in force; else how many people are in
        cut pieces, by comparison. None where nothing was compared, or nothing of it is known.
    """
    rows = _partners(result) if result.focus is not None else _cut(result)
    if not rows:
        return None
    unit = "km²" if result.weight is Weight.AREA else AMOUNTS[result.weight]
    if result.focus is not None:
        amount, kind, title = SHARE, "share", f"Partners of {result.focus.name}: how much of it lies in each"
    else:
        amount, title = unit, f"{unit} where two geographies overlap only in part"
        kind = "km2" if result.weight is Weight.AREA else "count"
    what = "Geography: partner" if result.focus is not None else "Comparison"
    table = pd.DataFrame(rows, columns=[what, amount])
    return Chart(Sheet(CHART, f"{title}, as bars", table, {what: "long", amount: kind}), title)


def _partners(result: AuditResult) -> list[tuple[str, float]]:
    assert result.focus is not None  # noqa: S101 - asked for with a focus only
    pairs = [pair for pair in focus_pairs(result, result.focus).values()
             if not layer_wording.not_in_force(pair.overlay.right, result.as_of)]  # fmt: skip
    rows = [row for pair in pairs for row in partners_of(pair, str(pair.relations.index[0]), result, apart=True)]
    return [(f"{row.layer}: {row.area}", row.share) for row in rows if row.share is not None]


def _cut(result: AuditResult) -> list[tuple[str, float]]:
    scale = 1e6 if result.weight is Weight.AREA else 1.0
    return [
        (f"{left.title} against {wording.inside_a_sentence(right.title)}", pair.cuts.total / scale)
        for pair in asked_pairs(result)
        for left, right in [(pair.overlay.left, pair.overlay.right)]
        if pair.cuts.total is not None
    ]


def _shown(value: float, kind: str) -> str:
    return wording.percent(value) if kind == "share" else f"{value:,.{1 if kind == 'km2' else 0}f}"


def draw(book: Any, page: Any, chart: Chart) -> None:
    """Draw the bars beside their numbers.

    Parameters
    ----------
    book, page
        The workbook, and its sheet on which the numbers stand already.
    chart
        From `chart_of`.
    """
    what, amount = chart.sheet.table.columns
    count = len(chart.sheet.table)
    bars = book.add_chart({"type": "bar"})
    place = [chart.sheet.name, 1, 0, count, 0]
    bars.add_series(
        {
            "name": amount, "categories": place, "values": [chart.sheet.name, 1, 1, count, 1], "gap": 60,
            "fill": {"color": ACCENT}, "data_labels": {"value": True, "num_format": NUMBERS[chart.sheet.kinds[amount]]},
        }
    )  # fmt: skip
    bars.set_title({"name": chart.title, "name_font": {"size": 13}, "overlay": False})
    # Bars are drawn from below; the first row is to be the uppermost.
    bars.set_y_axis({"name": what, "reverse": True, "major_tick_mark": "none"})
    form = "0%" if chart.sheet.kinds[amount] == "share" else NUMBERS[chart.sheet.kinds[amount]]
    limits = {"min": 0, "max": 1} if chart.sheet.kinds[amount] == "share" else {"min": 0}
    bars.set_x_axis(
        {"name": amount, "num_format": form, "label_position": "high", **limits, "major_gridlines": {"visible": False}}
    )
    bars.set_legend({"none": True})
    bars.set_size({"width": WIDE_PX, "height": EDGE_PX + BAR_PX * count})
    page.insert_chart(1, 3, bars, {"description": chart.description})
