"""Data Packages (datapackage.org, version 2): what ships, and what the user's folder holds, told for other programs."""

from __future__ import annotations

import csv
import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from geoplan.data import catalogue, catalogue_file
from geoplan.data.kept import folder, holdings
from geoplan.data.kept.holdings import Holding
from geoplan.data.shipped.package_data import shipped_files, shipped_path
from geoplan.errors import ConfigurationError, InputError, refusal
from geoplan.output.tables.cells import as_json
from geoplan.schema import wording

__all__ = ["DESCRIPTOR", "kept_package", "shipped_package"]

DESCRIPTOR = "datapackage.json"
PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
CONTENTS = "contents.toml"
PATTERNS = ("*.csv", "*.parquet", "*.npz", "*.toml", "membership/*.csv", "scenarios/*.toml")
OPEN_LICENCE = "OGL-UK-3.0"
MEDIA = {
    ".csv": "text/csv", ".parquet": "application/vnd.apache.parquet", ".toml": "application/toml",
    ".npz": "application/octet-stream", ".json": "application/json",
}  # fmt: skip
ARROW = (("string", "string"), ("dictionary", "string"), ("int", "integer"), ("float", "number"), ("double", "number"),
         ("bool", "boolean"), ("date", "date"), ("timestamp", "datetime"))  # fmt: skip
"""How Arrow's types begin, and what they are called in a table schema; outlines are of any type."""


def shipped_package() -> str:
    """Describe every file that ships.

    Returns
    -------
    str
        JSON: of each file its path within ``boundaries``, bytes, hash, licences and sources, and of each table its
        rows and the types and meanings of its columns (shares 0 to 1; outlines in EPSG:27700).

    Raises
    ------
    InputError
        If ``contents.toml`` does not know a file or one of its columns.
    """
    told = tomllib.loads(shipped_path(CONTENTS).read_text(encoding="utf-8"))
    found = [path for pattern in PATTERNS for path in shipped_files(pattern)]
    base = shipped_path(CONTENTS).parent
    made = [_shipped(path, path.relative_to(base).as_posix(), told) for path in found]
    return _package("geoplan-boundaries", "Data that ships with geoplan", wording.attribution(), made)


def kept_package() -> str:
    """Describe what the user's data folder holds.

    Returns
    -------
    str
        JSON: of each file its path within that folder, bytes, hash, rows, edition, licence and source, and of Parquet
        files the types of the columns.

    Raises
    ------
    ConfigurationError
        If the folder holds nothing.
    InputError
        If a file is gone, or differs from its manifest.
    """
    found = holdings.holdings()
    if not found:
        hint = "What you fetch or bring goes there."
        raise ConfigurationError(refusal("Your data folder holds nothing that could be described", hint=hint))
    made = [_kept(one) for one in found]
    about = "Files that were fetched or brought; each names its licence and source."
    return _package("geoplan-data", "Data of your own beside what ships with geoplan", about, made)


def _package(name: str, title: str, description: str, resources: list[dict[str, Any]]) -> str:
    return as_json(
        {"$schema": PROFILE, "name": name, "title": title, "description": description, "resources": resources}
    )


def _resource(path: Path, place: str, sha256: str) -> dict[str, Any]:
    """Return what any file says of itself, under a name made of its path."""
    suffix = path.suffix.lower()
    name = re.sub(r"[^a-z0-9._-]+", "-", place.lower().replace("/", "-"))
    found = {"name": name, "path": place, "format": suffix.removeprefix("."), "mediatype": MEDIA.get(suffix, ""),
             "bytes": path.stat().st_size, "hash": f"sha256:{sha256}"}  # fmt: skip
    return {key: value for key, value in found.items() if value != ""}


def _shipped(path: Path, place: str, told: Mapping[str, Any]) -> dict[str, Any]:
    entries = [each for each in catalogue.catalogue().values() if place in _tables_of(each)]
    about = _of_layers(entries) if entries else _of_file(place, told)
    resource = _resource(path, place, hashlib.sha256(path.read_bytes()).hexdigest()) | about
    names, rows = _columns(path)
    if not names:
        return resource
    known = {**told["columns"], **told["columns"].get(place, {})}
    if missing := [name for name in names if not isinstance(known.get(name), list)]:
        raise InputError(refusal(f"{CONTENTS} does not say what columns of {place} mean", codes=missing))
    fields = [{"name": name, "type": known[name][0], "description": known[name][1]} for name in names]
    return {**resource, "type": "table", "rows": rows, "schema": {"fields": fields, "missingValues": [""]}}


def _tables_of(entry: catalogue_file.Entry) -> list[str]:
    return [f"membership/{table}.csv" for table in (entry.table, entry.further)]


def _of_file(place: str, told: Mapping[str, Any]) -> dict[str, Any]:
    if place not in told["files"]:
        raise InputError(refusal(f"{CONTENTS} does not know {place}"))
    said = told["files"][place]
    licences = [
        {"name": name, "title": told["licences"][name][0], "path": told["licences"][name][1]}
        for name in said["licences"]
    ]
    return {"title": said["title"], "sources": [{"title": said["source"]}], "licenses": licences}


def _of_layers(entries: list[catalogue_file.Entry]) -> dict[str, Any]:
    """Return title, sources and licences of a membership table, as the catalogue has them for its layers."""
    sources = [{"title": each.source, **({"path": each.url} if each.url else {})} for each in entries]
    licences = [{"name": OPEN_LICENCE, "title": text} for text in dict.fromkeys(each.licence for each in entries)]
    return {
        "title": wording.listed([each.title for each in entries]),
        "sources": [each for n, each in enumerate(sources) if each not in sources[:n]],
        "licenses": licences,
    }


def _columns(path: Path) -> tuple[list[str], int]:
    """Return the columns of a table and how many rows it has; nothing of what is no table."""
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        return list(pq.read_schema(path).names), pq.read_metadata(path).num_rows
    if path.suffix != ".csv":
        return [], 0
    with path.open(encoding="utf-8", newline="") as stream:
        heading, *rows = csv.reader(stream)
    return heading, len(rows)


def _kept(one: Holding) -> dict[str, Any]:
    path = holdings.sound(one)
    found = _resource(path, path.relative_to(folder.folder()).as_posix(), one.sha256)
    source = {name: text for name, text in (("title", one.source), ("path", one.url)) if text}
    found |= {"title": one.title or one.name, "rows": one.rows, "version": one.edition, "kept_on": one.kept_on}
    if source:
        found["sources"] = [source]
    if one.licence:
        open_one = "Open Government Licence" in one.licence or one.licence.startswith("OGL")
        found["licenses"] = [{"name": OPEN_LICENCE if open_one else "other", "title": one.licence}]
    if path.suffix == ".parquet":
        meant = {heading: name for name, heading in one.about}
        found |= {"type": "table", "schema": {"fields": _fields(path, meant)}}
    return {key: value for key, value in found.items() if value != ""}


def _fields(path: Path, meant: Mapping[str, str]) -> list[dict[str, str]]:
    import pyarrow.parquet as pq

    from geoplan.data.readers.guards import damaged

    with damaged(path.name, "Parquet"):
        columns = [(field.name, str(field.type)) for field in pq.read_schema(path)]
    fields = []
    for name, kind in columns:
        plain = next((called for begins, called in ARROW if kind.removeprefix("large_").startswith(begins)), "any")
        fields.append({"name": name, "type": plain} | ({"description": meant[name]} if name in meant else {}))
    return fields
