"""Run a configuration: layers, pairs, rules -> one result."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import networkx as nx
import pandas as pd

from geoplan import (
    artefacts,
    catalogue,
    commuting,
    contiguity,
    coverage,
    extent,
    findings,
    leakage,
    network,
    offset,
    overlay,
    relations,
    sources,
    wording,
)
from geoplan.atlas import Atlas, Choice, Focus, blocks_of
from geoplan.baseline import Applied
from geoplan.commuting import Contained
from geoplan.errors import ConfigurationError, GeoplanError, RunError, carefully, refusal
from geoplan.progress import each, phase
from geoplan.schema import Finding, Layer, Overlay, Relation, Severity, Tolerance, Weight
from geoplan.standing import STANDING_OF, Standing

__all__ = [
    "DEFAULT_PAIRS",
    "AuditResult",
    "Configuration",
    "Pair",
    "atlas_for",
    "check",
    "compare",
    "focus_of",
    "focused",
    "parameters",
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


FEW = 6
"""Areas of a common block up to which a message names them."""


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
    flows
        File of commuting flows; empty for the modelled ones between authorities.
    named
        Name -> layer of the user's own choice, as pairs and layers call them.
    code, name
        Columns of the files among the layers; empty where they can be found.
    dissolve
        Whether rows of a boundary file with the same code are joined.
    """

    pairs: tuple[tuple[str, str], ...] = DEFAULT_PAIRS
    layers: tuple[str, ...] = ()
    focus: str = ""
    as_of: date | None = None
    weight: Weight = Weight.PEOPLE
    tolerance: Tolerance = field(default_factory=Tolerance)
    replacements: Mapping[str, str] = field(default_factory=dict)
    flows: str = ""
    named: Mapping[str, Choice] = field(default_factory=dict)
    code: str = ""
    name: str = ""
    dissolve: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The layers it names, each once."""
        return tuple(dict.fromkeys([*self.layers, *itertools.chain.from_iterable(self.pairs)]))

    @classmethod
    def of_layers(cls, keys: Sequence[str], **options: Any) -> Configuration:
        """Configure every pair of the given layers; one alone is only checked."""
        keys = tuple(dict.fromkeys(keys))
        return cls(pairs=tuple(itertools.combinations(keys, 2)), layers=tuple(keys), **options)


@dataclass(frozen=True, eq=False)
class Pair:
    """One direction of a comparison.

    Parameters
    ----------
    overlay, relations
        From `geoplan.overlay.overlay` and `geoplan.relations.relate`.
    tolerance
        The one they were made with.
    """

    overlay: Overlay
    relations: pd.DataFrame
    tolerance: Tolerance = field(default_factory=Tolerance)

    @property
    def keys(self) -> tuple[str, str]:
        """Left and right layer key."""
        return self.overlay.left.key, self.overlay.right.key

    @cached_property
    def blocks(self) -> tuple[network.Block, ...]:
        """The smallest groupings on which the two layers agree; found when first asked for."""
        return tuple(network.common_blocks(network.correspondence(self.overlay, tolerance=self.tolerance)))

    @cached_property
    def cuts(self) -> relations.Cuts:
        """The pieces in which the two layers overlap only in part."""
        return relations.cuts(self.overlay, tolerance=self.tolerance)

    @cached_property
    def standing(self) -> Mapping[str, Standing]:
        """Code of every left area -> how it stands to the right layer, in the word that all outputs use."""
        told = {str(code): STANDING_OF[Relation(each)] for code, each in self.relations["relation"].items()}
        return {code: Standing.OUTSIDE if code in self.outside else each for code, each in told.items()}

    @cached_property
    def outside(self) -> frozenset[str]:
        """The left areas that the comparison says nothing about; see `geoplan.extent.outside`."""
        return extent.outside(self.overlay.left, self.overlay.right, self.relations)

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """The pair's line in audit.json: counts of relations, agreement and number of common blocks."""
        relation = self.relations["relation"]
        counted = relation[~relation.index.isin(self.outside)]
        counts = counted.value_counts()
        alike = relations.agreement(self.overlay)
        return {
            "left": self.overlay.left.key,
            "right": self.overlay.right.key,
            "basis": str(self.overlay.basis),
            "areas": len(relation),
            **{str(each): int(counts.get(each, 0)) for each in Relation},
            "outside_extent": len(relation) - len(counted),
            "cut_areas": len(self.cuts.by_area),
            "cut_people": self.cuts.total,
            "homogeneity": alike["homogeneity"],
            "completeness": alike["completeness"],
            "v_measure": alike["v_measure"],
            "blocks": len(self.blocks),
        }


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
    fit
        Which of the shipped geographies that cover much of the country fits into which, from
        `geoplan.relations.fit_matrix` with titles for keys; None where particular layers or an area were
        asked for.
    contained
        Layer key -> how self-contained its areas are, for partnerships in force, files of the user's own, the
        layer of the focus, and with flows of the user's own for every partnership.
    stability
        Authority code -> share of runs (0 to 1) in which it stays with the core of its labour market area; None
        where these were not worked out.
    changes
        Finding id -> ``new``, ``grown``, ``shrunk`` or ``unchanged`` since an earlier audit; empty without one.
    known
        What a baseline did: the findings it keeps quiet are not among ``findings``; None without one.
    """

    layers: Mapping[str, Layer]
    pairs: tuple[Pair, ...]
    findings: tuple[Finding, ...]
    focus: Focus | None
    as_of: str
    parameters: Mapping[str, Any]
    blocks: pd.DataFrame
    fit: pd.DataFrame | None = None
    contained: Mapping[str, Contained] = field(default_factory=dict)
    stability: pd.Series | None = None
    changes: Mapping[str, str] = field(default_factory=dict)
    known: Applied | None = None

    @property
    def everything(self) -> tuple[Finding, ...]:
        """All findings, also those a baseline keeps quiet: what is so does not depend on what is known."""
        if self.known is None:
            return self.findings
        return tuple(sorted((*self.findings, *self.known.suppressed), key=lambda finding: finding.gravity))

    @property
    def quiet(self) -> str:
        """The sentence about what a baseline keeps quiet; empty without one."""
        return "" if self.known is None else self.known.sentence

    @property
    def undrawn(self) -> tuple[str, ...]:
        """Keys of the layers without outlines of their own or of shipped blocks: lookups from small areas."""
        return tuple(key for key, layer in self.layers.items() if layer.blocks is not None)

    @property
    def indicative(self) -> bool:
        """Whether shipped outlines are shown, which are drawn from postcodes."""
        return any(layer.parts is not None and layer.blocks is None for layer in self.layers.values())

    @property
    def weight(self) -> Weight:
        """What was counted."""
        return Weight(self.parameters.get("weight", Weight.PEOPLE))

    @property
    def tolerance(self) -> Tolerance:
        """Shares below which layers agree."""
        kept = bool(self.parameters.get("keep_artefacts", False))
        return Tolerance(**self.parameters.get("tolerance", {}), keep_artefacts=kept)


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
    return _compare_layers(one, two, atlas, weight, tolerance)


def _compare_layers(
    left: Layer, right: Layer, atlas: Atlas, weight: Weight, tolerance: Tolerance, *, reverse: Overlay | None = None
) -> Pair:
    with carefully(f"Comparing {left.key} with {right.key}"), phase(f"Comparing {left.key} with {right.key}"):
        points = atlas.points if overlay.needs_points(left, right, weight) else None
        over = overlay.overlay(left, right, blocks=atlas.blocks, weight=weight, points=points, reverse=reverse)
        over = artefacts.mark(over, tolerance=tolerance)
        over = replace(over, notes=(*over.notes, *offset.offset_notes(over, points)))
        return Pair(over, relations.relate(over, tolerance=tolerance), tolerance)


def run(
    configuration: Configuration | None = None,
    *,
    geometry: bool = False,
    atlas: Atlas | None = None,
    lenient: bool = False,
) -> AuditResult:
    """Audit layers by themselves and against each other.

    Parameters
    ----------
    configuration
        What to audit; by default the pairs of shipped layers that design names.
    geometry
        Whether to load outlines, for a map.
    atlas
        Where to open layers, from `atlas_for` the same configuration; a new one by default.
    lenient
        Whether a layer that cannot be opened is a finding (GP901), and the others are audited without it.

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
    atlas = atlas or atlas_for(asked, geometry=geometry)
    keys = asked.keys
    if not keys:
        message = "There is nothing to audit: name at least one layer."
        raise ConfigurationError(message)
    opened, lost = _opened(keys, atlas, lenient=lenient)
    if any(layer.parts is None for layer in opened.values()) and not geometry:
        atlas = atlas.drawn
        opened = {key: atlas.layer(key) for key in opened}
    _refuse_twins(opened)
    _refuse_focus(asked.focus, opened.values())
    if asked.focus:
        # An unknown place is refused before the work is done.
        atlas.find(asked.focus, opened.values())
    pairs, failed = _pairs(asked, opened, atlas)
    found = [*lost, *failed, *_layer_findings(opened.values(), atlas), *_pair_findings(pairs, asked.tolerance)]
    told, not_told = _labour_markets(opened, atlas)
    about_commuting = [finding for each in told.values() for finding in leakage.from_containment(each)]
    if told:
        opened.setdefault(leakage.MARKETS, atlas.layer(leakage.MARKETS))
    found += [*not_told, *about_commuting]
    result = AuditResult(
        layers={layer.key: layer for layer in opened.values()},
        pairs=tuple(pairs),
        findings=tuple(sorted(_on_the_ground(found, pairs), key=lambda finding: finding.gravity)),
        focus=None,
        as_of=atlas.as_of.isoformat(),
        parameters=parameters(asked, atlas),
        blocks=atlas.blocks,
        fit=_fit(atlas, asked.weight) if asked.pairs == DEFAULT_PAIRS and not asked.focus else None,
        contained=told,
        stability=atlas.market_stability if told else None,
    )
    return focused(result, asked.focus, atlas) if asked.focus else result


