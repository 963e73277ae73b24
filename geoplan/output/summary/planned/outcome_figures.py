"""What would come of changes: figures before and after, of all and of single areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from geoplan.planning.scenarios.whatif import Outcome
from geoplan.schema import Severity, wording

__all__ = ["AREA_FIGURES", "AreaRow", "FigureRow", "area_rows", "cut_words", "figure_rows", "said"]

AREA_FIGURES = {
    "people": ("people", "count"),
    "out_of_work": (wording.OUT_OF_WORK, "count"),
    "supply": ("work in their own area", "share"),
}
"""Measure of an area -> its words and kind, as screens and briefs have room for."""
NO_AREA = "none"


@dataclass(frozen=True)
class FigureRow:
    """One figure before and after.

    Parameters
    ----------
    what
        In words.
    keys
        Of the layers it is about, none where it is about the whole audit.
    before, after
        None where it is not assessed.
    kind
        ``count``, ``share`` (0 to 1) or ``mean``.
    """

    what: str
    keys: tuple[str, ...]
    before: float | None
    after: float | None
    kind: str = "count"

    @property
    def differs(self) -> bool:
        """Whether it is another figure after than before, as tables have it."""
        return self._said(self.before) != self._said(self.after)

    @property
    def texts(self) -> tuple[str, str, str]:
        """Before, after and the difference, as tables have them."""
        told = self.before is not None and self.after is not None
        difference = (self.after or 0.0) - (self.before or 0.0)
        sign = "+" if difference > 0 else ""
        # Of shares the difference is told in points: it is no share of anything.
        amount = f"{difference * 100:.2f} points" if self.kind == "share" else self._said(difference)
        changed = f"{sign}{amount}" if told and self.differs else "" if not told else "same"
        return self._said(self.before), self._said(self.after), changed

    def _said(self, value: float | None) -> str:
        return said(value, self.kind)


def said(value: float | None, kind: str) -> str:
    """Write a figure as tables before and after have it."""
    if value is None:
        return wording.NOT_ASSESSED
    return {"share": f"{value:.2%}", "mean": f"{value:.2f}"}.get(kind, f"{value:,.0f}")


def cut_words(whom: str) -> str:
    """Say who is counted in cut pieces, as tables do."""
    return f"{whom} where they overlap only in part"


def figure_rows(outcome: Outcome) -> list[FigureRow]:
    """Return the figures before and after, in the order of interest.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`.

    Returns
    -------
    list of FigureRow
        Of pairs: those in cut pieces, of them people out of work, areas cut, areas to work with; of changed layers:
        areas, people, people out of work, pieces, self-containment; findings by severity. Of changed layers what
        is assessed on neither side has no row; of people out of work in cut pieces what is not assessed on both.
    """
    unit = wording.UNITS[str(outcome.after.weight)]
    return [*_pair_rows(outcome, unit), *_layer_rows(outcome), *_finding_rows(outcome)]


def _pair_rows(outcome: Outcome, unit: str) -> list[FigureRow]:
    before, after = outcome.figures
    rows = []
    for pair in outcome.after.asked:
        keys = pair.keys
        name, back = " with ".join(keys), " with ".join(keys[::-1])
        cut, need = cut_words(unit), cut_words(wording.OUT_OF_WORK)
        rows.append(FigureRow(cut, keys, before["cut_people"].get(name), after["cut_people"].get(name)))
        needy = [each["cut_out_of_work"].get(name) for each in (before, after)]
        rows += [FigureRow(need, keys, *needy)] if None not in needy else []
        rows.append(FigureRow("areas cut", keys, before["cut_areas"].get(name), after["cut_areas"].get(name)))
        then, now = before["partners"].get(name, {}), after["partners"].get(name, {})
        rows.append(FigureRow("areas to work with, on average", keys, then.get("mean"), now.get("mean"), "mean"))
        rows.append(FigureRow("areas to work with, at most", keys, then.get("most"), now.get("most")))
        rows.append(FigureRow("areas cut", keys[::-1], before["cut_areas"].get(back), after["cut_areas"].get(back)))
    return rows


def _layer_rows(outcome: Outcome) -> list[FigureRow]:
    before, after = outcome.figures
    rows = []
    for key in after["size"]:
        sizes = {"areas": "areas", "least": "people in the smallest area", "median": "people in the middle area",
                 "most": "people in the largest area"}  # fmt: skip
        ends = {"least": "the area with fewest", "median": "the middle area", "most": "the area with most"}
        needs = {name: f"{wording.OUT_OF_WORK} in {where}" for name, where in ends.items()}
        for measure, words in (("size", sizes), ("out_of_work", needs)):
            then, now = before[measure][key], after[measure][key]
            rows += [FigureRow(what, (key,), then[name], now[name]) for name, what in words.items()]
        rows.append(FigureRow("areas in pieces", (key,), before["pieces"][key], after["pieces"][key]))
        told = [each["self_containment"].get(key) for each in (before, after)]
        rows.append(FigureRow("working residents who work in their own area", (key,), told[0], told[1], "share"))
        passed = [each["contained"].get(key) for each in (before, after)]
        rows.append(FigureRow("areas that would pass as a labour market", (key,), passed[0], passed[1]))
    return [row for row in rows if row.before is not None or row.after is not None]


def _finding_rows(outcome: Outcome) -> list[FigureRow]:
    before, after = outcome.figures
    words = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.INFO: "notes"}
    return [FigureRow(words[each], (), before["findings"][str(each)], after["findings"][str(each)]) for each in words]


@dataclass(frozen=True)
class AreaRow:
    """What an area is before and after.

    Parameters
    ----------
    key
        Of its layer.
    name
        Of the area, as changed where it goes on.
    texts
        Before and after for each of `AREA_FIGURES`, as tables have them.
    """

    key: str
    name: str
    texts: tuple[tuple[str, str], ...]


def area_rows(outcome: Outcome, most: int) -> tuple[list[AreaRow], int]:
    """Return what the areas are that would be made of others than today.

    Parameters
    ----------
    outcome
        From `geoplan.planning.scenarios.whatif.whatif`.
    most
        How many of each layer are wanted.

    Returns
    -------
    rows : list of AreaRow
        By layer: the areas that there would be, then those that end; each with most people first.
    left : int
        How many more there are.
    """
    rows, left = [], 0
    for key, found in outcome.areas.items():
        touched = {code for sides in outcome.applied[key].moved.values() for side in sides for code in side}
        codes = sorted(touched & found.keys(), key=lambda code: _place(*found[code]))
        left += max(len(codes) - most, 0)
        rows += [_area_row(key, *found[code]) for code in codes[:most]]
    return rows, left


def _place(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> tuple[bool, float]:
    return now is None, -((now or then or {})["people"] or 0.0)


def _area_row(key: str, then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> AreaRow:
    texts = tuple(
        (_side(then, measure, kind), _side(now, measure, kind)) for measure, (_, kind) in AREA_FIGURES.items()
    )
    return AreaRow(key, str((now or then or {})["name"]), texts)


def _side(side: Mapping[str, Any] | None, measure: str, kind: str) -> str:
    return NO_AREA if side is None else said(side[measure], kind)
