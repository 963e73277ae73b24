"""Networks as GraphML, GEXF and node-link JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import networkx as nx

from geoplan.errors import ConfigurationError
from geoplan.output.tables.cells import as_json
from geoplan.schema import wording

__all__ = ["check_suffix", "graph_text"]

SUFFIXES = (".graphml", ".gexf", ".json")


def check_suffix(file: str, suffixes: Sequence[str] = SUFFIXES) -> None:
    """Refuse a file name whose ending names no format that can be written.

    Parameters
    ----------
    file
        Name or path; empty is no file.
    suffixes
        Endings allowed, with their dots.

    Raises
    ------
    ConfigurationError
        Naming the endings there are.
    """
    if file and PurePath(file).suffix.lower() not in suffixes:
        message = f"{PurePath(file).name}: the ending must be {wording.listed(suffixes, 'or')}."
        raise ConfigurationError(message)


def graph_text(graph: nx.Graph, suffix: str) -> str:
    """Write a graph as GraphML, GEXF or node-link JSON.

    Parameters
    ----------
    graph
        Any graph of this package; its nodes become texts, what is not assessed is left out.
    suffix
        ``.graphml``, ``.gexf`` or ``.json``.

    Returns
    -------
    str
        The same graph gives the same text: it holds no date.

    Raises
    ------
    ConfigurationError
        If the suffix is none of these.
    """
    check_suffix(f"graph{suffix}")
    plain = _plain(graph)
    if suffix.lower() == ".json":
        return as_json(nx.node_link_data(plain, edges="edges"))
    if suffix.lower() == ".graphml":
        return "\n".join(nx.generate_graphml(plain)) + "\n"
    for node, data in plain.nodes(data=True):
        data["label"] = data.get("name", node)
    return re.sub(r' lastmodifieddate="[^"]*"', "", "\n".join(nx.generate_gexf(plain))) + "\n"


def _plain(graph: nx.Graph) -> nx.Graph:
    """Return the graph with texts for nodes and attributes of types that every format takes."""
    made = nx.Graph(**{key: value for key, value in graph.graph.items() if value is not None})
    for node, data in graph.nodes(data=True):
        made.add_node(_label(node), **_attributes(data))
    for one, two, data in graph.edges(data=True):
        made.add_edge(_label(one), _label(two), **_attributes(data))
    return made


def _label(node: object) -> str:
    return ":".join(map(str, node)) if isinstance(node, tuple) else str(node)


def _attributes(data: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in data.items() if value is not None}
    return {key: value.item() if hasattr(value, "item") else value for key, value in kept.items()}
