"""What the map shows of commuting: the largest flows, scores and leaks of areas, authorities loosely tied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from geoplan.auditing.judging.leakage import LOOSE, MARKETS, source_words
from geoplan.auditing.results import AuditResult
from geoplan.commuting.leaks import MARK
from geoplan.commuting.self_containment import Contained
from geoplan.data.focus import Focus, blocks_of
from geoplan.schema import REST, Flows, Layer, wording

__all__ = ["about", "flow_sets", "largest", "loose_places", "stability"]

FLOWS = 60
"""Largest flows between two areas of a layer that the map can draw."""
LEAKS = 5
"""Places that the details of an area name for where its workers go."""
_SCORES = ("supply", "demand", "validity")


def flow_sets(result: AuditResult) -> list[dict[str, Any]]:
    """Return what each layer that was set against commuting shows of it.

    Parameters
    ----------
    result
        From `geoplan.auditing.audit.run`.

    Returns
    -------
    list of dict
        In JSON types. ``flows``: ``[i, j, workers i to j, workers j to i]`` by places of areas in the layer, the
        larger direction first, most workers first; with a focus only those of areas on its ground. ``scores``: for
        each area residents in work, jobs, both self-containments, validity, whether it passes, and where its
        workers go (``[j, workers, share]``, j -1 for ground in no area); None where it was not assessed.
    """
    numbers = {key: number for number, key in enumerate(result.layers)}
    return [
        _flow_set(told, result.layers[key], numbers[key], result.focus)
        for key, told in result.contained.items()
        if key in numbers
    ]


def stability(result: AuditResult) -> dict[str, float]:
    """Return for each authority of the map the share of runs in which it stays with its labour market area.

    Parameters
    ----------
    result
        From `geoplan.auditing.audit.run`.

    Returns
    -------
    dict
        Authority code -> share (0 to 1); empty where there are no labour market areas.
    """
    if result.stability is None:
        return {}
    known = result.stability.dropna()
    here = known[known.index.isin(result.blocks["lad"])].sort_index()
    return {str(code): round(float(share), 4) for code, share in here.items()}


def loose_places(result: AuditResult, position: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return the authorities that are loosely tied to their labour market area as a set of places.

    Parameters
    ----------
    result
        From `geoplan.auditing.audit.run`.
    position
        Block -> its place on the map.

    Returns
    -------
    list of dict
        One set of places in JSON types, or none.
    """
    loose = {code for code, share in stability(result).items() if share < LOOSE}
    if not loose:
        return []
    made = result.layers[MARKETS].edition if MARKETS in result.layers else ""
    verb = "is with its" if len(loose) == 1 else "are with their"
    count = wording.number_of(len(loose), "authority", "authorities")
    note = "; ".join(filter(None, (f"{count} {verb} area's core in fewer than half of the runs", made)))
    blocks = [position[str(block)] for block, lad in result.blocks["lad"].items() if lad in loose]
    title = "Authorities loosely tied to their labour market area"
    return [{"kind": "loose", "title": title, "note": note, "blocks": blocks}]


def about(result: AuditResult) -> list[str]:
    """Say where the flows come from.

    Parameters
    ----------
    result
        From `geoplan.auditing.audit.run`.

    Returns
    -------
    list of str
        A sentence for each set of flows, and one on whom it tells nothing of.
    """
    said = (text for told in result.contained.values() for text in (_provenance(told.flows), told.flows.silence))
    return list(dict.fromkeys(filter(None, said)))


def _provenance(flows: Flows) -> str:
    named = flows.dated
    if flows.kind == "modelled":
        return f"Commuting: {named}; how many travel between two places is modelled, not counted."
    counted = "counted in the census" if flows.kind == "census" else "as given in that file"
    return f"Commuting: {named}, {counted}."


