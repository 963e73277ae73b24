"""Results as text, CSV and JSON."""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import pandas as pd

from geoplan import artefacts, labour_summary, relations, summary, wording
from geoplan.atlas import Place
from geoplan.audit import AuditResult, Pair
from geoplan.baseline import Applied
from geoplan.catalogue import Entry, status_on
from geoplan.findings import Rule, rule
from geoplan.focus import members
from geoplan.schema import BRITISH_NATIONAL_GRID, FINDING_COLUMNS, REST, Basis, Finding, Layer, Overlay, Severity
from geoplan.standing import LOOKS, Standing

__all__ = [
    "audit_json",
    "catalogue_text",
    "change_lines",
    "check_text",
    "compare_json",
    "compare_table",
    "compare_text",
    "findings_csv",
    "findings_geojson",
    "findings_text",
    "layer_text",
    "lookup_text",
    "quiet_text",
    "reading_lines",
    "row_lines",
    "rule_text",
    "summary_text",
    "table_csv",
    "table_json",
    "unmatched_lines",
]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
NEGATIVE = re.compile(r"-\d+(\.\d+)?(e[-+]?\d+)?", re.IGNORECASE)

COMPARE_COLUMNS = (
    "left_code",
    "left_name",
    "right_code",
    "right_name",
    "area_m2",
    "left_area_share",
    "right_area_share",
    "people",
    "left_people_share",
    "right_people_share",
    "width_m",
    "artefact",
    "relation",
)

WIDTH = 100

OTHER_DAY = "Use --as-of today, or a day of your own."
"""What to do about a layer that changes after the day shown."""

OUTLINE_DEGREES = 1e-6
"""Some 0.1 m: to this the outlines of findings are written."""

LARGEST = 3
"""Findings that the summary of an audit names."""

_FAULTS = {
    "GP104": ("code no longer in use", "codes no longer in use"),
    "GP201": ("gap", "gaps"),
    "GP202": ("overlap", "overlaps"),
    "GP204": ("part of the country not covered", "parts of the country not covered"),
    "GP401": ("authority in none", "authorities in none"),
    "GP402": ("authority in several", "authorities in several"),
    "GP403": ("name or code that matches no authority", "names or codes that match no authority"),
    "GP404": ("partnership in pieces", "partnerships in pieces"),
    "GP901": ("check that could not run", "checks that could not run"),
}
"""What the verdict of a check counts, in one and in several."""

MOST_UNMATCHED = 4
"""Values that match no authority named in a summary."""

NEAREST = 6
"""Authorities named as those that a place shares most bodies with."""

_DECIDED = {
    Basis.CODES: "decided by codes",
    Basis.LABELS: "decided by the postcodes inside each area",
    Basis.GEOMETRY: "decided by geometry",
}


def table_csv(table: pd.DataFrame, *, raw: bool = False) -> str:
    """Write a table as CSV: booleans true or false, numbers unrounded, missing empty.

    Parameters
    ----------
    table
        Any frame; its index is left out.
    raw
        Whether text that a spreadsheet would take for a formula stays as it is; otherwise an apostrophe is put
        before it.

    Returns
    -------
    str
        With line feeds and a heading row.
    """
    plain = table.copy()
    for column in plain.select_dtypes("bool").columns:
        plain[column] = plain[column].map({True: "true", False: "false"})
    if not raw:
        for column in plain.select_dtypes(exclude=["number", "bool"]).columns:
            plain[column] = plain[column].astype(object).map(_defused)
        plain = plain.rename(columns=_defused)
    return plain.to_csv(index=False, lineterminator="\n")


