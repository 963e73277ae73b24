"""The audit as a workbook: a cover with contents and sources, then one table a sheet."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import pandas as pd
import xlsxwriter

from geoplan import commutereport, flowmap, report, sources, summary, wording
from geoplan.audit import AuditResult, Pair
from geoplan.errors import OutputError
from geoplan.findings import RULES
from geoplan.network import authority_of
from geoplan.schema import FINDING_COLUMNS, REST, Layer, Weight
from geoplan.standing import LOOKS, Standing

__all__ = ["audited_layers", "plain_text", "xlsx"]

ROWS = 1_048_575
"""Rows a sheet can hold below its headings."""

CHARACTERS = 32_767
"""Characters (UTF-16 units) a cell can hold."""

WIDEST = 48
LONG = 80
NARROW = 1.1
"""Letters of running text to a digit's width, by which columns are measured."""

RAGGED = 3
"""Letters that a line loses at its end, where the next word does not fit."""

COVER = (30, 110)
"""Widths of the two columns of the cover."""

LINE = 15.0
"""Height of a line in points, and of a row at most."""

TALLEST = 400.0
LEAKS = 10
LOOKED_AT = 2_000
"""Rows by which a column's width is chosen."""

_CUT = " … (cut here: a cell holds no more)"
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LIKE_A_FORMULA = re.compile(r"\s*[=+\-@\t＝＋－＠]")  # noqa: RUF001 - a spreadsheet reads wide signs too
_NUMBERS = {
    "count": "#,##0",
    "share": "0.0%",
    "km2": "#,##0.0",
    "metres": "#,##0",
    "index": "0.000",
    "value": "#,##0",
    "small": "0.000",
}
_AMOUNTS = {
    Weight.PEOPLE: "People",
    Weight.WORKING_AGE: "People aged 16 to 64",
    Weight.POSTCODES: "Postcodes",
    Weight.AREA: "People",
}
_WORDS = {
    "artefact": "The piece is no wider than the two drawings may differ by: it does not count for the relation.",
    "share of left, share of right": "The piece as a share of the left and of the right area; 100% is all of it.",
    "homogeneity": "How far each left area lies in one right area only, from 0 to 1 (1: all of them do).",
    "completeness": "How far each right area lies in one left area only, from 0 to 1 (1: all of them do).",
    "V-measure": "Harmonic mean of homogeneity and completeness: 1 where the two geographies are the same.",
    "common blocks": "Smallest groups of areas on whose outer boundary the two geographies agree.",
    "where they overlap only in part": "People in pieces that neither the left nor the right area holds whole; "
    "the same number from either side.",
    "confidence": "How sure it is who belongs: confirmed, or how the member was come by: read from a name, inferred.",
    "part": "Only a part of the block belongs to the area. Where its share is empty, its size is not known.",
    "block": "A local authority, or one side of an authority that is split between integrated care boards.",
    "residents in work": "Workers who live in the area, wherever they work.",
    "jobs": "Workers who work in the area, wherever they live.",
    "supply-side self-containment": "Of the residents in work, the share who work in the area.",
    "demand-side self-containment": "Of the jobs, the share done by residents of the area.",
    "labour market score": "Above 1 the area would pass as a labour market area.",
}


def xlsx(result: AuditResult) -> bytes:
    """Write an audit as an Excel workbook (XLSX).

    Parameters
    ----------
    result
        From `geoplan.audit.run`, with or without outlines.

    Returns
    -------
    bytes
        The file: a cover, then one table a sheet with its headings in row 1. The same audit gives the same bytes;
        its only date is the day the memberships are of.

    Raises
    ------
    OutputError
        If the workbook cannot be made.

    Notes
    -----
    Whatever a name holds is written as text: nothing from the audit becomes a formula or a link. Areas are in
    square kilometres, shares are numbers from 0 to 1 shown as per cent, and an empty cell means not assessed or
    not applicable. What a sheet cannot hold is cut, and the cover says so.
    """
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    try:
        with xlsxwriter.Workbook(buffer, options) as book:
            _fill(book, result)
    except xlsxwriter.exceptions.XlsxWriterException as problem:
        message = f"The workbook cannot be written: {problem}."
        raise OutputError(message) from problem
    return buffer.getvalue()


