"""What the site takes from geoplan itself, so that nothing is typed twice.

Pages ask for a part by name: ```{generated} rules```. All that is imported from geoplan is imported here.
"""

from __future__ import annotations

import csv
import json
import pkgutil
import re
from collections.abc import Callable, Iterable
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from types import FunctionType, GenericAlias, ModuleType
from typing import Any

import pictures
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

import geoplan
from geoplan.auditing.judging.rules import RULES
from geoplan.data.catalogue import Entry, catalogue, default_as_of
from geoplan.data.shipped.roles import APART
from geoplan.data.shipped.streams import Rule, shipped_streams
from geoplan.schema.wording import CONFIDENCE, COUNTRIES

ROOT = Path(__file__).resolve().parents[1]
VERSION = version("geoplan")
MEASURED = ("Areas in which two layers meet", "Points in areas")
SCHEMES = ("Devolution", "Work and skills", "Pilots", "Past programmes")
SURE = ("high", "medium", "low")
MANY = 8
"""Areas of a rule from which they are counted, not named."""
GROUPS = {
    "1": "What goes in", "2": "One layer", "3": "Two layers", "4": "Membership", "5": "Labour markets",
    "6": "Changes", "9": "The run",
}  # fmt: skip


def table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Write a Markdown table."""
    heads = list(headings)
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def rules() -> str:
    """Tell every rule: what it means, why it matters, what to do."""
    parts = []
    for digit, group in groupby(RULES.values(), key=lambda rule: rule.code[2]):
        parts.append(f"## {GROUPS[digit]}")
        for rule in group:
            parts += [
                f"### {rule.code} {rule.title}",
                f"Severity unless a configuration says otherwise: {rule.severity.value}.",
                rule.means,
                f"*Why it matters.* {rule.matters}",
                f"*What to do.* {rule.action}",
            ]
    return "\n\n".join(parts)


def _extent(entry: Entry) -> str:
    return ", ".join(name for letter, name in COUNTRIES.items() if letter in entry.extent)


def _in_force(entry: Entry) -> str:
    begins = f"from {entry.in_force_from}" if entry.in_force_from else "since a day that is not known"
    return f"{begins} to {entry.in_force_to}" if entry.in_force_to else begins


def layers() -> str:
    """List the layers that ship, by their group."""
    parts = [f"Shown as on {default_as_of()} unless `--as-of` says otherwise."]
    entries = sorted(catalogue().values(), key=lambda entry: list(_group_order()).index(entry.group))
    for group, members in groupby(entries, key=lambda entry: entry.group):
        rows = (
            (f"[`{e.key}`](#layer-{e.key.replace('_', '-')})", e.title, _extent(e), e.edition, CONFIDENCE[e.confidence])
            for e in members
        )
        parts += [f"### {group}", table(("key", "title", "countries", "edition", "confidence"), rows)]
    return "\n\n".join(parts)


def _group_order() -> Iterable[str]:
    return dict.fromkeys(entry.group for entry in catalogue().values())


def layer_notes() -> str:
    """Tell of each layer what it is, where it comes from and how far it goes."""
    parts = []
    for e in catalogue().values():
        covers = "covers everyone there" if e.exhaustive else "need not cover everyone there"
        overlap = "areas may overlap" if e.overlap else "areas do not overlap"
        source = f"[{e.source}]({e.url})" if e.url else e.source
        facts = (
            f"{_extent(e)}; {covers}; {overlap}. In force {_in_force(e)}; status: {e.status.replace('_', ' ')}. "
            f"Confidence: {CONFIDENCE[e.confidence]}. Source: {source}. Licence: {e.licence}."
        )
        parts += [f"(layer-{e.key.replace('_', '-')})=", f"## {e.title} (`{e.key}`)", e.note, facts]
    return "\n\n".join(parts)


def streams() -> str:
    """List who holds which money and duties, rule by rule, with what each rests on."""
    parts = []
    for _, group in groupby(shipped_streams(), key=lambda rule: rule.stream):
        rules = list(group)
        rows = [
            (
                _holder(rule),
                ", ".join(rule.areas) if len(rule.areas) < MANY else f"{len(rule.areas)} areas",
                f"{rule.valid_from} to {rule.valid_to}" if rule.valid_to else f"from {rule.valid_from}",
                rule.confidence,
                f"[{rule.source}]({rule.url})",
                rule.note,
            )
            for rule in rules
        ]
        parts += [
            f"## {rules[0].title}",
            f"{rules[0].pays_for[0].upper()}{rules[0].pays_for[1:]}. Kind: {rules[0].kind}.",
        ]
        parts.append(table(("held by", "areas", "days", "confidence", "source", "note"), rows))
    return "\n\n".join(parts)


def _holder(rule: Rule) -> str:
    whose = f" of `{rule.layer}`" if rule.layer else f" in {', '.join(COUNTRIES[letter] for letter in rule.countries)}"
    words = {"accountable": "accountable body, else the lead,", "lead": "lead body", "area": "each area",
             "unknown": "not known"}  # fmt: skip
    return f"{words.get(rule.body, rule.named_body)}{whose}"


def confidence() -> str:
    """Count the rows of every membership table by their confidence."""
    counted = []
    for path in sorted((ROOT / "boundaries" / "membership").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if _holds_ground(row)]
        sure = [sum(row["confidence"] == word for row in rows) for word in SURE]
        unknown = sum(row["part"] == "yes" and not row["share"] for row in rows)
        counted.append((f"`{path.stem}`", f"{len(rows):,}", *(f"{number:,}" for number in (*sure, unknown))))
    return table(("table", "rows", *(CONFIDENCE[word] for word in SURE), "parts of unknown share"), counted)


def _memberships() -> Iterable[tuple[str, list[dict[str, str]]]]:
    """Read the membership tables of schemes: who is in them is decided, and money may come with it."""
    schemes = dict.fromkeys(e.table for e in catalogue().values() if e.group in SCHEMES)
    for name in schemes:
        with (ROOT / "boundaries" / "membership" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            yield name, [row for row in csv.DictReader(file) if _holds_ground(row)]


def _holds_ground(row: dict[str, str]) -> bool:
    return bool(row["lad_code"]) and row["role"] not in APART


def _lacking(rows: Iterable[dict[str, str]]) -> tuple[dict[str, list[str]], int]:
    """Return the names of the areas that lack something, by what it is, and how many areas there are."""
    areas: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        areas.setdefault(row["area_name"], []).append(row)
    asked = {
        "inferred": lambda row: row["confidence"] == "low",
        "read": lambda row: row["confidence"] == "medium",
        "part": lambda row: row["part"] == "yes" and not row["share"],
        "lead": lambda row: row["lead_body"] in {"", "not confirmed"},
        "start": lambda row: not row["valid_from"],
        "money": lambda row: not (row.get("amount_total") or row.get("amount_per_year")),
        "places": lambda row: not row.get("places"),
    }
    return {
        what: [area for area, members in areas.items() if any(map(lacks, members))] for what, lacks in asked.items()
    }, len(areas)


def unknown() -> str:
    """Count for every scheme the areas of which its table does not know something."""
    counted = []
    for name, rows in _memberships():
        lacking, areas = _lacking(rows)
        counted.append((f"`{name}`", areas, *(len(found) or "" for found in lacking.values())))
    heads = ("a member is inferred", "a member is read from a name or a residual", "a part of unknown size",
             "no lead body", "no start", "no money", "no places")  # fmt: skip
    return table(("table", "areas", *heads), counted)


def unknown_areas() -> str:
    """Name for every scheme the areas with inferred members, parts of unknown size or no confirmed lead."""
    parts = []
    for name, rows in _memberships():
        lacking, areas = _lacking(rows)
        told = {
            "Members inferred": lacking["inferred"],
            "Parts of unknown size": lacking["part"],
            "Lead not known": [] if len(lacking["lead"]) == areas else lacking["lead"],
        }
        said = [f"{what}: {'; '.join(sorted(found))}." for what, found in told.items() if found]
        if said:
            parts.append(f"- `{name}`: {' '.join(said)}")
    return "\n".join(parts)


def configuration() -> str:
    """List the keys of a configuration by its schema."""
    schema = json.loads(next((ROOT / "geoplan").rglob("geoplan.schema.json")).read_text(encoding="utf-8"))
    return table(("key", "what it says"), _keys("", schema, schema["$defs"]))


def _keys(before: str, told: dict[str, Any], shared: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for key, value in told.get("properties", {}).items():
        if "description" in value or "properties" not in value:
            yield f"`{before}{key}`", _values(value)
        yield from _keys(f"{before}{key}.", value, shared)
        for reference in (value.get("items", {}), value.get("additionalProperties", {})):
            if isinstance(reference, dict) and "$ref" in reference:
                name = reference["$ref"].rsplit("/", 1)[1]
                inner = [shared[name], *shared[name].get("oneOf", ())]
                for one in inner:
                    yield from _keys(f"{before}{key}.", one, shared)


def _values(value: dict[str, Any]) -> str:
    choices = value.get("enum") or value.get("items", {}).get("enum", ())
    listed = f"One of: {', '.join(f'`{one}`' for one in choices)}." if choices else ""
    return f"{value.get('description', '')} {listed}".strip()


def measured() -> str:
    """List how many times as long as geoplan's each tool took, by the results that benchmarks/ wrote."""
    parts = []
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    for chapter in results.split("\n## ")[1:]:
        title, *sections = chapter.split("\n### ")
        title = title.splitlines()[0]
        if title in MEASURED:
            columns = [re.sub(r" \([^)]*\)", "", section.splitlines()[0]) for section in sections]
            times = [_times(section) for section in sections]
            tools = dict.fromkeys(tool for column in times for tool in column)
            rows = ((tool, *(column.get(tool, "") for column in times)) for tool in tools)
            parts += [f"### {title}", table(("tool", *columns), rows)]
    return "\n\n".join(parts)