def _defused(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would take for a formula; a negative number is none."""
    formula = isinstance(value, str) and value.startswith(FORMULA) and not NEGATIVE.fullmatch(value)
    return f"'{value}" if formula else value


def table_json(table: pd.DataFrame) -> str:
    """Write a table as a JSON list of objects; missing is null.

    Parameters
    ----------
    table
        Any frame; its index is left out.

    Returns
    -------
    str
        Indented, in UTF-8 characters.
    """
    return _json([{key: _value(value) for key, value in row.items()} for row in table.to_dict("records")])


def compare_table(pair: Pair) -> pd.DataFrame:
    """Return a comparison as the rows of its CSV.

    Parameters
    ----------
    pair
        From `geoplan.audit.compare`.

    Returns
    -------
    pandas.DataFrame
        A row for every pair that meets, artefacts too, and one for the rest of an area with an empty right
        code; areas that meet nothing have only that row. Columns as in docs/cli.md: square metres, shares 0
        to 1, metres.
    """
    over = pair.overlay
    rows = over.table.reset_index().rename(columns={"left": "left_code", "right": "right_code"})
    rows["left_name"] = over.left.areas["name"].reindex(rows["left_code"]).to_numpy()
    rows["right_name"] = over.right.areas["name"].reindex(rows["right_code"]).fillna("").to_numpy()
    rows["relation"] = pair.relations["relation"].reindex(rows["left_code"]).to_numpy()
    return rows[list(COMPARE_COLUMNS)]


def compare_json(pair: Pair) -> str:
    """Return a comparison as JSON: the rows of `compare_table`, each with the reason of its verdict.

    Parameters
    ----------
    pair
        From `geoplan.audit.compare`.

    Returns
    -------
    str
        A list of objects; ``reason`` says why the row counts as real or as a drawing artefact,
        ``effective_partners`` and ``conditional_entropy`` (bits) among how many the left area is divided.
    """
    table = compare_table(pair).assign(reason=artefacts.reasons(pair.overlay).to_numpy())
    return table_json(table.join(relations.effective_partners(pair.overlay), on="left_code"))


def compare_text(pair: Pair) -> str:
    """Return a comparison for people: counts of relations, then every area that is cut.

    Parameters
    ----------
    pair
        From `geoplan.audit.compare`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    over, counts = pair.overlay, summary.standing_counts(pair)
    counted = ", ".join(f"{count} {LOOKS[each].term}" for each, count in counts.items() if count)
    lines = [
        f"{over.left.title} against {over.right.title}",
        *textwrap.wrap(
            f"{_DECIDED[over.basis]}, {_weighed_text(over)}; {wording.plural(len(pair.standing), 'area')}: {counted}.",
            WIDTH,
            subsequent_indent="    ",
        ),
        *([*textwrap.wrap(f"{summary.overlap_words(pair, str(over.weight))}.", WIDTH)] if pair.cuts.by_area else []),
        *_provenance([over.left, over.right]),
        "",
    ]
    cut = pair.relations[pair.relations["relation"].isin(["straddles", "partly_covered"])]
    for code in cut.index:
        parts = over.table.loc[[code]].droplevel("left")
        name = over.left.name(str(code))
        label = name if name == code else f"{name} ({code})"
        by_area = " (by area: nobody lives there)" if code in over.unpeopled else ""
        lines.append(f"{label}: {LOOKS[pair.standing[str(code)]].term}{by_area}")
        shares = over.nominal.loc[code, "left_share"]
        lines += [f"    {_part_text(pair, str(other), row, shares)}" for other, row in _largest(parts).iterrows()]
    if cut.empty:
        lines.append("No area is cut.")
    lines += [*_almost_lines(pair), *_artefact_lines(over)]
    return "\n".join(lines) + "\n"


def _artefact_lines(over: Overlay) -> list[str]:
    """Return what was left out of the verdicts, and which wide piece comes nearest to having been."""
    false = over.table[over.table["artefact"].astype(bool)]
    if false.empty:
        return []
    outside = false.index.get_level_values("right") == REST
    limit = f"the {artefacts.resolution_limit(over):,.0f} m by which the drawings may differ"
    lines = ["", "Left out as drawing artefacts, and counted with their own area:"]
    for rows, what in ((false[~outside], f"pieces within {limit}"), (false[outside], "rests outside the drawn coast")):
        if len(rows):
            lines.append(f"{_amount_of(over, rows):>12}  in {len(rows):,} {what}")
    return lines


def _amount_of(over: Overlay, rows: pd.DataFrame) -> str:
    return f"{rows['area_m2'].sum() / 1e6:,.1f} km²" if over.weight == "area" else f"{rows['people'].sum():,.0f}"


def _weighed_text(over: Overlay) -> str:
    weight = over.weight.replace("_", " ")
    if over.left.blocks is not None and over.table["area_m2" if over.weight == "area" else "people"].isna().all():
        return f"{weight} not assessed, shares by counting {over.left.unit}"
    estimate = " (estimated from postcodes)" if over.basis is not Basis.CODES and over.weight != "area" else ""
    return f"weighed by {weight}{estimate}"


def _almost_lines(pair: Pair) -> list[str]:
    """Return a line for each area that is most of the one it lies in: at the coast, a matter of drawing."""
    over = pair.overlay
    shares = artefacts.real_shares(over)["right_share"]
    nested = pair.relations[pair.relations["relation"] == "nested"]
    most = [(str(code), best, shares.at[(code, best)]) for code, best in nested["best"].items()]
    lines = [
        f"    {over.left.name(code)} ({code}): {share:.2%} of {over.right.name(best)}"
        for code, best, share in most
        if share > 0.5
    ]
    return ["", "Not coterminous, but most of the area they lie in:", *lines] if lines else []


def _largest(parts: pd.DataFrame) -> pd.DataFrame:
    return parts.sort_values(["people", "area_m2"], ascending=False, na_position="last")


def _part_text(pair: Pair, other: str, row: pd.Series, nominal: pd.Series) -> str:
    name = pair.overlay.right.name(other) if other != REST else "in none"
    column, share = ("area_m2", "left_area_share") if pair.overlay.weight == "area" else ("people", "left_people_share")
    drawn = "  (drawing artefact)" if row["artefact"] else ""
    if pair.overlay.unpeopled and pd.isna(row["people"]):
        return f"{row['area_m2'] / 1e6:>8,.2f} km²  {row['left_area_share']:>6.1%}  {name}{drawn}"
    if pd.isna(row[column]):
        counted = f"{nominal[other]:>6.1%}" if pair.overlay.left.blocks is not None else "   "
        return f"not assessed  {counted}  {name}"
    amount = row[column] / 1e6 if column == "area_m2" else row[column]
    return f"{amount:>12,.0f}  {row[share]:>6.1%}  {name}{drawn}"


def _provenance(layers: Iterable[Layer]) -> list[str]:
    lines = []
    for layer in layers:
        edition = "" if layer.edition in {layer.title, layer.key} else layer.edition
        day = f"as of {layer.as_of}" if layer.as_of else ""
        facts = [edition, wording.status(layer, layer.as_of), day, layer.resolution]
        lines += textwrap.wrap(
            f"{layer.title}: " + ", ".join(fact for fact in facts if fact), WIDTH, subsequent_indent="    "
        )
        unsure = int((layer.areas["unconfirmed"] > 0).sum()) if "unconfirmed" in layer.areas else 0
        if unsure:
            lines.append(f"    not all members are confirmed in {unsure} of its {len(layer.areas)} areas")
    return lines


def change_lines(layers: Iterable[Layer]) -> list[str]:
    """Return what is known to change in layers after the day shown.

    Parameters
    ----------
    layers
        Those shown.

    Returns
    -------
    list of str
        A line a layer of which a change is known.
    """
    said = dict.fromkeys(wording.known_changes(layer) for layer in layers)
    return [f"{each} {OTHER_DAY}" for each in said if each]


def row_lines(layers: Iterable[Layer]) -> list[str]:
    """Return how the rows of tables of the user's own were used.

    Parameters
    ----------
    layers
        Those shown.

    Returns
    -------
    list of str
        A line a table; none for other layers.
    """
    return list(dict.fromkeys(wording.rows_read(layer) for layer in layers if layer.rows))


def findings_geojson(findings: Sequence[Finding], layer: Layer) -> str:
    """Return findings as a map layer: gaps and overlaps by their own outlines, others by that of their area.

    Parameters
    ----------
    findings
        In the order wanted.
    layer
        What they are about; where it has outlines, findings about an area have that of the area.

    Returns
    -------
    str
        GeoJSON (EPSG:4326, RFC 7946): the columns of `findings_table`, a finding without ground with no geometry.
    """
    import geopandas as gpd  # commands that draw nothing do without
    import shapely

    outlines = layer.areas["geometry"] if "geometry" in layer.areas else pd.Series(dtype=object)
    grounds = [each.shape if each.shape is not None else outlines.get(each.code) for each in findings]
    shapes = gpd.GeoSeries(grounds, crs=BRITISH_NATIONAL_GRID).to_crs("EPSG:4326")
    drawn = shapely.orient_polygons(shapely.set_precision(shapes.to_numpy(), OUTLINE_DEGREES))
    table = gpd.GeoDataFrame(findings_table(findings), geometry=drawn, crs="EPSG:4326")
    return str(table.to_json(drop_id=True, ensure_ascii=False)) + "\n"


def findings_table(findings: Sequence[Finding]) -> pd.DataFrame:
    """Return findings as rows of findings.csv.

    Parameters
    ----------
    findings
        In the order wanted.

    Returns
    -------
    pandas.DataFrame
        Columns `geoplan.schema.FINDING_COLUMNS`; several codes in one cell are joined by ";", evidence is
        JSON.
    """
    records = [
        {
            **{column: getattr(finding, column) for column in FINDING_COLUMNS},
            "severity": str(finding.severity),
            "other_codes": ";".join(finding.other_codes),
            "evidence": json.dumps(finding.evidence, ensure_ascii=False, sort_keys=True) if finding.evidence else "",
        }
        for finding in findings
    ]
    return pd.DataFrame(records, columns=list(FINDING_COLUMNS))


def findings_csv(findings: Sequence[Finding], *, raw: bool = False) -> str:
    """Write findings as CSV; see `findings_table`.

    Parameters
    ----------
    findings
        In the order wanted.
    raw
        As for `table_csv`.

    Returns
    -------
    str
        With a heading row.
    """
    return table_csv(findings_table(findings), raw=raw)


def audit_json(result: AuditResult) -> str:
    """Write a whole audit as JSON, schema 1.

    Parameters
    ----------
    result
        From `geoplan.audit.run`.

    Returns
    -------
    str
        inputs with their hashes, parameters, layers, pairs in both directions, and all findings, also those that a
        baseline keeps quiet: ``baseline`` is ``known`` for these, ``new``, ``grown`` or ``expired`` for the others,
        null without a baseline. The same audit gives the same text.
    """
    findings = []
    for finding in result.everything:
        row = {column: getattr(finding, column) for column in FINDING_COLUMNS}
        row.update(severity=str(finding.severity), other_codes=list(finding.other_codes))
        row.update(baseline=result.known.mark(finding) or None if result.known else None)
        findings.append(row)
    focus = result.focus
    document = {
        "schema": 1,
        "as_of": result.as_of,
        "inputs": [_input(layer) for layer in result.layers.values()],
        "parameters": result.parameters,
        "focus": None if focus is None else {"layer": focus.layer, "code": focus.code, "name": focus.name},
        "baseline": None if result.known is None else _known(result.known),
        "layers": [_layer(layer) for layer in result.layers.values()],
        "pairs": [dict(pair.summary) for pair in result.pairs],
        "findings": findings,
    }
    return _json(document)


def _known(known: Applied) -> dict[str, Any]:
    counts = {name: len(getattr(known, name)) for name in ("suppressed", "grown", "unused", "expired", "beyond")}
    return {"file": known.file, "sentence": known.sentence, **counts}


def _input(layer: Layer) -> dict[str, Any]:
    source = layer.source
    return {"layer": layer.key, "source": source.citation, "licence": source.licence, "sha256": source.sha256}


def _layer(layer: Layer) -> dict[str, Any]:
    names = ("key", "title", "status", "edition", "as_of", "in_force_from", "in_force_to", "extent", "exhaustive",
             "overlap", "resolution", "resolution_m", "confidence")  # fmt: skip
    changes = [{"day": change.day, "text": change.text} for change in layer.changes]
    return {**{name: getattr(layer, name) for name in names}, "areas": len(layer.areas), "changes": changes}


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False, default=_value) + "\n"


