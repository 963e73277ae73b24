"""Runs: units that touch each other, such as the worst small areas, and the areas over which a border parts them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from geoplan.schema import REST, assessed

__all__ = ["Run", "connected", "runs_of"]


class Run(NamedTuple):
    """Units of which each is reached from each other over borders of the same run.

    Attributes
    ----------
    members
        Codes of the units, sorted.
    areas
        Codes of the areas that they lie in, those with most units first; the code of the rest for ground in none.
    people
        Counted of all its units; None where one of them is not counted.
    cut
        Whether no area holds all of it.
    """

    members: tuple[str, ...]
    areas: tuple[str, ...]
    people: float | None
    cut: bool


def connected(units: Sequence[str], touching: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Return the connected components of units.

    Parameters
    ----------
    units
        Each once.
    touching
        Pairs that share a border; those of other units are passed over.

    Returns
    -------
    list of tuple
        Members sorted; most members first, then by the first.

    Examples
    --------
    >>> connected(["a", "b", "c", "d"], [("a", "c"), ("c", "z")])
    [('a', 'c'), ('b',), ('d',)]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    place = {unit: n for n, unit in enumerate(units)}
    pairs = [(place[one], place[two]) for one, two in touching if one in place and two in place]
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    matrix = coo_array((np.ones(len(ends)), (ends[:, 0], ends[:, 1])), shape=(len(units), len(units)))
    _, label = connected_components(matrix, directed=False) if len(units) else (0, np.array([], dtype=int))
    found: dict[int, list[str]] = {}
    for unit, number in zip(units, label, strict=True):
        found.setdefault(int(number), []).append(unit)
    return sorted((tuple(sorted(each)) for each in found.values()), key=lambda each: (-len(each), each))


def runs_of(
    people: pd.Series, touching: Iterable[tuple[str, str]], homes: Mapping[str, Mapping[str, bool]]
) -> list[Run]:
    """Find the runs of units, and which of them a border cuts.

    Parameters
    ----------
    people
        Indexed by unit; missing where nobody counts.
    touching
        Pairs of units that share a border.
    homes
        Unit -> areas that hold ground of it -> whether all of it. Units without any are in none.

    Returns
    -------
    list of Run
        Those in no area at all are left out. Cut ones first, then those with most units.
    """
    made, amounts = [], {str(unit): amount for unit, amount in people.items()}
    for members in connected(list(amounts), touching):
        held = [homes.get(unit) or {REST: True} for unit in members]
        counts = Counter(area for each in held for area in each)
        areas = sorted(counts, key=lambda area: (area == REST, -counts[area], area))
        whole = any(area != REST and all(each.get(area, False) for each in held) for area in areas)
        if areas != [REST]:
            total = np.sum([amounts[unit] for unit in members])
            made.append(Run(members, tuple(areas), assessed(total), not whole))
    return sorted(made, key=lambda run: (not run.cut, -len(run.members), run.members))
