"""The audit as a GeoPackage, the same bytes for the same audit."""

from __future__ import annotations

import contextlib
import re
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from geoplan.auditing.judging.rules import RULES
from geoplan.auditing.results import AuditResult, Pair
from geoplan.commuting.self_containment import Contained
from geoplan.errors import ConfigurationError, OutputError
from geoplan.output.geopackage.layer_parts import DATASET, GEOMETRY, Rule, Table
from geoplan.output.geopackage.outlines import draw_by_outlines, pack, share_outlines
from geoplan.output.geopackage.styles import hatch, outline, quoted, write_styles
from geoplan.output.summary import ranking
from geoplan.output.summary.part_lists import parts_of_areas
from geoplan.output.tables import audits, pieces
from geoplan.output.workbook.areas import own_columns
from geoplan.output.workbook.sheet_parts import plain_text
from geoplan.schema import BRITISH_NATIONAL_GRID, Finding, Layer, wording
from geoplan.schema.money import MONEY_COLUMNS
from geoplan.schema.part_ground import part_kinds
from geoplan.schema.standing import GROUND

__all__ = ["dated", "geopackage"]

LEAST_WORKERS = 1.0
"""Modelled flows below one worker mean nothing and are left out."""
ROUNDING = 1e-9
AREA_MEASURES = ("people", "working_age", "postcodes", "area_m2")
LABOUR_MEASURES = ("size", "jobs", "live_and_work", "supply", "demand", "validity")
_LABOUR_NAMES = {"size": "residents_in_work"}
PIECE_TEXTS = ("left_layer", "left_code", "left_name", "right_layer", "right_code", "right_name", "comparison", "kind",
               "counted")  # fmt: skip
PIECE_NUMBERS = ("people", "left_people_share", "right_people_share", "area_m2", "left_area_share", "right_area_share",
                 "width_m")  # fmt: skip


