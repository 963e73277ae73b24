"""Clusters designed by geoplan beside spopt's SKATER and max-p and a plain local search, all on the same objective.

    python benchmarks/designs.py [--case NUMBER]

Needs spopt. Every tool groups the same authorities, joined by the same borders and crossings, into as many clusters as
Connect to Work has, to lower people in cut pieces and raise self-containment; every arrangement is measured by
`geoplan.planning.designing.measuring.measured`. Where size is limited no cluster is to have more people than today's
largest: what is above it costs more than it can gain. Counting people and commuting is timed for geoplan alone.
spopt's tools know no such objective: they are told it as attributes (the share of a unit's people in each board, and
of its workers by where they work, weighed as in the objective), and SKATER also as the function by which it judges a
cut. max-p takes least people in place of a number: the threshold that gives the number is sought, and all of that is
timed. The local search moves single units over borders, each move that helps as soon as it is met.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd

from geoplan.commuting.atlas import Atlas
from geoplan.planning.designing import designs
from geoplan.planning.designing.asked import Asked, Constraints, taken
from geoplan.planning.designing.gathering import clusters_wanted, ground_of
from geoplan.planning.designing.measuring import WHOLE, Measures, measured
from geoplan.planning.designing.posing import Ground
from geoplan.planning.designing.scoring import terms_of_measures
from geoplan.planning.designing.units import Held

CONTAINED = 0.2
"""What self-containment counts beside people in cut pieces."""
ALTERNATIVES = 5
MEASURES = "people in cut pieces | self-containment | beats today in both | clusters | connected"
SEED = 1
TRIES, CONSTRUCTIONS, IMPROVEMENTS = 20, 20, 2
"""Thresholds that are tried for max-p, what it builds at random for each, and how often it improves what it built."""
BROKEN = 10.0
"""Price of a cluster twice as large as it may be."""
ROUNDING = 1e-12
VERSIONS = ("geoplan", "spopt", "libpysal", "scikit-learn", "scipy", "numpy", "networkx")

Labels = np.ndarray
"""Number of the cluster of each unit."""


@dataclass(frozen=True)
class Case:
    """What is planned.

    Attributes
    ----------
    title
        For readers.
    units, within, layer
        Building units, their ground, and the layer whose cuts count.
    limited
        Whether no cluster is to have more people than today's largest.
    clusters
        How many; as many as today where nothing is said.
    """

    title: str
    units: str
    within: str
    layer: str
    limited: bool = True
    clusters: int | None = None

    def posed(self, atlas: Atlas) -> tuple[Asked, Ground]:
        """Return the plan and its ground."""
        said: dict[str, Any] = {"units": self.units, "within": [self.within], "start": "connect_to_work"}
        said |= {"clusters": self.clusters} if self.clusters else {}
        cut = {"layers": [self.layer], "weight": 1.0}
        asked = taken({**said, "objectives": {"cut_people": cut, "self_containment": CONTAINED}})
        ground = ground_of(asked, atlas)
        if self.limited:
            largest = float(today_of(ground).people.sum(axis=0).max())
            asked = replace(asked, constraints=Constraints(most_people=largest))
        return asked, ground


CASES = (
    Case("Wales", "lad", "W", "lhb"),
    Case("England", "utla", "E", "icb_2026"),
    Case("England, clusters of any size", "utla", "E", "icb_2026", limited=False),
)


def today_of(ground: Ground) -> Held:
    """Return today's arrangement."""
    assert ground.today is not None  # noqa: S101 - every case has one
    return ground.today