def focus_of(configuration: Configuration, atlas: Atlas) -> Focus | None:
    """Return the area an audit is to be about, before its work is done.

    Parameters
    ----------
    configuration
        What is to be audited.
    atlas
        From `atlas_for` the same configuration.

    Returns
    -------
    Focus or None
        None where the whole is audited.

    Raises
    ------
    GeoplanError
        If no layer can be opened, or there is no such area; names the nearest.
    """
    if not configuration.focus:
        return None
    opened, _ = _opened(configuration.keys, atlas, lenient=True)
    return atlas.find(configuration.focus, opened.values())


def _opened(keys: Iterable[str], atlas: Atlas, *, lenient: bool) -> tuple[dict[str, Layer], list[Finding]]:
    """Open layers; where it is asked for, those that cannot be opened become findings."""
    opened, lost, problems = {}, [], []
    for key in keys:
        try:
            opened[key] = atlas.layer(key)
        except GeoplanError as problem:
            if not lenient:
                raise
            problems.append(problem)
            lost.append(findings.not_run(_public(key), f"Opening {_public(key)}", str(problem)))
    if not opened:
        raise problems[0]
    return opened, lost


def atlas_for(configuration: Configuration, *, geometry: bool = False) -> Atlas:
    """Return where an audit opens its layers.

    Parameters
    ----------
    configuration
        What is to be audited.
    geometry
        Whether shipped layers get their outlines.

    Returns
    -------
    Atlas
        With the day, tables, flows and names of the configuration.
    """
    return Atlas(
        as_of=configuration.as_of,
        geometry=geometry,
        replacements=configuration.replacements,
        flows=configuration.flows,
        named=configuration.named,
        code=configuration.code,
        name=configuration.name,
        dissolve=configuration.dissolve,
    )