def audited_layers(result: AuditResult) -> dict[str, Layer]:
    """Return the layers of an audit with all that was found out about their areas.

    Parameters
    ----------
    result
        From `geoplan.audit.run`.

    Returns
    -------
    dict
        Key -> layer, in the order audited; drawn ones have the people that comparing them estimated.
    """
    weighed = {pair.keys[0]: pair.overlay.left for pair in reversed(result.pairs)}
    return {
        key: weighed[key] if layer.parts is None and key in weighed else layer for key, layer in result.layers.items()
    }


def plain_text(value: object) -> str:
    r"""Return text that every file format can hold.

    Parameters
    ----------
    value
        Any value; missing is empty.

    Returns
    -------
    str
        Lines end in a line feed; control characters and halves of characters are replaced by U+FFFD.

    Examples
    --------
    >>> plain_text("one\r\ntwo"), plain_text(None)
    ('one\ntwo', '')
    """
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    return _NOT_XML.sub("\ufffd", str(value).replace("\r\n", "\n").replace("\r", "\n"))


# --------------------------------------------------------------------------------------------- the sheets


@dataclass(frozen=True, eq=False)
class _Sheet:
    """A table of the workbook; ``kinds`` says how columns are shown that are no plain text."""

    name: str
    about: str
    table: pd.DataFrame
    kinds: Mapping[str, str] = field(default_factory=dict)


def _sheets(result: AuditResult) -> list[_Sheet]:
    return [
        _summary_sheet(result),
        _findings_sheet(result),
        _pairs_sheet(result),
        _areas_sheet(result),
        _members_sheet(result),
        _labour_sheet(result),
        _leaks_sheet(result),
        _layers_sheet(result),
        _parameters_sheet(result),
        _rules_sheet(result),
        _words_sheet(),
    ]


def _summary_sheet(result: AuditResult) -> _Sheet:
    asked = {pair.keys for pair in summary.asked_pairs(result)}
    unit = "km²" if result.weight is Weight.AREA else _AMOUNTS[result.weight]
    part = f"{unit} where they overlap only in part"
    terms = {each: LOOKS[each].term.capitalize() for each in Standing}
    rows = []
    for pair in result.pairs:
        counts, total = pair.summary, pair.cuts.total
        rows.append(
            {
                "Left layer": pair.overlay.left.title,
                "Right layer": pair.overlay.right.title,
                "Left key": pair.keys[0],
                "Right key": pair.keys[1],
                "Direction": "as asked" if pair.keys in asked else "other way round",
                "Decided by": counts["basis"],
                "Areas": counts["areas"],
                **{terms[each]: count for each, count in summary.standing_counts(pair).items()},
                part: total / 1e6 if result.weight is Weight.AREA and total is not None else total,
                "All cut pieces assessed": pair.cuts.complete,
                "Homogeneity": counts["homogeneity"],
                "Completeness": counts["completeness"],
                "V-measure": counts["v_measure"],
                "Common blocks": counts["blocks"],
            }
        )
    counted = ["Areas", *terms.values(), part, "Common blocks"]
    columns = ["Left layer", "Right layer", "Left key", "Right key", "Direction", "Decided by", *counted[:-1],
               "All cut pieces assessed", "Homogeneity", "Completeness", "V-measure", "Common blocks"]  # fmt: skip
    kinds = dict.fromkeys(counted, "count") | dict.fromkeys(("Homogeneity", "Completeness", "V-measure"), "index")
    if result.weight is Weight.AREA:
        kinds[part] = "km2"
    about = "How the areas of each geography stand to another one: a row a comparison, in both directions"
    return _Sheet("Summary", about, pd.DataFrame(rows, columns=columns), kinds)


