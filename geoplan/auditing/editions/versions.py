"""Two editions of a layer opened and compared: `geoplan changes`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from geoplan.analysis import overlay
from geoplan.analysis.editions.changes import changes
from geoplan.auditing.comparing import compare_layers
from geoplan.auditing.editions.said import change_findings
from geoplan.auditing.results import Pair
from geoplan.commuting.atlas import Atlas
from geoplan.data.editions.codes import shipped_changes
from geoplan.schema import Finding, Layer, Tolerance, Weight

__all__ = ["Editions", "changed_editions"]

MOST_UNLIKE = 10
"""Of how many areas one at least goes on from one edition of a layer to the next."""
ORDER_COLUMNS = ("took_effect", "order", "passed")


@dataclass(frozen=True, eq=False)
class Editions:
    """An old edition of a layer against a new one.

    Parameters
    ----------
    forth, back
        The old one's view of the new, and the new one's of the old.
    table
        From `geoplan.analysis.editions.changes.changes`, with ``took_effect`` (ISO day), ``order`` and ``passed``
        (how its ground passed on: whole, nearly whole or divided) where a change of an authority is known; empty
        elsewhere.
    """

    forth: Pair
    back: Pair
    table: pd.DataFrame

    @property
    def old(self) -> Layer:
        """The old edition."""
        return self.forth.overlay.left

    @property
    def new(self) -> Layer:
        """The new edition."""
        return self.forth.overlay.right

    @property
    def weight(self) -> Weight:
        """What is counted."""
        return self.forth.overlay.weight

    @property
    def artefacts(self) -> int:
        """How many pieces exist only in the drawing and were set aside."""
        return int(self.forth.overlay.table["artefact"].sum())

    @property
    def ended(self) -> int:
        """How many areas of the old edition do not go on."""
        return int((self.table["new_code"] == "").sum())

    @property
    def began(self) -> int:
        """How many areas of the new edition go on from none."""
        return int((self.table["old_code"] == "").sum())

    @property
    def are_alike(self) -> bool:
        """Whether they can be editions of one layer: of ten areas or more at least a tenth go on."""
        least = min(len(self.old.areas), len(self.new.areas))
        go_on = len(self.table) - self.ended - self.began
        return least < MOST_UNLIKE or go_on * MOST_UNLIKE >= least

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is to be said of each area that changed (GP601), the most serious first."""
        found = change_findings(self.table, self.old, self.new, self.weight)
        return tuple(sorted(found, key=lambda finding: finding.gravity))


def changed_editions(
    old: str,
    new: str,
    *,
    atlas: Atlas | None = None,
    weight: Weight = Weight.PEOPLE,
    tolerance: Tolerance | None = None,
    code: str = "",
    name: str = "",
) -> Editions:
    """Compare two editions of a layer.

    Parameters
    ----------
    old, new
        Catalogue keys, boundary files, membership tables or lookups.
    atlas
        Where to open them; a new one by default.
    weight
        What is counted.
    tolerance
        Share of people outside a drawn coast that is an artefact of the drawing.
    code, name
        Columns of files, where they cannot be found by themselves.

    Returns
    -------
    Editions
        By codes where both are unions of the same blocks, else by outlines.

    Raises
    ------
    GeoplanError
        If a layer cannot be opened, or the two have no common blocks.
    """
    one, two, atlas = _opened(old, new, atlas or Atlas(), code=code, name=name)
    tolerance = tolerance or Tolerance()
    forth = compare_layers(one, two, atlas, weight, tolerance)
    back = compare_layers(two, one, atlas, weight, tolerance, reverse=forth.overlay)
    return Editions(forth, back, _dated(changes(forth.overlay, back.overlay)))


def _opened(old: str, new: str, atlas: Atlas, *, code: str = "", name: str = "") -> tuple[Layer, Layer, Atlas]:
    """Open two editions, with outlines where codes do not decide, and return where they were opened."""
    one, two = (atlas.layer(each, code=code, name=name) for each in (old, new))
    if overlay.needs_geometry(one, two):
        atlas = atlas.drawn
        one, two = (atlas.layer(each, code=code, name=name) for each in (old, new))
    # Two files of one name would be one layer in every list.
    return (one, replace(two, key=f"{two.key} (new)") if two.key == one.key and old != new else two, atlas)


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    """Give each change of an authority that is known its day and its order."""
    known = shipped_changes()
    ended = known[known["successor_codes"] != ""].set_index("code")
    made = known[known["kind"] == "created"].set_index("code")
    found = [_known_change(row.old_code, row.new_code, row.other_codes, ended, made) for row in table.itertuples()]
    return table.assign(**dict(zip(ORDER_COLUMNS, zip(*found, strict=True) if found else ((), (), ()), strict=True)))


def _known_change(
    old: str, new: str, others: tuple[str, ...], ended: pd.DataFrame, made: pd.DataFrame
) -> tuple[str, str, str]:
    """Return day, order and passing of the change between these codes; empty where none is known."""
    if old != new and old in ended.index:
        row = ended.loc[old]
        if set(str(row["successor_codes"]).split(";")) & {new, *others}:
            return str(row["date"]), str(row["order"]), str(row["passed"])
    if not old and new in made.index and set(others) & set(ended.index):
        return str(made.loc[new, "date"]), str(made.loc[new, "order"]), ""
    return "", "", ""