class Judge:
    """What an arrangement is worth, and what each group of units adds to that."""

    def __init__(self, ground: Ground, asked: Asked) -> None:
        self.ground, self.asked = ground, asked
        self.weights = {one.name: one.weight for one in asked.objectives}
        self.most_people = asked.constraints.most_people or np.inf
        self._trips = ground.units.trips.toarray()
        self._known: dict[frozenset[int], float] = {}

    def measures(self, labels: Labels) -> Measures:
        """Measure an arrangement as geoplan does."""
        return measured(labels, self.ground.units, self.ground.layers, self.ground.today)

    def score(self, found: Measures) -> float:
        """Return the weighted sum that every tool is to lower."""
        terms = terms_of_measures(found, self.asked.objectives, self.ground.units)
        return sum(weight * terms[name] for name, weight in self.weights.items())

    def price(self, group: frozenset[int]) -> float:
        """Return what a group adds to the score, but for what all arrangements share; too large ones cost more."""
        if group not in self._known:
            units, members = self.ground.units, sorted(group)
            own, cut = units.people[members].sum(), 0.0
            for held in self.ground.layers:
                pieces = held.people[members].sum(axis=0)
                cut += pieces[(pieces < WHOLE * own) & (pieces < WHOLE * held.whole)].sum()
            stay = self._trips[np.ix_(members, members)].sum()
            share = self.weights["self_containment"] * stay / units.residents.sum()
            above = max(own / self.most_people - 1, 0.0)
            self._known[group] = float(cut / units.people.sum() - share + BROKEN * above)
        return self._known[group]


# ------------------------------------------------------------------------------------------ the tools


def attributes(ground: Ground) -> pd.DataFrame:
    """Tell the objective as attributes: where a unit's people and its workers belong, in shares."""
    units = ground.units
    held = [layer.people / units.people[:, None] for layer in ground.layers]
    work = units.trips.toarray() / np.maximum(units.residents, ROUNDING)[:, None]
    table = np.hstack([*held, CONTAINED * work])
    return pd.DataFrame(table, columns=[f"a{n}" for n in range(table.shape[1])])


def weights(ground: Ground) -> Any:
    """Return the neighbours of each unit, across borders and crossings, in spopt's form."""
    from libpysal.weights import W

    return W({unit: sorted(near) for unit, near in ground.units.graph.adjacency()}, silence_warnings=True)


def skater(ground: Ground, clusters: int, told: Mapping[str, Any], table: pd.DataFrame) -> Labels:
    """Prune the least spanning tree of the units until there are so many clusters."""
    from spopt.region import Skater

    model = Skater(
        gpd.GeoDataFrame(table), weights(ground), list(table), n_clusters=clusters, spanning_forest_kwds=dict(told)
    )
    model.solve()
    return np.asarray(model.labels_)


def skater_by_attributes(judge: Judge, clusters: int) -> Labels:
    """Let SKATER lower the unlikeness of attributes inside clusters."""
    from sklearn.metrics import pairwise

    told = {"dissimilarity": pairwise.manhattan_distances, "reduction": np.sum, "center": np.mean}
    return skater(judge.ground, clusters, told, attributes(judge.ground))


def skater_by_objective(judge: Judge, clusters: int) -> Labels:
    """Let SKATER judge every cut by the objective itself; its tree joins the pairs that gain most."""
    count = len(judge.ground.units)
    alone = np.array([judge.price(frozenset([n])) for n in range(count)])

    def worth(rows: np.ndarray, middle: np.ndarray | None) -> np.ndarray:
        if middle is None:
            pairs = np.array([[judge.price(frozenset([a, b])) for b in range(count)] for a in range(count)])
            return 1 + pairs - alone[:, None] - alone[None, :]
        group = frozenset(np.flatnonzero(rows.any(axis=0)).tolist())
        return np.full(len(rows), judge.price(group) / len(group))

    return skater(judge.ground, clusters, {"dissimilarity": worth}, pd.DataFrame(np.eye(count)).add_prefix("u"))


def max_p(judge: Judge, clusters: int) -> Labels:
    """Seek the least people of a region with which max-p makes so many, or as nearly as it does, and let it improve."""
    from spopt.region import MaxPHeuristic

    units, table = judge.ground.units, attributes(judge.ground)
    frame, near = gpd.GeoDataFrame(table.assign(people=units.people)), weights(judge.ground)

    def made(least: float, improvements: int) -> Any:
        np.random.seed(SEED)  # noqa: NPY002 - spopt draws from it
        model = MaxPHeuristic(
            frame,
            near,
            list(table),
            "people",
            least,
            max_iterations_construction=CONSTRUCTIONS,
            max_iterations_sa=improvements,
        )
        model.solve()
        return model

    low, high = 0.0, float(units.people.sum()) / clusters
    numbers: dict[float, int] = {}
    while len(numbers) < TRIES and clusters not in numbers.values():
        middle = (low + high) / 2
        numbers[middle] = made(middle, 0).p
        low, high = (middle, high) if numbers[middle] > clusters else (low, middle)
    return np.asarray(made(min(numbers, key=lambda least: abs(numbers[least] - clusters)), IMPROVEMENTS).labels_)