def focused(result: AuditResult, place: str, atlas: Atlas) -> AuditResult:
    """Narrow an audit to what concerns one area; nothing is overlaid again.

    Parameters
    ----------
    result
        Of an audit without a focus.
    place
        A code, a name, a scheme's area id, or ``layer:name``.
    atlas
        The one the audit was made with.

    Returns
    -------
    AuditResult
        With the findings about that area, its commuting, and the geographies that exist where it lies.

    Raises
    ------
    UnknownAreaError
        If there is no such area; names the nearest.
    """
    focus = atlas.find(place, result.layers.values())
    told = dict(result.contained)
    if told and focus.layer not in told and not focus.drawn:
        told[focus.layer] = commuting.contained(atlas.layer(focus.layer), atlas)
    here = {block[0] for block in focus.blocks}
    lost = {finding.layer for finding in result.findings} - set(result.layers)
    layers = {
        key: layer for key, layer in result.layers.items() if not here or not layer.extent or here & set(layer.extent)
    }

    def concerns(finding: Finding) -> bool:
        told_of = {finding.layer, finding.other_layer} <= {"", *layers, *lost}
        return told_of and _about(finding, focus, layers)

    known = result.known and result.known.about(concerns)
    return replace(
        result,
        layers=layers,
        pairs=tuple(pair for pair in result.pairs if layers.keys() >= set(pair.keys)),
        findings=known.told if known else tuple(filter(concerns, result.findings)),
        known=known,
        focus=focus,
        parameters={**result.parameters, "focus": place},
        fit=None,
        contained={key: each for key, each in told.items() if key in layers},
    )


