"""What the page is told of two editions: what became of each area, in the colours that pictures have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoplan.auditing.editions.versions import Editions
from geoplan.auditing.results import AuditResult
from geoplan.output.page.figures import FIGURES
from geoplan.output.picture.shaded.changed import BENEATH, changes_of, counted_changes
from geoplan.schema import Layer
from geoplan.schema.standing import CHANGES
from geoplan.schema.wording import inside_a_sentence

__all__ = ["CHANGE_FILLS", "changes_said", "heading_of"]

CHANGE_FILLS = {f"change-{kind}": look for kind, look in CHANGES.items()}
"""Name of a pattern of the page -> how it looks."""


def heading_of(editions: Editions) -> str:
    """Return the title of the page."""
    return f"What changed from {inside_a_sentence(editions.old.title)} to {inside_a_sentence(editions.new.title)}"


def changes_said(result: AuditResult, editions: Editions) -> dict[str, Any]:
    """Return what the page says of what changed, in the form of `geoplan.output.page.figures.figures_said`.

    Parameters
    ----------
    result
        Of both editions.
    editions
        The same, compared.

    Returns
    -------
    dict
        ``figures``, whose ``shaded`` has layer, area and class of each area that is coloured, by their numbers.
    """
    counts = counted_changes(editions)
    kinds = list(counts)
    of_new, of_old = changes_of(editions)
    layers = list(result.layers.values())
    told = {editions.new.key: of_new, editions.old.key: of_old}
    shaded = [
        [number, place, kinds.index(told[layer.key][str(code)])]
        for number, layer in enumerate(layers)
        for place, code in enumerate(layer.areas.index)
        if str(code) in told.get(layer.key, {})
    ]
    return {
        FIGURES: {
            "number": 0,
            "name": "Change",
            "title": "What became of areas",
            "group": "What changed",
            "note": BENEATH,
            "classes": [[_fill(kind), f"{CHANGES[kind].term}: {count}"] for kind, count in counts.items()],
            "none": [CHANGES["unchanged"].fill, CHANGES["unchanged"].term],
            "columns": ["Area", "Code", "What became of it", "Change, and how many"],
            "units": _units(editions, kinds),
            "areas": [_words(layer, told.get(layer.key, {})) for layer in layers],
            "authorities": {},
            # What is unchanged is drawn first: of areas that overlap the changed one is seen.
            "shaded": sorted(shaded, key=lambda each: kinds[each[2]] != "unchanged"),
            "shown": True,
        }
    }


def _fill(kind: str) -> str:
    return f"url(#fill-change-{kind})" if CHANGES[kind].pattern else CHANGES[kind].fill


def _units(editions: Editions, kinds: list[str]) -> list[list[Any]]:
    """Return name, code, sentence and class of each area that changed, and no blocks: areas have their own shapes."""
    return [
        [finding.name, finding.code, finding.message, kinds.index(str(finding.evidence["change"])), []]
        for finding in editions.findings
    ]


def _words(layer: Layer, told: Mapping[str, str]) -> list[str]:
    return [CHANGES[told[code]].term if code in told else "" for code in map(str, layer.areas.index)]
