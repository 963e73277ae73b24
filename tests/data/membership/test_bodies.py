"""Who sits at the table: bodies that hold no ground, in shipped tables and in tables of a user's own."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from geoplan.commuting.atlas import Atlas
from geoplan.data.membership import membership
from geoplan.data.places import shipped_authorities
from geoplan.data.shipped.package_data import MEMBERSHIP_COLUMNS, shipped_blocks, shipped_membership
from geoplan.data.shipped.roles import holds_ground
from geoplan.errors import TableError
from geoplan.schema import BODY_COLUMNS, Layer, Source

DAY = date(2026, 4, 1)


@pytest.fixture(scope="module")
def atlas():
    return Atlas()


@pytest.fixture(scope="module")
def known():
    return shipped_authorities(shipped_blocks())


def seats(layer: Layer, area: str, *roles: str) -> set[str]:
    table = layer.bodies
    return set(table["body"][(table["area"] == area) & table["role"].isin(roles)])


def own(known, *rows: dict[str, str]) -> Layer:
    table = pd.DataFrame([{"area_name": "Avon", **row} for row in rows]).fillna("")
    return membership.from_user_table(table, "mine.csv", known, as_of=DAY)


def test_four_of_the_nine_neighbourhoods_lie_with_non_constituent_members(atlas):
    neighbourhoods = atlas.layer("connecting_communities")
    assert len(neighbourhoods.areas) == 9
    table = atlas.layer("combined_authority").bodies
    west_midlands = table[table["area"] == "E47000007"]
    away = set(west_midlands["lad"][west_midlands["role"] == "non-constituent"])
    inside = set(west_midlands["lad"][west_midlands["role"] == "constituent"])
    lads = neighbourhoods.areas["members"]
    assert set(lads.index[lads.isin(away)]) == {
        "cc-batchley-and-brockhill",
        "cc-camp-hill",
        "cc-cannock-north",
        "cc-glascote",
    }
    assert lads.isin(inside).sum() == 5


def test_non_constituent_members_hold_no_ground(atlas):
    layer = atlas.layer("combined_authority")
    members = layer.areas.at["E47000007", "members"].split(";")
    assert len(members) == 7
    assert len(seats(layer, "E47000007", "non-constituent")) == 10
    assert "E07000236" not in members
    assert layer.parts["code"][layer.parts["block"] == "E07000236"].empty
    assert atlas.authorities.grouped("E47000007")[0].districts == tuple(sorted(members))


def test_counties_are_constituents_of_county_authorities(atlas):
    layer = atlas.layer("combined_authority")
    assert seats(layer, "E47000013", "constituent") == {
        *("Derby", "Nottingham", "Derbyshire County Council", "Nottinghamshire County Council"),
    }


def test_only_the_body_that_leads_has_the_role():
    rows = shipped_membership("connect_to_work")
    leads = rows[rows["role"] == "lead"]
    assert leads["area_id"].is_unique
    assert len(leads) == 39
    unled = rows[~rows["area_id"].isin(leads["area_id"])]
    assert set(unled["lead_body"]) == {"not confirmed"}
    assert leads["body"].ne("").sum() == 25
    assert not leads["lad_code"].str.startswith("E07").any()


def test_partners_and_accountable_bodies_stand_beside_the_lead(atlas):
    layer = atlas.layer("connect_to_work")
    assert seats(layer, "ctw-suffolk", "lead", "accountable") == {"Suffolk County Council"}
    assert {
        "NHS Suffolk and North East Essex Integrated Care Board",
        "NHS Norfolk and Waveney Integrated Care Board",
    } < seats(layer, "ctw-suffolk", "partner")
    assert seats(layer, "ctw-tees-valley", "lead") == {"Hartlepool Borough Council"}
    assert seats(layer, "ctw-hull-east-yorkshire", "accountable") == {"Kingston upon Hull, City of"}
    redbridge = layer.bodies[(layer.bodies["area"] == "ctw-local-london") & (layer.bodies["role"] == "lead")]
    assert redbridge[["body", "lad", "confidence"]].to_numpy().tolist() == [
        ["London Borough of Redbridge", "E09000026", "medium"]
    ]


def test_a_lead_that_is_no_row_stands_for_its_area(atlas):
    assert seats(atlas.layer("restart"), "restart-6", "lead") == {"Serco Limited"}
    assert seats(Atlas(as_of=date(2025, 6, 1)).layer("connect_to_work"), "ctw-hull-east-yorkshire", "lead") == set()


@pytest.mark.parametrize("scheme", ["connect_to_work", "combined_authority", "get_britain_working_plan", "push"])
def test_bodies_of_shipped_tables_change_no_number(known, scheme):
    rows = shipped_membership(scheme)
    assert (~holds_ground(rows)).any()
    with_them = membership.from_user_table(rows, "mine.csv", known, as_of=DAY)
    ground = rows[holds_ground(rows)].reset_index(drop=True)
    without = membership.from_user_table(ground, "mine.csv", known, as_of=DAY)
    pd.testing.assert_frame_equal(with_them.areas, without.areas)
    pd.testing.assert_frame_equal(with_them.parts, without.parts)
    assert [note.rule for note in with_them.notes] == [note.rule for note in without.notes]


def test_rows_of_ones_own_that_hold_no_ground(known):
    layer = own(
        known,
        {"lad_name": "Bristol"},
        {"lad_name": "North Somerset", "role": "Non-constituent member", "confidence": "high"},
        {"body": "Jobcentre Plus Avon", "tier": "jobcentre", "role": "partner"},
        {"body": "Avon College"},
    )
    assert layer.areas["members"].tolist() == ["E06000023"]
    assert layer.bodies[["body", "lad", "role"]].to_numpy().tolist() == [
        ["North Somerset", "E06000024", "non-constituent"],
        ["Jobcentre Plus Avon", "", "partner"],
        ["Avon College", "", ""],
    ]
    assert [note.rule for note in layer.notes] == []
    assert (layer.rows.read, layer.rows.not_understood) == (4, 0)


def test_a_seat_is_held_between_its_days(known):
    rows = [
        {"lad_name": "Bristol"},
        {"body": "Old board", "role": "partner", "valid_to": "2026-03-31"},
        {"body": "New board", "role": "partner", "valid_from": "2026-04-01"},
    ]
    assert seats(own(known, *rows), "Avon", "partner") == {"New board"}


def test_a_file_may_name_a_body_in_place_of_an_authority(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("area_name,authority,body,role\nAvon,Bristol,,\n,,Avon College,partner\n", encoding="utf-8")
    layer = Atlas().layer(str(path))
    assert layer.areas["members"].tolist() == ["E06000023"]
    assert seats(layer, "Avon", "partner") == {"Avon College"}


def test_bodies_without_a_name_are_refused():
    areas = pd.DataFrame({"name": ["A"]}, index=pd.Index(["a"], name="code"))
    bodies = pd.DataFrame([dict.fromkeys(BODY_COLUMNS, "") | {"area": "a"}])
    with pytest.raises(TableError, match=r"bodies of toy: column 'body' is empty \(1 row: a\)"):
        Layer(key="toy", title="Toy", areas=areas, source=Source("toy"), bodies=bodies)


def test_every_column_is_told_in_the_reference():
    from roots import ROOT

    text = (ROOT / "docs" / "reference" / "tables.md").read_text(encoding="utf-8")
    cells = {
        name.strip() for line in text.splitlines() if line.startswith("| ") for name in line.split("|")[1].split(",")
    }
    assert set(MEMBERSHIP_COLUMNS) <= cells