def _times(section: str) -> dict[str, str]:
    lines = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")]
    heads, _, *rows = ([cell.strip() for cell in line] for line in lines)
    told = [dict(zip(heads, row, strict=False)) for row in rows]
    kept = (row for row in told if "at hand" not in row["tool"] and "made" not in row["tool"])
    return {row["tool"]: row["seconds"] if row["times geoplan"] == "–" else row["times geoplan"] for row in kept}


def interface() -> str:
    """List the functions that `import geoplan` offers."""
    return _summary(_offered(FunctionType))


def results() -> str:
    """List the classes of what they return."""
    return f"```{{toctree}}\n:hidden:\n\napi/results\n```\n\n{_summary(_offered(type), toctree=False)}"


def errors() -> str:
    """Name the module of errors, which has its place among the modules."""
    return _summary(_offered(ModuleType), toctree=False)


def modules() -> str:
    """List the modules, folder by folder."""
    listed = _modules().items()
    pages = "\n".join(f"api/{folder}.modules" for folder, _ in listed)
    parts = [f"### {folder}\n\n{_summary(names, toctree=False)}" for folder, names in listed]
    return "\n\n".join([f"```{{toctree}}\n:hidden:\n\n{pages}\n```", *parts])


def _offered(kind: type) -> list[str]:
    """Name what `import geoplan` offers of a kind: functions, classes or modules."""
    return [f"geoplan.{name}" for name in geoplan.__all__ if isinstance(getattr(geoplan, name), kind)]


