"""Run a configuration: layers, pairs, rules -> one result."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from geoplan import (
    artefacts,
    catalogue,
    coverage,
    findings,
    layers,
    membership,
    network,
    overlay,
    relations,
    sources,
)
from geoplan.errors import AmbiguousError, ConfigurationError, UnknownKeyError
from geoplan.schema import Finding, Layer, Overlay, Relation, Severity, Tolerance, Weight

__all__ = [
    "DEFAULT_PAIRS",
    "AuditResult",
    "Configuration",
    "Focus",
    "Library",
    "Pair",
    "Place",
    "check",
    "compare",
    "lookup",
    "run",
]

DEFAULT_PAIRS = (
    ("connect_to_work", "icb_2026"),
    ("connect_to_work", "icb"),
    ("connect_to_work", "lhb"),
    ("connect_to_work", "combined_authority"),
    ("connect_to_work", "lsip_2025"),
    ("combined_authority", "icb_2026"),
    ("utla", "icb_2026"),
    ("utla", "icb"),
    ("lad", "icb_2026"),
    ("lad", "icb"),
)

POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})", re.IGNORECASE)


@dataclass(frozen=True)
class Configuration:
    """What to audit.

    Parameters
    ----------
    pairs
        Pairs of layers to overlay, each in both directions.
    layers
        Layers to check by themselves; those of the pairs are checked in any case.
    focus
        Only findings about this area: a code, a name, a scheme's area id, or ``layer:name``.
    as_of
        Day whose members are shown; None is the catalogue's own day.
    weight
        What is counted.
    tolerance
        Shares below which layers agree.
    replacements
        Catalogue key -> membership table of the user's own that stands in for the shipped one.
    """

    pairs: tuple[tuple[str, str], ...] = DEFAULT_PAIRS
    layers: tuple[str, ...] = ()
    focus: str = ""
    as_of: date | None = None
    weight: Weight = Weight.PEOPLE
    tolerance: Tolerance = field(default_factory=Tolerance)
    replacements: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_layers(cls, keys: Sequence[str], **options: Any) -> Configuration:
        """Configure every pair of the given layers; one alone is only checked."""
        return cls(pairs=tuple(itertools.combinations(keys, 2)), layers=tuple(keys), **options)


@dataclass(frozen=True)
class Focus:
    """The area an audit is about.

    Parameters
    ----------
    layer, code, name
        The area.
    blocks
        The shipped blocks it is made of.
    also
        Other areas of the same name, as ``layer:code``.
    """

    layer: str
    code: str
    name: str
    blocks: frozenset[str]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Pair:
    """One direction of a comparison.

    Parameters
    ----------
    overlay, relations
        From `geoplan.overlay.overlay` and `geoplan.relations.relate`.
    summary
        The pair's line in audit.json: counts of relations, agreement and number of common blocks.
    """

    overlay: Overlay
    relations: pd.DataFrame
    summary: Mapping[str, Any]

    @property
    def keys(self) -> tuple[str, str]:
        """Left and right layer key."""
        return self.overlay.left.key, self.overlay.right.key


@dataclass(frozen=True, eq=False)
class AuditResult:
    """Everything an audit found.

    Parameters
    ----------
    layers
        Key -> layer, in the order audited.
    pairs
        Every comparison, in both directions.
    findings
        Most serious first, then by people.
    focus
        The area the findings are about, or None.
    as_of
        The day asked for (ISO).
    parameters
        What the audit was asked, in JSON types.
    blocks
        The shipped blocks, with geometry where it was loaded.
    """

    layers: Mapping[str, Layer]
    pairs: tuple[Pair, ...]
    findings: tuple[Finding, ...]
    focus: Focus | None
    as_of: str
    parameters: Mapping[str, Any]
    blocks: pd.DataFrame

    @property
    def worst(self) -> Severity | None:
        """The most serious severity found."""
        return min((f.severity for f in self.findings), key=lambda s: s.rank, default=None)


class Library:
    """Opens layers by catalogue key, boundary file or membership table, each once.

    Parameters
    ----------
    as_of
        Day whose members are shown; None is the catalogue's own day.
    geometry
        Whether shipped layers get their outlines.
    replacements
        Catalogue key -> membership table that stands in for the shipped one.
    """

    def __init__(
        self,
        *,
        as_of: date | None = None,
        geometry: bool = False,
        replacements: Mapping[str, str] | None = None,
    ) -> None:
        self.as_of = as_of or catalogue.default_as_of()
        self.geometry = geometry
        self.replacements = dict(replacements or {})
        for key in self.replacements:
            catalogue.entry(key)
        self._open: dict[tuple[str, str, str, bool], Layer] = {}

    @cached_property
    def blocks(self) -> pd.DataFrame:
        """The shipped blocks, with geometry where layers are to be drawn."""
        return sources.shipped_blocks(geometry=self.geometry)

    @cached_property
    def authorities(self) -> membership.Authorities:
        """The reference for membership tables."""
        return _authorities(self.blocks)

    @cached_property
    def drawn(self) -> Library:
        """The same library with outlines."""
        if self.geometry:
            return self
        return Library(as_of=self.as_of, geometry=True, replacements=self.replacements)

    @cached_property
    def points(self) -> pd.DataFrame:
        """The postcode points with their blocks; two million rows."""
        return sources.postcode_points()

    def layer(self, reference: str, *, code: str = "", name: str = "") -> Layer:
        """Open a layer.

        Parameters
        ----------
        reference
            A catalogue key, a boundary file (``#layer`` for a layer inside it) or a membership table
            (.csv).
        code, name
            Columns of a boundary file; found by themselves where one fits.

        Returns
        -------
        Layer
            The same object for the same arguments.

        Raises
        ------
        UnknownKeyError
            If it is neither a known key nor looks like a file; names the nearest keys.
        InputError
            If the file cannot be read or used.
        """
        at = (reference, code, name, self.geometry)
        if at not in self._open:
            self._open[at] = self._load(reference, code, name)
        return self._open[at]

    def _load(self, reference: str, code: str, name: str) -> Layer:
        if reference in self.replacements:
            entry = catalogue.entry(reference)
            return self._user_table(self.replacements[reference], entry)
        if reference in catalogue.catalogue() or not _looks_like_file(reference):
            return self._shipped(catalogue.entry(reference))
        if reference.lower().endswith(".csv"):
            return self._user_table(reference, None)
        raw = sources.read_boundaries(reference)
        names = self.authorities.name
        retired = {
            old: " and ".join(names(code) for code in successors)
            for old, (_, _, successors, _) in self.authorities.retired.items()
        }
        return layers.from_raw(raw, code=code or None, name=name or None, retired=retired)

    def _shipped(self, entry: catalogue.Entry) -> Layer:
        file = f"membership/{entry.table}.csv"
        return membership.from_catalogue(
            entry, sources.shipped_table(file), self.authorities, as_of=self.as_of,
            sha256=sources.hash_of([sources.shipped_path(file)]),
        )  # fmt: skip

    def _user_table(self, reference: str, entry: catalogue.Entry | None) -> Layer:
        rows, file, sha256 = sources.read_membership(reference)
        return membership.from_user_table(rows, file, self.authorities, sha256=sha256, stands_for=entry)

    def find(self, place: str, first: Iterable[str] = ()) -> Focus:
        """Find an area by code, name or scheme area id in the catalogue's layers.

        Parameters
        ----------
        place
            Code, name, or ``layer:code`` or ``layer:name``.
        first
            Keys of layers to look in before the rest of the catalogue.

        Returns
        -------
        Focus
            The first that fits; others of the same name stand in ``also``.

        Raises
        ------
        UnknownKeyError
            With the nearest names.
        AmbiguousError
            If one layer has several areas of that name.
        """
        prefix, _, rest = place.partition(":")
        keyed = bool(rest) and prefix in catalogue.catalogue()
        wanted = rest.strip() if keyed else place.strip()
        order = [prefix] if keyed else list(dict.fromkeys([*first, "lad", "utla", *catalogue.catalogue()]))
        opened = [layer for layer in map(self.layer, order) if layer.parts is not None]
        found = [(layer, code) for layer in opened for code in _matches(layer, wanted)]
        if not found:
            names = {str(n): None for layer in opened for n in layer.areas["name"]}
            near = difflib.get_close_matches(wanted, list(names), n=3, cutoff=0.6)
            hint = f" Nearest: {', '.join(near)}." if near else " geoplan layers lists what there is."
            message = f"There is no area called {place!r}.{hint}"
            raise UnknownKeyError(message)
        layer, code = found[0]
        twins = [c for one, c in found if one is layer]
        if len(twins) > 1:
            listed = "; ".join(f"{c} {layer.name(c)}" for c in twins)
            message = f"{place!r} fits several areas of {layer.key}: {listed}. Give the code."
            raise AmbiguousError(message)
        return Focus(
            layer.key,
            code,
            layer.name(code),
            _blocks_of(layer, code),
            tuple(f"{one.key}:{c}" for one, c in found[1:]),
        )


def _authorities(blocks: pd.DataFrame) -> membership.Authorities:
    table = sources.shipped_table("authorities.csv").set_index("lad_code")
    retired = {
        row.code: (row.name, row.ended, tuple(row.successor_codes.split(";")), row.whole == "yes")
        for row in sources.shipped_table("retired_codes.csv").itertuples(index=False, name="Retired")
    }
    return membership.Authorities(table, blocks, retired)


def _looks_like_file(reference: str) -> bool:
    path = reference.partition("#")[0]
    return Path(path).exists() or "/" in path or "\\" in path or "." in path


def _matches(layer: Layer, wanted: str) -> list[str]:
    if wanted in layer.areas.index:
        return [wanted]
    plain = membership.plain_name(wanted)
    return [str(c) for c, n in layer.areas["name"].items() if membership.plain_name(str(n)) == plain]


def _blocks_of(layer: Layer, code: str) -> frozenset[str]:
    assert layer.parts is not None  # noqa: S101 - only layers of blocks are searched
    return frozenset(layer.parts.loc[layer.parts["code"] == code, "block"])


def compare(
    left: str,
    right: str,
    *,
    library: Library | None = None,
    weight: Weight = Weight.PEOPLE,
    tolerance: Tolerance | None = None,
    code: str = "",
    name: str = "",
) -> Pair:
    """Compare two layers: overlay, artefacts, relations, agreement.

    Parameters
    ----------
    left, right
        Catalogue keys, boundary files or membership tables.
    library
        Where to open them; a new one by default.
    weight
        What is counted.
    tolerance
        Shares below which they agree.
    code, name
        Columns of boundary files, where they cannot be found by themselves.

    Returns
    -------
    Pair
        The left layer's view of the right one.

    Raises
    ------
    GeoplanError
        If a layer cannot be opened.
    """
    library = library or Library()
    tolerance = tolerance or Tolerance()
    one, two = (library.layer(ref, code=code, name=name) for ref in (left, right))
    if overlay.needs_geometry(one, two):
        library = library.drawn
        one, two = (library.layer(ref, code=code, name=name) for ref in (left, right))
    return _compare_layers(one, two, library, weight, tolerance)


def _compare_layers(left: Layer, right: Layer, library: Library, weight: Weight, tolerance: Tolerance) -> Pair:
    points = library.points if overlay.needs_points(left, right, weight) else None
    over = overlay.overlay(left, right, blocks=library.blocks, weight=weight, points=points)
    over = artefacts.mark(over, tolerance=tolerance)
    related = relations.relate(over, tolerance=tolerance)
    return Pair(over, related, _summary(over, related, tolerance))


def _summary(over: Overlay, related: pd.DataFrame, tolerance: Tolerance) -> dict[str, Any]:
    outside = _outside_extent(over.left, over.right)
    counted = related["relation"][~related.index.isin(outside) | (related["relation"] != Relation.UNCOVERED)]
    counts = counted.value_counts()
    alike = relations.agreement(over)
    graph = network.correspondence(over, tolerance=tolerance)
    return {
        "left": over.left.key,
        "right": over.right.key,
        "basis": str(over.basis),
        "areas": len(related),
        **{str(relation): int(counts.get(relation, 0)) for relation in Relation},
        "outside_extent": len(related) - len(counted),
        "homogeneity": alike["homogeneity"],
        "completeness": alike["completeness"],
        "v_measure": alike["v_measure"],
        "blocks": len(network.common_blocks(graph)),
    }


def countries_of(layer: Layer) -> pd.Series:
    """Return for each area the letters of the countries its authorities lie in.

    Parameters
    ----------
    layer
        Any layer.

    Returns
    -------
    pandas.Series
        Code -> letters in alphabetical order; "" for drawn layers, whose countries are not known.
    """
    if layer.parts is None:
        return pd.Series("", index=layer.areas.index)
    letters = layer.parts["block"].str[0].groupby(layer.parts["code"]).agg(lambda each: "".join(sorted(set(each))))
    return letters.reindex(layer.areas.index)


def _outside_extent(left: Layer, right: Layer) -> list[str]:
    here = countries_of(left)
    return [c for c, letters in here.items() if right.extent and letters and not set(letters) & set(right.extent)]


def run(configuration: Configuration | None = None, *, geometry: bool = False) -> AuditResult:
    """Audit layers by themselves and against each other.

    Parameters
    ----------
    configuration
        What to audit; by default the pairs of shipped layers that design names.
    geometry
        Whether to load outlines, for a map.

    Returns
    -------
    AuditResult
        Layers, pairs in both directions, findings.

    Raises
    ------
    GeoplanError
        If a layer cannot be opened, or the focus is not known.
    """
    asked = configuration or Configuration()
    library = Library(as_of=asked.as_of, geometry=geometry, replacements=asked.replacements)
    keys = list(dict.fromkeys([*asked.layers, *itertools.chain.from_iterable(asked.pairs)]))
    if not keys:
        message = "There is nothing to audit: name at least one layer."
        raise ConfigurationError(message)
    opened = {key: library.layer(key) for key in keys}
    if any(layer.parts is None for layer in opened.values()) and not geometry:
        library = library.drawn
        opened = {key: library.layer(key) for key in keys}
    pairs, failed = _pairs(asked, opened, library)
    focus = library.find(asked.focus, keys) if asked.focus else None
    found = [*failed, *_layer_findings(opened.values(), library), *_pair_findings(pairs, asked.tolerance)]
    kept = [f for f in found if focus is None or _about(f, focus, opened)]
    return AuditResult(
        layers={layer.key: layer for layer in opened.values()},
        pairs=tuple(pairs),
        findings=tuple(sorted(kept, key=_gravity)),
        focus=focus,
        as_of=library.as_of.isoformat(),
        parameters=_parameters(asked, library),
        blocks=library.blocks,
    )


def _pairs(asked: Configuration, opened: Mapping[str, Layer], library: Library) -> tuple[list[Pair], list[Finding]]:
    pairs: list[Pair] = []
    failed: list[Finding] = []
    for one, two in asked.pairs:
        for left, right in dict.fromkeys([(one, two), (two, one)]):
            try:
                pairs.append(_compare_layers(opened[left], opened[right], library, asked.weight, asked.tolerance))
            except ValueError as problem:
                failed.append(findings.not_run(opened[left].key, f"Comparison with {opened[right].key}", str(problem)))
    return pairs, failed


def _layer_findings(opened: Iterable[Layer], library: Library) -> list[Finding]:
    found: list[Finding] = []
    for layer in opened:
        notes = list(layer.notes)
        if layer.parts is None:
            notes += coverage.drawn_notes(layer)
        else:
            notes += _contiguity_notes(layer, library)
        found += findings.from_notes(layer, notes)
    return found


def _contiguity_notes(layer: Layer, library: Library) -> list[Any]:
    table = library.authorities.table
    people = library.blocks.groupby("lad")["people"].sum()
    return network.contiguity_notes(layer, contiguity_graph(tuple(table.index)), table["name"], people)


def contiguity_graph(codes: tuple[str, ...]) -> nx.Graph:
    """Return the shipped graph of neighbouring authorities.

    Parameters
    ----------
    codes
        All authorities.

    Returns
    -------
    networkx.Graph
        See `geoplan.network.contiguity`.
    """
    neighbours = sources.shipped_table("neighbours.csv")
    return network.contiguity(neighbours, sources.shipped_table("links.csv"), codes)


def _pair_findings(pairs: Iterable[Pair], tolerance: Tolerance) -> list[Finding]:
    return [
        finding
        for pair in pairs
        for finding in findings.from_pair(
            pair.overlay, pair.relations, tolerance=tolerance, countries=countries_of(pair.overlay.left)
        )
    ]


def _about(finding: Finding, focus: Focus, opened: Mapping[str, Layer]) -> bool:
    """Tell whether a finding concerns the focus: names it, or is about ground of its own."""
    by_key = {layer.key: layer for layer in opened.values()}
    layer = by_key.get(finding.layer)
    if layer is None or not finding.code:
        return finding.rule == "GP901"
    if (finding.layer, finding.code) == (focus.layer, focus.code):
        return True
    if finding.other_layer == focus.layer and focus.code in finding.other_codes:
        return True
    if layer.parts is None:
        return False
    if finding.code in layer.areas.index:
        return bool(_blocks_of(layer, finding.code) & focus.blocks)
    return any(block.partition(".")[0] == finding.code for block in focus.blocks)


def _gravity(finding: Finding) -> tuple[int, str, float, str]:
    return finding.severity.rank, finding.rule, -(finding.value or 0.0), finding.id


def _parameters(asked: Configuration, library: Library) -> dict[str, Any]:
    return {
        "pairs": [[_public(one), _public(two)] for one, two in asked.pairs],
        "layers": [_public(key) for key in asked.layers],
        "focus": asked.focus,
        "as_of": library.as_of.isoformat(),
        "weight": str(asked.weight),
        "tolerance": {"codes": asked.tolerance.codes, "drawn": asked.tolerance.drawn},
        "keep_artefacts": asked.tolerance.keep_artefacts,
        "replacements": {key: Path(file).name for key, file in asked.replacements.items()},
    }


def _public(reference: str) -> str:
    """Strip the folders off a reference: no output holds a path of the machine."""
    return reference if reference in catalogue.catalogue() else Path(reference).name


@dataclass(frozen=True, eq=False)
class Place:
    """What `lookup` found.

    Parameters
    ----------
    title
        The place in words.
    areas
        Frame with layer, code, name, share (of the place's people, missing where a part of unknown size
        belongs), confidence and status.
    """

    title: str
    areas: pd.DataFrame


def lookup(place: str, *, library: Library | None = None) -> Place:
    """Find every partnership that covers a postcode, an authority or an area.

    Parameters
    ----------
    place
        A postcode, or what `Library.find` accepts.
    library
        Where to open layers; a new one by default.

    Returns
    -------
    Place
        Its areas in the order of the catalogue.

    Raises
    ------
    UnknownKeyError
        If there is no such place; names the nearest.
    """
    library = library or Library()
    if match := POSTCODE.fullmatch(place.strip()):
        title, blocks = _postcode(f"{match[1]} {match[2]}".upper(), library)
    else:
        focus = library.find(place)
        title, blocks = f"{focus.name} ({focus.layer} {focus.code})", focus.blocks
    people = library.blocks["people"].reindex(sorted(blocks))
    found = [row for key in catalogue.catalogue() for row in _covering(library.layer(key), people)]
    columns = ["layer", "code", "name", "share", "confidence", "status"]
    return Place(title, pd.DataFrame(found, columns=columns))


def _postcode(postcode: str, library: Library) -> tuple[str, frozenset[str]]:
    points = sources.postcode_points([postcode[0]])
    plain = points["postcode"].astype(str).str.replace(" ", "", regex=False)
    block = points.loc[(plain == postcode.replace(" ", "")).to_numpy(), "block"]
    if block.empty:
        message = f"The postcode {postcode} is not in the directory of November 2025."
        raise UnknownKeyError(message)
    authority = library.authorities.name(str(block.iloc[0]).partition(".")[0])
    return f"{postcode} in {authority}", frozenset([str(block.iloc[0])])


def _covering(layer: Layer, people: pd.Series) -> list[tuple[str, str, str, float, str, str]]:
    assert layer.parts is not None  # noqa: S101 - the catalogue's layers are made of blocks
    parts = layer.parts[layer.parts["block"].isin(people.index)]
    held = parts["share"] * people.reindex(parts["block"]).to_numpy()
    shares = held.groupby(parts["code"]).agg(lambda each: each.sum(skipna=False)) / people.sum()
    ranked = shares.sort_values(ascending=False, kind="stable", na_position="last")
    return [
        (
            layer.key,
            str(code),
            layer.name(code),
            float(share),
            str(layer.areas["confidence"][code]),
            layer.status,
        )
        for code, share in ranked.items()
    ]


def check(
    reference: str, *, library: Library | None = None, code: str = "", name: str = ""
) -> tuple[Layer, tuple[Finding, ...]]:
    """Tell whether one layer is sound.

    Parameters
    ----------
    reference
        Catalogue key, boundary file or membership table.
    library
        Where to open it; a new one by default.
    code, name
        Columns of a boundary file, where they cannot be found by themselves.

    Returns
    -------
    layer : Layer
        As it was read.
    findings : tuple of Finding
        What reading repaired, gaps, overlaps and pieces; most serious first.

    Raises
    ------
    GeoplanError
        If the layer cannot be read or used at all.
    """
    library = library or Library()
    layer = library.layer(reference, code=code, name=name)
    return layer, tuple(sorted(_layer_findings([layer], library), key=_gravity))