def _labour_markets(opened: Mapping[str, Layer], atlas: Atlas) -> tuple[dict[str, Contained], list[Finding]]:
    """Score partnerships as labour markets; where flows were given, what cannot be scored is a finding."""
    told, failed = {}, []
    for layer in opened.values():
        if layer.status not in {"in force", "file"} and not (atlas.flows_file and layer.status != "reference"):
            continue
        if (layer.parts is None or layer.blocks is not None) and not atlas.flows_file:
            # A drawing or a lookup would take its postcodes or flows of its own, which nobody asked for.
            continue
        try:
            with carefully(what := f"The comparison of {layer.title} with commuting"):
                told[layer.key] = commuting.contained(layer, atlas.drawn if layer.parts is None else atlas)
        except GeoplanError as problem:
            why = problem.why if isinstance(problem, RunError) else str(problem)
            failed.append(findings.not_run(layer.key, what, why))
    return told, failed


def _fit(atlas: Atlas, weight: Weight) -> pd.DataFrame:
    """Set the shipped geographies that cover a third of the people or more against each other."""
    wide = {}
    for key, entry in catalogue.catalogue().items():
        if entry.group == "Pilots" or entry.overlap or "E" not in entry.extent:
            continue
        layer = atlas.undrawn.layer(key)
        held = atlas.blocks["people"][atlas.blocks.index.isin(blocks_held(layer))].sum()
        if held > atlas.blocks["people"].sum() / 3:
            wide[key] = layer
    cells = relations.fit_matrix(wide, atlas.blocks, weight=weight)
    told = cells.index[cells.notna().any(axis=1)]
    titles = {key: layer.title for key, layer in wide.items()}
    return cells.loc[told, told].rename(index=titles, columns=titles)


def blocks_held(layer: Layer) -> set[str]:
    """Return the blocks of a layer that is made of them."""
    return set() if layer.parts is None else set(layer.parts["block"])


def _refuse_twins(opened: Mapping[str, Layer]) -> None:
    """Refuse two references to layers of one name: their findings could not be told apart."""
    by_key: dict[str, str] = {}
    for reference, layer in opened.items():
        if layer.key in by_key:
            message = (
                f"{_public(by_key[layer.key])} and {_public(reference)} are both called {layer.key}; "
                "rename one, so that their findings can be told apart."
            )
            raise ConfigurationError(message)
        by_key[layer.key] = reference


