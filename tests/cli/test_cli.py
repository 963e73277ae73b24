"""The command line as users call it: in another directory, by exit code, stdout and files."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from click.testing import CliRunner

import geoplan
from geoplan import errors
from geoplan.auditing.config import FILES
from geoplan.auditing.judging import rules
from geoplan.cli.main import cli
from geoplan.data import catalogue
from geoplan.writing import folders, manifest


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every command runs in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def square(west, south, **properties):
    ring = [[west, south], [west + 0.1, south], [west + 0.1, south + 0.1], [west, south + 0.1], [west, south]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def collection(*features):
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """One audit of the shipped data for all tests that only read its files."""
    folder = tmp_path_factory.mktemp("audit") / "out"
    done = call("audit", "--out", folder)
    assert done.exit_code == 0, done.output
    return done.stdout, folder


def test_audit_writes_its_files_and_nothing_else(audited):
    _, folder = audited
    assert {path.name for path in folder.iterdir()} == {*FILES, manifest.MANIFEST}
    found = rows((folder / "findings.csv").read_text(encoding="utf-8"))
    document = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    assert [row["id"] for row in found] == [finding["id"] for finding in document["findings"]]
    assert {row["severity"] for row in found} <= {"error", "warning", "info"}


def test_the_summary_fits_one_screen(audited):
    text, _ = audited
    lines = text.splitlines()
    assert len(lines) <= 30
    assert lines[-1].startswith("Written to ")  # the folder's name is as long as the user's
    assert max(map(len, lines[:-1])) <= 100
    assert "as of 2026-04-01" in text
    assert "indicative" in text


def test_no_output_holds_a_path_or_the_time(audited):
    _, folder = audited
    for path in folder.iterdir():
        contents = [path.read_bytes()]
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as parts:
                contents += [parts.read(name) for name in parts.namelist()]
        for place in (str(folder), str(Path.home()) + os.sep, str(Path(geoplan.__file__).parent)):
            assert not any(place.encode() in content for content in contents), path.name


def test_another_process_writes_the_same_bytes_into_every_file(audited, tmp_path):
    """Neither the order of hashes, nor the time zone, nor what ran before changes one."""
    _, folder = audited
    command = [sys.executable, "-m", "geoplan", "audit", "--out", str(tmp_path / "again")]
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Pacific/Auckland"}
    subprocess.run(command, env=environment, capture_output=True, check=True)
    assert {path.name for path in (tmp_path / "again").iterdir()} == {path.name for path in folder.iterdir()}
    for path in folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.usefixtures("tables_only")
@pytest.mark.parametrize(("limit", "code"), [("never", 0), ("error", 0), ("warning", 1), ("info", 1)])
def test_fail_on_decides_the_exit_code(limit, code):
    done = call("audit", "--layers", "connect_to_work,lhb", "--fail-on", limit)
    assert done.exit_code == code


@pytest.mark.usefixtures("tables_only")
def test_formats_print_that_and_nothing_else(elsewhere):
    done = call("audit", "--layers", "connect_to_work,lhb", "--format", "json")
    assert json.loads(done.stdout) == json.loads((elsewhere / "geoplan-audit" / "audit.json").read_text())
    done = call("audit", "--layers", "connect_to_work,lhb", "--format", "csv")
    assert rows(done.stdout)[0]["rule"].startswith("GP")


@pytest.mark.usefixtures("tables_only")
def test_focus_says_what_it_is_about():
    done = call("audit", "--focus", "Surrey")
    assert done.exit_code == 0
    assert "about Surrey (connect_to_work ctw-surrey)" in done.stdout
    assert "utla:E10000030" in done.stdout


def test_compare_csv_keeps_its_contract(elsewhere):
    done = call("compare", "connect_to_work", "icb", "--format", "csv", "--out", "c.csv")
    assert (done.exit_code, done.stdout) == (0, "")
    found = rows((elsewhere / "c.csv").read_text(encoding="utf-8"))
    assert list(found[0]) == [
        "left_code", "left_name", "right_code", "right_name", "area_m2", "left_area_share", "right_area_share",
        "people", "left_people_share", "right_people_share", "width_m", "artefact", "relation",
    ]  # fmt: skip
    assert {row["artefact"] for row in found} == {"false"}
    assert {row["width_m"] for row in found} == {""}
    assert len({row["left_code"] for row in found if row["relation"] == "coterminous"}) == 10
    rest = [row for row in found if row["left_code"] == "ctw-north-wales"]
    assert [(row["right_code"], row["right_name"], row["relation"]) for row in rest] == [("", "", "uncovered")]


def test_compare_prints_for_people():
    done = call("compare", "connect_to_work", "icb")
    assert "10 same boundary, 16 inside one, 1 made of whole ones, 18 cut, 4 outside this comparison" in " ".join(
        done.stdout.split()
    )
    assert "Suffolk and North East Essex" in done.stdout
    assert call("compare", "lsip", "lsip").stdout.rstrip().endswith("No area is cut.")


def test_compare_with_a_boundary_file_and_with_a_table_of_ones_own(elsewhere):
    (elsewhere / "towns.geojson").write_text(collection(square(-1.2, 52.6, code="T1", name="Leicester and around")))
    done = call("compare", "towns.geojson", "lad", "--format", "csv")
    assert done.exit_code == 0, done.output
    best = max(rows(done.stdout), key=lambda row: float(row["people"]))
    assert best["right_name"] == "Leicester"
    (elsewhere / "mine.csv").write_text("area_name,authority\nEast,Suffolk\nEast,Norfolk\n")
    done = call("compare", "mine.csv", "icb_2026", "--format", "json")
    row = json.loads(done.stdout)[0]
    assert (row["relation"], row["effective_partners"], row["conditional_entropy"]) == ("coterminous", 1.0, 0.0)


@pytest.mark.usefixtures("tables_only")
def test_a_table_of_part_of_the_country_is_audited_on_its_ground_and_its_unknown_rows_are_errors(elsewhere):
    (elsewhere / "mine.csv").write_text("cluster,authority\nEast,Suffolk\nEast,Norfork\nWest,St Albans\n")
    done = call("audit", "--layers", "mine.csv,icb_2026", "--fail-on", "error")
    assert done.exit_code == 1, done.output
    said = " ".join(done.stdout.split())
    assert "mine.csv: 1 row matches no authority: Norfork (Norfolk or " in said
    found = rows((elsewhere / "geoplan-audit" / "findings.csv").read_text())
    (unknown,) = [row for row in found if row["rule"] == "GP403"]
    assert (unknown["severity"], unknown["code"], unknown["value"], unknown["unit"]) == ("error", "Norfork", "", "")
    assert unknown["message"].startswith("mine.csv, column 'authority', row 3: 'Norfork' matches no authority")
    boards = {row["name"] for row in found if row["layer"] == "icb_2026" and row["code"]}
    assert boards <= {"Norfolk and Suffolk", "Central East"}, boards


@pytest.mark.usefixtures("tables_only")
def test_an_area_of_a_boundary_file_with_names_only_is_the_focus(elsewhere):
    north, south = square(-1.2, 52.6, label="Leicester"), square(-1.2, 52.5, label="Below")
    (elsewhere / "towns.geojson").write_text(collection(north, south))
    done = call("audit", "--layers", "towns.geojson,utla", "--name", "label", "--focus", "towns.geojson:leicester")
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    assert "about Leicester (towns.geojson leicester)" in said
    assert "It covers Leicester; it is drawn, so its ground is taken as the pieces with half or more" in said
    document = json.loads((elsewhere / "geoplan-audit" / "audit.json").read_text())
    assert document["parameters"]["columns"] == {"code": "", "name": "label"}
    assert document["findings"]
    for finding in document["findings"]:
        assert "Leicester" in finding["message"], finding["message"]


@pytest.mark.parametrize(
    "command",
    ["audit", "map", "blocks", "contiguity", "realign", "containment", "labour-markets", "check", "compare"],
)
def test_columns_can_be_named_in_every_command_that_takes_a_file(command):
    assert {"--code", "--name"} <= {option for each in cli.commands[command].params for option in each.opts}


def test_the_first_line_of_a_check_is_its_verdict_and_islands_come_last(elsewhere):
    first, second = square(-1.2, 52.6, code="T1", name="Ham"), square(-1.15, 52.6, code="T2", name="Ham")
    apart = square(-1.0, 52.6, code="T3", name="Two")
    (away,) = square(-0.8, 52.6)["geometry"]["coordinates"]
    apart["geometry"] = {"type": "MultiPolygon", "coordinates": [apart["geometry"]["coordinates"], [away]]}
    (elsewhere / "two.geojson").write_text(collection(first, second, apart))
    lines = call("check", "two.geojson").stdout.splitlines()
    assert lines[:2] == ["two.geojson: not sound: 1 overlap.", "3 areas."]
    assert lines[2].startswith("error: GP202 Ham (T1) and Ham (T2) both hold")
    told = [line for line in lines if line.startswith(("error:", "info:"))]
    assert [line.split()[1] for line in told] == ["GP202", "GP102", "GP203"]
    (elsewhere / "old.csv").write_text("area_name,lad_code\nCraven,E07000163\n")
    lines = call("check", "old.csv").stdout.splitlines()
    assert lines[0] == "old.csv: sound, but 1 code no longer in use."
    assert "North Yorkshire (E06000065)" in " ".join(" ".join(lines).split())


def test_check_reports_what_is_wrong_with_a_file(elsewhere):
    first, second = square(-1.2, 52.6, code="T1", name="a"), square(-1.15, 52.6, code="T2", name="b")
    (elsewhere / "two.geojson").write_text(collection(first, second))
    done = call("check", "two.geojson", "--fail-on", "error", "--format", "csv")
    assert done.exit_code == 1
    assert {"GP102", "GP202"} <= {row["rule"] for row in rows(done.stdout)}


def test_compare_says_on_stderr_what_reading_repaired(elsewhere):
    (elsewhere / "towns.geojson").write_text(collection(square(-1.2, 52.6, code="T1", name="Leicester")))
    done = call("compare", "towns.geojson", "lad", "--weight", "area", "--format", "csv")
    assert done.stderr.startswith("GP102: ")
    assert rows(done.stdout)[0]["people"] == ""


BEGINS = "combined_authority is known to change after 1 April 2026: Hampshire and the Solent begins on 4 June 2026."


@pytest.mark.parametrize(
    "asked",
    [
        ("compare", "region", "combined_authority"),
        ("check", "combined_authority"),
        ("layers", "combined_authority"),
        ("lookup", "Portsmouth", "--format", "csv"),
        ("blocks", "combined_authority", "region"),
        ("contiguity", "combined_authority"),
        ("realign", "combined_authority", "region"),
        ("containment", "combined_authority"),
        ("map", "combined_authority"),
    ],
    ids=lambda asked: asked[0],
)
def test_every_command_says_what_is_known_to_change(asked):
    done = call(*asked)
    assert done.exit_code == 0, done.output
    assert BEGINS in done.stderr
    assert BEGINS not in done.stdout


@pytest.mark.usefixtures("tables_only")
def test_an_audit_and_a_lookup_say_on_the_screen_what_is_known_to_change(elsewhere):
    done = call("audit", "--layers", "combined_authority,region")
    said = " ".join(done.stdout.split())
    assert "Known to change after it: combined_authority (4 June 2026); --as-of today shows the present." in said
    (layer,) = (
        layer
        for layer in json.loads((elsewhere / "geoplan-audit" / "audit.json").read_text(encoding="utf-8"))["layers"]
        if layer["key"] == "combined_authority"
    )
    assert layer["changes"] == [
        {"day": "2026-06-04", "text": "Hampshire and the Solent begins on 4 June 2026"},
    ]
    assert BEGINS in call("lookup", "Portsmouth").stdout
    assert BEGINS in json.loads(call("lookup", "Portsmouth", "--format", "json").stdout)["changes"]


def test_a_day_after_the_last_change_has_none_to_come():
    done = call("layers", "icb", "--as-of", "2026-03-01")
    assert "icb is known to change after 1 March 2026: it ends on 31 March 2026, followed by icb_2026." in done.stderr
    past = call("layers", "icb", "--as-of", "2026-04-01").stderr
    assert past == "icb: ended on 31 March 2026; shown as on 31 March 2026.\n"


def test_the_day_of_today_can_be_asked_for():
    today = date.today().isoformat()  # noqa: DTZ011 - the user's own day is meant
    done = call("layers", "utla", "--as-of", "today")
    assert f"as of {today}" in " ".join(done.stdout.split())
    assert done.stdout == call("layers", "utla", "--as-of", today).stdout
    assert call("layers", "utla", "--as-of", "tomorrow").exit_code == 2


def test_lookup_counts_one_edition_of_a_scheme():
    said = json.loads(call("lookup", "Leeds", "--format", "json").stdout)
    found = said["areas"]
    counted = [catalogue.entry(area["layer"]).scheme for area in found if area["status"] == "in force"]
    schemes = [scheme for scheme in counted if scheme]
    assert sorted(schemes) == ["combined_authority", "icb", "lsip"]
    assert "lsip" not in {area["layer"] for area in found}
    assert {"icb", "lsip"} <= set(said["not_in_force"]["ended"])


def test_lookup_says_how_sure_it_is_of_this_place():
    for place, sure, said in (
        ("Swindon", "low", "[not confirmed: inferred]"),
        ("Manchester", "high", "Greater Manchester"),
    ):
        areas = json.loads(call("lookup", place, "--format", "json").stdout)["areas"]
        assert next(area["confidence"] for area in areas if area["layer"] == "connect_to_work") == sure
        lines = call("lookup", place).stdout.splitlines()
        assert next(line for line in lines if line.startswith("  connect_to_work ")).endswith(said)
        assert sum(line.endswith("  [modelled]") for line in lines) == 1


def test_lookup_rule_and_layers():
    found = json.loads(call("lookup", "GU15 3HL", "--format", "json").stdout)
    assert set(found["areas"][0]) >= {"layer", "code", "name", "share", "confidence"}
    assert call("lookup", "GU15", "3HL").stdout == call("lookup", "GU153HL").stdout
    assert "What to do" in call("rule", "GP301").stdout
    assert len(call("rule").stdout.splitlines()) == len(rules.RULES)
    assert "connect_to_work" in call("layers").stdout
    assert len(rows(call("layers", "icb_2026", "--format", "csv").stdout)) == 36


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (collection(), "empty"),
        (collection(square(-1, 52, colour="red")), "code"),
        (collection(square(-1, 52, LAD25CD="E1", LAD25NM="a"), square(-2, 52, LAD25CD="E1", LAD25NM="b")), "E1"),
        (collection(square(-1, 52, LAD25CD=None, LAD25NM="a")), "LAD25CD"),
        (collection(square(-1, 52, LAD25CD="E1", LAD25NM="a"))[:90], "bad.geojson"),
    ],
)
def test_a_bad_file_ends_with_three_and_a_sentence(elsewhere, content, expected):
    (elsewhere / "bad.geojson").write_text(content)
    done = call("compare", "bad.geojson", "icb")
    assert done.exit_code == 3
    assert "bad.geojson" in done.stderr
    assert expected in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["frobnicate"],
        ["compare", "icb"],
        ["compare", "icbb", "lad"],
        ["audit", "--as-of", "yesterday"],
        ["audit", "--replace", "icb"],
        ["audit", "nosuch.toml"],
        ["compare", "icb", "lad", "--tolerance", "0.9"],
        ["lookup", "ZZ9 9ZZ"],
        ["rule", "GP999"],
    ],
)
def test_wrong_usage_ends_with_two_and_writes_nothing(elsewhere, arguments):
    done = call(*arguments)
    assert done.exit_code == 2, done.output
    assert done.stderr.strip()
    assert list(elsewhere.iterdir()) == []


@pytest.mark.usefixtures("elsewhere")
def test_an_asked_area_that_is_not_there_ends_with_three():
    done = call("audit", "--focus", "Nowhereshire")
    assert done.exit_code == 3
    assert "There is no area called 'Nowhereshire'." in done.stderr


def test_a_missing_file_ends_with_three():
    done = call("compare", "nosuch.gpkg", "icb")
    assert done.exit_code == 3
    assert "nosuch.gpkg" in done.stderr


def test_files_appear_whole_or_not_at_all(elsewhere, monkeypatch):
    folder = elsewhere / "out"
    folders.write_folder(folder, {"a.txt": "old"})

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        with pytest.raises(errors.OutputError, match="No space left on device"):
            folders.write_folder(folder, {"a.txt": "new", "b.txt": "new"})
    left = {path.name: path.read_text() for path in folder.iterdir() if path.name != manifest.MANIFEST}
    assert left == {"a.txt": "old"}


def test_an_output_place_that_cannot_be_written_is_refused(elsewhere):
    (elsewhere / "file").write_text("")
    done = call("compare", "icb", "lhb", "--out", "file/c.csv")
    assert done.exit_code == 4
    assert "--out" in done.stderr


def test_the_module_runs_as_a_program():
    command = [sys.executable, "-m", "geoplan", "rule", "GP999"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def drawn(file, *, parts=1, **columns):
    """Write two squares, or each in several rows, with the columns given."""
    squares = [shapely.box(360_000 + 2000 * n, 170_000, 361_000 + 2000 * n, 171_000) for n in range(2 * parts)]
    frame = gpd.GeoDataFrame({name: values * parts for name, values in columns.items()}, geometry=squares, crs=27700)
    frame.to_file(file)


def test_each_side_can_have_columns_of_its_own():
    drawn("left.gpkg", ID_ONE=["a", "b"], ID_TWO=["c", "d"], TITLE=["A", "B"])
    drawn("right.gpkg", KEY_CODE=["x", "y"], OTHER_CODE=["p", "q"])
    done = call("compare", "left.gpkg?code=ID_TWO&name=TITLE", "right.gpkg?code=OTHER_CODE", "--weight", "area",
                "--format", "csv")  # fmt: skip
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [(row["left_code"], row["left_name"], row["right_code"]) for row in rows] == [
        ("c", "A", "p"), ("d", "B", "q"),
    ]  # fmt: skip
    refused = call("compare", "left.gpkg?kode=ID_TWO", "right.gpkg")
    assert (refused.exit_code, "Write FILE?code=HEADING" in refused.output) == (2, True)


def test_an_output_is_not_the_input_that_has_columns_of_its_own():
    drawn("left.gpkg", code=["a", "b"], name=["A", "B"])
    done = call("compare", "left.gpkg?code=code", "lad", "--out", "left.gpkg")
    assert done.exit_code == 2


@pytest.mark.parametrize("command", [("check",), ("contiguity",)])
def test_rows_of_one_area_are_joined_on_request(command):
    drawn("parts.gpkg", parts=2, code=["a", "b"], name=["A", "B"])
    assert "--dissolve" in call(*command, "parts.gpkg").output
    assert call(*command, "parts.gpkg", "--dissolve").exit_code == 0


@pytest.mark.parametrize(("line", "fails"), [("", True), ("dissolve = true\n", False)])
def test_rows_of_one_area_are_joined_by_a_configuration(line, fails):
    drawn("parts.gpkg", parts=2, code=["a", "b"], name=["A", "B"])
    files = '[outputs]\nfiles = ["audit.json"]\n'
    Path("g.toml").write_text(f'{line}pairs = [["ours", "lad"]]\n{files}[layers.ours]\nsource = "parts.gpkg"\n')
    done = call("audit", "g.toml")
    assert ("a check could not run" in done.output) == fails, done.output


def test_a_second_gap_between_the_same_areas_is_new_to_a_baseline():
    Path("g.toml").write_text('pairs = [["ours", "lad"]]\n[layers.ours]\nsource = "x.gpkg"\n')
    halves = [shapely.box(355_000, 160_000, 360_000, 169_000), shapely.box(360_000, 160_000, 365_000, 169_000)]
    gaps = [shapely.box(359_500, 161_000, 360_500, 161_900), shapely.box(359_500, 164_000, 360_500, 164_900)]
    for count, exit_code in ((1, 0), (1, 0), (2, 1)):
        shapes = [half - shapely.union_all(gaps[:count]) for half in halves]
        gpd.GeoDataFrame({"code": ["A", "B"]}, geometry=shapes, crs=27700).to_file("x.gpkg")
        if not Path("geoplan-baseline.json").exists():
            assert call("baseline", "write", "g.toml").exit_code == 0
        done = call("baseline", "check", "g.toml")
        assert done.exit_code == exit_code, done.output
    assert done.stdout.count("GP201 A gap") == 1
    assert "ST 600 644" in done.stdout
