"""What each small area gives to each row of a summary, so that nothing of it is lost and nothing counted twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from geoplan.auditing.assigning.folding import TOTAL
from geoplan.auditing.assigning.sharing import Shares
from geoplan.engine.sums import exact_sums

__all__ = ["KINDS", "Entries", "Key", "apportioned", "entries_of"]

Key = tuple[str | None, ...]
"""What a row of a summary tells of."""
AREA, NONE, OVERLAP, NOT_ASSESSED = "area", "none", "overlap", "not_assessed"
KINDS = (AREA, NONE, OVERLAP, NOT_ASSESSED, TOTAL)
"""What a row tells of: an area, what lies in none, what several have once too often, what is not assessed, all."""


@dataclass(frozen=True, eq=False)
class Entries:
    """What small areas give to the rows of a summary.

    Parameters
    ----------
    targets
        The rows: level, kind, code and name; the last is for all small areas.
    row, target
        Which small area gives to which row.
    m2, share
        Its ground there, and that as a share of the small area: below 0 where ground is taken off again, and 1 where
        nothing of a small area is assessed.
    unknown
        Whether the area holds a part of unknown size of it.
    largest
        Position of the entry that holds the largest share of the same small area in the same layer.
    """

    targets: Sequence[Key]
    row: np.ndarray
    target: np.ndarray
    m2: np.ndarray
    share: np.ndarray
    unknown: np.ndarray
    largest: np.ndarray

    @property
    def in_all(self) -> np.ndarray:
        """Which of them belong to the row for all small areas."""
        return self.target == len(self.targets) - 1


def entries_of(shares: Sequence[Shares], areas: np.ndarray) -> Entries:
    """Tell what small areas give to the rows of a summary.

    Parameters
    ----------
    shares
        How they lie in the areas of each layer.
    areas
        Their ground (m2), 0 where there is no outline.

    Returns
    -------
    Entries
        Of each small area the shares of one layer add up to 1.
    """
    targets: list[Key] = []
    frames = []
    for layer, each in enumerate(shares):
        frames.append(_of_layer(each, areas, len(targets)).assign(layer=layer))
        targets += _targets(each)
    every = {"row": np.arange(len(areas)), "target": len(targets), "m2": areas, "unknown": False, "share": 1.0}
    frames.append(pd.DataFrame(every).assign(layer=len(shares)))
    targets.append((TOTAL, TOTAL, None, None))
    frame = pd.concat(frames, ignore_index=True)
    order = frame.sort_values(["layer", "row", "share", "target"], ascending=[True, True, False, True], kind="stable")
    frame = order.reset_index(drop=True)
    first = ~frame.duplicated(["layer", "row"]).to_numpy()
    largest = np.flatnonzero(first)[np.cumsum(first) - 1]
    columns = {name: frame[name].to_numpy() for name in ("row", "target", "m2", "share", "unknown")}
    return Entries(targets, **columns, largest=largest)


def _targets(shares: Shares) -> list[Key]:
    word, member = shares.member.word, shares.member
    areas = zip(member.area_codes, member.area_names, strict=True)
    return [*((word, AREA, *each) for each in areas), *((word, kind, None, None) for kind in KINDS[1:-1])]


def _of_layer(shares: Shares, areas: np.ndarray, first: int) -> pd.DataFrame:
    """Return the entries of one layer, whose rows begin with a number."""
    parts, beside = shares.parts, first + len(shares.member.area_codes)
    held = {"row": parts["row"], "target": first + parts["area"], "m2": parts["area_m2"], "unknown": ~parts["sure"]}
    frames = [pd.DataFrame(held)]
    for number, amounts in enumerate((shares.left, -shares.several, shares.doubtful)):
        rows = np.flatnonzero(amounts)
        frames.append(pd.DataFrame({"row": rows, "target": beside + number, "m2": amounts[rows], "unknown": False}))
    frame = pd.concat([each for each in frames if len(each)] or frames[:1], ignore_index=True)
    frame["share"] = frame["m2"] / areas[frame["row"].to_numpy(np.int64)]
    lost = np.setdiff1d(np.arange(len(areas)), frame.loc[frame["m2"] > 0, "row"])
    # Without an outline, or with one of no ground to speak of: all of it is not assessed.
    nothing = pd.DataFrame({"row": lost, "target": beside + 2, "m2": areas[lost], "unknown": False, "share": 1.0})
    return pd.concat([each for each in (frame, nothing) if len(each)] or [frame], ignore_index=True)


def apportioned(
    entries: Entries, group: np.ndarray, count: int, values: np.ndarray, parts: np.ndarray
) -> list[Fraction]:
    """Sum what small areas give to each group of entries, without rounding.

    Parameters
    ----------
    entries
        What they give to which row.
    group, count
        Group of each entry, and how many groups there are.
    values
        What each small area has to give: whole numbers or floats.
    parts
        What it gives to each entry; to the largest what the others leave.

    Returns
    -------
    list of fractions.Fraction
        One a group. Those of one layer add up to the sum of the values, exactly.
    """
    at = np.arange(len(group))
    whole, other = np.flatnonzero(entries.largest == at), np.flatnonzero(entries.largest != at)
    given = exact_sums(group[whole], count, values[entries.row[whole]])
    groups = np.concatenate([group[other], group[entries.largest[other]]])
    moved = exact_sums(groups, count, np.concatenate([parts[other], -parts[other]]))
    return [one + two for one, two in zip(given, moved, strict=True)]