def _value(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_value(each) for each in value]
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def summary_text(result: AuditResult, files: Sequence[str], folder: str) -> str:
    """Return what an audit found, on one screen.

    Parameters
    ----------
    result
        From `geoplan.audit.run`.
    files, folder
        What was written, and where, as the user named it.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    about = f"about {result.focus.name} ({result.focus.layer} {result.focus.code})" if result.focus else "all areas"
    drawn = " Boundaries are indicative: drawn from postcodes." if result.indicative and not result.undrawn else ""
    lines = [f"geoplan audit, {about}, as of {result.as_of}.{drawn}"]
    if result.focus and result.focus.also:
        also = ", ".join(result.focus.also[:4])
        lines += textwrap.wrap(f"Also of that name: {also}. Use LAYER:NAME to choose.", WIDTH)
    if result.focus:
        lines += textwrap.wrap(" ".join(result.focus.remarks), WIDTH)
    if result.focus and result.focus.drawn:
        lines += textwrap.wrap(f"It covers {members(result, result.focus)}.", WIDTH)
    said = [*summary.answer_sentences(result), labour_summary.commuting_sentence(result)]
    lines += [*_past_lines(result), *textwrap.wrap(" ".join(said).strip(), WIDTH), ""]
    if not result.focus:
        lines += [*_pair_lines(result), *_doubt_lines(result)]
    lines += unmatched_lines(result.findings)
    counts = Counter(finding.severity for finding in result.findings)
    lines.append(
        f"Findings: {counts[Severity.ERROR]} errors, {counts[Severity.WARNING]} warnings, "
        f"{counts[Severity.INFO]} for information. Largest:"
    )
    lines += [_one_line(finding) for finding in summary.top_findings(result, LARGEST)] or ["  none"]
    lines += textwrap.wrap(result.quiet, WIDTH)
    lines.append(f"Written to {folder}: {', '.join(files)}.{'' if result.undrawn else ' Open brief.html first.'}")
    if result.undrawn:
        text = f"No map and no brief: without outlines, a lookup has nothing to draw ({', '.join(result.undrawn)})."
        lines += textwrap.wrap(text, WIDTH)
    return "\n".join(lines) + "\n"


_HEADS = {
    Standing.SAME: "same", Standing.INSIDE: "inside", Standing.WHOLE: "whole", Standing.CUT: "cut",
    Standing.PARTLY: "partly", Standing.NONE: "none",
}  # fmt: skip


def _pair_lines(result: AuditResult) -> list[str]:
    """Return the matrix of comparisons, with words of one line each for the heads of its columns."""
    words = "; ".join(
        f"{head}: {LOOKS[each].term}" for each, head in _HEADS.items() if not LOOKS[each].term.startswith(head)
    )
    heads = "".join(f"{head:>8}" for head in _HEADS.values())
    lines = [*textwrap.wrap(words, WIDTH), f"{'areas of … against …':<38}{'areas':>6}{heads}"]
    for row, pair in zip(summary.pair_rows(result), summary.asked_pairs(result), strict=True):
        label = _short(f"{pair.keys[0]} / {pair.keys[1]}", 37)
        lines.append(f"{label:<38}{row.areas:>6}{''.join(f'{row.counts[each]:>8}' for each in _HEADS)}")
    return lines


def _past_lines(result: AuditResult) -> list[str]:
    """Name the layers shown although they were not in force on the day asked for, and those that change after it."""
    said = {layer.key: wording.not_in_force(layer, result.as_of) for layer in result.layers.values()}
    past = "; ".join(f"{key} {status}" for key, status in said.items() if status)
    first = {layer.key: wording.day(layer.changes[0].day) for layer in result.layers.values() if layer.changes}
    coming = ", ".join(f"{key} ({day})" for key, day in first.items())
    sentences = (
        f"Not in force on that day, shown all the same: {past}." if past else "",
        f"Known to change after it: {coming}; --as-of today shows the present." if coming else "",
    )
    return textwrap.wrap(" ".join(filter(None, sentences)), WIDTH)


def _doubt_lines(result: AuditResult) -> list[str]:
    counts = Counter(f.layer for f in result.everything if f.rule == "GP405")
    if not counts:
        return []
    listed = ", ".join(f"{number} of {len(result.layers[key].areas)} in {key}" for key, number in counts.items())
    return textwrap.wrap(f"Membership not confirmed: {listed}.", WIDTH)


def unmatched_lines(findings: Iterable[Finding]) -> list[str]:
    """Return a sentence for each table with rows that match no authority.

    Parameters
    ----------
    findings
        Of an audit or a check.

    Returns
    -------
    list of str
        Lines of at most 100 characters that name the first values and what may have been meant.
    """
    by_layer: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.rule == "GP403" and finding.severity is Severity.ERROR:
            by_layer.setdefault(finding.layer, []).append(finding)
    lines: list[str] = []
    for layer, found in by_layer.items():
        known: list[Any] = [finding.evidence for finding in found]
        rows = sum(len(each["rows"]) for each in known)
        named = [_with_nearest(finding) for finding in found[:MOST_UNMATCHED]]
        more = [f"{len(found) - MOST_UNMATCHED} more"] if len(found) > MOST_UNMATCHED else []
        count = wording.number_of(rows, "row matches", "rows match")
        whose = "Its people are" if rows == 1 else "Their people are"
        text = f"{layer}: {count} no authority: {'; '.join([*named, *more])}. {whose} in no figure."
        lines += textwrap.wrap(text, WIDTH)
    return lines


def _with_nearest(finding: Finding) -> str:
    evidence: Any = finding.evidence
    near = evidence["nearest"]
    return f"{finding.code} ({' or '.join(near)}?)" if near else finding.code


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _one_line(finding: Finding) -> str:
    size = wording.amount(finding.value, finding.unit) if finding.measure else ""
    against = f", against {finding.other_layer}" if finding.other_layer else ""
    return _short(f"{size:>14}  {finding.name} ({finding.layer}): {rule(finding.rule).title}{against}", WIDTH)


def findings_text(findings: Sequence[Finding]) -> str:
    """Return findings for people, one paragraph each.

    Parameters
    ----------
    findings
        In the order wanted.

    Returns
    -------
    str
        Lines of at most 100 characters; "No findings." where there are none.
    """
    if not findings:
        return "No findings.\n"
    paragraphs = [
        textwrap.fill(f"{finding.severity}: {finding.rule} {finding.message}", WIDTH, subsequent_indent="    ")
        for finding in findings
    ]
    return "\n".join(paragraphs) + "\n"


def quiet_text(known: Applied) -> str:
    """Return what a baseline keeps quiet, for people: the sentence, then a line a finding with its reason.

    Parameters
    ----------
    known
        From `geoplan.baseline.applied`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    lines = textwrap.wrap(known.sentence, WIDTH)
    for finding in known.suppressed:
        against = f" against {finding.other_layer}" if finding.other_layer else ""
        said = f"{finding.rule} {finding.name} ({finding.layer}){against}: {known.reasons[finding.id]}"
        lines.append(_short(f"  {said}", WIDTH))
    return "\n".join(lines) + "\n"