def _findings_sheet(result: AuditResult) -> _Sheet:
    table = report.findings_table(result.findings)
    titles = {key: layer.title for key, layer in result.layers.items()}
    table.insert(0, "rule_title", [RULES[code].title if code in RULES else "" for code in table["rule"]])
    table.insert(0, "layer_title", table["layer"].map(titles))
    first = ["severity", "rule_title", "layer_title", "name", "message", "value", "unit", "rule", "layer", "code"]
    # The id ends the row: it is never empty, so the evidence before it does not run across the sheet.
    rest = [name for name in FINDING_COLUMNS if name not in first and name not in {"id", "evidence"}]
    table = table[[*first, *rest, "evidence", "id"]].rename(columns=_words_of)
    kinds = {"Message": "long", "Value": "value", "Unit": "beside"}
    return _Sheet("Findings", "What is wrong or worth knowing, most serious first; all columns of findings.csv", table,
                  kinds)  # fmt: skip


def _pairs_sheet(result: AuditResult) -> _Sheet:
    amount = _AMOUNTS[result.weight]
    names = {
        "left_layer": "Left layer",
        "right_layer": "Right layer",
        "left_code": "Left code",
        "left_name": "Left name",
        "right_code": "Right code",
        "right_name": "Right name",
        "standing": "How the left area stands",
        "cut": "Cut piece",
        "people": amount,
        "left_people_share": f"Share of left ({amount.lower()})",
        "right_people_share": f"Share of right ({amount.lower()})",
        "km2": "Area (km²)",
        "left_area_share": "Share of left (area)",
        "right_area_share": "Share of right (area)",
        "width_m": "Width (m)",
        "artefact": "Artefact",
    }
    tables = [_pair_rows(pair) for pair in summary.asked_pairs(result)]
    table = _stacked(tables, list(names)).rename(columns=names)
    kinds = {amount: "count", "Area (km²)": "km2", "Width (m)": "metres"}
    kinds |= {name: "share" for name in table.columns if name.startswith("Share of")}
    about = "Where two geographies meet: a row a piece; no right code: the rest of an area, in none"
    return _Sheet("Pairs", about, table, kinds)


def _pair_rows(pair: Pair) -> pd.DataFrame:
    rows, pieces = report.compare_table(pair), pair.cuts.pieces.index
    return rows.assign(
        left_layer=pair.keys[0],
        right_layer=pair.keys[1],
        km2=rows["area_m2"] / 1e6,
        standing=rows["left_code"].map({code: LOOKS[each].term for code, each in pair.standing.items()}),
        cut=pd.MultiIndex.from_frame(rows[["left_code", "right_code"]]).isin(pieces),
    )


def _areas_sheet(result: AuditResult) -> _Sheet:
    names = {
        "layer": "Layer",
        "code": "Code",
        "name": "Name",
        "people": "People",
        "working_age": "People aged 16 to 64",
        "postcodes": "Postcodes",
        "km2": "Area (km²)",
        "confidence": "Confidence",
        "lead_body": "Lead body",
        "not_assessed": "Not assessed",
        "estimated": "Estimated from postcodes",
    }
    tables = []
    for key, layer in audited_layers(result).items():
        rows = pd.DataFrame(layer.areas.drop(columns="geometry", errors="ignore")).rename_axis("code").reset_index()
        rows["confidence"] = [wording.membership(row) for row in rows.to_dict("records")]
        rows["km2"] = rows["area_m2"] / 1e6 if "area_m2" in rows else math.nan
        tables.append(rows.assign(layer=key, estimated=layer.parts is None))
    kinds = dict.fromkeys(("People", "People aged 16 to 64", "Postcodes"), "count") | {"Area (km²)": "km2"}
    return _Sheet("Areas", "Every area of every geography", _stacked(tables, list(names)).rename(columns=names), kinds)


