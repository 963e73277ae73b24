"""Data Packages: what ships is described as it is, and so is what the user's folder holds."""

from __future__ import annotations

import csv
import hashlib
import json

import jsonschema
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from roots import ROOT

from geoplan.cli.main import cli
from geoplan.data.kept import folder, holdings
from geoplan.data.kept.holdings import Holding
from geoplan.errors import ConfigurationError, InputError
from geoplan.output.exported import packages

BOUNDARIES = ROOT / "boundaries"
PATH = {"type": "string", "pattern": r"^(?!/|\.|~)(?!.*\.\./)(?!.*\\)[^:]+$"}
URL = {"type": "string", "pattern": "^https?://"}
LINKED = {"properties": {"path": URL, "title": {"type": "string"}}, "minProperties": 1}
TYPES = ["string", "number", "integer", "boolean", "object", "array", "date", "time", "datetime", "year", "any"]
NEEDED = {
    "type": "object", "required": ["$schema", "name", "title", "resources"],
    "properties": {
        "$schema": URL, "name": {"type": "string", "pattern": "^[-a-z0-9._/]+$"},
        "resources": {"type": "array", "minItems": 1, "items": {
            "required": ["name", "path", "hash", "bytes"],
            "properties": {
                "name": {"type": "string", "pattern": "^[-a-z0-9._/]+$"}, "path": PATH,
                "bytes": {"type": "integer"}, "mediatype": {"type": "string", "pattern": "^(.+)/(.+)$"},
                "hash": {"type": "string", "pattern": "^sha256:[a-f0-9]{64}$"}, "type": {"enum": ["table"]},
                "sources": {"type": "array", "items": LINKED},
                "licenses": {"type": "array", "minItems": 1, "items": {
                    **LINKED, "anyOf": [{"required": ["name"]}, {"required": ["path"]}],
                    "properties": {"name": {"type": "string", "pattern": "^([-a-zA-Z0-9._])+$"}, "path": URL},
                }},
                "schema": {"required": ["fields"], "properties": {"fields": {"type": "array", "minItems": 1, "items": {
                    "required": ["name"], "properties": {"name": {"type": "string"}, "type": {"enum": TYPES}},
                }}}},
            },
        }},
    },
}  # fmt: skip
"""What the standard (version 2) asks of the members that are used here, put in our own words."""


@pytest.fixture(scope="module")
def shipped():
    return json.loads((BOUNDARIES / packages.DESCRIPTOR).read_text(encoding="utf-8"))


def test_the_package_that_ships_is_current():
    text = (BOUNDARIES / packages.DESCRIPTOR).read_text(encoding="utf-8")
    assert text == packages.shipped_package(), "run scripts/data_package"


def test_it_keeps_to_the_standard(shipped):
    jsonschema.Draft202012Validator(NEEDED).validate(shipped)
    names = [each["name"] for each in shipped["resources"]]
    assert len(set(names)) == len(names)


def test_it_describes_every_file_as_it_is(shipped):
    described = {each["path"]: each for each in shipped["resources"]}
    there = {path.relative_to(BOUNDARIES).as_posix() for path in BOUNDARIES.rglob("*") if path.is_file()}
    assert described.keys() == {each for each in there if not each.startswith("licences/")} - {packages.DESCRIPTOR}
    for place, resource in described.items():
        content = (BOUNDARIES / place).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}", place
        assert resource["title"], place
        assert resource["sources"], place


def cast(text, kind):
    return {"integer": int, "number": float}.get(kind, str)(text)


def test_columns_are_of_the_types_that_are_told(shipped):
    for resource in (each for each in shipped["resources"] if each["path"].endswith(".csv")):
        with (BOUNDARIES / resource["path"]).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        assert len(rows) == resource["rows"]
        fields = resource["schema"]["fields"]
        assert all(field["description"] for field in fields)
        for row in rows:
            assert list(row) == [field["name"] for field in fields]
            assert all(cast(row[each["name"]], each["type"]) is not None for each in fields if row[each["name"]])


def test_a_file_or_column_that_nobody_described_is_refused(tmp_path):
    told = packages.tomllib.loads((BOUNDARIES / "contents.toml").read_text(encoding="utf-8"))
    with pytest.raises(InputError, match=r"contents\.toml does not know new\.csv"):
        packages._shipped(_table(tmp_path / "new.csv", "code"), "new.csv", told)
    with pytest.raises(InputError, match=r"what columns of links\.csv mean \(1 row: odd\)"):
        packages._shipped(_table(tmp_path / "links.csv", "odd"), "links.csv", told)


def _table(path, heading):
    path.write_text(f"{heading}\nx\n")
    return path


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "own"))
    return tmp_path / "own"


def kept():
    one = Holding(
        "figures", "claimants", "2026-03", title="Claimants", source="Office for National Statistics", rows=2,
        url="https://www.nomisweb.co.uk/", licence="OGL v3", about=(("code", "LAD25CD"),), kept_on="2026-04-01",
    )  # fmt: skip
    table = pa.table({"LAD25CD": ["A", "B"], "claimants": [1, 2], "rate": [0.1, 0.2]})
    return holdings.keep(one, lambda path: pq.write_table(table, path))


def test_the_users_folder_is_described(own):
    one = kept()
    told = json.loads(packages.kept_package())
    jsonschema.Draft202012Validator(NEEDED).validate(told)
    (resource,) = told["resources"]
    assert (own / resource["path"]).is_file()
    assert resource["hash"] == f"sha256:{one.sha256}"
    assert resource["licenses"] == [{"name": "OGL-UK-3.0", "title": "OGL v3"}]
    assert resource["schema"]["fields"] == [
        {"name": "LAD25CD", "type": "string", "description": "code"},
        {"name": "claimants", "type": "integer"},
        {"name": "rate", "type": "number"},
    ]
    assert str(own) not in json.dumps(told)


@pytest.mark.usefixtures("own")
def test_an_empty_folder_and_a_changed_file_are_refused():
    with pytest.raises(ConfigurationError, match="holds nothing that could be described"):
        packages.kept_package()
    one = kept()
    holdings.path_of(one).write_bytes(b"other")
    with pytest.raises(InputError, match="is not as it was kept"):
        packages.kept_package()


def test_the_command(own, monkeypatch):
    kept()
    monkeypatch.chdir(own)
    done = CliRunner().invoke(cli, ["layers", "--datapackage", "datapackage.json"])
    assert done.exit_code == 0, done.output
    assert "Written: datapackage.json. Its paths are those in your data folder" in done.stdout
    assert json.loads((own / "datapackage.json").read_text(encoding="utf-8"))["name"] == "geoplan-data"
    assert holdings.holdings(), "the descriptor is no holding"
    done = CliRunner().invoke(cli, ["layers", "lad", "--datapackage", "x.json"])
    assert (done.exit_code, "leave out KEY" in done.stderr) == (2, True)