def _modules() -> dict[str, list[str]]:
    """Find the modules of the package, those of each folder together."""
    found: dict[str, list[str]] = {}
    for module in pkgutil.walk_packages(geoplan.__path__, "geoplan."):
        folder, _, last = module.name.rpartition(".")
        if not module.ispkg and not last.startswith("_"):
            found.setdefault(folder, []).append(module.name)
    return dict(sorted(found.items()))


def _summary(names: Iterable[str], *, toctree: bool = True) -> str:
    rows = [*([":toctree: api"] if toctree else []), ":nosignatures:", "", *names]
    listed = "\n".join(f"   {row}".rstrip() for row in rows)
    return f"```{{eval-rst}}\n.. autosummary::\n{listed}\n```"


def write_pages() -> None:
    """Write a page for the modules of every folder, one for each function of the interface, and one for its results.

    Classes have one page together, because `Audit` and `audit` are one file name on some systems.
    """
    folder = ROOT / "docs" / "reference" / "api"
    folder.mkdir(exist_ok=True)
    pages = {f"{each}.modules": _page(each, names) for each, names in _modules().items()}
    pages |= {name: f"{_title(name)}\n.. autofunction:: {name}\n" for name in _offered(FunctionType)}
    classes = [f".. autoclass:: {name}\n   :members:\n   :inherited-members:\n" for name in _offered(type)]
    pages["results"] = "\n".join([_title("Results"), *classes])
    for old in folder.glob("*.rst"):
        if old.stem not in pages:
            old.unlink()
    for name, text in pages.items():
        pictures.keep(folder / f"{name}.rst", text)


def _page(folder: str, names: Iterable[str]) -> str:
    parts = [f"{_title(name, '-')}\n.. automodule:: {name}\n   :members:\n" for name in names]
    return "\n".join([_title(folder), *([f".. automodule:: {folder}\n"] if folder != "geoplan" else []), *parts])


def _title(name: str, under: str = "=") -> str:
    title = name.replace("_", "\\_")
    return f"{title}\n{under * len(title)}\n"


PARTS: dict[str, Callable[[], str]] = {
    "rules": rules,
    "layers": layers,
    "unknown": unknown,
    "unknown-areas": unknown_areas,
    "layer-notes": layer_notes,
    "streams": streams,
    "confidence": confidence,
    "configuration": configuration,
    "interface": interface,
    "measured": measured,
    "modules": modules,
    "results": results,
    "errors": errors,
}


class Generated(SphinxDirective):
    """Puts a part that is made from geoplan's own data into a page."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Parse the part where it stands."""
        text = PARTS[self.arguments[0]]()
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def _skip(_app: Sphinx, _what: str, _name: str, member: object, skip: bool, _options: object) -> bool | None:  # noqa: FBT001 - as autodoc calls it
    """Leave out names for types, which have no signature."""
    return True if isinstance(member, GenericAlias) else skip or None


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive; write the pages and draw the pictures that are made from the project."""
    write_pages()
    app.add_directive("generated", Generated)
    app.connect("autodoc-skip-member", _skip)
    app.connect("builder-inited", lambda _: pictures.draw_all(ROOT))
    return {"version": VERSION, "parallel_read_safe": True}