def _members_sheet(result: AuditResult) -> _Sheet:
    columns = ["Layer", "Area code", "Area name", "Block", "Authority code", "Authority name", "Part", "Share",
               "People", "Confidence"]  # fmt: skip
    authorities = sources.shipped_table("authorities.csv").set_index("lad_code")["name"]
    tables = [pd.DataFrame(columns=columns)]
    for key, layer in result.layers.items():
        if layer.parts is None or layer.blocks is not None:
            continue
        parts = layer.parts.sort_values(["code", "block"], kind="stable")
        lads = parts["block"].map(authority_of)
        people = result.blocks["people"].reindex(parts["block"]).to_numpy() * parts["share"].to_numpy()
        cells = (key, parts["code"], parts["code"].map(layer.areas["name"]), parts["block"], lads,
                 lads.map(authorities), ~(parts["share"] == 1), parts["share"], people, _sureness(parts))  # fmt: skip
        tables.append(pd.DataFrame(dict(zip(columns, cells, strict=True))))
    about = "Which authorities, or sides of split ones, each area is made of"
    left_out = [key for key, layer in result.layers.items() if layer.parts is None or layer.blocks is not None]
    if left_out:
        about += f" (not of {wording.listed(left_out)}: drawings, and lookups, which are tables of members themselves)"
    return _Sheet("Memberships", about, _stacked(tables, columns), {"Share": "share", "People": "count"})


def _labour_sheet(result: AuditResult) -> _Sheet:
    names = {
        "layer": "Layer",
        "code": "Code",
        "name": "Name",
        "size": "Residents in work",
        "jobs": "Jobs",
        "live_and_work": "Live and work in the area",
        "supply": "Supply-side self-containment",
        "demand": "Demand-side self-containment",
        "validity": "Labour market score",
        "passes": "Would pass",
        "leak_out_code": "Most leave for: code",
        "leak_out_name": "Most leave for: name",
        "leak_out_workers": "Workers leaving",
        "leak_out_share": "Share of residents in work",
        "leak_in_code": "Most come from: code",
        "leak_in_name": "Most come from: name",
        "leak_in_workers": "Workers coming",
        "leak_in_share": "Share of jobs",
        "flows": "Commuting is",
    }
    tables = [
        commutereport.containment_table(told).assign(layer=key, flows=told.flows.kind)
        for key, told in result.contained.items()
    ]
    counts = ("size", "jobs", "live_and_work", "leak_out_workers", "leak_in_workers")
    shares = ("supply", "demand", "leak_out_share", "leak_in_share")
    kinds = {names[each]: "count" for each in counts} | {names[each]: "share" for each in shares}
    kinds["Labour market score"] = "index"
    about = "How self-contained each area is as a labour market"
    return _Sheet("Labour markets", about + _no_commuting(result), _stacked(tables, list(names)).rename(columns=names),
                  kinds)  # fmt: skip


def _leaks_sheet(result: AuditResult) -> _Sheet:
    columns = ["Layer", "Code", "Name", "Direction", "Other code", "Other name", "Workers", "Share"]
    tables = [pd.DataFrame(columns=columns)]
    for key, told in result.contained.items():
        leaks = told.found.leaks.groupby(["code", "direction"], sort=False).head(LEAKS)
        names = told.layer.areas["name"].to_dict() | {REST: "in no area"}
        cells = (key, leaks["code"], leaks["code"].map(names), leaks["direction"], leaks["other"],
                 leaks["other"].map(names), leaks["workers"], leaks["share"])  # fmt: skip
        tables.append(pd.DataFrame(dict(zip(columns, cells, strict=True))))
    about = (
        f"Where most workers of each area go (out; share of its residents in work) and come from (in; share of its "
        f"jobs), at most {LEAKS} places each{_no_commuting(result)}"
    )
    return _Sheet("Leaks", about, _stacked(tables, columns), {"Workers": "count", "Share": "share"})