def check_text(layer: Layer, findings: Sequence[Finding]) -> str:
    """Return whether a layer is sound, for people: the verdict, its size, then what was found.

    Parameters
    ----------
    layer, findings
        From `geoplan.audit.check`.

    Returns
    -------
    str
        Lines of at most 100 characters. Errors make a layer unsound; warnings stand beside the verdict.
    """
    wrong, doubtful = (_counted(findings, severity) for severity in (Severity.ERROR, Severity.WARNING))
    verdict = f"not sound: {', '.join([*wrong, *doubtful])}" if wrong else "sound"
    beside = f", but {wording.listed(doubtful)}" if doubtful and not wrong else ""
    drawn = f", {layer.resolution}" if layer.resolution else ""
    lines = [
        *textwrap.wrap(f"{layer.title}: {verdict}{beside}.", WIDTH, subsequent_indent="    "),
        f"{wording.plural(len(layer.areas), 'area')}{drawn}.",
    ]
    return "\n".join(lines) + "\n" + findings_text(findings)


def _counted(findings: Sequence[Finding], severity: Severity) -> list[str]:
    """Count the findings of one severity in the words of their rules; one can stand for many gaps."""
    rules: Counter[str] = Counter()
    for finding in findings:
        if finding.severity is severity:
            many: Any = finding.evidence.get("count", 1)
            rules[finding.rule] += int(many)
    return [
        wording.number_of(count, *_FAULTS.get(code, (rule(code).title, rule(code).title)))
        for code, count in rules.items()
    ]


