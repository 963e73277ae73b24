"""Money by the command line: shipped layers, and a table of one's own from its cells to every output."""

import csv
import io
import json

import geopandas as gpd
import openpyxl
import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli
from geoplan.output.tables.money import MONEY_TABLE

OWN = """Cluster,Authority,amount_total,amount_note,places,Board,Head count,Ward
North,Leeds,£9.5m,up to,"1,200",Yes,12,1
North,Bradford,,,,Yes,12,2
South,Bristol,"8,000,000",,,No,3,3
"""
COMPARED = (
    "left_code,left_name,right_code,right_name,area_m2,left_area_share,right_area_share,people,left_people_share,"
    "right_people_share,width_m,artefact,relation"
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every command runs in a directory with one table of the user's own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.csv").write_text(OWN, encoding="utf-8")
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_an_own_table_with_grants_is_listed_with_what_they_come_to():
    said = call("layers", "own.csv")
    assert said.exit_code == 0
    # Leeds and Bradford: 906,504 people of working age and 140,145 out of work.
    text = " ".join(said.stdout.split())
    assert (
        "£9.5m in all (up to); £10 per resident of working age; £68 per person out of work; 1,200 places (9 per 1,000 "
        "people out of work)." in text
    )
    assert "Board: Yes; Head count: 12" in text
    found = {row["code"]: row for row in rows(call("layers", "own.csv", "--format", "csv").stdout)}
    assert float(found["North"]["amount_total"]) == 9.5e6
    assert float(found["North"]["total_per_out_of_work"]) == pytest.approx(9.5e6 / 140_145)
    assert found["South"]["Board"] == "No"
    assert float(found["South"]["Head count"]) == 3
    assert "Ward" not in found["South"]


def test_money_is_shared_out_over_the_overlaps_of_an_own_table():
    said = call("compare", "own.csv", "utla", "--money", "--format", "csv")
    assert said.exit_code == 0
    table = rows(said.stdout)
    assert tuple(table[0]) == MONEY_TABLE
    north = {row["right_name"]: float(row["estimated_total"]) for row in table if row["left_name"] == "North"}
    assert sum(north.values()) == pytest.approx(9.5e6)
    assert set(north) == {"Leeds", "Bradford"}
    assert "GP106" in said.stderr
    assert "'Ward': varies within areas, as in North, and is not shown" in said.stderr
    assert json.loads(call("compare", "own.csv", "utla", "--money", "--format", "json").stdout)[0]["amount_total"]


def test_an_own_table_as_text_says_where_its_money_would_lie():
    said = call("compare", "own.csv", "utla", "--money").stdout.splitlines()
    at = said.index("North: £9.5m in all (up to)")
    assert [line.split()[-1] for line in said[at + 1 : at + 3]] == ["Leeds", "Bradford"]
    assert "An amount is known of every area." in said
    assert "1 area lies whole in one of them, with all the money." in said


def test_the_columns_of_a_comparison_stay_as_they_are():
    assert call("compare", "own.csv", "utla", "--format", "csv").stdout.splitlines()[0] == COMPARED


def test_an_audit_of_an_own_table_carries_money_and_own_columns_into_every_file(elsewhere):
    done = call("audit", "--layers", "own.csv,icb_2026", "--focus", "own.csv:North", "--out", "out")
    assert done.exit_code == 0, done.output
    book = openpyxl.load_workbook(elsewhere / "out" / "audit.xlsx")
    areas = [
        dict(zip([c.value for c in book["Areas"][1]], r, strict=True))
        for r in book["Areas"].iter_rows(2, values_only=True)
    ]
    assert next(row for row in areas if row["Code"] == "North")["Head count"] == 12
    money = [[cell.value for cell in row] for row in book["Money"].rows]
    north = dict(zip(money[0], money[1], strict=True))
    assert north["Amount in all (£)"] == 9.5e6
    assert north["In all, per person out of work (£)"] == round(9.5e6 / 140_145, 2)
    assert "estimate" in {row[1].value for row in book["Contents"].rows if row[0].value == "Money by overlap"}.pop()
    brief = (elsewhere / "out" / "brief.html").read_text(encoding="utf-8")
    assert "Money: £9.5m in all (up to); £10 per resident of working age; £68 per person out of work" in brief
    drawn = gpd.read_file(elsewhere / "out" / "audit.gpkg", layer="areas").set_index("code")
    assert drawn.at["North", "amount_total"] == 9.5e6
    assert drawn.at["South", "Board"] == "No"


def test_what_is_no_amount_ends_with_the_row_and_what_to_write(elsewhere):
    (elsewhere / "own.csv").write_text("Cluster,Authority,amount_total\nNorth,Leeds,about £9m\n", encoding="utf-8")
    said = call("layers", "own.csv")
    assert said.exit_code == 3
    assert "own.csv: column 'amount_total' holds what is no amount in pounds" in said.stderr
    assert "row 2: about £9m" in said.stderr
    assert "Write pounds as 9500000, 9,500,000 or £9.5m" in said.stderr


def test_shipped_money_as_text_names_pieces_and_what_is_unknown():
    said = call("compare", "connect_to_work", "icb_2026", "--money")
    lines = said.stdout.splitlines()
    assert max(map(len, lines)) <= 100
    at = lines.index("South Midlands (ctw-south-midlands): £32m in all (announced)")
    assert lines[at + 1].split(maxsplit=2) == ["£18.2m", "(£18.3m)", "Central East"]
    assert lines[at + 2].split(maxsplit=2) == ["£13.8m", "(£13.7m)", "Northamptonshire"]
    assert "An amount is known of 28 of 49 areas; the others are not shown." in lines
    assert "3 areas lie whole in none, with all the money." in lines
    assert "an estimate" in said.stdout


def test_layers_of_which_no_money_is_known_say_so():
    assert "no amount of money is known of any area" in call("compare", "icb_2026", "utla", "--money").stdout
    assert call("compare", "icb_2026", "utla", "--money", "--format", "csv").stdout.strip() == ",".join(MONEY_TABLE)