def _refuse_focus(focus: str, opened: Iterable[Layer]) -> None:
    """Refuse a focus, which is a union of shipped blocks, among layers that are made of other small areas."""
    own = next((layer for layer in opened if layer.blocks is not None), None)
    if focus and own is not None:
        message = refusal(
            f"the focus {focus!r} is made of authorities, and {own.key} of {own.unit}: they cannot be set against "
            "each other",
            hint="Audit without --focus.",
        )
        raise ConfigurationError(message)


def _pairs(asked: Configuration, opened: Mapping[str, Layer], atlas: Atlas) -> tuple[list[Pair], list[Finding]]:
    pairs: list[Pair] = []
    failed: list[Finding] = []
    for one, two in each(asked.pairs, "Comparing layers", len(asked.pairs)):
        if one not in opened or two not in opened:
            continue
        reverse = None
        for left, right in dict.fromkeys([(one, two), (two, one)]):
            try:
                pair = _compare_layers(
                    opened[left], opened[right], atlas, asked.weight, asked.tolerance, reverse=reverse
                )
                pairs.append(pair)
                reverse = pair.overlay
            except RunError as problem:
                failed.append(findings.not_run(opened[left].key, f"Comparison with {opened[right].key}", problem.why))
    return pairs, failed


def _layer_findings(opened: Iterable[Layer], atlas: Atlas) -> list[Finding]:
    found: list[Finding] = []
    for layer in opened:
        notes = list(layer.notes)
        try:
            with carefully("It"):
                if layer.parts is None:
                    notes += coverage.drawn_notes(layer, atlas.whereabouts)
                elif layer.blocks is None:
                    notes += _contiguity_notes(layer, atlas)
        except RunError as problem:
            found.append(findings.not_run(layer.key, f"The check of {layer.title} by itself", problem.why))
        found += findings.from_notes(layer, notes)
    return found


def _contiguity_notes(layer: Layer, atlas: Atlas) -> list[Any]:
    table = atlas.authorities.table
    people = atlas.blocks.groupby("lad")["people"].sum()
    return contiguity.contiguity_notes(layer, contiguity_graph(tuple(table.index)), table["name"], people)


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
    found = []
    for pair in pairs:
        try:
            with carefully("It"):
                block_of = {code: block for block in pair.blocks for code in block.left}
                made = findings.from_pair(pair.overlay, pair.relations, tolerance=tolerance, outside=pair.outside)
                found += [_in_block(finding, block_of.get(finding.code), pair.overlay) for finding in made]
        except RunError as problem:
            what = f"What follows from the comparison with {pair.overlay.right.title}"
            found.append(findings.not_run(pair.overlay.left.key, what, problem.why))
    return found


def _on_the_ground(found: Iterable[Finding], pairs: Iterable[Pair]) -> list[Finding]:
    """Leave out what is about areas that the user's own files, against which alone they stand, do not reach."""
    away: dict[str, frozenset[str]] = {}
    for pair in pairs:
        here = extent.off_the_ground(pair.overlay.right, pair.relations)
        away[pair.keys[0]] = away.get(pair.keys[0], here) & here

    def reached(layer: str, codes: Sequence[str]) -> bool:
        return not codes or not away.get(layer, frozenset()).issuperset(codes)

    return [
        finding
        for finding in found
        if reached(finding.layer, [finding.code] if finding.code else [])
        and (not finding.other_layer or reached(finding.other_layer, finding.other_codes))
    ]


def _in_block(finding: Finding, block: network.Block | None, over: Overlay) -> Finding:
    """Add to a finding the common block its area belongs to: who has to be at the table to settle it."""
    if block is None:
        return finding
    said = {"left": list(block.left), "right": list(block.right), "people": block.people}
    told = replace(finding, evidence={**finding.evidence, "common_block": said})
    if finding.rule != "GP301" or len(block.left) == 1:
        return told
    return replace(told, message=f"{told.message} {_block_text(block, over)}")


