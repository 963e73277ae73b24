"""Whether each area hangs together: its pieces, crossings, articulation authorities, enclaves and exclaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from geoplan.analysis.networks.graphs import authority_of, members_of, pieces
from geoplan.engine import adjacency, dissolving
from geoplan.schema import Layer, Note
from geoplan.schema.need import Need

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Contiguity", "Enclave", "contiguities", "contiguity_notes", "drawn_contiguity", "enclaves"]


@dataclass(frozen=True)
class Enclave:
    """A piece of one area that is wholly surrounded by one other.

    Parameters
    ----------
    code
        Area the piece belongs to.
    piece
        Authorities, or polygons, of the piece.
    within
        Area around it.
    """

    code: str
    piece: tuple[str, ...]
    within: str


@dataclass(frozen=True)
class Contiguity:
    """Whether a partnership hangs together, and by what.

    Parameters
    ----------
    code, name
        The area.
    pieces
        Its authorities by connected group, largest first; of a boundary file its polygons, ``code#1`` the
        largest.
    links
        Names of the bridges, tunnels and ferries that hold it together.
    articulation
        Authorities whose leaving splits it.
    enclaves
        Pieces of other areas inside it.
    exclaves
        Its own pieces, other than the largest, inside another area.
    """

    code: str
    name: str
    pieces: tuple[tuple[str, ...], ...]
    links: tuple[str, ...] = ()
    articulation: tuple[str, ...] = ()
    enclaves: tuple[Enclave, ...] = ()
    exclaves: tuple[Enclave, ...] = ()


def contiguity_notes(
    layer: Layer, graph: nx.Graph, names: pd.Series, people: pd.Series, rated: pd.DataFrame | None = None
) -> list[Note]:
    """Note the partnerships whose authorities are not connected (GP404).

    Parameters
    ----------
    layer
        With ``members`` (authority codes joined by ";") for each area.
    graph
        From `contiguity`.
    names, people
        Authority code -> name, and people.
    rated
        Indexed by authority code, `geoplan.schema.RATED_MEASURES`, where they are known.

    Returns
    -------
    list of Note
        One for each partnership in pieces: a warning where nothing joins them, information where a listed
        bridge, tunnel or ferry does.
    """
    notes = []
    for code, joined in layer.areas["members"].items():
        members = joined.split(";")
        by_land = pieces(graph, members, links=False)
        if len(by_land) == 1:
            continue
        apart = pieces(graph, members)
        note = (
            _apart(layer, str(code), apart, names, people)
            if len(apart) > 1
            else _linked(layer, str(code), graph, by_land, people)
        )
        known = None if rated is None else rated.reindex(list(note.other_codes))
        notes.append(note if known is None else replace(note, need=Need.of(known)))
    return notes


def _apart(layer: Layer, code: str, groups: list[list[str]], names: pd.Series, people: pd.Series) -> Note:
    main, *others = groups
    listed = "; ".join(" with ".join(str(names.get(c, c)) for c in group) for group in others)
    count = "one authority" if len(main) == 1 else f"{len(main)} authorities"
    cut_off = float(people.reindex([c for group in others for c in group]).sum())
    name, said = layer.name(code), f"is in {len(groups)} pieces that share no border."
    detail = (
        f"Apart from the largest, of {count}: {listed}; {cut_off:,.0f} people there. "
        "Travel and shared services cross somebody else's area."
    )
    return Note(
        rule="GP404",
        code=code,
        name=name,
        lead=f"{name} ({layer.title}) {said}",
        detail=detail,
        in_table=f"{name} {said} {detail}",
        other_codes=tuple(c for group in others for c in group),
        measure="people",
        value=cut_off,
        unit="people",
        evidence={"pieces": groups},
    )


def _linked(layer: Layer, code: str, graph: nx.Graph, groups: list[list[str]], people: pd.Series) -> Note:
    apart = [c for group in groups[1:] for c in group]
    joined = graph.subgraph(c for group in groups for c in group)
    home = {c: n for n, group in enumerate(groups) for c in group}
    crossings = sorted({d["crossing"] for a, b, d in joined.edges(data=True) if home[a] != home[b]})
    return Note(
        rule="GP404",
        code=code,
        name=layer.name(code),
        lead=f"{layer.name(code)} ({layer.title}) is one area only by water crossings: {'; '.join(crossings)}.",
        other_codes=tuple(apart),
        measure="people",
        value=float(people.reindex(apart).sum()),
        unit="people",
        by_design=True,
        evidence={"pieces": groups, "links": crossings},
    )


def contiguities(
    layer: Layer, graph: nx.Graph, *, shapes: Mapping[str, shapely.Geometry] | None = None
) -> list[Contiguity]:
    """Tell for each area of a layer of shipped blocks whether its authorities are connected, and by what.

    Parameters
    ----------
    layer
        With parts of shipped blocks.
    graph
        From `contiguity`.
    shapes
        Shipped block -> polygon (EPSG:27700), to find enclaves; without them none are.

    Returns
    -------
    list of Contiguity
        One an area, in the order of the codes.
    """
    import networkx as nx

    members = members_of(layer)
    lads = {code: sorted({authority_of(block) for block in held}) for code, held in members.items()}
    found = {code: pieces(graph, held) for code, held in lads.items()}
    inside = _enclaves_of_blocks(members, found, shapes) if shapes else []
    return [
        Contiguity(
            code,
            layer.name(code),
            tuple(map(tuple, found[code])),
            _holding_links(graph, lads[code]),
            tuple(sorted(nx.articulation_points(graph.subgraph(lads[code])))),
            *_of_area(code, found[code], inside),
        )
        for code in sorted(members)
    ]


def _holding_links(graph: nx.Graph, members: Sequence[str]) -> tuple[str, ...]:
    """Return the crossings between groups that no border joins."""
    groups = pieces(graph, members, links=False)
    home = {code: n for n, group in enumerate(groups) for code in group}
    edges = graph.subgraph(members).edges(data=True)
    return tuple(sorted({data["crossing"] for one, two, data in edges if home[one] != home[two]}))


def _of_area(
    code: str, groups: Sequence[Sequence[str]], inside: Sequence[Enclave]
) -> tuple[tuple[Enclave, ...], tuple[Enclave, ...]]:
    own = tuple(e for e in inside if e.code == code and len(groups) > 1 and e.piece != tuple(groups[0]))
    return tuple(e for e in inside if e.within == code), own


def _enclaves_of_blocks(
    members: Mapping[str, frozenset[str]],
    found: Mapping[str, Sequence[Sequence[str]]],
    shapes: Mapping[str, shapely.Geometry],
) -> list[Enclave]:
    owners, units, drawn = [], [], []
    for code in sorted(members):
        for group in found[code]:
            owners.append(code)
            units.append(tuple(group))
            held = [shapes[block] for block in sorted(members[code]) if authority_of(block) in set(group)]
            drawn.append(dissolving.dissolve(np.array(held, dtype=object), np.zeros(len(held))).geometry[0])
    return [Enclave(owners[n], units[n], within) for n, within in enclaves(owners, np.array(drawn, dtype=object))]


def enclaves(owners: Sequence[str], geometry: np.ndarray) -> list[tuple[int, str]]:
    """Find the pieces that are wholly surrounded by one area other than their own.

    Parameters
    ----------
    owners
        Code of the area each piece belongs to.
    geometry
        Polygons and multipolygons of the pieces, in metres.

    Returns
    -------
    list of tuple
        Position of the piece and code of the area around it, sorted. A hole that pieces of several areas
        share surrounds none of them; ground at the coast is never surrounded.
    """
    polygons, at = shapely.get_parts(geometry, return_index=True)
    rings, of = shapely.get_rings(polygons, return_index=True)
    inner = np.flatnonzero(np.r_[False, of[1:] == of[:-1]]) if len(of) else np.array([], dtype=np.int64)
    holes, around = shapely.polygons(rings[inner]), at[of[inner]]
    if not len(holes):
        return []
    points = shapely.point_on_surface(geometry)
    piece, hole = shapely.STRtree(holes).query(points, predicate="within")
    common = shapely.area(shapely.intersection(geometry[piece], holes[hole]))
    within = common >= (1 - 1e-6) * shapely.area(geometry[piece])
    piece, hole = piece[within], hole[within]
    order = np.lexsort((shapely.area(holes[hole]), piece))
    piece, hole = piece[order], hole[order]
    nearest = np.r_[True, piece[1:] != piece[:-1]] if len(piece) else np.array([], dtype=bool)
    in_hole: dict[int, list[int]] = {}
    for n, place in zip(piece[nearest].tolist(), hole[nearest].tolist(), strict=True):
        in_hole.setdefault(place, []).append(n)
    found = []
    for place, held in in_hole.items():
        within_area = owners[around[place]]
        if {owners[n] for n in held} - {within_area} and len({owners[n] for n in held}) == 1:
            found += [(n, within_area) for n in held]
    return sorted(found)


def drawn_contiguity(layer: Layer) -> tuple[list[Contiguity], nx.Graph]:
    """Tell for each area of a drawn layer in how many pieces it is, and which pieces share a border.

    Parameters
    ----------
    layer
        With geometry (EPSG:27700).

    Returns
    -------
    areas : list of Contiguity
        In the order of the codes; polygons stand in for authorities, so that there are no links.
    graph : networkx.Graph
        Nodes are polygons, ``code#1`` the largest of an area, with ``area``, ``name`` and ``area_m2``; edges
        have ``border_km``.
    """
    import networkx as nx

    polygons, at = shapely.get_parts(layer.areas.geometry.to_numpy(), return_index=True)
    codes = layer.areas.index.astype(str).to_numpy()[at]
    size = shapely.area(polygons)
    order = np.lexsort((-size, codes))
    polygons, codes, size = polygons[order], codes[order], size[order]
    seen: Counter[str] = Counter()
    labels = []
    for code in codes:
        seen[code] += 1
        labels.append(f"{code}#{seen[code]}")
    graph = nx.Graph()
    for label, code, area in zip(labels, codes, size.tolist(), strict=True):
        graph.add_node(label, area=str(code), name=layer.name(code), area_m2=area)
    for one, two, metres in zip(*adjacency.adjacency(polygons), strict=True):
        graph.add_edge(labels[one], labels[two], border_km=float(metres) / 1000, kind="border")
    inside = [Enclave(str(codes[n]), (labels[n],), within) for n, within in enclaves(codes.tolist(), polygons)]
    by_area: dict[str, list[list[str]]] = {str(code): [] for code in sorted(layer.areas.index)}
    for label, code in zip(labels, codes, strict=True):
        by_area[str(code)].append([label])
    areas = [
        Contiguity(code, layer.name(code), tuple(map(tuple, groups)), (), (), *_of_area(code, groups, inside))
        for code, groups in by_area.items()
    ]
    return areas, graph
