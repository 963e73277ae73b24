"""An audit narrowed to what concerns one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from geoplan.auditing.certainty import Lie, lie
from geoplan.auditing.results import AuditResult
from geoplan.commuting import self_containment
from geoplan.commuting.atlas import Atlas
from geoplan.data.focus import Focus, blocks_of, shares_of
from geoplan.schema import Finding, Layer, Severity

__all__ = ["focused"]

YOURS_RULE = "GP106"
"""Says, among others, which areas of a layer are the user's own: those that its evidence names."""


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
        told[focus.layer] = self_containment.contained(atlas.layer(focus.layer), atlas)
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
        contained={key: each for key, each in told.items() if key in layers or key == focus.layer},
    )


def _about(finding: Finding, focus: Focus, opened: Mapping[str, Layer]) -> bool:
    """Tell whether a finding concerns the focus: names it, or is about ground of its own."""
    by_key = {layer.key: layer for layer in opened.values()}
    layer = by_key.get(finding.layer)
    if layer is None or not finding.code or finding.rule == "GP403":
        # What is wrong with a whole layer, or belongs nowhere in it, concerns everybody in it.
        return finding.severity is not Severity.INFO or _puts_here(finding, focus, layer)
    if (finding.layer, finding.code) == (focus.layer, focus.code):
        return True
    if focus.code in finding.other_codes and focus.layer == (finding.other_layer or finding.layer):
        return True
    if layer.parts is None:
        other = by_key.get(finding.other_layer)
        named = finding.other_codes if other is not None and other.parts is not None else ()
        return any(blocks_of(other, code) & focus.blocks for code in named if other is not None)
    if finding.code in layer.areas.index:
        reached = _reaches(layer, finding.code, focus)
        return reached and bool(_ground_of(finding, layer, by_key.get(finding.other_layer)) & focus.blocks)
    return any(block.partition(".")[0] == finding.code for block in focus.blocks)


def _puts_here(finding: Finding, focus: Focus, layer: Layer | None) -> bool:
    """Tell whether a finding is about areas of the user's own in place of what ships, of which one is at the focus."""
    own = finding.evidence.get("areas")
    if layer is None or finding.rule != YOURS_RULE or not isinstance(own, Sequence):
        return False
    return any(blocks_of(layer, str(code)) & focus.blocks for code in own)


def _reaches(layer: Layer, code: str, focus: Focus) -> bool:
    """Tell whether an area reaches the focus, or may: two parts of one authority in one geography lie side by side."""
    beside = layer.key == focus.layer and not layer.overlap
    return layer.blocks is None and lie(focus.shares, shares_of(layer, code), beside=beside) is not Lie.APART


def _ground_of(finding: Finding, layer: Layer, other: Layer | None) -> frozenset[str]:
    """Return the ground a finding is about: of a cut area its cut pieces, else all of the area."""
    own = blocks_of(layer, finding.code)
    partners = finding.evidence.get("partners", {})
    cut = [code for code, told in partners.items() if told["cut"]] if isinstance(partners, Mapping) else []
    if not cut or other is None or other.parts is None:
        return own
    return own & frozenset().union(*(blocks_of(other, code) for code in cut))