def catalogue_text(entries: Mapping[str, Entry], as_of: date) -> str:
    """Return the catalogue for people, by group.

    Parameters
    ----------
    entries
        From `geoplan.catalogue.catalogue`.
    as_of
        The day for which it is told whether a layer is in force.

    Returns
    -------
    str
        A line a layer: key, title, and its status unless in force.
    """
    lines: list[str] = []
    for group in dict.fromkeys(entry.group for entry in entries.values()):
        lines += ["", group]
        for key, entry in entries.items():
            if entry.group == group:
                stands = status_on(entry, as_of)
                status = "" if stands in {"in force", "reference"} else f"  [{stands}]"
                lines.append(_short(f"  {key:<34}{entry.title}{status}", WIDTH))
    return "\n".join(lines[1:]) + "\n"


def layer_text(layer: Layer) -> str:
    """Return one layer's areas for people.

    Parameters
    ----------
    layer
        Any layer.

    Returns
    -------
    str
        A line an area: code, people, name, and what is not confirmed or not assessed.
    """
    lines = [*_provenance([layer]), *textwrap.wrap(f"Source: {layer.source.citation}", WIDTH), ""]
    for code, row in layer.areas.iterrows():
        people = row.get("people")
        count = "not assessed" if people is None or pd.isna(people) else f"{people:,.0f}"
        said = wording.membership(row)
        doubt = "" if said in {"not stated", "exact", "confirmed"} else f"  [{said}]"
        lines.append(f"{code:<32}{count:>14}  {row['name']}{doubt}")
    return "\n".join(lines) + "\n"