def geopackage(result: AuditResult) -> bytes:
    """Write an audit as a GeoPackage that QGIS opens with its styles.

    Parameters
    ----------
    result
        From `geoplan.auditing.audit.run` with ``geometry=True``; EPSG:27700.

    Returns
    -------
    bytes
        The file, with these layers in EPSG:27700. ``areas``: every area of every layer, of which ``part``
        says whether its outline is of whole authorities of which only a part belongs (whole, part, mixed) and
        ``part_of`` of which. ``pieces``: where the
        layers compared cut each other, that is ground that is neither a whole left nor a whole right area, and what
        the right layer leaves of a left area it covers in part; whole areas stand in ``areas``, and all rows in
        the workbook. ``findings``: each with the ground it is about, its own, such as a gap's, or that of its
        area; without geometry where it is about a whole layer. ``blocks``: the shipped blocks with the code of
        their area in every layer. ``flows``, where commuting was looked at: lines between areas.
        ``layer_styles``: what QGIS draws them with. The same audit gives the same bytes. All but ``flows`` are views
        that can be read and not edited: an outline is stored once, however many rows draw it.

    Raises
    ------
    ConfigurationError
        If the audit was run without outlines.
    OutputError
        If the file cannot be written.

    Notes
    -----
    Lookups from small areas have no outlines: what is about them stands in tables without geometry, to be joined
    to the reader's own boundaries by code. A block of which only a part belongs is drawn whole; its row says so.
    """
    if "geometry" not in result.blocks.columns and not result.undrawn:
        message = "The GeoPackage needs outlines, and this audit was run without: run it with geometry=True."
        raise ConfigurationError(message)
    tables = [table for table in _tables(result) if table is not None]
    polygons = [table for table in tables if table.drawn and table.shape == "MultiPolygon"]
    shared, others = share_outlines(polygons), [table for table in tables if table not in polygons]
    try:
        with tempfile.TemporaryDirectory(prefix="geoplan-") as folder, dated(result.as_of):
            file = Path(folder) / "audit.gpkg"
            for table in (*shared.tables(), *others):
                _write(file, table)
            write_styles(file, [table for table in tables if table.rules and table.drawn], result.as_of)
            if shared.layers:
                draw_by_outlines(file, shared)
            pack(file)
            return file.read_bytes()
    except (OSError, sqlite3.Error, pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as problem:
        message = f"The GeoPackage cannot be written: {problem}."
        raise OutputError(message) from problem


def _tables(result: AuditResult) -> Iterator[Table | None]:
    layers = result.weighed
    yield _areas(result, layers)
    yield _pieces(result)
    yield _findings(result, layers)
    yield _blocks(result)
    yield _flows(result, layers)


def _areas(result: AuditResult, layers: Mapping[str, Layer]) -> Table:
    own = own_columns(layers.values(), [*_LABOUR_NAMES.values(), *LABOUR_MEASURES])
    rows = [_area_rows(layer, result).join(_added(layer, own)) for layer in layers.values()]
    about = (
        "Every area of every geography audited. Column part: whole; part, where only parts of authorities belong, "
        "which are drawn whole; mixed, where some do"
    )
    rules = tuple(_area_rule(layer, number) for number, layer in enumerate(layers.values()))
    return Table("areas", about, _located(pd.concat(rows, ignore_index=True), result), rules=rules)


def _area_rule(layer: Layer, number: int) -> Rule:
    """Return how the areas of a layer are drawn; those that are not whole, with bars inside a broken outline."""
    rule, look = Rule(layer.title, f'"layer" = {quoted(layer.key)}', outline(number), shown=number == 0), GROUND["part"]
    if (part_kinds(layer) == "whole").all():
        return rule
    whole = Rule("whole authorities", "\"part\" = 'whole'", rule.symbol)
    part = Rule(look.term, "\"part\" <> 'whole'", hatch(look.ink, "vertical", "dash"))
    return replace(rule, symbol=None, inside=(whole, part))


def _area_rows(layer: Layer, result: AuditResult) -> pd.DataFrame:
    areas, told = layer.areas, result.contained.get(layer.key)
    kinds, somewhere = part_kinds(layer), parts_of_areas(result, layer)
    texts = {name: _texts(areas[name]) if name in areas else None for name in ("lead_body", "confidence", "members")}
    numbers = {name: _numbers(areas[name]) if name in areas else np.nan for name in AREA_MEASURES}
    scores = None if told is None else told.found.areas.reindex(areas.index)
    labour = {
        _LABOUR_NAMES.get(name, name): np.nan if scores is None else _numbers(scores[name]) for name in LABOUR_MEASURES
    }
    first = {
        "layer": plain_text(layer.key),
        "layer_title": plain_text(layer.title),
        "code": _texts(areas.index),
        "name": _texts(areas["name"]),
    }
    last = {
        "passes": None if scores is None else [None if pd.isna(v) else "yes" if v else "no" for v in scores["passes"]],
        "not_assessed": _texts(areas["not_assessed"]) if "not_assessed" in areas else None,
        "boundary": plain_text(layer.resolution) or None,
        "part": _texts(kinds),
        "part_of": _texts(["; ".join(somewhere.get(str(code), ())) for code in areas.index]),
        "geometry": pieces.shapes_of(layer).to_numpy(),
    }
    return pd.DataFrame({**first, **texts, **numbers, **labour, **last}, index=range(len(areas)))


def _added(layer: Layer, own: Mapping[str, str]) -> pd.DataFrame:
    """Return what only some layers know of their areas: money and places, and columns of the user's own."""
    names = {name: name for name in MONEY_COLUMNS if name in layer.areas} | {name: own[name] for name in layer.own}
    cells = {
        kept: _numbers(column) if pd.api.types.is_numeric_dtype(column := layer.areas[name]) else _texts(column)
        for name, kept in names.items()
    }
    return pd.DataFrame(cells, index=range(len(layer.areas)))


def _pieces(result: AuditResult) -> Table | None:
    pairs = ranking.asked_pairs(result)
    if not pairs:
        return None
    related = {pair.keys: pair.relations["relation"] for pair in result.pairs}
    rows = [_piece_rows(pair, related.get(pair.keys[::-1]), result) for pair in pairs]
    frame = pd.concat([each for each in rows if len(each)] or rows[:1], ignore_index=True)
    about = (
        "Where the geographies compared cut each other: ground that is neither a whole left nor a whole right area, "
        "and what is left of an area that the other geography covers in part"
    )
    kinds = (
        Rule(
            wording.capital(GROUND["overlap"].term),
            "\"kind\" = 'cut'",
            hatch(GROUND["overlap"].ink, "f_diagonal", "solid"),
        ),
        Rule(wording.capital(GROUND["none"].term), "\"kind\" = 'rest'", hatch(GROUND["none"].ink, "cross", "dash")),
        Rule("Drawing artefact", "\"kind\" = 'artefact'", hatch("#6B7680", "dense7", "dot"), shown=False),
    )
    rules = tuple(
        Rule(f"{left.title} / {right.title}", _both(left.key, right.key), shown=number == 0, inside=kinds)
        for number, (left, right) in enumerate((pair.overlay.left, pair.overlay.right) for pair in pairs)
    )
    return Table("pieces", about, _located(frame, result), rules=rules)


def _both(left: str, right: str) -> str:
    return f'"left_layer" = {quoted(left)} AND "right_layer" = {quoted(right)}'


def _piece_rows(pair: Pair, reverse: pd.Series | None, result: AuditResult) -> pd.DataFrame:
    rows = pieces.pieces_table(pair, result.blocks)
    found = pd.DataFrame({name: _texts(rows[name]) for name in PIECE_TEXTS})
    for name in PIECE_NUMBERS:
        found[name] = _numbers(rows[name])
    found["left_relation"] = _texts(rows["relation"])
    found["right_relation"] = None if reverse is None else _texts(rows["right_code"].map(reverse))
    found["drawn_whole"] = ["yes" if each else "no" for each in rows["drawn_whole"]]
    found["geometry"] = rows["geometry"].to_numpy()
    return found


def _findings(result: AuditResult, layers: Mapping[str, Layer]) -> Table:
    table = audits.findings_table(result.findings)
    frame = pd.DataFrame({name: _texts(table[name]) for name in table.columns})
    numbers = ("value", "out_of_work", "out_of_work_rate")
    frame = frame.assign(**{name: _numbers(table[name]) for name in numbers})
    frame.insert(2, "rule_title", [RULES[code].title if code in RULES else None for code in table["rule"]])
    shapes = {key: pieces.shapes_of(layer) for key, layer in layers.items()}
    lads = _authority_shapes(result, {f.code for f in result.findings if f.layer in shapes})
    frame["geometry"] = pd.Series(
        [_ground(f, shapes, lads) for f in result.findings],
        dtype=object,
    )
    rules = (
        Rule("Errors", "\"severity\" = 'error'", hatch("#9C1C1C", "cross", "solid")),
        Rule("Warnings", "\"severity\" = 'warning'", hatch("#B3400C", "f_diagonal", "dash")),
        Rule("Notes", "\"severity\" = 'info'", hatch("#17457F", "no", "dot"), shown=False),
    )
    about = "What is wrong or worth knowing, on the area it is about; ids as in findings.csv"
    return Table("findings", about, _located(frame, result), rules=rules)


def _ground(
    finding: Finding, shapes: Mapping[str, pd.Series], lads: Mapping[str, shapely.Geometry]
) -> shapely.Geometry | None:
    """Return the outline a finding has of its own, else that of the area it is about."""
    if finding.shape is not None:
        return pieces.polygons_of(finding.shape)
    return shapes[finding.layer].get(finding.code, lads.get(finding.code)) if finding.layer in shapes else None


def _authority_shapes(result: AuditResult, codes: Iterable[str]) -> dict[str, shapely.Geometry]:
    """Return the outlines of authorities and blocks that findings name and no layer holds."""
    if "geometry" not in result.blocks.columns:
        return {}
    rows_of, shapes = result.blocks.groupby("lad").indices, result.blocks["geometry"].to_numpy()
    return {code: shapely.union_all(shapes[rows_of[code]]) for code in codes if code in rows_of}


def _blocks(result: AuditResult) -> Table | None:
    made = {k: layer for k, layer in result.layers.items() if layer.parts is not None and layer.blocks is None}
    if not made:
        return None
    blocks = result.blocks
    columns: dict[str, Any] = {"block": _texts(blocks.index), "lad": _texts(blocks["lad"])}
    columns |= {name: _numbers(blocks[name]) for name in AREA_MEASURES}
    for key, layer in made.items():
        assert layer.parts is not None  # noqa: S101 - made of blocks
        held: dict[str, list[str]] = {}
        for block, code in zip(layer.parts["block"].tolist(), layer.parts["code"].tolist(), strict=True):
            held.setdefault(block, []).append(code)
        columns[_column(key, columns)] = _texts(";".join(sorted(held.get(block, ()))) for block in blocks.index)
    if "geometry" in blocks.columns:
        columns["geometry"] = blocks["geometry"].to_numpy()
    rules = (Rule("Building blocks", "", {"kind": "fill", "outline_color": "#6B7680", "style": "no",
                                           "outline_width": "0.15", "outline_style": "solid"}),)  # fmt: skip
    about = "Building blocks: authorities, or sides of those split between health boards; columns in_… hold area codes"
    return Table("blocks", about, _located(pd.DataFrame(columns), result), rules=rules)


def _column(key: str, taken: Iterable[str]) -> str:
    """Return a column name for a layer's key that no other has, whatever the case."""
    name = "in_" + (re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_") or "layer")
    used = set(taken)
    return next(each for each in (name, *(f"{name}_{n}" for n in range(2, len(used) + 3))) if each not in used)


def _flows(result: AuditResult, layers: Mapping[str, Layer]) -> Table | None:
    told = {key: each for key, each in result.contained.items() if key in layers}
    rows = [_flow_rows(layers[key], each) for key, each in told.items() if "geometry" in layers[key].areas.columns]
    rows = [each for each in rows if len(each)]
    if not rows:
        return None
    frame = gpd.GeoDataFrame(pd.concat(rows, ignore_index=True), crs=BRITISH_NATIONAL_GRID)
    widths = (("The 10 largest", 1, 10, "2.2"), ("11 to 30", 11, 30, "1.2"), ("31 to 60", 31, 60, "0.6"))
    lines = tuple(
        Rule(label, f'"rank" >= {low} AND "rank" <= {high}', {"kind": "line", "line_color": "#17457F",
                                                               "line_width": width, "line_style": "solid"})
        for label, low, high, width in widths
    )  # fmt: skip
    rules = tuple(
        Rule(layers[key].title, f'"layer" = {quoted(key)}', shown=number == 0, inside=lines)
        for number, key in enumerate(dict.fromkeys(frame["layer"]))
    )
    modelled = any(each.flows.kind == "modelled" for each in told.values())
    about = f"Workers between areas, from where they live to where they work{': modelled, not counted' * modelled}"
    return Table("flows", about, frame, shape="LineString", rules=rules)


def _flow_rows(layer: Layer, told: Contained) -> pd.DataFrame:
    table = told.found.between.reset_index()
    places = pd.Series(shapely.point_on_surface(pieces.shapes_of(layer).to_numpy()), index=layer.areas.index)
    known = table["origin"].isin(places.index) & table["destination"].isin(places.index)
    between = known & (table["origin"] != table["destination"]) & (table["workers"] >= LEAST_WORKERS)
    table = table[between].sort_values(["workers", "origin", "destination"], ascending=[False, True, True])
    ends = [shapely.get_coordinates(places.reindex(table[end]).to_numpy()) for end in ("origin", "destination")]
    return pd.DataFrame(
        {
            "layer": plain_text(layer.key),
            "origin": _texts(table["origin"]),
            "origin_name": _texts(table["origin"].map(layer.areas["name"])),
            "destination": _texts(table["destination"]),
            "destination_name": _texts(table["destination"].map(layer.areas["name"])),
            "workers": _numbers(table["workers"]),
            "rank": np.arange(1, len(table) + 1),
            "kind": told.flows.kind,
            "geometry": shapely.linestrings(np.stack(ends, axis=1)),
        }
    )


def _texts(values: Iterable[Any]) -> np.ndarray:
    """Return texts that every file can hold, empty ones as missing."""
    return np.array([plain_text(value) or None for value in values], dtype=object)


def _numbers(values: pd.Series) -> np.ndarray:
    return pd.to_numeric(values).to_numpy(dtype=float, na_value=np.nan)


def _located(frame: pd.DataFrame, result: AuditResult) -> pd.DataFrame:
    """Return a frame with outlines, or a plain one where nothing that was audited has any."""
    drawn = "geometry" in frame and any("geometry" in layer.areas.columns for layer in result.layers.values())
    if not drawn:
        return frame.drop(columns="geometry", errors="ignore")
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=BRITISH_NATIONAL_GRID)


@contextlib.contextmanager
def dated(as_of: str) -> Iterator[None]:
    """Let GDAL write a day (ISO 8601) where it would write the time of the run."""
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": f"{as_of}T00:00:00.000Z"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def _write(file: Path, table: Table) -> None:
    about = f"{table.about}. {wording.attribution()}"
    options: dict[str, Any] = {"DESCRIPTION": about, "IDENTIFIER": table.name}
    if table.drawn:
        options |= {"GEOMETRY_NAME": GEOMETRY, "SPATIAL_INDEX": "NO"}
        shape = {"geometry_type": table.shape, "promote_to_multi": table.shape.startswith("Multi")}
    else:
        shape = {}
    pyogrio.write_dataframe(
        table.frame,
        file,
        layer=table.name,
        driver="GPKG",
        append=file.exists(),
        dataset_options=DATASET,
        layer_options=options,
        **shape,
    )
