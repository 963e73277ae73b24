"""Areas that changes would break in pieces, and what would join them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import networkx as nx

from geoplan.analysis.networks.graphs import pieces
from geoplan.auditing import comparing
from geoplan.data.places import Authorities
from geoplan.schema import Layer, wording

__all__ = ["broken"]

MOST_NAMED = 4


def broken(before: Layer, after: Layer, authorities: Authorities) -> list[str]:
    """Say which areas of a changed layer are in more pieces than before, and what would join them.

    Parameters
    ----------
    before, after
        A layer of authorities without and with changes.
    authorities
        The reference.

    Returns
    -------
    list of str
        A warning for each area that has begun in pieces or falls into more, with the way from the smaller pieces to
        the largest: the authorities in between and the bridges, tunnels and ferries on it; and for each area that a
        crossing alone has come to hold together.
    """
    graph = comparing.contiguity_graph(tuple(authorities.table.index))
    homes = [members.split(";") for members in before.areas["members"]]
    said = []
    for code, row in after.areas.iterrows():
        members = row["members"].split(";")
        earlier = [held for held in homes if set(held) & set(members)]
        if sorted(members) in map(sorted, earlier):
            continue
        groups, by_land = pieces(graph, members), pieces(graph, members, links=False)
        # What was in pieces already is not broken by the changes.
        apart, linked = (
            max((len(pieces(graph, held, links=links)) for held in earlier), default=1) for links in (True, False)
        )
        name = f"{after.name(str(code))} ({after.title})"
        if len(groups) > apart:
            said.append(f"{name} would be in {len(groups)} pieces: {_apart(groups, graph, after, authorities)}")
        elif len(groups) == 1 and len(by_land) > linked:
            crossings = _crossings(graph, by_land)
            said.append(f"{name} would be one area only by water crossings: {wording.listed(crossings)}.")
    return said


def _crossings(graph: nx.Graph, groups: Sequence[Sequence[str]]) -> list[str]:
    home = {code: n for n, group in enumerate(groups) for code in group}
    edges = graph.subgraph(home).edges(data=True)
    return sorted({data["crossing"] for one, two, data in edges if home[one] != home[two]})


def _apart(groups: Sequence[Sequence[str]], graph: nx.Graph, layer: Layer, authorities: Authorities) -> str:
    """Name the pieces apart from the largest, each with the way to it."""
    main, *others = groups
    return " ".join(_way(group, main, graph, layer, authorities) for group in others)


def _way(group: Sequence[str], main: Sequence[str], graph: nx.Graph, layer: Layer, authorities: Authorities) -> str:
    named = _some([authorities.name(code) for code in group])
    verb = "is" if len(group) == 1 else "are"
    path = _shortest(graph, group, main)
    if not path:
        return f"{named} {verb} apart, and no border or listed crossing leads there."
    between = path[1:-1]
    crossings = list(dict.fromkeys(
        graph.edges[pair]["crossing"] for pair in itertools.pairwise(path) if "crossing" in graph.edges[pair]
    ))  # fmt: skip
    through = f"through {_some([_with_area(code, layer, authorities) for code in between])}" if between else ""
    over = f"over {wording.listed(crossings)}" if crossings else ""
    return f"{named} {verb} apart; the shortest way to the rest leads {' '.join(filter(None, (through, over)))}."


def _some(names: Sequence[str]) -> str:
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return wording.listed([*names[:MOST_NAMED], *more])


def _with_area(lad: str, layer: Layer, authorities: Authorities) -> str:
    """Name an authority with the areas of the layer that it is in."""
    held = [layer.name(str(code)) for code, members in layer.areas["members"].items() if lad in members.split(";")]
    return f"{authorities.name(lad)} ({wording.listed(held) or 'in none'})"


def _shortest(graph: nx.Graph, group: Iterable[str], main: Iterable[str]) -> list[str]:
    """Return the shortest way between two pieces, borders before crossings; empty where there is none."""
    known = [code for code in group if code in graph]
    ends = {code for code in main if code in graph}
    if not known or not ends:
        return []

    def length(_: str, __: str, data: dict[str, str]) -> float:
        return 1.0 if data.get("kind") == "border" else 1.5

    found, ways = nx.multi_source_dijkstra(graph, set(known), weight=length)
    reached = sorted((found[code], code) for code in ends if code in found)
    return list(ways[reached[0][1]]) if reached else []
