"""An officer corrects a membership: the table of the department brought, small corrections, the hand-over."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import date
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

import geoplan
from geoplan.auditing import comparing
from geoplan.cli.main import cli
from geoplan.cli.own import memberships
from geoplan.data.atlas import LayerAtlas
from geoplan.data.kept import holdings
from geoplan.data.membership.own import steps
from geoplan.data.shipped.package_data import shipped_membership

KEY = "connect_to_work"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every command runs in an empty directory, and keeps in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEOPLAN_DATA", str(tmp_path / "own"))
    return tmp_path


@pytest.fixture(autouse=True)
def unchecked(request, monkeypatch):
    """Leave out what the rules say of each step, which is half of its time, in tests that do not look at it."""
    if "check" not in request.node.name and "confirms" not in request.node.name:
        monkeypatch.setattr(comparing, "check_members", lambda *_: (None, []))


def call(*arguments, text=None):
    return CliRunner().invoke(cli, ["membership", *map(str, arguments)], input=text)


def done(*arguments, **options):
    result = call(*arguments, **options)
    assert result.exit_code == 0, result.output
    return result


def areas():
    """Name, lead and members of each shipped area."""
    rows = shipped_membership(KEY)
    rows = rows[rows["lad_code"] != ""]
    return [
        (name, lead, list(members["lad_name"]))
        for (name, lead), members in rows.groupby(["area_name", "lead_body"], sort=False)
    ]


def annex(path, made):
    """Write areas as the annex of a document has them: numbered, one cell of authorities, title above, note below."""
    lines = [["Annex D: delivery areas"], [], ["Number", "Area", "Accountable body", "Local authorities"]]
    for number, (name, lead, members) in enumerate(made, 1):
        between, last = ((", ", " and "), (",\n", ",\n"), ("\n", "\nand "), (" and ", ", "))[number % 4]
        cell = between.join(members[:-1]) + last + members[-1] if len(members) > 1 else members[0]
        lines.append([str(number), name, lead, cell])
    with Path(path).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([*lines, [], ["Note: as of April 2026"]])
    return path


def parts(key=KEY):
    layer = LayerAtlas().layer(key)
    return layer, layer.parts[["block", "code", "share"]].reset_index(drop=True)


def test_the_annex_as_it_stands_changes_nobody_and_confirms_all():
    before, held = parts()
    told = done("import", KEY, annex("annex_d.csv", areas()), "--source", "Annex D")
    assert "69 members confirmed" in told.stdout
    assert "joined" not in told.stdout
    after, now = parts()
    pd.testing.assert_frame_equal(held, now)
    assert list(before.areas["lead_body"]) == list(after.areas["lead_body"])
    assert after.bodies[["area", "body", "role"]].equals(before.bodies[["area", "body", "role"]])
    assert after.confidence == "yours"
    assert before.areas["amount_total"].equals(after.areas["amount_total"])
    assert not [note for note in after.notes if note.rule == "GP405"]
    assert [note for note in before.notes if note.rule == "GP405"]


def test_a_workbook_with_merged_cells_replaces_the_areas_that_it_names():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Delivery area", "Lead authority", "Authority", "From"])
    sheet.append(["Berkshire", "Reading Borough Council", "Reading", date(2025, 7, 1)])
    sheet.append(["", "", "Slough"])
    book.save("b.xlsx")
    told = done("import", KEY, "b.xlsx")
    assert "Berkshire: left by Bracknell Forest" in " ".join(told.stdout.split())
    assert "48 areas stay as shipped" in " ".join(told.stdout.split())
    layer, _ = parts()
    assert layer.areas.at["ctw-berkshire", "members"] == "E06000038;E06000039"
    assert layer.areas.at["ctw-berkshire", "lead_body"] == "Reading Borough Council"
    assert layer.bodies.loc[layer.bodies["area"] == "ctw-berkshire", "lad"].tolist() == ["E06000038"]
    reading = geoplan.membership(KEY).query("area_id == 'ctw-berkshire' and lad_name == 'Reading'")
    assert reading["valid_from"].tolist() == ["2025-07-01"]
    assert layer.title == "Connect to Work areas (yours)"
    assert layer.source.citation.startswith("yours: b.xlsx, kept on ")
    assert "1 of 49 areas); the others: Announcements" in layer.source.citation
    assert {note.name for note in layer.notes if note.rule == "GP401"} == {
        "Bracknell Forest", "West Berkshire", "Windsor and Maidenhead", "Wokingham",
    }  # fmt: skip


def test_a_whole_table_takes_the_other_areas_away():
    made = [area for area in areas() if area[0] != "Berkshire"]
    done("import", KEY, annex("a.csv", made), "--whole")
    layer, _ = parts()
    assert "ctw-berkshire" not in layer.areas.index
    assert len(layer.areas) == 48


def test_two_names_that_are_not_exact_are_told_at_once_and_nothing_is_kept():
    Path("a.csv").write_text('Area,Authorities\nSwindon & Wiltshir,"Swindn and Wiltshire"\n', encoding="utf-8")
    refused = call("import", KEY, "a.csv", "--propose", "open.csv")
    assert refused.exit_code == 3
    assert "authority 'Swindn' (row 2) is not exact. Nearest: Swindon" in refused.stderr
    assert "area 'Swindon & Wiltshir' (row 2) is not exact. Nearest: Swindon and Wiltshire" in refused.stderr
    assert not holdings.holdings()
    table = pd.read_csv("open.csv", dtype=str, keep_default_na=False)
    assert list(table["written"]) == ["Swindn", "Swindon & Wiltshir"]
    table.assign(meant=["Swindon", "ctw-swindon-wiltshire"]).to_csv("answers.csv", index=False)
    for answers in (["--answers", "answers.csv"], ["--accept", "Swindn=Swindon", "--accept",
                                                  "Swindon & Wiltshir=Swindon and Wiltshire"]):  # fmt: skip
        assert "2 members confirmed" in done("import", KEY, "a.csv", *answers, "--dry-run").stdout
    assert not holdings.holdings()


def test_one_slip_may_be_an_area_and_an_authority(monkeypatch):
    Path("a.csv").write_text("Area,Authority\nSwindn,Swindn\n", encoding="utf-8")
    refused = call("import", KEY, "a.csv", "--propose", "open.csv")
    assert "--accept 'authority Swindn=Swindon'" in refused.stderr
    table = pd.read_csv("open.csv", dtype=str, keep_default_na=False)
    table.assign(meant=["Swindon", "new"]).to_csv("answers.csv", index=False)
    for answers in (["--answers", "answers.csv"], ["--accept", "Swindn=Swindon", "--accept", "area Swindn=new"]):
        assert "Swindn: new; with Swindon" in done("import", KEY, "a.csv", *answers, "--dry-run").stdout
    refused = call("import", KEY, "a.csv", "--accept", "authority Swindn=Swindon")
    assert "an area of its own: 'Swindn=new'" in " ".join(refused.stderr.split())
    monkeypatch.setattr(memberships, "_at_terminal", lambda: True)
    assert "Swindn: new; with Swindon" in done("import", KEY, "a.csv", text="Swindon\nnew\ny\n").stdout


def test_what_was_changed_by_hand_is_refused_with_the_way_out():
    Path("a.csv").write_text("Area,Authority\nBerkshire,Slough\n", encoding="utf-8")
    done("import", KEY, "a.csv")
    with holdings.path_of(steps.latest(KEY)).open("a", encoding="utf-8") as stream:
        stream.write("x\n")
    refused = call("import", KEY, "a.csv")
    assert refused.exit_code == 3
    assert f"geoplan membership edit {KEY} --undo" in refused.stderr
    done("edit", KEY, "--undo")
    assert "Kept as yours" in done("import", KEY, "a.csv").stdout


def test_yes_confirms_no_name():
    Path("a.csv").write_text("Area,Authority\nBerkshire,Readin\n", encoding="utf-8")
    assert call("import", KEY, "a.csv", "--yes").exit_code == 3
    assert call("import", KEY, "a.csv", "--accept", "Readin=Redding").exit_code == 3


def test_a_terminal_is_asked(monkeypatch):
    monkeypatch.setattr(memberships, "_at_terminal", lambda: True)
    Path("a.csv").write_text("Area,Authority\nBerkshire,Readin\nMy area,Slough\n", encoding="utf-8")
    assert call("import", KEY, "a.csv", text="\n").exit_code == 3
    assert call("import", KEY, "a.csv", text="1\nnew\nn\n").exit_code == 1
    assert not holdings.holdings()
    done("import", KEY, "a.csv", text="1\nnew\ny\n")
    assert parts()[0].areas.at["my-area", "members"] == "E06000039"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Area,Code,Authority\nBerkshire,E06000038,Slough\n", "the code is another authority's than the name"),
        ("Area,Lead body,Authority\nBerkshire,A,Slough\nBerkshire,B,Reading\n", "an area has two lead bodies"),
        ("Area,Number\nBerkshire,1\n", "no column names the authority"),
        ("area_name,authority,whose\nBerkshire,Slough,mine\n", "column 'whose' holds another word"),
        (
            "area_id,area_name,authority\n7,Berkshire,Slough\n7,Cumbria,Cumberland\n",
            "stands for two areas (2 rows: row 2: 7 and Berkshire, row 3: 7 and Cumbria)",
        ),
        ("area_id,area_name,authority\nctw-berkshire,Cumbria,Cumberland\n", "row 2: ctw-berkshire and Cumbria"),
        ("Area,Authority,From,To\nBerkshire,Slough,2026-04-01,31/03/2025\n", "row 2: from 2026-04-01 to 2025-03-31"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(content, said):
    Path("a.csv").write_text(content, encoding="utf-8")
    refused = call("import", KEY, "a.csv")
    assert (refused.exit_code, holdings.holdings()) == (3, [])
    assert said in refused.stderr


def test_numbers_of_the_document_and_other_spellings_beside_one_area_are_no_contradiction():
    text = "area_id,area_name,authority,from,to\n7,Berkshire,Slough,2026,2026\n7,berkshire,Reading,2026-04-01,2026\n"
    Path("a.csv").write_text(text, encoding="utf-8")
    assert "Berkshire: left by" in done("import", KEY, "a.csv", "--dry-run").stdout


def test_small_corrections_each_with_source_and_day_and_back():
    source = ("--source", "a letter")
    _, shipped = parts()
    done("edit", KEY, "--move", "Swindon", "--to", "berkshire", *source)
    layer, moved = parts()
    assert set(moved.loc[moved["block"].str.startswith("E06000030"), "code"]) == {"ctw-berkshire"}
    row = geoplan.membership(KEY).query("lad_code == 'E06000030'").iloc[0]
    assert (row["source"], row["confidence"], row["whose"]) == ("a letter", "yours", "yours")
    assert row["kept_on"]
    assert "Swindon (yours)" in " ".join(done("show", KEY, "--area", "Berkshire").stdout.split())
    assert layer.confidence == "mixed"
    done("edit", KEY, "--lead", "Cumbria=Westmorland and Furness Council", *source)
    assert parts()[0].bodies.query("area == 'ctw-cumbria'")[["body", "role"]].to_numpy().tolist() == [
        ["Westmorland and Furness Council", "lead"]
    ]
    done("edit", KEY, "--remove", "Somerset", *source)
    assert "ctw-somerset" not in parts()[0].areas.index
    done("edit", KEY, "--add", "Somerset", "--to", "Levels", "--new", *source)
    assert parts()[0].areas.at["levels", "members"] == "E06000066"
    assert len(steps.steps(KEY)) == 4
    assert "Nothing is yours now" in done("edit", KEY, "--reset").stdout
    pd.testing.assert_frame_equal(parts()[1], shipped)
    for _ in range(4):
        done("edit", KEY, "--undo")
    pd.testing.assert_frame_equal(parts()[1], moved)
    done("edit", KEY, "--undo")
    assert call("edit", KEY, "--undo").exit_code == 2
    pd.testing.assert_frame_equal(parts()[1], shipped)


def test_a_correction_from_a_day_on_leaves_the_days_before():
    done("edit", KEY, "--move", "Swindon", "--to", "Berkshire", "--from", "2026-10-01", "--source", "a letter")
    layer, held = parts()
    assert set(held.loc[held["block"].str.startswith("E06000030"), "code"]) == {"ctw-swindon-wiltshire"}
    assert any("Swindon" in change.text and "Berkshire" in change.text for change in layer.changes)
    rows = geoplan.membership(KEY).query("lad_code == 'E06000030'")
    assert sorted(zip(rows["valid_from"], rows["valid_to"], strict=True)) == [
        ("2025-04-01", "2026-09-30"), ("2026-10-01", "2030-03-31"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--move", "Swindn", "--to", "Berkshire"), 3, "Nearest: Swindon"),
        (("--move", "Swindon", "--to", "Berkshir"), 3, "Nearest: Berkshire"),
        (("--move", "Reading", "--to", "Berkshire"), 2, "is in Berkshire already"),
        (("--move", "Aberdeen City", "--to", "Berkshire"), 2, "is in no area"),
        (("--move", "Reading"), 2, "--to"),
        (("--undo", "--reset"), 2, "one step"),
        ((), 2, "nothing to correct"),
    ],
)
def test_corrections_that_cannot_be_done_say_why(arguments, code, said):
    refused = call("edit", KEY, *arguments, "--source", "x")
    assert (refused.exit_code, holdings.holdings()) == (code, [])
    assert said in refused.stderr


def test_a_correction_without_source_is_refused():
    assert call("edit", KEY, "--remove", "Reading").exit_code == 2


@pytest.mark.parametrize(("key", "said"), [("labour_market", "no table"), ("health", "two tables"), ("nothing", "")])
def test_what_has_no_table_of_its_own_cannot_be_corrected(key, said):
    refused = call("show", key)
    assert refused.exit_code == 2
    assert said in refused.stderr


def test_a_colleague_gets_the_same_in_one_file(monkeypatch, tmp_path):
    done("edit", KEY, "--move", "Swindon", "--to", "Berkshire", "--source", "=a letter, of 3 March")
    done("edit", KEY, "--remove", "Somerset", "--source", "another")
    for name in ("a.csv", "a.xlsx"):
        done("show", KEY, "--out", name)
    for name in ("a.csv", "a.xlsx"):
        monkeypatch.setenv("GEOPLAN_DATA", str(tmp_path / name.replace(".", "-")))
        done("import", KEY, name)
        done("show", KEY, "--out", f"from-{name}.csv")
        assert Path(f"from-{name}.csv").read_bytes() == Path("a.csv").read_bytes()
        assert "Nothing to keep" in done("import", KEY, name).stdout
    assert "ctw-somerset" not in parts()[0].areas.index


def test_a_run_that_is_cut_off_leaves_what_was_in_force(monkeypatch):
    done("edit", KEY, "--remove", "Somerset", "--source", "first")
    before = steps.state()
    whole = holdings.put

    def cut_off(path, fill):
        if path.suffix == ".json":
            raise KeyboardInterrupt
        whole(path, fill)

    monkeypatch.setattr(holdings, "put", cut_off)
    assert call("edit", KEY, "--remove", "Cumberland", "--source", "second").exit_code != 0
    assert steps.state() == before
    monkeypatch.undo()


def test_a_kept_file_that_was_changed_by_hand_is_refused_and_can_be_set_aside():
    done("edit", KEY, "--remove", "Somerset", "--source", "x")
    with holdings.path_of(steps.steps(KEY)[-1]).open("a", encoding="utf-8") as stream:
        stream.write("more\n")
    assert call("show", KEY).exit_code == 3
    assert "as shipped" in done("show", KEY, "--shipped").stdout
    done("edit", KEY, "--undo")
    done("show", KEY)


@pytest.mark.usefixtures("tables_only")
def test_an_audit_names_the_users_table_and_sets_it_aside_when_asked():
    done("edit", KEY, "--move", "Swindon", "--to", "Berkshire", "--source", "a letter")
    kept = holdings.path_of(steps.steps(KEY)[-1]).read_bytes()
    audited = CliRunner().invoke(cli, ["audit", "--layers", f"{KEY},lhb", "--out", "out"])
    assert "Yours, in place of what ships: connect_to_work." in audited.stdout
    document = json.loads(Path("out/audit.json").read_text(encoding="utf-8"))
    yours = document["inputs"][0]
    assert yours["sha256"] == hashlib.sha256(kept).hexdigest()
    assert yours["source"].startswith("yours: a letter, kept on ")
    assert "(2 of 49 areas); the others: " in yours["source"]
    assert document["layers"][0]["title"] == "Connect to Work areas (yours)"
    noted = [one for one in document["findings"] if one["rule"] == "GP106"]
    assert "2 of 49 areas are yours, in place of what ships: Berkshire and Swindon and Wiltshire" in noted[0]["message"]
    assert "yours" not in CliRunner().invoke(cli, ["layers", KEY, "--shipped"]).stdout
    for place, there in (("Swindon", True), ("Leeds", False)):
        near = ["audit", "--layers", f"{KEY},lhb", "--focus", f"lad:{place}", "--out", "near", "--format", "json"]
        rules = [one["rule"] for one in json.loads(CliRunner().invoke(cli, near).stdout)["findings"]]
        assert ("GP106" in rules) is there


def test_days_as_documents_write_them_and_former_authorities_with_their_end():
    Path("new.csv").write_text(
        "area_name,authority,from\nBerkshire,Swindon,1-Apr-26\nBerkshire,Reading,01/04/2026\n", encoding="utf-8"
    )
    done("import", KEY, "new.csv", "--source", "a letter", "--yes")
    rows = geoplan.membership(KEY)
    assert set(rows.loc[rows["area_name"] == "Berkshire", "valid_from"]) == {"2026-04-01"}
    Path("old.csv").write_text("area_name,authority\nCumbria,Alerdale\nCumbria,Allerdale\n", encoding="utf-8")
    said = " ".join(call("import", KEY, "old.csv", "--source", "a letter", "--yes").stderr.split())
    assert "authority 'Allerdale' (row 3) ended on 31 March 2023. Nearest: Cumberland" in said
    Path("two.csv").write_text("area_name,authority,from\nBerkshire,Swindon,01/04/26\n", encoding="utf-8")
    refused = call("import", KEY, "two.csv", "--source", "a letter", "--yes")
    assert (refused.exit_code, "row 2: 01/04/26" in refused.stderr) == (3, True)


def test_a_table_given_to_a_command_comes_before_what_is_kept():
    done("edit", KEY, "--remove", "Somerset", "--source", "x")
    shipped_membership(KEY).to_csv("mine.csv", index=False)
    layer = LayerAtlas(replacements={KEY: "mine.csv"}).layer(KEY)
    assert layer.title == "Connect to Work areas (mine.csv)"
    assert "ctw-somerset" in layer.areas.index


def test_show_tells_all_columns_and_every_row_in_a_file():
    text = " ".join(done("show", KEY, "--area", "ctw-suffolk").stdout.split())
    for said in ("as shipped", "Lead: Suffolk County Council", "Authorities: Babergh; Ipswich", "Confidence: confirmed",
                 "In force: from 2025-04-01 to 2030-03-31", "Source: https", "(partner)"):  # fmt: skip
        assert said in text, said
    rows = list(csv.DictReader(io.StringIO(done("show", KEY, "--format", "csv").stdout)))
    assert len(rows) == len(shipped_membership(KEY))
    assert {row["whose"] for row in rows} == {"shipped"}
    assert json.loads(done("show", KEY, "--format", "json").stdout)[0]["area_id"] == rows[0]["area_id"]


def test_check_ends_as_it_is_asked():
    assert call("check", KEY, "--fail-on", "error").exit_code == 0
    annex("a.csv", [area for area in areas() if area[0] != "Berkshire"])
    checked = call("check", KEY, "a.csv", "--whole", "--fail-on", "error")
    assert checked.exit_code == 1
    assert "GP401 Slough is in no area" in checked.stdout
    Path("b.csv").write_text("Area,Authority\nBerkshire,Readin\n", encoding="utf-8")
    told = " ".join(call("check", KEY, "b.csv").stdout.split())
    assert "GP403 b.csv: authority 'Readin' (row 2) is not exact" in told
    assert not holdings.holdings()


def test_proposed_areas_are_corrected_apart_from_those_in_force():
    before = LayerAtlas().layer("combined_authority").parts
    rows = shipped_membership("combined_authority").query("status == 'proposed' and lad_code != ''")
    name = rows["area_name"].iloc[0]
    lad = rows.loc[rows["area_name"] == name, "lad_name"].iloc[0]
    done("edit", "combined_authority_proposed", "--remove", lad, "--source", "x")
    assert f",{lad}," not in done("show", "combined_authority_proposed", "--area", name, "--format", "csv").stdout
    layer = LayerAtlas().layer("combined_authority")
    pd.testing.assert_frame_equal(layer.parts, before)
    assert "yours" not in layer.title


def test_the_catalogue_marks_what_is_yours():
    def listed():
        return CliRunner().invoke(cli, ["layers"]).stdout

    assert "yours" not in listed()
    done("edit", KEY, "--remove", "Somerset", "--source", "x")
    assert "Connect to Work areas  [yours]" in listed()