def _no_commuting(result: AuditResult) -> str:
    return "" if result.contained else " (no commuting was looked at)"


def _sureness(parts: pd.DataFrame) -> pd.Series | str:
    """Return the confidence of each membership in words."""
    return parts["confidence"].map(wording.CONFIDENCE).fillna("not stated") if "confidence" in parts else "not stated"


def _layers_sheet(result: AuditResult) -> _Sheet:
    rows = [
        {
            "Layer": key,
            "Title": layer.title,
            "Areas": len(layer.areas),
            "Edition": layer.edition,
            "Status": wording.status(layer, result.as_of),
            "In force from": layer.in_force_from,
            "In force to": layer.in_force_to,
            "Countries": ", ".join(wording.countries(layer.extent)),
            "Covers everyone": layer.exhaustive,
            "May overlap": layer.overlap,
            "Confidence": wording.confidence(layer),
            "Known to change": "; ".join(change.text for change in layer.changes),
            "Boundaries": layer.resolution,
            "Good to (m)": layer.resolution_m,
            "Source": layer.source.citation,
            "Address": layer.source.url,
            "Licence": layer.source.licence,
            "SHA-256": layer.source.sha256,
        }
        for key, layer in result.layers.items()
    ]
    kinds = {"Areas": "count", "Good to (m)": "metres"}
    about = "The geographies used: edition, dates, known changes, confidence, source, licence"
    return _Sheet("Layers", about, pd.DataFrame(rows), kinds)


def _parameters_sheet(result: AuditResult) -> _Sheet:
    rows = [("parameter", name, value, "") for name, value in _flat(result.parameters)]
    rows += [("input", key, layer.source.citation, layer.source.sha256) for key, layer in result.layers.items()]
    told = {(t.flows.source, t.flows.kind) for t in result.contained.values()}
    rows += [("input", f"commuting ({kind})", source, "") for source, kind in sorted(told)]
    table = pd.DataFrame(rows, columns=["Kind", "Name", "Value", "SHA-256"])
    return _Sheet("Parameters", "What the audit was asked, and the inputs it read with their hashes", table,
                  {"Value": "any"})  # fmt: skip


def _flat(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield the values of nested JSON, each under its path in words; lists of words stay together."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{name} {_words_of(str(key)).lower()}".strip())
    elif isinstance(value, (list, tuple)) and any(isinstance(item, (list, tuple, Mapping)) for item in value):
        for number, item in enumerate(value, 1):
            yield from _flat(item, f"{name} {number}")
    elif isinstance(value, (list, tuple)):
        yield name, "; ".join(map(str, value))
    else:
        yield name, "" if isinstance(value, Mapping) else value


def _rules_sheet(result: AuditResult) -> _Sheet:
    codes = sorted({finding.rule for finding in result.findings} & set(RULES))
    rows = [
        (code, RULES[code].title, str(RULES[code].severity), RULES[code].means, RULES[code].matters, RULES[code].action)
        for code in codes
    ]
    columns = ["Rule", "Title", "Severity", "What it means", "Why it matters", "What to do"]
    kinds = dict.fromkeys(columns[3:], "long")
    return _Sheet("Rules", "What the rules of these findings mean, and what to do", pd.DataFrame(rows, columns=columns),
                  kinds)  # fmt: skip


def _words_sheet() -> _Sheet:
    rows = [(look.term, f"{look.means[0].upper()}{look.means[1:]}.") for look in LOOKS.values()]
    table = pd.DataFrame([*rows, *_WORDS.items()], columns=["Term", "Meaning"])
    return _Sheet("Words", "What the terms in the other sheets mean", table, {"Meaning": "long"})


def _words_of(name: str) -> str:
    """Write a column name in words."""
    return name[:1].upper() + name[1:].replace("_", " ")


