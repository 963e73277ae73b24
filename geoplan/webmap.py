"""The audit as one interactive page: Folium's map, with everything it needs inside the file."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

import folium
import geopandas as gpd
import jinja2
import numpy as np
import pandas as pd
import shapely
from branca.element import Figure, MacroElement
from topojson.core.topology import Topology

from geoplan import flowmap, sources, wording
from geoplan.atlas import Focus, blocks_of
from geoplan.audit import AuditResult, Pair
from geoplan.catalogue import GROUPS, catalogue
from geoplan.errors import ConfigurationError, refusal
from geoplan.findings import RULES
from geoplan.focus import opening
from geoplan.patterns import DRAWN, fills, svg_patterns
from geoplan.schema import BRITISH_NATIONAL_GRID, REST, Basis, Finding, Layer, Weight
from geoplan.standing import Standing
from geoplan.summary import asked_layers, busiest_brokers, lie_or_live, overlap_words

__all__ = ["INDICATIVE", "TILES", "page"]

INDICATIVE = "Indicative: boundaries drawn from postcodes"

SIMPLIFY_M = 120.0
OWN_GROUND = "ground"
"""The object of the topology that holds what findings are about where that is no area."""

MOST_CORNERS = 5000
"""Corners of a finding's ground from which the page does without it: thousands of gaps told together."""

"""Detail below this is dropped from the drawing."""

STEPS = 20_000
"""Coordinates are rounded to this many steps across the map: some 60 m for the United Kingdom."""

OWN = "Own files"

TINY_SHARE = 1e-4

CUT_RULE = "GP301"
"""The findings that stand in the list of a pair, numbered on the map."""

BROKERS = 20
"""Busiest authorities that the map lists."""


class Tiles(NamedTuple):
    """A background of pictures, asked for from a host whenever the map is looked at."""

    name: str
    address: str
    host: str
    attribution: str
    deepest: int


TILES = {
    "osm": Tiles(
        "OpenStreetMap",
        "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
        "https://tile.openstreetmap.org",
        "Background © OpenStreetMap contributors (openstreetmap.org/copyright).",
        19,
    )
}
"""Backgrounds that `page` knows."""

