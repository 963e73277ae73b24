"""What the page is told: layers, areas, findings, rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from geoplan.auditing.editions.versions import Editions
from geoplan.auditing.judging.rules import RULES
from geoplan.auditing.results import AuditResult
from geoplan.data.catalogue import catalogue
from geoplan.data.catalogue_file import GROUPS
from geoplan.data.shipped import package_data
from geoplan.output.page.backgrounds import Tiles
from geoplan.output.page.bearings import bearings, credits_of
from geoplan.output.page.changed import changes_said, heading_of
from geoplan.output.page.figures import figures_said
from geoplan.output.page.pairs import (
    broker_places,
    brokers_said,
    layers_shown,
    pairs_said,
    partner_places,
    places_said,
    start,
)
from geoplan.output.page.switching import Switch
from geoplan.output.page.topology import own_ground, postcodes, topology
from geoplan.output.page.values import CUT_RULE, FETCHED, OWN, km2, records, share, text_or_nothing, whole
from geoplan.output.picture.patterns import DRAWN, fills
from geoplan.output.summary import flows
from geoplan.output.summary.part_lists import focus_parts, parts_of_areas
from geoplan.schema import Finding, Layer, layer_wording, wording
from geoplan.schema.indicators import source_sentence
from geoplan.schema.part_ground import ground_of

__all__ = ["payload_of"]


def payload_of(
    result: AuditResult,
    background: Tiles | None,
    *,
    outlined: bool,
    switch: Switch | None = None,
    editions: Editions | None = None,
) -> dict[str, Any]:
    """Return all data of the page, ready for JSON."""
    position = {str(block): i for i, block in enumerate(result.blocks.index)}
    pairs = pairs_said(result)
    brokers = brokers_said(result)
    layers = [_layer(layer, number, position, result) for number, layer in enumerate(result.layers.values())]
    heading = switch.heading if switch else heading_of(editions) if editions else _heading(result)
    return {
        "title": f"{heading} ({wording.day(result.as_of)})",
        "heading": heading,
        "as_of": f"As of {wording.day(result.as_of)}",
        "quiet": result.quiet,
        "topology": topology(result, pairs),
        "blocks": [
            {"lad": str(lad), "people": whole(people)}
            for lad, people in zip(result.blocks["lad"], result.blocks["people"], strict=True)
        ],
        "authorities": _authorities(result),
        "countries": wording.COUNTRIES,
        "layers": layers,
        "pairs": switch.answered(pairs) if switch else pairs,
        "start": start(result),
        "shown": layers_shown(result) if outlined else [],
        "groups": list(dict.fromkeys([*GROUPS, *(_group(layer) for layer in result.layers.values()), OWN])),
        "places": [
            *places_said(result, position),
            *broker_places(brokers, result, position),
            *flows.loose_places(result, position),
            *partner_places(result, position),
            *(switch.places(position) if switch else ()),
        ],
        # A background has its own towns and water.
        **({} if background else bearings()),
        # Only a page of several views has any; other pages are the smaller without.
        **({"views": switch.told(position)} if switch else {}),
        **(changes_said(result, editions) if editions else figures_said(result, position, shown=outlined)),
        "flows": flows.flow_sets(result),
        "stability": flows.stability(result),
        "brokers": brokers[["code", "bodies"]].to_numpy().tolist(),
        "findings": _findings(result),
        "rules": _rules(result.findings),
        "focus": _focus(result, position),
        "postcodes": postcodes(position),
        "tiles": background is not None,
        "looks": {
            name: {"term": look.term, "fill": fill}
            for (name, look), fill in zip(DRAWN.items(), fills().values(), strict=True)
        },
        "outlines": layer_wording.outlines_in_short(result.layers.values()),
        "indicative": result.indicative,
        "about": _about(result, background),
    }


def _heading(result: AuditResult) -> str:
    if result.focus:
        return f"{result.focus.name}: where boundaries do not fit"
    return "Where boundaries do not fit"


def _about(result: AuditResult, background: Tiles | None) -> list[str]:
    drawn = layer_wording.outlines(result.layers.values(), "Indicative: boundaries")
    drawing = f"{drawn} {wording.BY_MEMBERS}" if drawn else "Boundaries are those of the files compared."
    day = (
        f"Memberships are those in force on {wording.day(result.as_of)}. Layers that have ended or are proposed say so."
    )
    counted = result.estimates
    method = (
        "An area is cut where it shares a piece with an area of the other layer that neither of them holds whole; such "
        "pieces are hatched. "
        f"People are residents, {counted.in_short} estimates, shared between the sides of split districts by "
        f"{counted.sharing}. {f'{counted.lacking} ' if counted.lacking else ''}"
        "Where the size of a part is not known, people are not assessed."
    )
    asks = (
        f"For its background this file asks {background.host} for pictures, which tells that host where you look."
        if background
        else "This file asks nobody for anything: it holds all that it shows."
    )
    made = f"Drawn with Folium, Leaflet 1.9.4 (BSD 2-Clause) and topojson-client 3.1.0 (ISC). {asks}"
    changes = filter(None, (layer_wording.known_changes(one, called=one.title) for one in result.layers.values()))
    figures = [] if result.indicator is None else [source_sentence(result.indicator)]
    return [drawing, day, *changes, method, *figures, *flows.about(result), *credits_of(background), made]


def _authorities(result: AuditResult) -> dict[str, str]:
    """Return the names of the authorities that blocks belong to."""
    shipped = package_data.shipped_table("authorities.csv").set_index("lad_code")["name"].to_dict()
    if "lad" in result.layers:
        shipped |= result.layers["lad"].areas["name"].to_dict()
    return {str(lad): str(shipped.get(lad, lad)) for lad in dict.fromkeys(result.blocks["lad"])}


def _focus(result: AuditResult, position: Mapping[str, int]) -> dict[str, Any] | None:
    if result.focus is None:
        return None
    blocks = [position[block] for block in sorted(result.focus.blocks)]
    parts = [position[block] for block, _ in result.focus.in_part]
    told = {"parts": parts, "somewhere": focus_parts(result)} if parts else {}
    return {"name": result.focus.name, "blocks": blocks, **told}


def _group(layer: Layer) -> str:
    """Return the heading under which a layer can be switched on."""
    entry = catalogue().get(layer.key)
    if entry:
        return entry.group
    return FETCHED if layer_wording.kind(layer) == wording.FETCHED else OWN


def _layer(layer: Layer, number: int, position: Mapping[str, int], result: AuditResult) -> dict[str, Any]:
    authorities = [str(lad) for lad in result.blocks["lad"]]
    held: dict[str, dict[str, list[Any]]] = {}
    if layer.parts is not None:
        looks = ground_of(layer.parts)
        for block, code, part, home, in_part in zip(
            *(layer.parts[name] for name in ("block", "code", "share")),
            *(looks[name].reindex(layer.parts.index, fill_value=False) for name in ("home", "in_part")),
            strict=True,
        ):
            own = held.setdefault(str(code), {"blocks": []})
            own["blocks"].append(position[str(block)])
            if not part >= 1:
                own.setdefault("parts", []).append([position[str(block)], share(part), int(home), int(in_part)])
    for code, words in parts_of_areas(result, layer).items():
        held[code]["somewhere"] = words
    return {
        "key": layer.key,
        "title": layer.title,
        "short": layer_wording.short(layer),
        "group": _group(layer),
        "edition": layer.edition,
        "status": layer_wording.kind(layer),
        "confidence": layer_wording.confidence(layer),
        "resolution": layer.resolution,
        "from": layer.in_force_from,
        "to": layer.in_force_to,
        "source": " ".join(part for part in (layer.source.citation, layer.source.url) if part),
        "licence": layer.source.licence,
        "drawn": "" if layer.parts is not None else f"drawn{number}",
        "areas": [_area(row, held.get(str(row["code"]), {"blocks": []}), authorities) for row in records(layer)],
    }


def _area(row: Mapping[str, Any], held: Mapping[str, list[Any]], authorities: Sequence[str]) -> dict[str, Any]:
    """Return what the page knows of an area; only areas that hold parts of blocks have ``parts`` and ``somewhere``.

    ``members`` stands only where it is not the authorities of the area's blocks, in their order.
    """
    members = [code for code in text_or_nothing(row.get("members")).split(";") if code]
    implied = list(dict.fromkeys(authorities[block] for block in held["blocks"]))
    return {
        "code": str(row["code"]),
        "name": str(row["name"]),
        "people": whole(row.get("people")),
        "working_age": whole(row.get("working_age")),
        "postcodes": whole(row.get("postcodes")),
        "km2": km2(row.get("area_m2")),
        "confidence": wording.membership(row),
        "lead_body": text_or_nothing(row.get("lead_body")),
        **({} if members == implied else {"members": members}),
        **held,
    }


def _findings(result: AuditResult) -> list[dict[str, Any]]:
    """Return the findings, each with the position of its own ground in the topology, where it has any."""
    place = {id(finding): n for n, finding in enumerate(own_ground(result.findings))}
    told = [_finding(finding, result.changes.get(finding.id, "")) for finding in result.findings]
    for finding, shown in zip(result.findings, told, strict=True):
        if id(finding) in place:
            shown["ground"] = place[id(finding)]
    return told


def _finding(finding: Finding, change: str) -> dict[str, Any]:
    in_m2 = finding.unit == "m2"
    value = finding.value if finding.value is None or not in_m2 else finding.value / 1e6
    return {
        "id": finding.id,
        "rule": finding.rule,
        "cut": finding.rule == CUT_RULE,
        "severity": str(finding.severity),
        "layer": finding.layer,
        "code": finding.code,
        "name": finding.name,
        "other_layer": finding.other_layer,
        "other_codes": list(finding.other_codes),
        "value": whole(value),
        "unit": "km²" if in_m2 else finding.unit.replace("_", " "),
        "message": finding.message,
        # Only an audit set against an earlier one has any; the page is the smaller without.
        **({"change": change} if change else {}),
    }


def _rules(found: Iterable[Finding]) -> dict[str, dict[str, str]]:
    codes = sorted({finding.rule for finding in found})
    return {
        code: {name: getattr(RULES[code], name) for name in ("title", "means", "matters", "action")} for code in codes
    }