def _stacked(tables: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put tables under each other, every cell with its own type."""
    kept = [table.reindex(columns=columns).astype(object) for table in tables if len(table)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=columns, dtype=object)


# ---------------------------------------------------------------------------------------------- the cover


def _cover(result: AuditResult, sheets: Sequence[_Sheet], cuts: int) -> Iterator[tuple[str, str, str]]:
    """Yield what the cover says, as kind, label and text; a kind of ``link`` leads to the sheet of that label."""
    yield "title", _title(result), ""
    about = f"Only findings about {result.focus.name} ({result.focus.code}). " if result.focus else ""
    yield (
        "text",
        "What this is",
        (f"{about}An audit by geoplan of how these geographies fit one another: {wording.listed(_titles(result))}."),
    )
    yield "text", "As of", f"{wording.day(result.as_of)}. Memberships are those of this day; it is the only date here."
    for label, sentence in zip(("The answer", "", ""), summary.answer_sentences(result), strict=False):
        yield "text", label, sentence
    if result.quiet:
        yield "text", "Known findings", f"{result.quiet} The tables leave them out; audit.json holds them."
    yield from _statements(result)
    yield "text", "Attribution", f"{'. '.join(wording.ATTRIBUTION)}."
    yield "heading", "Sheets", ""
    for sheet in sheets:
        yield "link", sheet.name, f"{sheet.about}. {_held(sheet)}"
    if cuts:
        text = "too long for a spreadsheet and cut; each ends by saying so. findings.csv holds them whole."
        yield "text", "Cut cells", f"{wording.number_of(cuts, 'text was', 'texts were')} {text}"
    yield "heading", "Sources", ""
    for row in summary.layer_rows(result):
        facts = (f"{row.edition}; {row.status}; confidence: {row.confidence}", row.source, f"Licence: {row.licence}")
        yield "text", row.title, ". ".join(fact.rstrip(".") for fact in facts) + "."


def _titles(result: AuditResult) -> list[str]:
    return [wording.inside_a_sentence(layer.title) for layer in result.layers.values()]


def _title(result: AuditResult) -> str:
    return f"{result.focus.name}: where boundaries do not fit" if result.focus else "Where boundaries do not fit"


def _statements(result: AuditResult) -> Iterator[tuple[str, str, str]]:
    if result.indicative:
        yield (
            "text",
            "Indicative",
            (
                f"Boundaries that ship with geoplan are {wording.DRAWN}. Areas in km² are theirs. Who belongs where is "
                "decided by membership, not by the drawing."
            ),
        )
    for sentence in flowmap.about(result):
        yield "text", "Modelled" if "modelled" in sentence else "Commuting", sentence
    unsure = [
        f"{one.title}, {wording.plural(one.areas, 'area')}: {one.names}" for one in summary.unconfirmed(result, limit=6)
    ]
    if unsure:
        yield "text", "Not confirmed", f"Nobody confirmed these members: {'. '.join(unsure)}."
    yield "text", "Empty cells", "Not assessed, or not applicable. They never mean nought."
    yield (
        "text",
        "Numbers",
        (
            "People are residents by estimates of mid-2024; they are not rounded, only shown without decimals. Shares "
            "are shown as per cent: nearly all, or nearly none, can read 100.0% or 0.0%."
        ),
    )
    yield "text", "Ids", "The id of a finding is the same in findings.csv, audit.json, audit.gpkg and the map."


def _held(sheet: _Sheet) -> str:
    count = len(sheet.table)
    if count > ROWS:
        return f"Only the first {ROWS:,} of its {count:,} rows: a sheet holds no more."
    return f"{wording.plural(count, 'row')}."


# ------------------------------------------------------------------------------------------- the writing


def _fill(book: Any, result: AuditResult) -> None:
    title = _title(result)
    created = datetime.fromisoformat(result.as_of)
    book.set_properties(
        {
            "title": f"{title} ({wording.day(result.as_of)})",
            "subject": "Audit of partnership boundaries",
            "author": "geoplan",
            "comments": f"{'. '.join(wording.ATTRIBUTION)}.",
            "created": created,
        }
    )
    sheets = _sheets(result)
    pages = [book.add_worksheet(name) for name in ("Contents", *(sheet.name for sheet in sheets))]
    styles = _Styles(book)
    cuts = sum(_write_sheet(page, sheet, styles) for page, sheet in zip(pages[1:], sheets, strict=True))
    _write_cover(pages[0], _cover(result, sheets, cuts), styles)
    pages[0].activate()


class _Styles:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, bool], Any] = {}

    def of(self, kind: str, *, quoted: bool = False) -> Any:
        """Return the format of a kind of cell; ``quoted`` keeps its text text when a reader edits it."""
        if (kind, quoted) not in self._made:
            self._made[kind, quoted] = self._book.add_format(self._facts(kind) | {"quote_prefix": quoted})
        return self._made[kind, quoted]

    @staticmethod
    def _facts(kind: str) -> dict[str, Any]:
        dark = {"font_color": "#17457F"}
        head = {"bold": True, "text_wrap": True, "bg_color": "#DCE6F1", "bottom": 1}
        special: dict[str, dict[str, Any]] = {
            "heading row": head,
            "number heading": {**head, "align": "right"},
            "title": {"bold": True, "font_size": 18, **dark},
            "heading": {"bold": True, "font_size": 13, "valign": "bottom", **dark},
            "label": {"bold": True, "text_wrap": True},
            "link": {"underline": 1, **dark},
            "long": {"text_wrap": True},
            "beside": {"indent": 1},
        }
        number = {"num_format": _NUMBERS[kind]} if kind in _NUMBERS else {}
        return {"valign": "top", **number, **special.get(kind, {})}


def _write_sheet(page: Any, sheet: _Sheet, styles: _Styles) -> int:
    """Write a table with its headings in row 1; return how many texts had to be cut."""
    table = sheet.table.head(ROWS)
    cuts, widths = 0, list[float]()
    for number, heading in enumerate(table.columns):
        kind = sheet.kinds.get(heading, "text")
        page.write_string(0, number, heading, styles.of("number heading" if kind in _NUMBERS else "heading row"))
        values = _values(table.iloc[:, number])
        widths.append(_width(heading, kind, values))
        page.set_column(number, number, widths[-1])
        cuts += sum(_write_cell(page, row, number, value, kind, styles) for row, value in enumerate(values, 1))
    _set_heights(page, table, sheet.kinds, widths)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, len(table), len(table.columns) - 1)
    page.ignore_errors({"number_stored_as_text": f"A1:XFD{ROWS + 1}"})
    _set_for_print(page, landscape=True)
    page.repeat_rows(0)
    return cuts


def _values(column: pd.Series) -> list[Any]:
    """Return the cells of a column as Python's own types, missing as None."""
    plain = column.astype(object)
    return plain.where(plain.notna(), None).tolist()


def _write_cell(page: Any, row: int, column: int, value: Any, kind: str, styles: _Styles) -> bool:
    """Write one cell by the type of its value, never by its looks; tell whether a text had to be cut."""
    if value is None:
        return False
    if not isinstance(value, str) and (isinstance(value, (bool, int, float)) or hasattr(value, "dtype")):
        _write_value(page, row, column, value, kind, styles)
        return False
    text, is_cut, quoted = _cell_text(str(value))
    if text:
        page.write_string(row, column, text, styles.of(kind, quoted=quoted))
    return is_cut


@lru_cache(maxsize=4_096)
def _cell_text(value: str) -> tuple[str, bool, bool]:
    """Return a text as a cell holds it, whether it had to be cut, and whether it looks like a formula."""
    text, is_cut = _fitted(plain_text(value))
    return text, is_cut, bool(_LIKE_A_FORMULA.match(text))


def _write_value(page: Any, row: int, column: int, value: Any, kind: str, styles: _Styles) -> None:
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bool):
        # In words: programs that do not know a cell's type show truth values as 1 and 0.
        page.write_string(row, column, "yes" if plain else "no", styles.of("text"))
    elif math.isfinite(plain):
        small = kind == "value" and abs(plain) < 10 and plain != round(plain)
        page.write_number(row, column, plain, styles.of("small" if small else kind))


