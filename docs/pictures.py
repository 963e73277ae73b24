"""Draws the pictures of the architecture as SVG, the import contract from setup.cfg."""

from __future__ import annotations

import ast
import configparser
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

WIDTH, ROW, GAP, MARGIN = 760, 30, 8, 12
INK, SOFT, LINE, FILL = "#16202b", "#47535f", "#8a96a3", "#eef2f6"
STYLE = "font-family:Arial,Helvetica,sans-serif"

FLOW = (
    ("What goes in", ("shipped data: blocks, memberships, people", "your files: boundaries, tables, lookups, flows")),
    ("Layers", ("areas with codes, names and members", "checked and repaired; what was done is said")),
    ("Overlay", ("what every two areas share: people, ground", "by codes, by postcodes or by lines")),
    ("Measures", ("relations, coverage, contiguity, common blocks", "labour markets, containment, realignment")),
    ("Findings", ("rules judge the measures; ids are stable", "a baseline keeps known ones quiet")),
    ("What comes out", ("map and brief; workbook and GeoPackage", "CSV, JSON, SARIF, JUnit; exit code")),
)


def draw_all(root: Path) -> None:
    """Write the pictures beside the pages, if they have changed."""
    for name, picture in {"flow.svg": flow(), "contract.svg": contract(root / "setup.cfg")}.items():
        keep(root / "docs" / "_static" / name, picture)


def keep(path: Path, text: str) -> None:
    """Write a file unless it says that already, so that what did not change is not built again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def flow() -> str:
    """Draw the way of the data from files to outputs."""
    box, step = 62, 88
    parts = []
    for number, (title, lines) in enumerate(FLOW):
        y = MARGIN + number * step
        parts.append(_box(MARGIN, y, WIDTH - 2 * MARGIN, box))
        parts.append(_text(MARGIN + 16, y + box / 2 + 6, title, 17, INK, "bold"))
        parts += [_text(MARGIN + 220, y + 26 + 22 * i, line, 15, SOFT) for i, line in enumerate(lines)]
        if number:
            parts.append(_arrow(WIDTH / 2, y - (step - box), y))
    return _svg(MARGIN * 2 + step * (len(FLOW) - 1) + box, parts, "How data flows through geoplan")


def contract(setup: Path) -> str:
    """Draw the import contract: every row may import only rows below it; what stands alone says what it is for."""
    parts = []
    y = MARGIN
    for modules in _floors(setup):
        told = _said(setup.parent / "geoplan" / modules[0]) if len(modules) == 1 else ""
        lines = _wrapped(modules, " · ", 88)
        more = _wrapped(told.split(), " ", 88) if told else []
        height = ROW + 20 * (len(lines) + len(more) - 1)
        parts.append(_box(MARGIN + 30, y, WIDTH - 2 * MARGIN - 30, height))
        weight = "bold" if told else "normal"
        parts += [_text(MARGIN + 46, y + 20 + 20 * i, line, 14, INK, weight) for i, line in enumerate(lines)]
        parts += [_text(MARGIN + 46, y + 20 + 20 * i, line, 14, SOFT) for i, line in enumerate(more, len(lines))]
        y += height + GAP
    parts.append(_arrow(MARGIN + 12, MARGIN, y - GAP))
    return _svg(y + MARGIN - GAP, parts, "Which part of geoplan may import which: only downwards")


def _said(part: Path) -> str:
    """Read what a folder or module says it is for: the first sentence of its docstring."""
    first = part / "__init__.py" if part.is_dir() else part.with_suffix(".py")
    docstring = ast.get_docstring(ast.parse(first.read_text(encoding="utf-8")))
    return " ".join((docstring or "").split("\n\n")[0].split())


def _floors(setup: Path) -> list[list[str]]:
    """Read the floors from top to bottom."""
    parser = configparser.ConfigParser()
    parser.read(setup, encoding="utf-8")
    contracts = (parser[name] for name in parser.sections() if name.startswith("importlinter:contract:"))
    layers = next(each["layers"] for each in contracts if each["type"] == "layers")
    floors = [re.split(r"\s*[:|]\s*", line.strip().replace("geoplan.", "")) for line in layers.split("\n")]
    return [floor for floor in floors if any(floor)]


def _wrapped(words: Sequence[str], between: str, width: int) -> list[str]:
    lines = [""]
    for word in words:
        joined = f"{lines[-1]}{between}{word}" if lines[-1] else word
        if len(joined) > width:
            lines.append(word)
        else:
            lines[-1] = joined
    return lines


def _box(x: float, y: float, width: float, height: float) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{FILL}" stroke="{LINE}"/>'


def _text(x: float, y: float, text: str, size: int, colour: str, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{colour}" font-weight="{weight}">{escape(text)}</text>'


def _arrow(x: float, top: float, bottom: float) -> str:
    line = f'<path d="M{x} {top} V{bottom - 7}" stroke="{SOFT}" stroke-width="2"/>'
    return line + f'<path d="M{x - 5} {bottom - 8} h10 l-5 8 z" fill="{SOFT}"/>'


def _svg(height: float, parts: Sequence[str], title: str) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img" style="{STYLE}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{WIDTH}" height="{height:g}" fill="#ffffff"/>\n{body}\n</svg>\n'
    )