def _block_text(block: network.Block, over: Overlay) -> str:
    """Say who has to agree: by name where they are few."""
    if len(block.left) + len(block.right) <= FEW:
        ours, theirs = (
            wording.listed([layer.name(code) for code in codes])
            for layer, codes in ((over.left, block.left), (over.right, block.right))
        )
        return f"The smallest grouping on which both agree: {ours}, which together make up {theirs}."
    sides = (
        f"{len(codes)} {'areas of' if layer.status == 'file' else 'of the'} {wording.inside_a_sentence(layer.title)}"
        for layer, codes in ((over.left, block.left), (over.right, block.right))
    )
    return f"The smallest grouping on which both agree takes {' and '.join(sides)}."


def _about(finding: Finding, focus: Focus, opened: Mapping[str, Layer]) -> bool:
    """Tell whether a finding concerns the focus: names it, or is about ground of its own."""
    by_key = {layer.key: layer for layer in opened.values()}
    layer = by_key.get(finding.layer)
    if layer is None or not finding.code or finding.rule == "GP403":
        # What is wrong with a whole layer, or belongs nowhere in it, concerns everybody in it.
        return finding.severity is not Severity.INFO
    if (finding.layer, finding.code) == (focus.layer, focus.code):
        return True
    if focus.code in finding.other_codes and focus.layer == (finding.other_layer or finding.layer):
        return True
    if layer.parts is None:
        other = by_key.get(finding.other_layer)
        named = finding.other_codes if other is not None and other.parts is not None else ()
        return any(blocks_of(other, code) & focus.blocks for code in named if other is not None)
    if finding.code in layer.areas.index:
        return bool(_ground_of(finding, layer, by_key.get(finding.other_layer)) & focus.blocks)
    return any(block.partition(".")[0] == finding.code for block in focus.blocks)


def _ground_of(finding: Finding, layer: Layer, other: Layer | None) -> frozenset[str]:
    """Return the ground a finding is about: of a cut area its cut pieces, else all of the area."""
    own = blocks_of(layer, finding.code)
    partners = finding.evidence.get("partners", {})
    cut = [code for code, told in partners.items() if told["cut"]] if isinstance(partners, Mapping) else []
    if not cut or other is None or other.parts is None:
        return own
    return own & frozenset().union(*(blocks_of(other, code) for code in cut))


def parameters(asked: Configuration, atlas: Atlas) -> dict[str, Any]:
    """Return what an audit was asked, in JSON types.

    Parameters
    ----------
    asked
        What is to be audited.
    atlas
        From `atlas_for` it.

    Returns
    -------
    dict
        Without a path of the machine.
    """
    return {
        "pairs": [[_public(one), _public(two)] for one, two in asked.pairs],
        "layers": [_public(key) for key in asked.layers],
        "focus": asked.focus,
        "as_of": atlas.as_of.isoformat(),
        "weight": str(asked.weight),
        "tolerance": {"codes": asked.tolerance.codes, "drawn": asked.tolerance.drawn},
        "keep_artefacts": asked.tolerance.keep_artefacts,
        "replacements": {key: Path(file).name for key, file in asked.replacements.items()},
        "flows": Path(asked.flows).name,
        "named": {key: _public(choice.source) for key, choice in asked.named.items()},
        "columns": {"code": asked.code, "name": asked.name},
        "dissolve": asked.dissolve,
    }


def _public(reference: str) -> str:
    """Strip the folders off a reference: no output holds a path of the machine."""
    return reference if reference in catalogue.catalogue() else Path(reference).name


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
    found = sorted(_layer_findings([layer], atlas), key=lambda finding: finding.gravity)
    return layer, tuple(sorted(found, key=lambda finding: finding.rule == "GP203"))