def _fitted(text: str) -> tuple[str, bool]:
    """Cut what is longer than a cell can be."""
    # Text in the tags of rich strings would be taken for markup by the writer.
    text = f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text
    if len(text) <= CHARACTERS // 2:
        return text, False
    units = text.encode("utf-16-le")
    if len(units) <= 2 * CHARACTERS:
        return text, False
    return units[: 2 * (CHARACTERS - len(_CUT))].decode("utf-16-le", errors="ignore") + _CUT, True


def _width(heading: str, kind: str, values: Sequence[Any]) -> float:
    """Return a width in characters that shows the cells, and the heading in two lines or three."""
    if kind == "long":
        return LONG
    longest = max(map(len, heading.split()), default=0)
    shown = max((_shown(value, kind) for value in values[:LOOKED_AT]), default=0)
    # The button of the filter covers some three characters.
    return float(min(max(shown + 1, longest + 3, len(heading) / 2 + 3, 8), WIDEST))


def _shown(value: Any, kind: str) -> int:
    if value is None:
        return 0
    if isinstance(value, str) or kind not in _NUMBERS:
        return max(map(len, str(value).split("\n")))
    return len(f"{float(value) * (100 if kind == 'share' else 1):,.1f}")


def _set_heights(page: Any, table: pd.DataFrame, kinds: Mapping[str, str], widths: Sequence[float]) -> None:
    """Make rows as high as their wrapped texts: not every program does so by itself."""
    page.set_row(0, LINE * max(_lines(name, width - 3) for name, width in zip(table.columns, widths, strict=True)))
    wrapped = [name for name in table.columns if kinds.get(name) == "long"]
    for row, texts in enumerate(table[wrapped].itertuples(index=False), 1):
        lines = max((_lines(plain_text(text), LONG * NARROW) for text in texts), default=1)
        if lines > 1:
            page.set_row(row, min(LINE * lines, TALLEST))


