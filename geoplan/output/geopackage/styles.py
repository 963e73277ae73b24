"""Styles of a GeoPackage's layers for QGIS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pyogrio

from geoplan.output.geopackage.layer_parts import GEOMETRY, Rule, Table
from geoplan.output.workbook.sheet_parts import plain_text

__all__ = ["hatch", "outline", "quoted", "write_styles"]

_COLOURS = ("#17457F", "#B3400C", "#00695C", "#7A3E8E", "#5B5B00", "#A0225B", "#3F4A55", "#0B6FA4", "#6B3E1F")
_DASHES = ("solid", "dash", "dot", "dash dot")


def write_styles(file: Path, tables: Sequence[Table], as_of: str) -> None:
    """Write the table in which QGIS looks for the styles of a file's layers."""
    rows = [
        {
            "f_table_catalog": "",
            "f_table_schema": "",
            "f_table_name": table.name,
            "f_geometry_column": GEOMETRY,
            "styleName": table.name,
            "styleQML": _qml(table),
            "styleSLD": "",
            "useAsDefault": True,
            "description": table.about,
            "owner": "",
            "ui": "",
            "update_time": pd.Timestamp(as_of, tz="UTC"),
        }
        for table in tables
    ]
    if rows:
        pyogrio.write_dataframe(
            pd.DataFrame(rows), file, layer="layer_styles", driver="GPKG", append=True, layer_options={"FID": "id"}
        )


def quoted(text: str) -> str:
    """Write text as QGIS's expressions do."""
    plain = plain_text(text).replace("\\", "\\\\").replace("'", "''")
    return f"'{plain}'"


def outline(number: int) -> dict[str, str]:
    """Return an outline that differs from the others in colour and dashes."""
    return {
        "kind": "fill",
        "style": "no",
        "outline_color": _COLOURS[number % len(_COLOURS)],
        "outline_style": _DASHES[number % len(_DASHES)],
        "outline_width": "0.5",
    }


def hatch(colour: str, style: str, dashes: str) -> dict[str, str]:
    """Return a symbol that fills with a pattern inside an outline 0.4 mm wide."""
    return {
        "kind": "fill",
        "color": colour,
        "style": style,
        "outline_color": colour,
        "outline_style": dashes,
        "outline_width": "0.4",
    }


def _qml(table: Table) -> str:
    """Return a layer's style in QGIS's own format: rules with their symbols."""
    root = ET.Element("qgis", {"version": "3.22.0", "styleCategories": "Symbology", "labelsEnabled": "0"})
    renderer = ET.SubElement(root, "renderer-v2", {"type": "RuleRenderer", "symbollevels": "0", "forceraster": "0"})
    symbols: list[Mapping[str, str]] = []
    _add_rules(ET.SubElement(renderer, "rules", {"key": "root"}), table.rules, symbols)
    group = ET.SubElement(renderer, "symbols")
    for number, symbol in enumerate(symbols):
        _add_symbol(group, str(number), symbol)
    ET.SubElement(root, "blendMode").text = "0"
    ET.SubElement(root, "layerGeometryType").text = "1" if table.shape == "LineString" else "2"
    doctype = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return doctype + ET.tostring(root, encoding="unicode")


def _add_rules(parent: ET.Element, rules: Sequence[Rule], symbols: list[Mapping[str, str]]) -> None:
    for number, rule in enumerate(rules):
        facts = {"key": f"{parent.get('key')}-{number}", "label": plain_text(rule.label)}
        facts |= {"filter": rule.condition} if rule.condition else {}
        facts |= {} if rule.shown else {"checkstate": "0"}
        if rule.symbol is not None:
            facts["symbol"] = str(len(symbols))
            symbols.append(rule.symbol)
        _add_rules(ET.SubElement(parent, "rule", facts), rule.inside, symbols)


def _add_symbol(group: ET.Element, name: str, symbol: Mapping[str, str]) -> None:
    kind = symbol["kind"]
    element = ET.SubElement(group, "symbol", {"name": name, "type": kind, "alpha": "1", "clip_to_extent": "1"})
    facts = {"class": {"fill": "SimpleFill", "line": "SimpleLine"}[kind], "enabled": "1", "locked": "0", "pass": "0"}
    options = ET.SubElement(ET.SubElement(element, "layer", facts), "Option", {"type": "Map"})
    for key, value in symbol.items():
        if key != "kind":
            plain = _rgba(value) if key.endswith("color") else value
            ET.SubElement(options, "Option", {"name": key, "type": "QString", "value": plain})


def _rgba(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"{red},{green},{blue},255"