def local_search(judge: Judge, labels: Labels) -> Labels:
    """Move single units over borders, each move that helps as soon as it is met, until none does."""
    graph, home_of = judge.ground.units.graph, labels.copy()
    members = {int(n): frozenset(np.flatnonzero(labels == n).tolist()) for n in np.unique(labels)}
    moved = True
    while moved:
        moved = False
        for unit in graph:
            for target in sorted({int(home_of[near]) for near in graph[unit]} - {int(home_of[unit])}):
                source = int(home_of[unit])
                left, joined = members[source] - {unit}, members[target] | {unit}
                if target == source or not left:
                    continue
                gain = judge.price(left) + judge.price(joined) - judge.price(members[source])
                if gain < judge.price(members[target]) - ROUNDING and nx.is_connected(graph.subgraph(left)):
                    members |= {source: left, target: joined}
                    home_of[unit] = target
                    moved = True
    return home_of


# ------------------------------------------------------------------------------------------ what is told


@dataclass(frozen=True)
class Found:
    """An arrangement of a tool, how long it took, and what the tool knows of how good it is."""

    tool: str
    measures: Measures
    score: float
    largest: float
    seconds: float
    cores: float
    proof: str = "–"


def timed(tool: str, judge: Judge, make: Callable[[Judge], Labels]) -> tuple[Found, Labels]:
    """Run a tool, and measure what it makes."""
    wall, busy = time.perf_counter(), time.process_time()
    labels = make(judge)
    seconds, cores = time.perf_counter() - wall, time.process_time() - busy
    measures = judge.measures(labels)
    largest = float(np.bincount(labels[labels >= 0], judge.ground.units.people[labels >= 0]).max())
    print(f"{tool}: {seconds:.1f} s", file=sys.stderr, flush=True)
    return Found(tool, measures, judge.score(measures), largest, seconds, cores), labels


def proof(one: designs.Design, made: designs.Designs) -> str:
    """Say what is proved of a design."""
    if made.searched:
        among = "whatever the clusters"
    else:
        larger = " and larger ones met" if made.starts else ""
        among = "groups of any size" if made.members is None else f"groups of up to {made.members}{larger}"
    return f"{'best' if one.optimal else f'gap {one.gap:.2%}'}, {among}"


def labels_of(one: designs.Design, ground: Ground) -> Labels:
    """Return the number of the cluster of each unit of a design."""
    return pd.factorize(one.assignment.reindex(list(ground.units.codes)))[0]


def peers(judge: Judge, clusters: int) -> list[Found]:
    """Return today's arrangement and those of the other tools."""
    import spopt.region  # noqa: F401 - importing it takes seconds, which are not the tools'

    rows: list[Found] = []

    def run(tool: str, make: Callable[[Judge], Labels]) -> Labels:
        row, labels = timed(tool, Judge(judge.ground, judge.asked), make)
        rows.append(row)
        return labels

    today = run("today (Connect to Work)", lambda own: today_of(own.ground).home)
    pruned = run("spopt Skater, by attributes", lambda own: skater_by_attributes(own, clusters))
    run("spopt Skater, by the objective", lambda own: skater_by_objective(own, clusters))
    run("spopt MaxPHeuristic, by attributes", lambda own: max_p(own, clusters))
    run("local search from today's", lambda own: local_search(own, today))
    run("local search from Skater's by attributes", lambda own: local_search(own, pruned))
    return rows


def ours(judge: Judge, atlas: Atlas) -> list[Found]:
    """Return geoplan's arrangement for the weights, and what a local search makes of it."""
    made: list[designs.Designs] = []

    def plan(own: Judge) -> Labels:
        made.append(designs.plan(replace(own.asked, alternatives=1), atlas=atlas))
        return labels_of(made[0].designs[0], own.ground)

    row, labels = timed("geoplan plan", judge, plan)
    after, _ = timed("local search from geoplan's", judge, lambda own: local_search(own, labels))
    return [replace(row, proof=proof(made[0].designs[0], made[0])), after]