_SCRIPTS = (
    "data", "shapes", "dom", "draw", "details", "flows", "postcodes", "search", "panel", "tables", "print", "page",
)  # fmt: skip
_LETTERS = str.maketrans("0123456789ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_LIBRARIES = ("leaflet", "topojson-client")
_UNITS = {
    Weight.PEOPLE: ("people", "People"),
    Weight.WORKING_AGE: ("people aged 16 to 64", "Aged 16 to 64"),
    Weight.POSTCODES: ("postcodes", "Postcodes"),
    Weight.AREA: ("km²", "km²"),
}


def page(result: AuditResult, *, tiles: str = "", outlined: bool = False) -> str:
    """Return the map of an audit as one HTML page that asks nobody for anything.

    Parameters
    ----------
    result
        From `geoplan.audit.run` with ``geometry=True``; geometry in EPSG:27700.
    tiles
        A background of `TILES`, such as "osm". The page then asks that one host for pictures, which tells the
        host where the reader looks; without, it asks nobody.
    outlined
        Whether the page opens with the borders of all layers asked for, and with the partners of the focus in the
        last of them, instead of those of its first pair alone.

    Returns
    -------
    str
        A whole page (HTML, WGS84 coordinates inside): the same result gives the same text.

    Raises
    ------
    ConfigurationError
        If the audit was run without outlines, a layer is a lookup from small areas, or there is no such background.

    Notes
    -----
    All layers made of blocks share one set of arcs (TopoJSON), from which the page makes their outlines and
    areas by their membership. Every name travels as JSON and becomes text, never markup, and a content
    security policy admits only the scripts and styles that stand in the page.
    """
    if "geometry" not in result.blocks.columns:
        message = "The map needs outlines, and this audit was run without: run it with geometry=True."
        raise ConfigurationError(message)
    if result.undrawn:
        message = f"The map needs outlines, and {result.undrawn[0]} is a table of small areas: use geoplan compare."
        raise ConfigurationError(message)
    background = _background(tiles)
    payload = _payload(result, background, outlined=outlined)
    figure = _Page(payload, background)
    board = folium.Map(location=(54.5, -3.0), zoom_start=6, tiles=None, zoom_snap=0.25, attribution_control=False)
    # Folium draws ids by lot; the same audit must give the same page.
    board._id = "board"  # noqa: SLF001
    figure.add_child(board, name="board")
    if background:
        board.add_child(_tile_layer(background))
    board.add_child(_Call("open", f"var page = geoplan.open({board.get_name()});"))
    for kind in ("layer", "pair", "flow", "place"):
        for number in range(len(payload[f"{kind}s"])):
            board.add_child(_Call(f"{kind}{number}", f'page.add("{kind}", {number});'))
    board.add_child(_Call("start", "page.start();"))
    return figure.render()


def _background(name: str) -> Tiles | None:
    if name and name not in TILES:
        hint = f"Known: {', '.join(TILES)}."
        raise ConfigurationError(refusal("the map has no such background", codes=[name], hint=hint))
    return TILES.get(name)


# ------------------------------------------------------------------------------------------ Folium's part


class _Call(MacroElement):
    """A call of the page's script; only numbers of layers, pairs, flows and places are code, their names are data."""

    _template = folium.template.Template("{% macro script(this, kwargs) %}{{ this.code }}{% endmacro %}")

    def __init__(self, name: str, code: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._id = name
        self.code = code


class _Page(Figure):
    """A figure whose head holds its scripts and styles themselves, not ten addresses of four hosts."""

    def __init__(self, payload: Mapping[str, Any], background: Tiles | None) -> None:
        super().__init__()
        self.payload = payload
        self.background = background

    def render(self, **kwargs: Any) -> str:
        """Render map and overlays, then put them into the page's own frame."""
        for child in self._children.values():
            child.render(**kwargs)
        scripts = [*map(_library, _LIBRARIES), *(_asset(f"{name}.js") for name in _SCRIPTS)]
        scripts.append(self.script.render(**kwargs))
        styles = [_leaflet_style(), _asset("map.css")]
        return _frame().render(
            policy=_policy(scripts, styles, self.background.host if self.background else ""),
            # The hosts of backgrounds want to know which site asks; nobody else is told.
            referrer="strict-origin" if self.background else "no-referrer",
            title=self.payload["title"],
            heading=self.payload["heading"],
            indicative=self.payload["indicative"],
            as_of=self.payload["as_of"],
            quiet=self.payload["quiet"],
            attribution=_attribution(self.background),
            styles=styles,
            scripts=scripts,
            body=self.html.render(**kwargs),
            patterns=svg_patterns(),
            data=_embedded(self.payload),
        )


@cache
def _asset(name: str) -> str:
    text = (resources.files("geoplan") / "templates" / "map" / name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


@cache
def _frame() -> jinja2.Template:
    return jinja2.Environment(autoescape=True).from_string(_asset("page.html"))


def _library(name: str) -> str:
    licence = _asset(f"{name}.LICENSE").strip()
    return f"/*\n{licence}\n*/\n" + re.sub(r"//# sourceMappingURL=\S+", "", _asset(f"{name}.js"))


def _leaflet_style() -> str:
    # Its pictures belong to controls that this page does not use.
    style = re.sub(r"url\([^)]*\)", "none", _asset("leaflet.css"))
    return f"/*\n{_asset('leaflet.LICENSE').strip()}\n*/\n{style}"


def _tile_layer(background: Tiles) -> folium.TileLayer:
    layer = folium.TileLayer(background.address, attr=background.attribution, max_zoom=background.deepest)
    layer._id = "background"  # noqa: SLF001
    return layer


def _attribution(background: Tiles | None) -> str:
    return f"{wording.attribution()} {background.attribution}" if background else wording.attribution()


def _policy(scripts: Iterable[str], styles: Iterable[str], pictures: str) -> str:
    """Return the content security policy: these scripts, these styles, pictures of one host if any, nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_digest, scripts))}",
            f"style-src {' '.join(map(_digest, styles))}",
            *([f"img-src {pictures}"] if pictures else []),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _embedded(payload: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the script element it stands in."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


# ------------------------------------------------------------------------------------------ what it shows


def _payload(result: AuditResult, background: Tiles | None, *, outlined: bool) -> dict[str, Any]:
    position = {str(block): i for i, block in enumerate(result.blocks.index)}
    pairs = _pairs(result)
    brokers = _brokers(result)
    layers = [_layer(layer, number, position) for number, layer in enumerate(result.layers.values())]
    return {
        "title": _title(result),
        "heading": _heading(result),
        "as_of": f"As of {wording.day(result.as_of)}",
        "quiet": result.quiet,
        "topology": _topology(result, pairs),
        "blocks": [
            {"lad": str(lad), "people": _whole(people)}
            for lad, people in zip(result.blocks["lad"], result.blocks["people"], strict=True)
        ],
        "authorities": _authorities(result),
        "layers": layers,
        "pairs": pairs,
        "start": _start(result),
        "shown": _shown(result) if outlined else [],
        "groups": [*GROUPS, OWN],
        "places": [
            *_places(result, position),
            *_broker_places(brokers, result, position),
            *flowmap.loose_places(result, position),
            *_partner_places(result, position),
        ],
        "flows": flowmap.flow_sets(result),
        "stability": flowmap.stability(result),
        "brokers": brokers[["code", "bodies"]].to_numpy().tolist(),
        "findings": _findings(result),
        "rules": _rules(result.findings),
        "focus": result.focus
        and {"name": result.focus.name, "blocks": [position[block] for block in sorted(result.focus.blocks)]},
        "postcodes": _postcodes(position),
        "tiles": background is not None,
        "looks": {
            name: {"term": look.term, "fill": fill}
            for (name, look), fill in zip(DRAWN.items(), fills().values(), strict=True)
        },
        "indicative": INDICATIVE if result.indicative else "",
        "about": _about(result, background),
    }


def _title(result: AuditResult) -> str:
    return f"{_heading(result)} ({wording.day(result.as_of)})"


def _heading(result: AuditResult) -> str:
    if result.focus:
        return f"{result.focus.name}: where boundaries do not fit"
    return "Where boundaries do not fit"


def _about(result: AuditResult, background: Tiles | None) -> list[str]:
    drawing = (
        f"Indicative: boundaries are {wording.DRAWN}. Who belongs where is decided by membership tables, not by this "
        "drawing."
        if result.indicative
        else "Boundaries are those of the files compared."
    )
    day = (
        f"Memberships are those in force on {wording.day(result.as_of)}. Layers that have ended or are proposed say so."
    )
    method = (
        "An area is cut where it shares a piece with an area of the other layer that neither of them holds whole; such "
        "pieces are hatched. People are residents, mid-2024 estimates, shared between the sides of split districts by "
        "census counts. Where the size of a part is not known, people are not assessed."
    )
    asks = (
        f"For its background this file asks {background.host} for pictures, which tells that host where you look."
        if background
        else "This file asks nobody for anything: it holds all that it shows."
    )
    made = f"Drawn with Folium, Leaflet 1.9.4 (BSD 2-Clause) and topojson-client 3.1.0 (ISC). {asks}"
    changes = filter(None, (wording.known_changes(one, called=one.title) for one in result.layers.values()))
    return [drawing, day, *changes, method, *flowmap.about(result), _attribution(background), made]


def _authorities(result: AuditResult) -> dict[str, str]:
    """Return the names of the authorities that blocks belong to."""
    shipped = sources.shipped_table("authorities.csv").set_index("lad_code")["name"].to_dict()
    if "lad" in result.layers:
        shipped |= result.layers["lad"].areas["name"].to_dict()
    return {str(lad): str(shipped.get(lad, lad)) for lad in dict.fromkeys(result.blocks["lad"])}


def _layer(layer: Layer, number: int, position: Mapping[str, int]) -> dict[str, Any]:
    entry = catalogue().get(layer.key)
    blocks: dict[str, list[int]] = {}
    if layer.parts is not None:
        for block, code in zip(layer.parts["block"], layer.parts["code"], strict=True):
            blocks.setdefault(str(code), []).append(position[str(block)])
    return {
        "key": layer.key,
        "title": layer.title,
        "short": wording.short(layer),
        "extent": layer.extent,
        "group": entry.group if entry else OWN,
        "edition": layer.edition,
        "status": layer.status,
        "confidence": wording.confidence(layer),
        "resolution": layer.resolution,
        "from": layer.in_force_from,
        "to": layer.in_force_to,
        "source": " ".join(part for part in (layer.source.citation, layer.source.url) if part),
        "licence": layer.source.licence,
        "drawn": "" if layer.parts is not None else f"drawn{number}",
        "areas": [_area(row, blocks.get(str(row["code"]), [])) for row in _records(layer)],
    }


def _records(layer: Layer) -> list[dict[str, Any]]:
    table = pd.DataFrame(layer.areas.drop(columns="geometry", errors="ignore")).rename_axis("code").reset_index()
    return table.to_dict("records")


def _area(row: Mapping[str, Any], blocks: list[int]) -> dict[str, Any]:
    return {
        "code": str(row["code"]),
        "name": str(row["name"]),
        "people": _whole(row.get("people")),
        "working_age": _whole(row.get("working_age")),
        "postcodes": _whole(row.get("postcodes")),
        "km2": _km2(row.get("area_m2")),
        "confidence": wording.membership(row),
        "lead_body": _text(row.get("lead_body")),
        "not_assessed": _text(row.get("not_assessed")),
        "members": [code for code in _text(row.get("members")).split(";") if code],
        "blocks": blocks,
    }


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def _whole(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else round(float(value))


def _km2(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else round(float(value) / 1e6, 1)


def _share(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else round(float(value), 5)


def _findings(result: AuditResult) -> list[dict[str, Any]]:
    """Return the findings, each with the position of its own ground in the topology, where it has any."""
    place = {id(finding): n for n, finding in enumerate(_own_ground(result.findings))}
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
        "value": _whole(value),
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


# ------------------------------------------------------------------------------------------ pairs


def _pairs(result: AuditResult) -> list[dict[str, Any]]:
    keys = list(result.layers)
    numbers = {pair.keys: i for i, pair in enumerate(result.pairs)}
    shown = []
    for number, pair in enumerate(result.pairs):
        left, right = pair.keys
        reverse = numbers.get((right, left), number)
        unit, heading = _UNITS[pair.overlay.weight]
        kinds, rows = [str(each) for each in pair.standing.values()], _rows(pair)
        shown.append(
            {
                "left": keys.index(left),
                "right": keys.index(right),
                "configured": number <= reverse,
                "reverse": reverse,
                "unit": unit,
                "heading": heading,
                "estimate": pair.overlay.basis is not Basis.CODES,
                "kinds": kinds,
                "rows": rows,
                "pieces": None if _of_blocks(pair) else [row[:2] for row in rows if _apart(row, kinds[row[0]])],
                "drawn": f"pieces{number}",
                "answer": _answer(pair, result),
                **_not_listed(pair, result),
            }
        )
    return shown


def _apart(row: Sequence[Any], kind: str) -> bool:
    """Tell whether a row's ground is drawn as a piece of its own: it is cut, or in none of an area partly in none."""
    return bool(row[5]) or (row[1] < 0 and kind == Standing.PARTLY)


def _start(result: AuditResult) -> int:
    """Return the pair to open with: the first, or with a focus the one that `geoplan.focus.opening` names."""
    shown = None if result.focus is None else opening(result, result.focus)
    return 0 if shown is None else result.pairs.index(shown)


def _shown(result: AuditResult) -> list[int]:
    """Return the layers whose borders the page opens with, besides those of its pair: all that were asked for."""
    keys = list(result.layers)
    return [keys.index(layer.key) for layer in asked_layers(result)]


def _listed(pair: Pair, found: Iterable[Finding]) -> list[Finding]:
    """Return the findings that stand in the list of a pair: its cut areas."""
    return [f for f in found if (f.layer, f.other_layer) == pair.keys and f.rule == CUT_RULE]


def _not_listed(pair: Pair, result: AuditResult) -> dict[str, str]:
    """Return a note for the list of a pair's cut areas: how many a baseline keeps off it."""
    count = 0 if result.known is None else len(_listed(pair, result.known.suppressed))
    if not count or result.known is None:
        return {}
    said = wording.number_of(count, "more is", "more are")
    return {"quiet": f"{said} known and kept quiet (baseline {result.known.file})."}


def _rows(pair: Pair) -> list[list[Any]]:
    """Return where the pair meets: left, right (-1 for the rest), amount, both shares, and whether it is cut."""
    over = pair.overlay
    by_area = over.weight is Weight.AREA
    kind = "area" if by_area else "people"
    left_at, right_at = ({code: i for i, code in enumerate(side.areas.index)} for side in (over.left, over.right))
    table = over.table[~over.table["artefact"].astype(bool)]
    amounts = table["area_m2"] / 1e6 if by_area else table["people"]
    cut = set(pair.cuts.pieces.index)
    rows = []
    for at, amount, one, other in zip(
        table.index, amounts, table[f"left_{kind}_share"], table[f"right_{kind}_share"], strict=True
    ):
        left, right = at
        if right == REST and one < TINY_SHARE:
            continue
        measured = _km2(amount * 1e6) if by_area else _whole(amount)
        rows.append([left_at[left], right_at.get(right, -1), measured, _share(one), _share(other), int(at in cut)])
    return sorted(rows, key=lambda row: (row[0], row[1] < 0, -(row[3] or 0.0), row[1]))


def _of_blocks(pair: Pair) -> bool:
    return pair.overlay.left.parts is not None and pair.overlay.right.parts is not None


def _answer(pair: Pair, result: AuditResult) -> str:
    """Return the comparison in one sentence: whom it concerns, everywhere or in the focus."""
    if result.focus is not None:
        return _focused_answer(pair, result.focus)
    left, right = (wording.many(layer) for layer in (pair.overlay.left, pair.overlay.right))
    if not pair.cuts.by_area:
        return f"None of the {left} is cut by {right}."
    return f"{overlap_words(pair, str(pair.overlay.weight))}."


def _focused_answer(pair: Pair, focus: Focus) -> str:
    right, value = wording.many(pair.overlay.right), pair.cuts.by_area.get(focus.code, 0.0)
    if pair.keys[0] != focus.layer:
        cut = len(_of_focus(pair, focus))
        return (
            f"{wording.number_of(cut, 'area', 'areas')} of {pair.overlay.left.title} on the ground of {focus.name} "
            f"{'is' if cut == 1 else 'are'} cut by {right}."
        )
    if focus.code not in pair.cuts.by_area:
        return f"{focus.name} is not cut by {right}."
    amount = wording.counted(value, str(pair.overlay.weight))
    verb = lie_or_live(str(pair.overlay.weight))
    return f"{amount} of {focus.name} {verb} where it and {right} overlap only in part."


def _of_focus(pair: Pair, focus: Focus) -> list[str]:
    """Return the cut left areas that share ground with the focus."""
    left = pair.overlay.left
    cut = list(pair.cuts.by_area)
    return cut if left.parts is None else [code for code in cut if blocks_of(left, code) & focus.blocks]


# ------------------------------------------------------------------------------------------ places


def _places(result: AuditResult, position: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return for each layer of blocks the ground that is in none of its areas, and in several."""
    places = []
    for layer in result.layers.values():
        if layer.parts is None:
            continue
        here = [block for block in result.blocks.index if not layer.extent or str(block)[0] in layer.extent]
        cover = layer.parts["share"].fillna(0.0).groupby(layer.parts["block"]).sum()
        there = set(layer.parts["block"])
        none = [position[block] for block in here if block not in there]
        twice = [position[block] for block in cover.index[cover > 1 + 1e-9]]
        places.append(_place("none", layer, none, "should cover every place" if layer.exhaustive else "by design"))
        places.append(_place("twice", layer, twice, "by design" if layer.overlap else "should not overlap"))
    return [place for place in places if place["blocks"]]


def _partner_places(result: AuditResult, position: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return for each layer of blocks the areas that share ground with the focus."""
    focus = result.focus
    if focus is None:
        return []
    places = []
    for number, (key, layer) in enumerate(result.layers.items()):
        if layer.parts is None or key == focus.layer:
            continue
        partners = list(dict.fromkeys(layer.parts.loc[layer.parts["block"].isin(focus.blocks), "code"]))
        codes = list(layer.areas.index)
        # Each is named on the ground that it shares: the rest of it may lie outside the view.
        shared = [[codes.index(code), [position[each] for each in sorted(blocks_of(layer, code) & focus.blocks)]]
                  for code in partners]  # fmt: skip
        places.append(
            {
                "kind": "partner",
                "title": f"Partners of {focus.name} in {layer.title}",
                "note": wording.listed(sorted(map(layer.name, partners))),
                "blocks": sorted({position[each] for code in partners for each in blocks_of(layer, code)}),
                "layer": number,
                "areas": shared,
            }
        )
    return [place for place in places if place["areas"]]


def _place(kind: str, layer: Layer, blocks: list[int], note: str) -> dict[str, Any]:
    where = "In no area of" if kind == "none" else "In several areas of"
    return {"kind": kind, "title": f"{where} {layer.title}", "note": note, "blocks": blocks}


def _brokers(result: AuditResult) -> pd.DataFrame:
    """Return the busiest authorities."""
    return busiest_brokers(result).head(BROKERS)


def _broker_places(brokers: pd.DataFrame, result: AuditResult, position: Mapping[str, int]) -> list[dict[str, Any]]:
    if brokers.empty:
        return []
    chosen = set(brokers["code"])
    blocks = [position[block] for block, lad in result.blocks["lad"].items() if lad in chosen]
    low, high = brokers["bodies"].min(), brokers["bodies"].max()
    note = f"{low} to {high} bodies each, in the geographies compared" if low < high else f"{high} bodies each"
    return [{"kind": "broker", "title": "Authorities with most bodies to work with", "note": note, "blocks": blocks}]


def _postcodes(position: Mapping[str, int]) -> dict[str, str]:
    """Return for each postcode area its districts and how many of their postcodes lie in each block.

    "1:AB120A9;2:C7" under "LA": LA1 has 120 postcodes in block AB (1, counted from A = 0) and 9 in block A (0).
    """
    table = sources.shipped_table("postcode_districts.csv")
    table = table[table["block"].isin(position)]
    packed: dict[str, str] = {}
    for district, block, count in zip(table["district"], table["block"], table["postcodes"], strict=True):
        packed[district] = f"{packed.get(district, '')}{_letters(position[block])}{count}"
    areas: dict[str, list[str]] = {}
    for district, counts in packed.items():
        area = district.rstrip(string.ascii_uppercase).rstrip(string.digits)
        areas.setdefault(area, []).append(f"{district.removeprefix(area)}:{counts}")
    return {area: ";".join(own) for area, own in areas.items()}


def _letters(number: int) -> str:
    """Return a number in base 26, A for nought."""
    return np.base_repr(number, 26).translate(_LETTERS)


# ------------------------------------------------------------------------------------------ geometry


def _topology(result: AuditResult, pairs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return blocks, drawn layers and their cut pieces as one quantised TopoJSON in longitude and latitude."""
    shapes = {"blocks": result.blocks["geometry"]}
    for number, layer in enumerate(result.layers.values()):
        if layer.parts is None:
            shapes[f"drawn{number}"] = layer.areas["geometry"]
    for pair, shown in zip(result.pairs, pairs, strict=True):
        if shown["pieces"]:
            shapes[shown["drawn"]] = _piece_shapes(pair, shown["pieces"])
    if own := _own_ground(result.findings):
        shapes[OWN_GROUND] = gpd.GeoSeries([finding.shape for finding in own], crs=BRITISH_NATIONAL_GRID)
    # A gap smaller than what borders are simplified by is to be seen all the same.
    frames = [_drawable(each, 0.0 if name == OWN_GROUND else SIMPLIFY_M) for name, each in shapes.items()]
    # Its own to_dict copies every point; going through text takes a third of the time.
    made = json.loads(Topology(frames, object_name=list(shapes), prequantize=STEPS).to_json() or "{}")
    objects = {
        name: {"type": "GeometryCollection", "geometries": _in_order(made["objects"][name], len(shapes[name]))}
        for name in shapes
    }
    return {"type": "Topology", "objects": objects, "transform": made["transform"], "arcs": made["arcs"]}


def _own_ground(found: Iterable[Finding]) -> list[Finding]:
    """Return the findings that have ground of their own, such as gaps, of a size that can be drawn."""
    drawn = [finding for finding in found if finding.shape is not None]
    return [finding for finding in drawn if shapely.get_num_coordinates(finding.shape) <= MOST_CORNERS]


def _piece_shapes(pair: Pair, pieces: Iterable[Sequence[int]]) -> gpd.GeoSeries:
    """Return the ground on which two layers meet, or (right -1) what the right one leaves, without slivers."""
    left, right = pair.overlay.left, pair.overlay.right
    ours, theirs = (gpd.GeoSeries(side.areas["geometry"].to_numpy(), crs=left.areas.crs) for side in (left, right))
    width = (left.resolution_m or 0.0) + (right.resolution_m or 0.0)
    shapes = []
    for i, j in pieces:
        near = theirs.iloc[theirs.sindex.query(ours[i])].to_numpy()
        met = ours[i].intersection(theirs[j]) if j >= 0 else ours[i].difference(shapely.union_all(near))
        shapes.append(_broad(met, width))
    return gpd.GeoSeries(shapes, crs=left.areas.crs)


def _broad(shape: shapely.Geometry, width: float) -> shapely.Geometry:
    """Return the polygons of a shape that are broader than what two drawings may differ by; all if none is."""
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_dimensions(parts) == 2]
    broad = parts[2 * shapely.area(parts) > width * shapely.length(parts)]
    return shapely.union_all(broad if len(broad) else parts)


def _drawable(geometry: pd.Series, metres: float) -> gpd.GeoDataFrame:
    """Return what there is to draw, simplified so that neighbours still fit, numbered by its place in the layer."""
    numbered = gpd.GeoSeries(geometry.to_numpy(), crs=geometry.crs)
    there = numbered[~(numbered.isna() | numbered.is_empty)]
    simple = gpd.GeoSeries(shapely.coverage_simplify(there.to_numpy(), metres), index=there.index, crs=there.crs)
    return gpd.GeoDataFrame(geometry=simple[~simple.is_empty].to_crs("EPSG:4326"))


def _in_order(collection: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """Return one geometry a place in the layer; those with nothing to draw have no type."""
    found = {geometry["id"]: geometry for geometry in collection["geometries"]}
    return [
        {"type": found[i]["type"], "arcs": found[i]["arcs"]} if i in found and found[i]["arcs"] else {"type": None}
        for i in range(count)
    ]
