"""The sheets of a workbook: what each holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from geoplan.auditing.judging.rules import RULES
from geoplan.auditing.results import AuditResult, Pair
from geoplan.output.summary import answers, ranking
from geoplan.output.tables import audits, comparison
from geoplan.output.workbook.areas import areas_sheet, labour_sheet, leaks_sheet, members_sheet
from geoplan.output.workbook.asked.holders import holder_sheets
from geoplan.output.workbook.asked.narrowing import narrowed
from geoplan.output.workbook.asked.partners import partners_sheet
from geoplan.output.workbook.at_the_table import bodies_sheet, crosswalk_sheet
from geoplan.output.workbook.money import money_sheets
from geoplan.output.workbook.need import need_sheets
from geoplan.output.workbook.sheet_parts import AMOUNTS, WORDS, Sheet, stacked, words_of
from geoplan.schema import FINDING_COLUMNS, Weight, layer_wording, wording
from geoplan.schema.standing import LOOKS, Standing

__all__ = ["layers_sheet", "parameters_sheet", "sheets_of"]


def sheets_of(result: AuditResult) -> list[Sheet]:
    """Return all sheets of the workbook but the cover and the chart, in their order."""
    return [
        *partners_sheet(result),
        # Counts of all areas: an audit of one area tells of its partners instead.
        *([] if result.focus else [_summary_sheet(result)]),
        _findings_sheet(result),
        *narrowed([_pairs_sheet(result), areas_sheet(result)], result),
        # Of some areas no money is known, and in some countries no need.
        *(each for each in narrowed([*money_sheets(result), *need_sheets(result)], result) if len(each.table)),
        *narrowed([members_sheet(result)], result),
        *holder_sheets(result),
        *narrowed([bodies_sheet(result)], result),
        crosswalk_sheet(result),
        *narrowed([labour_sheet(result), leaks_sheet(result)], result),
        layers_sheet(result),
        parameters_sheet(result.parameters, result),
        _rules_sheet(result),
        _words_sheet(),
    ]


def _summary_sheet(result: AuditResult) -> Sheet:
    asked = {pair.keys for pair in ranking.asked_pairs(result)}
    unit = "km²" if result.weight is Weight.AREA else AMOUNTS[result.weight]
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
                **{terms[each]: count for each, count in answers.standing_counts(pair).items()},
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
    return Sheet("Summary", about, pd.DataFrame(rows, columns=columns), kinds)


def _findings_sheet(result: AuditResult) -> Sheet:
    table = audits.findings_table(result.findings)
    titles = {key: layer.title for key, layer in result.layers.items()}
    table.insert(0, "rule_title", [RULES[code].title if code in RULES else "" for code in table["rule"]])
    table.insert(0, "layer_title", table["layer"].map(titles))
    first = ["severity", "rule_title", "layer_title", "name", "message", "value", "unit", "out_of_work",
             "out_of_work_rate", "rule", "layer", "code"]  # fmt: skip
    # The id ends the row: it is never empty, so the evidence before it does not run across the sheet.
    rest = [name for name in FINDING_COLUMNS if name not in first and name not in {"id", "evidence"}]
    table = table[[*first, *rest, "evidence", "id"]].rename(columns=words_of)
    kinds = {"Message": "long", "Value": "value", "Unit": "beside", "Out of work": "count", "Out of work rate": "share"}
    return Sheet("Findings", "What is wrong or worth knowing, most serious first; all columns of findings.csv", table,
                  kinds)  # fmt: skip


def _pairs_sheet(result: AuditResult) -> Sheet:
    amount = AMOUNTS[result.weight]
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
    tables = [_pair_rows(pair) for pair in ranking.asked_pairs(result)]
    table = stacked(tables, list(names)).rename(columns=names)
    kinds = {amount: "count", "Area (km²)": "km2", "Width (m)": "metres"}
    kinds |= {name: "share" for name in table.columns if name.startswith("Share of")}
    about = "Where two geographies meet: a row a piece; no right code: the rest of an area, in none"
    return Sheet("Pairs", about, table, kinds)


def _pair_rows(pair: Pair) -> pd.DataFrame:
    rows, pieces = comparison.compare_table(pair), pair.cuts.pieces.index
    return rows.assign(
        left_layer=pair.keys[0],
        right_layer=pair.keys[1],
        km2=rows["area_m2"] / 1e6,
        standing=rows["left_code"].map({code: LOOKS[each].term for code, each in pair.standing.items()}),
        cut=pd.MultiIndex.from_frame(rows[["left_code", "right_code"]]).isin(pieces),
    )


def layers_sheet(result: AuditResult) -> Sheet:
    """Return the sheet of the geographies of an audit."""
    rows = [
        {
            "Layer": key,
            "Title": layer.title,
            "Areas": len(layer.areas),
            "Edition": layer.edition,
            "Status": layer_wording.status(layer, result.as_of),
            "In force from": layer.in_force_from,
            "In force to": layer.in_force_to,
            "Countries": ", ".join(wording.countries(layer.extent)),
            "Covers everyone": layer.exhaustive,
            "May overlap": layer.overlap,
            "Confidence": layer_wording.confidence(layer),
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
    return Sheet("Layers", about, pd.DataFrame(rows), kinds)


def parameters_sheet(asked: Mapping[str, Any], result: AuditResult) -> Sheet:
    """Return the sheet of what was asked, in JSON types, and of what the audit that followed has read."""
    rows = [("parameter", name, value, "") for name, value in _flat(asked)]
    rows += [("input", key, layer.source.citation, layer.source.sha256) for key, layer in result.layers.items()]
    rows += [("input", what, source.citation, source.sha256) for what, source in result.fetched]
    told = {(t.flows.source, t.flows.kind) for t in result.contained.values()}
    rows += [("input", f"commuting ({kind})", source, "") for source, kind in sorted(told)]
    table = pd.DataFrame(rows, columns=["Kind", "Name", "Value", "SHA-256"])
    return Sheet("Parameters", "What was asked, and the inputs that were read, with their hashes", table,
                  {"Value": "any"})  # fmt: skip


def _flat(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield the values of nested JSON, each under its path in words; lists of words stay together."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{name} {words_of(str(key)).lower()}".strip())
    elif isinstance(value, (list, tuple)) and any(isinstance(item, (list, tuple, Mapping)) for item in value):
        for number, item in enumerate(value, 1):
            yield from _flat(item, f"{name} {number}")
    elif isinstance(value, (list, tuple)):
        yield name, "; ".join(map(str, value))
    else:
        yield name, "" if isinstance(value, Mapping) else value


def _rules_sheet(result: AuditResult) -> Sheet:
    codes = sorted({finding.rule for finding in result.findings} & set(RULES))
    rows = [
        (code, RULES[code].title, str(RULES[code].severity), RULES[code].means, RULES[code].matters, RULES[code].action)
        for code in codes
    ]
    columns = ["Rule", "Title", "Severity", "What it means", "Why it matters", "What to do"]
    kinds = dict.fromkeys(columns[3:], "long")
    return Sheet("Rules", "What the rules of these findings mean, and what to do", pd.DataFrame(rows, columns=columns),
                  kinds)  # fmt: skip


def _words_sheet() -> Sheet:
    rows = [(look.term, f"{wording.capital(look.means)}.") for look in LOOKS.values()]
    table = pd.DataFrame([*rows, *WORDS.items()], columns=["Term", "Meaning"])
    return Sheet("Words", "What the terms in the other sheets mean", table, {"Meaning": "long"})