def reading_lines(layer: Layer) -> list[str]:
    """Return what reading a file repaired or assumed, a line a rule.

    Parameters
    ----------
    layer
        Any layer.

    Returns
    -------
    list of str
        Empty for layers that ship.
    """
    by_rule: dict[str, list[str]] = {}
    told = ("GP1", "GP203", "GP403") if layer.blocks is None else ("GP1", "GP204", "GP403", "GP901")
    for note in layer.notes:
        if note.rule.startswith(told):
            by_rule.setdefault(note.rule, []).append(note.message)
    return [
        f"{code}: {first}" + (f" (and {len(more)} more: geoplan check {layer.source.citation})" if more else "")
        for code, (first, *more) in by_rule.items()
    ]


def unpeopled_lines(pair: Pair) -> list[str]:
    """Return which areas of a comparison nobody lives in, so that ground decided.

    Parameters
    ----------
    pair
        From `geoplan.audit.compare`.

    Returns
    -------
    list of str
        One line, or none.
    """
    left = pair.overlay.left
    named = [f"{left.name(code)} ({code})" for code in sorted(pair.overlay.unpeopled)]
    if not named:
        return []
    more = [f"{len(named) - MOST_UNMATCHED} more"] if len(named) > MOST_UNMATCHED else []
    listed = wording.listed([*named[:MOST_UNMATCHED], *more])
    return [f"{left.key}: nobody lives in {listed}: shares of people are not assessed, and relations are by area."]


