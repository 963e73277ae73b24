"""Run a configuration: layers, pairs, rules -> one result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from geoplan.analysis import agreement, extent
from geoplan.analysis.networks import correspondence
from geoplan.auditing.comparing import compare_layers, layer_findings
from geoplan.auditing.focused import focused
from geoplan.auditing.judging import findings, leakage
from geoplan.auditing.judging.funding import funded
from geoplan.auditing.judging.needy import told_need, with_need
from geoplan.auditing.opening import atlas_for, opened_layers, public, refuse_focus, refuse_twins
from geoplan.auditing.results import DEFAULT_PAIRS, AuditResult, Configuration, Pair
from geoplan.commuting import self_containment
from geoplan.commuting.atlas import Atlas
from geoplan.commuting.self_containment import Contained
from geoplan.data import catalogue
from geoplan.errors import ConfigurationError, GeoplanError, RunError, carefully
from geoplan.progress import each
from geoplan.schema import Finding, Layer, Note, Overlay, Tolerance, Weight, paragraph, wording
from geoplan.schema.people import Estimates
from geoplan.spreading.spread import spread

__all__ = ["parameters", "run"]

TOLD = frozenset({"in force", "file", "scenario"})
"""Layers of which commuting is told unasked."""
FEW = 6
"""Areas of a common block up to which a message names them."""


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
    opened, lost = opened_layers(keys, atlas, lenient=lenient)
    if any(layer.parts is None for layer in opened.values()) and not geometry:
        atlas = atlas.drawn
        opened = {key: atlas.layer(key) for key in opened}
    refuse_twins(opened)
    refuse_focus(asked.focus, opened.values())
    if asked.focus:
        # An unknown place is refused before the work is done.
        atlas.find(asked.focus, opened.values())
    pairs, failed = _pairs(asked, opened, atlas)
    found = [*lost, *failed, *layer_findings(opened.values(), atlas), *_pair_findings(pairs, asked.tolerance)]
    found += _counted_otherwise(opened.values(), atlas.reference.estimates)
    told, not_told = _labour_markets(opened, atlas)
    about_commuting = [finding for each in told.values() for finding in leakage.from_containment(each)]
    if told:
        opened.setdefault(leakage.MARKETS, atlas.layer(leakage.MARKETS))
    found = told_need([*found, *not_told, *about_commuting], atlas.blocks, asked.rank, atlas.indicator)
    result = AuditResult(
        layers={layer.key: layer for layer in opened.values()},
        pairs=tuple(pairs),
        findings=tuple(sorted(_on_the_ground(found, pairs), key=lambda finding: finding.gravity)),
        focus=None,
        as_of=atlas.as_of.isoformat(),
        parameters=parameters(asked, atlas),
        blocks=atlas.blocks,
        fit=_fit(opened, atlas, asked.weight) if asked.pairs == DEFAULT_PAIRS and not asked.focus else None,
        contained=told,
        stability=atlas.market_stability if told else None,
        indicator=atlas.indicator,
        atlas=atlas,
    )
    return focused(result, asked.focus, atlas) if asked.focus else result


def _counted_otherwise(opened: Iterable[Layer], estimates: Estimates) -> list[Finding]:
    """Say once which authorities the estimates that were fetched lack, and keep those of another year."""
    layer = next((one for one in opened if one.parts is not None and one.blocks is None), None)
    if layer is None or not estimates.without:
        return []
    codes = tuple(code for code, _ in estimates.without)
    note = Note("GP105", estimates.lacking, other_codes=codes, advice="Fetch a table that counts all of them.")
    return findings.from_notes(layer, [note])


def _labour_markets(opened: Mapping[str, Layer], atlas: Atlas) -> tuple[dict[str, Contained], list[Finding]]:
    """Score partnerships as labour markets; where flows were given, what cannot be scored is a finding."""
    told, failed = {}, []
    for layer in opened.values():
        if layer.status not in TOLD and not (atlas.flows_file and layer.status != "reference"):
            continue
        if (layer.parts is None or layer.blocks is not None) and not atlas.flows_file:
            # A drawing or a lookup would take its postcodes or flows of its own, which nobody asked for.
            continue
        try:
            with carefully(what := f"The comparison of {layer.title} with commuting"):
                told[layer.key] = self_containment.contained(layer, atlas.drawn if layer.parts is None else atlas)
        except GeoplanError as problem:
            failed.append(findings.not_run(layer.key, what, problem.why))
    return told, failed


def _fit(opened: Mapping[str, Layer], atlas: Atlas, weight: Weight) -> pd.DataFrame:
    """Set the shipped geographies that cover a third of the people or more against each other."""
    wide, people = {}, atlas.blocks["people"]
    for key, entry in catalogue.own().items():
        if entry.group == "Pilots" or entry.overlap or "E" not in entry.extent:
            continue
        layer = opened.get(key) or atlas.undrawn.layer(key)
        if people[people.index.isin(blocks_held(layer))].sum() > people.sum() / 3:
            wide[key] = layer
    cells = agreement.fit_matrix(wide, atlas.blocks, weight=weight)
    told = cells.index[cells.notna().any(axis=1)]
    titles = {key: layer.title for key, layer in wide.items()}
    return cells.loc[told, told].rename(index=titles, columns=titles)


def blocks_held(layer: Layer) -> set[str]:
    """Return the blocks of a layer that is made of them."""
    return set() if layer.parts is None else set(layer.parts["block"])


def _pairs(asked: Configuration, opened: Mapping[str, Layer], atlas: Atlas) -> tuple[list[Pair], list[Finding]]:
    """Compare pairs in both directions: where outlines decide it may be done by others, codes are as soon done here."""
    wanted = [pair for pair in asked.pairs if set(pair) <= opened.keys()]
    drawn = [pair for pair in wanted if any(opened[key].parts is None for key in pair)]
    shared = _Shared({key: opened[key] for pair in drawn for key in pair}, atlas, asked.weight, asked.tolerance)
    made = spread(_compared, drawn, shared)
    here = replace(shared, opened=opened)
    pairs: list[Pair] = []
    failed: list[Finding] = []
    for one, two in each(wanted, "Comparing layers", len(wanted)):
        for answer in next(made) if (one, two) in drawn else _compared(here, (one, two)):
            if isinstance(answer, Finding):
                failed.append(answer)
            else:
                pairs.append(answer.between(opened, atlas))
    return pairs, failed


@dataclass(frozen=True, eq=False)
class _Shared:
    """What all comparisons need."""

    opened: Mapping[str, Layer]
    atlas: Atlas
    weight: Weight
    tolerance: Tolerance


@dataclass(frozen=True, eq=False)
class _Compared:
    """A comparison without its layers, which whoever asked for it has."""

    keys: tuple[str, str]
    overlay: Mapping[str, Any]
    pair: Mapping[str, Any]

    @classmethod
    def of(cls, keys: tuple[str, str], pair: Pair) -> _Compared:
        """Take the layers out of a comparison."""
        names = [one.name for one in fields(pair.overlay) if one.name not in {"left", "right"}]
        overlay = {name: getattr(pair.overlay, name) for name in names}
        return cls(keys, overlay, {name: getattr(pair, name) for name in ("relations", "tolerance", "money")})

    def between(self, opened: Mapping[str, Layer], atlas: Atlas) -> Pair:
        """Put the layers back."""
        left, right = (opened[key] for key in self.keys)
        return Pair(Overlay(left, right, **self.overlay), **self.pair, indicator=atlas.indicator)


def _compared(shared: _Shared, task: tuple[str, str]) -> list[_Compared | Finding]:
    """Compare two layers in both directions; what fails is a finding."""
    made: list[_Compared | Finding] = []
    reverse = None
    for keys in dict.fromkeys([task, task[::-1]]):
        left, right = (shared.opened[key] for key in keys)
        try:
            pair = compare_layers(left, right, shared.atlas, shared.weight, shared.tolerance, reverse=reverse)
            made.append(_Compared.of(keys, pair))
            reverse = pair.overlay
        except RunError as problem:
            made.append(findings.not_run(left.key, f"Comparison with {right.key}", problem.why))
    return made


def _pair_findings(pairs: Iterable[Pair], tolerance: Tolerance) -> list[Finding]:
    found = []
    for pair in pairs:
        try:
            with carefully("It"):
                block_of = {code: block for block in pair.blocks for code in block.left}
                made = findings.from_pair(
                    pair.overlay, pair.relations, tolerance=tolerance, outside=pair.outside, cut=pair.cuts
                )
                kind = None if pair.indicator is None else pair.indicator.kind
                made = [with_need(one, pair.overlay, pair.cuts, kind) for one in made]
                made = [funded(one, pair.overlay, pair.cuts, pair.money) for one in made]
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


def _in_block(finding: Finding, block: correspondence.Block | None, over: Overlay) -> Finding:
    """Add to a finding the common block its area belongs to: who has to be at the table to settle it."""
    if block is None:
        return finding
    said = {"left": list(block.left), "right": list(block.right), "people": block.people}
    told = replace(finding, evidence={**finding.evidence, "common_block": said})
    if finding.rule != "GP301" or len(block.left) == 1:
        return told
    return replace(told, detail=paragraph(told.detail, _block_text(block, over)))


def _block_text(block: correspondence.Block, over: Overlay) -> str:
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
        "pairs": [[public(one), public(two)] for one, two in asked.pairs],
        "layers": [public(key) for key in asked.layers],
        "focus": asked.focus,
        "as_of": atlas.as_of.isoformat(),
        "weight": str(asked.weight),
        "rank": str(asked.rank),
        "tolerance": {"codes": asked.tolerance.codes, "drawn": asked.tolerance.drawn},
        "keep_artefacts": asked.tolerance.keep_artefacts,
        "replacements": {key: Path(file).name for key, file in asked.replacements.items()},
        "flows": Path(asked.flows).name,
        "wards": Path(asked.wards).name,
        "indicator": {} if atlas.indicator is None else atlas.indicator.facts,
        "named": {key: public(choice.source) for key, choice in asked.named.items()},
        "columns": {"code": asked.code, "name": asked.name},
        "dissolve": asked.dissolve,
    }
