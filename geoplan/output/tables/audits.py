"""An audit as JSON; findings as CSV and GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from geoplan.auditing.judging.baseline import Applied
from geoplan.auditing.need import need_table, run_table
from geoplan.auditing.results import AuditResult
from geoplan.output.tables.cells import as_json, table_csv, table_json
from geoplan.schema import BRITISH_NATIONAL_GRID, FINDING_COLUMNS, Finding, Layer, Source

__all__ = ["audit_json", "findings_csv", "findings_geojson"]

OUTLINE_DEGREES = 1e-6
"""Some 0.1 m: to this the outlines of findings are written."""


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
        From `geoplan.auditing.audit.run`.

    Returns
    -------
    str
        inputs with their hashes, parameters, by which estimates people are counted, layers, pairs in both directions,
        need by area and runs of deprived neighbours, from `geoplan.auditing.need`, and all findings, also those that a
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
        "inputs": [
            *(_input(layer.key, layer.source) for layer in result.layers.values()),
            *(_input(what, source) for what, source in result.fetched),
        ],
        "parameters": result.parameters,
        "people": result.estimates.sentence,
        "focus": None if focus is None else {"layer": focus.layer, "code": focus.code, "name": focus.name},
        "baseline": None if result.known is None else _known(result.known),
        "layers": [_layer(layer) for layer in result.layers.values()],
        "pairs": [dict(pair.summary) for pair in result.pairs],
        "need": json.loads(table_json(need_table(result))),
        "need_runs": json.loads(table_json(run_table(result))),
        "findings": findings,
    }
    return as_json(document)


def _known(known: Applied) -> dict[str, Any]:
    counts = {name: len(getattr(known, name)) for name in ("suppressed", "grown", "unused", "expired", "beyond")}
    return {"file": known.file, "sentence": known.sentence, **counts}


def _input(layer: str, source: Source) -> dict[str, Any]:
    return {"layer": layer, "source": source.citation, "licence": source.licence, "sha256": source.sha256}


def _layer(layer: Layer) -> dict[str, Any]:
    names = ("key", "title", "status", "edition", "as_of", "in_force_from", "in_force_to", "extent", "exhaustive",
             "overlap", "resolution", "resolution_m", "confidence")  # fmt: skip
    changes = [{"day": change.day, "text": change.text} for change in layer.changes]
    return {**{name: getattr(layer, name) for name in names}, "areas": len(layer.areas), "changes": changes}
