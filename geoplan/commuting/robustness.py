"""How stable labour market areas are: repeated runs, and communities of another method beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geoplan.commuting.labour_markets import (
    LabourMarkets,
    areas_of,
    check_flows,
    ends_of,
    exceptions_of,
    named,
    rule_of,
    run,
)
from geoplan.errors import ConfigurationError, TableError, refusal
from geoplan.progress import each
from geoplan.schema import Flows

if TYPE_CHECKING:
    from geoplan.engine.delineating.network import Rule

__all__ = ["Stability", "communities", "stability"]

MOST_RUNS = 10_000
MOST_SEED = 2**32 - 1
"""The largest seed that every generator takes."""


@dataclass(frozen=True, eq=False)
class Stability:
    """How far areas depend on chance.

    Parameters
    ----------
    zones
        Indexed by zone: ``area`` and ``stability``, the share of runs in which the zone is with its area's core.
    runs
        Indexed by run, from 1: ``areas`` found and ``invalid`` ones among them.
    seed, resampled
        What was asked for.
    """

    zones: pd.DataFrame
    runs: pd.DataFrame
    seed: int
    resampled: bool


def stability(
    flows: Flows, result: LabourMarkets, *, runs: int = 50, seed: int = 1, resample: bool = True
) -> Stability:
    """Tell for each zone in what share of runs it stays with the core of its area.

    Parameters
    ----------
    flows
        Those the areas were made of.
    result
        The areas, with the method, test and criteria to repeat. Contiguity is not repeated.
    runs
        How many.
    seed
        The same seed gives the same runs; a run does not depend on how many there are.
    resample
        Whether every flow is drawn anew, or only the order of zones is.

    Returns
    -------
    Stability
        By zone, and the number of areas by run.

    Raises
    ------
    TableError
        The flows do not name the zones of the result.
    ConfigurationError
        Runs or seed make no sense.

    Notes
    -----
    In each run the zones come in a shuffled order, and every flow is drawn from a Poisson distribution whose
    mean is the flow, whole or fractional: counts as they might have come out, with other totals. The core of
    an area is, in each run, the largest group (by residents in work as given; the one with the smallest code
    among equals) of its zones that are together in one area of the run; a zone stays if it is in that group.
    So an area that is swallowed whole is stable in all its zones, and one that falls in halves is stable in the
    larger. A zone that a run leaves out does not stay. Under "istat" the order decides ties only.

    It misleads as a measure of error: drawn flows differ by chance alone, not by what a census gets wrong.
    """
    if not (1 <= runs <= MOST_RUNS and 0 <= seed <= MOST_SEED):
        known = f"1 to {MOST_RUNS} runs and a seed from 0 to {MOST_SEED}"
        message = f"stability needs {known}, not {runs} runs and seed {seed}"
        raise ConfigurationError(message)
    missing = result.assignment.index.difference(flows.zones)
    if len(missing):
        message = refusal(f"flows of {flows.source}: they lack zones that the areas are made of", codes=missing)
        raise TableError(message)
    rule = rule_of(result.criteria, result.test, result.rest)
    codes, origin, destination, workers = ends_of(flows)
    zones = codes.get_indexer(result.assignment.index)
    given = pd.factorize(result.assignment)[0]
    weight = flows.residents.reindex(codes).to_numpy()[zones]
    stays, counts = np.zeros(len(zones)), []
    for child in each(np.random.SeedSequence(seed).spawn(runs), "Repeating with drawn flows", runs):
        generator = np.random.default_rng(child)
        order = generator.permutation(len(codes))
        drawn = generator.poisson(workers).astype(np.float64) if resample else workers
        some = drawn > 0
        ends = (codes, origin[some], destination[some], drawn[some])
        area, invalid = _repeated(ends, rule, result, order)
        stays += _with_core(given, area[zones], weight)
        counts.append((len(np.unique(area[area >= 0])), invalid))
    table = pd.DataFrame({"area": result.assignment, "stability": stays / runs})
    frame = pd.DataFrame(counts, columns=["areas", "invalid"], index=pd.RangeIndex(1, runs + 1, name="run"))
    return Stability(table, frame, seed, resample)


def _repeated(
    ends: tuple[pd.Index, np.ndarray, np.ndarray, np.ndarray], rule: Rule, result: LabourMarkets, order: np.ndarray
) -> tuple[np.ndarray, int]:
    """Return the areas of one run, and how many are not valid."""
    from geoplan.engine.delineating.network import network

    codes, origin, destination, workers = ends
    _, kept = exceptions_of(codes, network(len(codes), origin, destination, workers), result.method)
    area = run(kept, rule, result.method, order).area
    areas = areas_of(codes, kept, named(codes, area, kept.residents), result.criteria, result.test)
    return area, int((~areas["valid"]).sum())


def _with_core(given: np.ndarray, found: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return which zones are in the largest group of their given area that a run keeps together."""
    groups, first, of = np.unique(np.stack([given, found]), axis=1, return_index=True, return_inverse=True)
    of = of.ravel()
    size = np.where(groups[1] >= 0, np.bincount(of, weight), -1.0)
    order = np.lexsort((first, -size, groups[0]))
    core = order[np.unique(groups[0][order], return_index=True)[1]]
    stays: np.ndarray = np.isin(of, core[size[core] >= 0])
    return stays


def communities(flows: Flows, *, seed: int = 1, resolution: float = 1.0, self_flows: bool = False) -> pd.Series:
    """Group zones by Louvain's communities, which promise dense commuting but no self-containment.

    Parameters
    ----------
    flows
        Who lives and works where; an edge weighs the workers of both directions.
    seed
        The same seed gives the same groups; another may give others.
    resolution
        Above 1 gives smaller communities, below 1 larger ones.
    self_flows
        Whether those who work where they live count as loops. They hold zones apart, and communities small.

    Returns
    -------
    pandas.Series
        Zone -> area, known by its core like those of `delineate`. A zone without flows is an area of its own.

    Raises
    ------
    TableError
        There are no flows, or only one zone.
    ConfigurationError
        Seed or resolution make no sense.

    References
    ----------
    Blondel, Guillaume, Lambiotte & Lefebvre 2008, doi 10.1088/1742-5468/2008/10/P10008; NetworkX,
    ``louvain_communities``.
    """
    import networkx as nx

    if not 0 <= seed <= MOST_SEED or not resolution > 0:
        message = f"communities need a seed from 0 to {MOST_SEED} and a resolution above 0, not {seed} and {resolution}"
        raise ConfigurationError(message)
    check_flows(flows)
    codes, origin, destination, workers = ends_of(flows)
    low, high = np.minimum(origin, destination), np.maximum(origin, destination)
    table = pd.Series(workers).groupby([low, high]).sum()
    graph = nx.Graph()
    graph.add_nodes_from(range(len(codes)))
    pairs: Sequence[tuple[int, int]] = table.index.to_list()
    for (one, two), amount in zip(pairs, table.tolist(), strict=True):
        if self_flows or one != two:
            graph.add_edge(one, two, weight=amount)
    area = np.empty(len(codes), dtype=np.int64)
    for zones in nx.community.louvain_communities(graph, weight="weight", resolution=resolution, seed=seed):
        area[list(zones)] = min(zones)
    return named(codes, area, flows.residents.reindex(codes).to_numpy())