def lookup_text(place: Place) -> str:
    """Return every partnership that covers a place, for people.

    Parameters
    ----------
    place
        From `geoplan.atlas.lookup`.

    Returns
    -------
    str
        A line an area, then the authorities it shares most of them with.
    """
    areas = place.areas
    working = areas[areas["status"] == "in force"]
    bodies = wording.number_of(len(working[["layer", "code"]].drop_duplicates()), "body", "bodies")
    geographies = wording.number_of(working["layer"].nunique(), "geography", "geographies")
    lines = [
        place.title,
        *textwrap.wrap(" ".join(place.remarks), WIDTH),
        f"In {bodies} of {geographies} now in force.",
        "Shares are of its people; what has ended or is proposed is marked.",
        "",
    ]
    for row in areas.itertuples():
        share = "part" if pd.isna(row.share) else f"{row.share:.0%}" if row.share >= 0.01 else "<1%"
        doubt = f"  [{said}]" if (said := wording.doubt(row.confidence)) else ""
        status = "" if row.status in {"in force", "reference"} else f"  ({row.status})"
        lines.append(f"  {row.layer:<36}{share:>5}  {row.name}{status}{doubt}")
    nearest = place.partners[place.partners["shared"] > 1].head(NEAREST)
    if not nearest.empty:
        named = [f"{name} ({shared})" for name, shared in zip(nearest["name"], nearest["shared"], strict=True)]
        lines += ["", *textwrap.wrap(f"Shares most bodies with {wording.listed(named)}.", WIDTH)]
    if place.changes:
        lines += ["", *place.changes, OTHER_DAY]
    return "\n".join(lines) + "\n"


def rule_text(rules: Iterable[Rule], *, whole: bool) -> str:
    """Return rules for people.

    Parameters
    ----------
    rules
        One or more.
    whole
        Whether to explain, or give a line each.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    if not whole:
        return "".join(f"{r.code}  {r.severity:<8} {r.title}\n" for r in rules)
    paragraphs = []
    for r in rules:
        parts = (f"What it means: {r.means}", f"Why it matters: {r.matters}", f"What to do: {r.action}")
        body = "\n".join(textwrap.fill(part, WIDTH, subsequent_indent="    ") for part in parts)
        paragraphs.append(f"{r.code} {r.title} ({r.severity})\n{body}\n")
    return "\n".join(paragraphs)