def front(asked: Asked, atlas: Atlas) -> tuple[designs.Designs, dict[str, float], float, float]:
    """Return several alternatives, the seconds each was sought for, and the seconds and core seconds of all."""
    marks: list[tuple[str, float]] = []

    def tell(said: str) -> None:
        marks.append((said, time.perf_counter()))
        print(f"{said} ...", file=sys.stderr, flush=True)

    begun, busy = time.perf_counter(), time.process_time()
    made = designs.plan(replace(asked, alternatives=ALTERNATIVES), atlas=atlas, told=tell)
    ended, cores = time.perf_counter(), time.process_time() - busy
    ends = [*(at for _, at in marks[1:]), ended]
    taken_s = {said: end - at for (said, at), end in zip(marks, ends, strict=True)}
    return made, taken_s, ended - begun, cores


def beats(found: Measures, today: Measures) -> str:
    """Say whether an arrangement is better than today's both in cut pieces and in self-containment."""
    fewer = sum(found.cut_people.values()) < sum(today.cut_people.values())
    return "yes" if fewer and found.self_containment > today.self_containment else "no"


def told_measures(found: Measures, today: Measures) -> str:
    """Return the cells that every arrangement has."""
    whole = "yes" if not found.in_pieces else f"{found.in_pieces} in pieces"
    cut = sum(found.cut_people.values())
    return f"{cut:,.0f} | {found.self_containment:.4f} | {beats(found, today)} | {found.areas} | {whole}"


def told_tools(rows: Sequence[Found], today: Measures) -> list[str]:
    """Return the table of the tools, the lowest score first."""
    columns = f"tool | score | {MEASURES} | people of the largest | seconds | core s | proved"
    told = [
        f"{row.tool} | {row.score:.5f} | {told_measures(row.measures, today)} | {row.largest:,.0f} | "
        f"{row.seconds:.2f} | {row.cores:.2f} | {row.proof}"
        for row in sorted(rows, key=lambda one: one.score)
    ]
    return table_of([columns, "---|---:|---:|---:|---|---:|---|---:|---:|---:|---", *told])


def told_front(made: designs.Designs, taken_s: Mapping[str, float], today: Measures) -> list[str]:
    """Return the table of the alternatives."""
    columns = f"geoplan's alternative | {MEASURES} | score for its weights | bound | gap | seconds"
    told = [
        f"{one.name} | {told_measures(one.measures, today)} | {one.score:.5f} | {one.bound:.5f} | {one.gap:.2%} | "
        f"{taken_s.get(one.name, float('nan')):.1f}"
        for one in made.designs
    ]
    return table_of([columns, "---|---:|---:|---|---:|---|---:|---:|---:|---:", *told])


def table_of(rows: Sequence[str]) -> list[str]:
    """Return the rows of a table in Markdown; the second is its rule."""
    return [f"|{row}|" if row.startswith("---") else f"| {row} |" for row in rows]


def told(case: Case) -> list[str]:
    """Run a case and return its section."""
    atlas = Atlas()
    asked, ground = case.posed(atlas)
    clusters = clusters_wanted(asked, ground.today)[0]
    rows = [*peers(Judge(ground, asked), clusters), *ours(Judge(ground, asked), atlas)]
    today = rows[0].measures
    made, taken_s, seconds, cores = front(asked, atlas)
    most = asked.constraints.most_people
    limit = f", none of more than {most:,.0f} people" if most else ""
    return [
        f"### {case.title}: {len(ground.units)} authorities in {clusters} clusters{limit}, against {case.layer}",
        "",
        *told_tools(rows, today),
        "",
        *told_front(made, taken_s, today),
        "",
        f"The whole front took {seconds:.0f} s ({cores:.0f} s of the processor).",
    ]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", type=int, choices=range(1, len(CASES) + 1), help="only this one")
    asked = parser.parse_args().case
    warnings.simplefilter("ignore")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in VERSIONS)
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    print(f"{machine}; {versions}.\n")
    for case in CASES[asked - 1 : asked] if asked else CASES:
        print("\n".join(told(case)), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