def _flow_set(told: Contained, layer: Layer, number: int, focus: Focus | None) -> dict[str, Any]:
    place = {str(code): i for i, code in enumerate(layer.areas.index)}
    near = _near(layer, place, focus)
    flows = largest(told.found.between, place, near)
    areas = f"areas of {layer.title}" if layer.status == "file" else wording.inside_a_sentence(layer.title)
    return {
        "layer": number,
        "title": f"Commuting between {areas}",
        "said": source_words(told),
        "note": _note(len(flows), focus.name if focus is not None and near is not None else ""),
        "flows": flows,
        "scores": _scores(told, place),
    }


def _near(layer: Layer, place: Mapping[str, int], focus: Focus | None) -> set[int] | None:
    """Return the areas on the ground of the focus; None where there is no focus or the layer is a drawing."""
    if focus is None or layer.parts is None:
        return None
    return {i for code, i in place.items() if blocks_of(layer, code) & focus.blocks}


def _note(count: int, name: str) -> str:
    whose = f" to and from {name}" if name else ""
    return f"the {count} largest flows{whose}" if count > 1 else f"the largest flow{whose}"


def largest(between: pd.DataFrame, place: Mapping[str, int], near: set[int] | None = None) -> list[list[int]]:
    """Return the largest flows between two areas, both directions added up to rank them.

    Parameters
    ----------
    between
        ``workers``, indexed by ``origin`` and ``destination``.
    place
        Code of an area -> its number; flows of others are left out.
    near
        Numbers of areas of which a flow must touch one; None for any.

    Returns
    -------
    list of list
        At most `FLOWS`, most workers first: ``[i, j, workers i to j, workers j to i]``, the larger direction first.
    """
    table = between.reset_index()
    ends = [table[end].map(place) for end in ("origin", "destination")]
    known = ends[0].notna() & ends[1].notna() & (ends[0] != ends[1])
    origin, destination = (end[known].to_numpy(dtype=int) for end in ends)
    low, high = np.minimum(origin, destination), np.maximum(origin, destination)
    workers = table.loc[known, "workers"].to_numpy(dtype=float)
    upward = origin < destination
    both = pd.DataFrame({"up": workers * upward, "down": workers * ~upward}).groupby([low, high]).sum()
    rows = [
        [i, j, round(up), round(down)] if up >= down else [j, i, round(down), round(up)]
        for (i, j), up, down in zip(both.index, both["up"], both["down"], strict=True)
        if near is None or i in near or j in near
    ]
    rows = [row for row in rows if row[2]]
    return sorted(rows, key=lambda row: (-row[2] - row[3], row))[:FLOWS]


def _scores(told: Contained, place: Mapping[str, int]) -> list[list[Any] | None]:
    leaks = told.found.leaks[told.found.leaks["direction"] == "out"]
    largest: dict[str, list[Any]] = {}
    for leak in leaks.groupby("code").head(LEAKS).itertuples(index=False):
        largest.setdefault(str(leak.code), []).append(leak)
    scores: list[list[Any] | None] = [None] * len(place)
    for code, row in told.found.areas.iterrows():
        if str(code) in place and not pd.isna(row["size"]):
            scores[place[str(code)]] = [*_measures(row), _destinations(largest.get(str(code), ()), place)]
    return scores


def _measures(row: pd.Series) -> list[Any]:
    shares = [None if pd.isna(row[name]) else round(float(row[name]), 4) for name in _SCORES]
    passes = None if pd.isna(row["passes"]) else int(row["passes"])
    return [round(float(row["size"])), round(float(row["jobs"])), *shares, passes]


def _destinations(leaks: Iterable[Any], place: Mapping[str, int]) -> list[list[Any]]:
    destinations = [
        [
            -1 if leak.other == REST else place[str(leak.other)], round(leak.workers), round(leak.share, 4),
            *([MARK] if leak.weak else []),
        ]
        for leak in leaks
    ]  # fmt: skip
    return [row for row in destinations if row[1]]
