"""A small country as tables, which may be told in other words: other codes, orders of rows, units of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any
from unittest import mock

import networkx as nx
import numpy as np
import pandas as pd

from geoplan.planning.designing import designs, gathering
from geoplan.planning.designing.asked import taken
from geoplan.planning.designing.designs import Designs
from geoplan.planning.designing.posing import Ground
from geoplan.schema import Flows, Layer, Source
from geoplan.schema.checks import SET_ASIDE_COLUMNS
from geoplan.schema.people import Estimates

NOBODY = pd.DataFrame(columns=list(SET_ASIDE_COLUMNS))


@dataclass(frozen=True)
class World:
    """Authorities with people, need and neighbours; commuting between them; layers of them."""

    people: Mapping[str, float]
    need: Mapping[str, float]
    borders: Sequence[tuple[str, str, float]]
    crossings: Sequence[tuple[str, str, str]]
    trips: Sequence[tuple[str, str, float]]
    layers: Mapping[str, Sequence[tuple[str, str]]]

    @property
    def neighbours(self) -> nx.Graph:
        graph = nx.Graph()
        graph.add_nodes_from(self.people)
        for one, two, kind in self.crossings:
            graph.add_edge(one, two, kind=kind, crossing=f"a {kind}")
        for one, two, km in self.borders:
            graph.add_edge(one, two, kind="border", border_km=km)
        return graph

    @property
    def blocks(self) -> pd.DataFrame:
        codes = list(self.people)
        told = {"lad": codes, "people": list(self.people.values()), "out_of_work": [self.need[one] for one in codes]}
        return pd.DataFrame(told, index=pd.Index(codes, name="block"))

    @property
    def flows(self) -> Flows:
        rows = pd.DataFrame(self.trips, columns=["origin", "destination", "workers"])
        return Flows(rows.set_index(["origin", "destination"]), pd.Index(list(self.people)), NOBODY, "a toy")

    def layer(self, key: str) -> Layer:
        members = [(code, code) for code in self.people] if key == "lad" else self.layers[key]
        parts = pd.DataFrame(members, columns=["block", "code"]).assign(share=1.0)
        codes = list(dict.fromkeys(parts["code"]))
        areas = pd.DataFrame({"name": [f"Area {code}" for code in codes]}, index=pd.Index(codes, name="code"))
        return Layer(key=key, title=key, areas=areas, parts=parts, source=Source("toy"))

    def planned(self, objectives: Mapping[str, Any], clusters: Any, **said: Any) -> Designs:
        """Return what `plan` answers here; one alternative, the best as weighted."""
        authorities = SimpleNamespace(blocks=self.blocks, table=self.blocks)
        here = SimpleNamespace(blocks=frozenset(self.people))
        atlas = SimpleNamespace(
            authorities=authorities, flows=self.flows, layer=self.layer, find=lambda _: here, as_of=None, drawn=None,
            reference=SimpleNamespace(estimates=Estimates()),
        )  # fmt: skip
        told = {"units": "lad", "within": ["here"], "alternatives": 1, "clusters": clusters, **said}
        # Audits are of shipped blocks, of which a toy has none.
        unaudited = {
            "audited": lambda arrangement, *_: SimpleNamespace(arrangement=arrangement),
            "beside": lambda told, _: told,
            "others_of": lambda *_: (),
        }
        with (
            mock.patch.object(gathering, "contiguity_graph", return_value=self.neighbours),
            mock.patch.multiple(designs, **unaudited),
        ):
            return designs.plan(taken({**told, "objectives": objectives}), atlas=atlas)

    def ground(self, objectives: Mapping[str, Any]) -> Ground:
        """Return the ground that `planned` plans."""
        layers = {key for one in objectives.values() if isinstance(one, dict) for key in one.get("layers", ())}
        units = gathering.units_of(
            self.layer("lad"), self.blocks, self.flows, self.neighbours, self.blocks["out_of_work"]
        )
        held = [gathering.held_by(self.layer(key), units, self.blocks) for key in (*sorted(layers), "today")]
        return Ground(units, tuple(held[:-1]), held[-1])

    def retold(self, names: Mapping[str, str], rng: np.random.Generator, factor: float) -> World:
        """Return the same with other codes of authorities and areas, rows shuffled, people in another unit."""
        shuffled = lambda rows: [rows[n] for n in rng.permutation(len(rows))]  # noqa: E731
        borders = [(names[a], names[b], km) for a, b, km in self.borders]
        layers = {
            key: shuffled([(names[block], f"Z{ord(area[-1]) % 7}{area}") for block, area in rows])
            for key, rows in self.layers.items()
        }
        return replace(
            self,
            people=dict(shuffled([(names[one], amount * factor) for one, amount in self.people.items()])),
            need=dict(shuffled([(names[one], amount) for one, amount in self.need.items()])),
            borders=shuffled([(b, a, km) if rng.random() < 0.5 else (a, b, km) for a, b, km in borders]),
            crossings=shuffled([(names[a], names[b], kind) for a, b, kind in self.crossings]),
            trips=shuffled([(names[a], names[b], workers) for a, b, workers in self.trips]),
            layers=layers,
        )


def world(seed: int, rows: int = 2, columns: int = 3) -> World:
    """Return a world of authorities in a grid, the last of them an island that a ferry reaches."""
    rng = np.random.default_rng(seed)
    grid = nx.convert_node_labels_to_integers(nx.grid_2d_graph(rows, columns), ordering="sorted")
    codes = [f"A{n}" for n in range(len(grid))]
    island = len(grid) - 1
    edges = [(codes[a], codes[b], float(rng.uniform(1, 9))) for a, b in grid.edges if island not in {a, b}]
    ferry = [(codes[a], codes[b], "ferry") for a, b in grid.edges if island in {a, b}][:1]
    return World(
        people={code: float(rng.integers(10, 90)) for code in codes},
        need={code: float(rng.uniform(1, 9)) for code in codes},
        borders=edges,
        crossings=ferry,
        trips=[(a, b, float(rng.uniform(0.1, 20))) for a in codes for b in codes],
        layers={key: [(code, f"{key}{rng.integers(3)}") for code in codes] for key in ("follow", "nest", "today")},
    )


def parted(made: Designs) -> frozenset[frozenset[str]]:
    """Return the clusters of the first alternative as sets of codes."""
    assignment = made.designs[0].assignment
    return frozenset(frozenset(held.index) for _, held in assignment.groupby(assignment))
