"""One pair of layers compared; one layer checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Self

import pandas as pd

from geoplan.analysis import artefacts, money, overlay, relations
from geoplan.analysis.faults import coverage, offset
from geoplan.analysis.networks import contiguity, crosswalk, graphs
from geoplan.auditing.judging import findings
from geoplan.auditing.results import Pair
from geoplan.commuting.atlas import Atlas
from geoplan.data.catalogue_file import Entry
from geoplan.data.membership.own.steps import Members
from geoplan.data.membership.shipped_layers import layer_of
from geoplan.data.shipped import package_data
from geoplan.errors import ConfigurationError, RunError, carefully, refusal
from geoplan.progress import phase
from geoplan.schema import RATED_MEASURES, Finding, Layer, Note, Overlay, Tolerance, Weight

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["authorities_by_geography", "check", "check_members", "compare", "compare_layers", "layer_findings"]


def compare(
    left: str,
    right: str,
    *,
    atlas: Atlas | None = None,
    weight: Weight = Weight.PEOPLE,
    tolerance: Tolerance | None = None,
    code: str = "",
    name: str = "",
) -> Pair:
    """Compare two layers: overlay, artefacts, relations, agreement.

    Parameters
    ----------
    left, right
        Catalogue keys, boundary files, membership tables or lookups.
    atlas
        Where to open them; a new one by default.
    weight
        What is counted.
    tolerance
        Shares below which they agree.
    code, name
        Columns of files, where they cannot be found by themselves.

    Returns
    -------
    Pair
        The left layer's view of the right one.

    Raises
    ------
    GeoplanError
        If a layer cannot be opened.
    """
    atlas = atlas or Atlas()
    tolerance = tolerance or Tolerance()
    one, two = (atlas.layer(ref, code=code, name=name) for ref in (left, right))
    if overlay.needs_geometry(one, two):
        atlas = atlas.drawn
        one, two = (atlas.layer(ref, code=code, name=name) for ref in (left, right))
    return compare_layers(one, two, atlas, weight, tolerance)


def compare_layers(
    left: Layer, right: Layer, atlas: Atlas, weight: Weight, tolerance: Tolerance, *, reverse: Overlay | None = None
) -> Pair:
    """Compare two open layers: their overlay with its artefacts marked, and how their areas relate."""
    with carefully(f"Comparing {left.key} with {right.key}"), phase(f"Comparing {left.key} with {right.key}"):
        points = atlas.points if overlay.needs_points(left, right, weight) else None
        over = overlay.overlay(left, right, blocks=atlas.blocks, weight=weight, points=points, reverse=reverse)
        over = artefacts.mark(over, tolerance=tolerance)
        over = replace(over, notes=(*over.notes, *offset.offset_notes(over, points)))
        spread = money.spread(left, right, over, atlas.blocks, points)
        related = relations.relate(over, tolerance=tolerance)
        return Pair(over, related, tolerance, spread, atlas.indicator)


def layer_findings(opened: Iterable[Layer], atlas: Atlas) -> list[Finding]:
    """Return what layers say of themselves as findings; a check that fails is one too."""
    found: list[Finding] = []
    authorities = cache(lambda: _Authorities.of(atlas))
    for layer in opened:
        notes = list(layer.notes)
        try:
            with carefully("It"):
                if layer.parts is None:
                    notes += coverage.drawn_notes(layer, atlas.whereabouts)
                elif layer.blocks is None:
                    notes += authorities().contiguity_notes(layer)
        except RunError as problem:
            found.append(findings.not_run(layer.key, f"The check of {layer.title} by itself", problem.why))
        found += findings.from_notes(layer, notes)
    return found


class _Authorities(NamedTuple):
    """The authorities as neighbours, their names, and what is counted of each."""

    graph: nx.Graph
    names: pd.Series
    counted: pd.DataFrame

    @classmethod
    def of(cls, atlas: Atlas) -> Self:
        """Return those of an atlas."""
        table = atlas.authorities.table
        counted = atlas.blocks.groupby("lad")[["people", *RATED_MEASURES]].sum(skipna=False)
        return cls(contiguity_graph(tuple(table.index)), table["name"], counted)

    def contiguity_notes(self, layer: Layer) -> list[Note]:
        """Return what is to be said of areas in pieces."""
        return contiguity.contiguity_notes(layer, self.graph, self.names, self.counted["people"], self.counted)


def contiguity_graph(codes: tuple[str, ...]) -> nx.Graph:
    """Return the shipped graph of neighbouring authorities.

    Parameters
    ----------
    codes
        All authorities.

    Returns
    -------
    networkx.Graph
        See `geoplan.analysis.networks.graphs.contiguity`.
    """
    neighbours = package_data.shipped_table("neighbours.csv")
    return graphs.contiguity(neighbours, package_data.shipped_table("links.csv"), codes)


def check(
    reference: str, *, atlas: Atlas | None = None, code: str = "", name: str = ""
) -> tuple[Layer, tuple[Finding, ...]]:
    """Tell whether one layer is sound.

    Parameters
    ----------
    reference
        Catalogue key, boundary file, membership table or lookup.
    atlas
        Where to open it; a new one by default.
    code, name
        Columns of a file, where they cannot be found by themselves.

    Returns
    -------
    layer : Layer
        As it was read.
    findings : tuple of Finding
        What reading repaired, gaps, overlaps and pieces; most serious first, islands last.

    Raises
    ------
    GeoplanError
        If the layer cannot be read or used at all.
    """
    atlas = atlas or Atlas()
    layer = atlas.layer(reference, code=code, name=name)
    found = sorted(layer_findings([layer], atlas), key=lambda finding: finding.gravity)
    return layer, tuple(sorted(found, key=lambda finding: finding.rule == "GP203"))


def check_members(
    entry: Entry, table: Members, atlas: Atlas, notes: Iterable[Note] = ()
) -> tuple[Layer, list[Finding]]:
    """Check the members of a scheme, kept or not, by the rules on membership.

    Parameters
    ----------
    entry
        The scheme's entry in the catalogue.
    table
        Its members.
    atlas
        For the reference and the day.
    notes
        What bringing a table to the scheme left open.

    Returns
    -------
    layer : Layer
        Made of them.
    findings : list of Finding
        GP401 to GP405, most serious first.
    """
    layer = layer_of(entry, [table], atlas.authorities, as_of=atlas.as_of)
    layer = replace(layer, notes=(*notes, *layer.notes))
    found = [one for one in layer_findings([layer], atlas) if one.rule.startswith(("GP4", "GP9"))]
    return layer, sorted(found, key=lambda finding: finding.gravity)


def authorities_by_geography(
    references: Iterable[str], *, atlas: Atlas, focus: str = "", code: str = "", name: str = ""
) -> pd.DataFrame:
    """Tabulate which areas of each geography every authority is in.

    Parameters
    ----------
    references
        Layers made of authorities or of sides of them.
    atlas
        Where to open them.
    focus
        Only the authorities of this area; all by default.
    code, name
        Columns of files, where they cannot be found by themselves.

    Returns
    -------
    pandas.DataFrame
        From `geoplan.analysis.networks.crosswalk.crosswalk`.

    Raises
    ------
    ConfigurationError
        If a layer is drawn or a lookup from small areas, which lists no authorities.
    """
    layers = [atlas.layer(each, code=code, name=name) for each in dict.fromkeys(references)]
    unlisted = [layer.key for layer in layers if layer.parts is None or layer.blocks is not None]
    if unlisted:
        hint = "Give catalogue keys or membership tables."
        raise ConfigurationError(refusal("layers that list no authorities", codes=unlisted, hint=hint))
    blocks = atlas.find(focus, layers).blocks if focus else None
    here = None if blocks is None else {graphs.authority_of(block) for block in blocks}
    return crosswalk.crosswalk(layers, authorities=here)