def _lines(text: str, width: float) -> int:
    """Return over how many lines a text runs, or a little more."""
    return sum(max(math.ceil(len(line) / max(width - RAGGED, 1)), 1) for line in text.split("\n"))


def _set_for_print(page: Any, *, landscape: bool) -> None:
    page.set_paper(9)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    if landscape:
        page.set_landscape()
    page.fit_to_pages(1, 0)
    page.set_footer("&L&A&RPage &P of &N")


def _write_cover(page: Any, lines: Iterable[tuple[str, str, str]], styles: _Styles) -> None:
    page.set_column(0, 0, COVER[0])
    page.set_column(1, 1, COVER[1])
    page.hide_gridlines(2)
    for row, (kind, label, text) in enumerate(lines):
        first = plain_text(label)
        if kind == "link":
            page.write_url(row, 0, f"internal:'{first}'!A1", styles.of("link"), first)
        elif first:
            style = kind if kind in {"title", "heading"} else "label"
            page.write_string(row, 0, first, styles.of(style, quoted=bool(_LIKE_A_FORMULA.match(first))))
        said = _fitted(plain_text(text))[0]
        page.set_row(row, _cover_height(kind, first, said))
        if said:
            page.write_string(row, 1, said, styles.of("long", quoted=bool(_LIKE_A_FORMULA.match(said))))
    _set_for_print(page, landscape=False)


def _cover_height(kind: str, label: str, text: str) -> float:
    if kind in {"title", "heading"}:
        return 2 * LINE
    return min(LINE * max(_lines(label, COVER[0] - 2), _lines(text, COVER[1] * NARROW)), TALLEST)
