"""What a table says of its areas: money and places once an area, own columns kept, what varies said."""

from datetime import date

import pandas as pd
import pytest

from geoplan.data.membership import membership
from geoplan.data.tables import membership_rows
from geoplan.errors import InputError
from geoplan.interface.given.frames import raw_table
from geoplan.schema.money import MONEY_COLUMNS


def read(tmp_path, text):
    file = tmp_path / "own.csv"
    file.write_text(text, encoding="utf-8")
    return membership_rows.read_membership(str(file))


def build(tmp_path, authorities, text):
    raw = read(tmp_path, text)
    return membership.from_user_table(raw.frame, raw.file, authorities, as_of=date(2026, 4, 1))


def notes(layer, rule):
    return [note for note in layer.notes if note.rule == rule]


def test_amounts_are_columns_of_the_areas_said_once_or_on_every_row(tmp_path, authorities):
    layer = build(
        tmp_path, authorities,
        "area_name,lad_code,amount_total,amount_per_year,amount_note,places\n"
        'x,E1,£9.5m,,up to,"2,650"\nx,E2,,,,\ny,E3,8000000,£2m,,\ny,E4,"8,000,000",,,\n',
    )  # fmt: skip
    areas = layer.areas
    assert areas["amount_total"].to_dict() == {"x": 9_500_000.0, "y": 8_000_000.0}
    assert areas["amount_per_year"].fillna(-1).to_dict() == {"x": -1, "y": 2_000_000.0}
    assert areas["amount_note"].to_dict() == {"x": "up to", "y": ""}
    assert areas["places"].fillna(-1).to_dict() == {"x": 2650, "y": -1}
    assert set(MONEY_COLUMNS) <= set(areas.columns)
    assert not notes(layer, "GP107")


def test_a_table_without_amounts_gets_no_columns_of_money(tmp_path, authorities):
    layer = build(tmp_path, authorities, "area_name,lad_code,amount_note\nx,E1,announced\n")
    assert not set(MONEY_COLUMNS) & set(layer.areas.columns)


def test_amounts_that_contradict_are_told_and_not_used(tmp_path, authorities):
    text = "area_name,lad_code,amount_total\nx,E1,£9.5m\nx,E2,£8m\ny,E3,£1m\n"
    layer = build(tmp_path, authorities, text)
    (note,) = notes(layer, "GP107")
    assert note.lead == "own.csv, column 'amount_total': x has 2 amounts: 9,500,000 (row 2) and 8,000,000 (row 3)."
    assert "sum them up first" in note.advice
    assert note.evidence["rows"] == [2, 3]
    assert layer.areas["amount_total"].fillna(-1).to_dict() == {"x": -1, "y": 1_000_000}


def test_what_is_no_amount_is_refused_with_its_rows(tmp_path):
    text = "area_name,lad_code,amount_total\nx,E1,up to £14m\n"
    with pytest.raises(InputError, match=r"own\.csv: column 'amount_total' holds what is no amount.*row 2: up to £14m"):
        read(tmp_path, text)


def test_own_columns_are_kept_as_numbers_or_text(tmp_path, authorities):
    text = "area_name,lad_code,Board,Head count,Ref\nx,E1,Yes,1200,007\nx,E2,Yes,1200,007\ny,E3,,15,12\n"
    layer = build(tmp_path, authorities, text)
    assert layer.own == ("Board", "Head count", "Ref")
    assert layer.areas["Board"].to_dict() == {"x": "Yes", "y": ""}
    assert layer.areas["Head count"].to_dict() == {"x": 1200.0, "y": 15.0}
    assert layer.areas["Ref"].to_dict() == {"x": "007", "y": "12"}


def test_a_column_said_on_the_first_row_of_an_area_is_its_own(tmp_path, authorities):
    layer = build(tmp_path, authorities, "area_name,lad_code,Board\nx,E1,Yes\nx,E2,\ny,E3,No\n")
    assert layer.areas["Board"].to_dict() == {"x": "Yes", "y": "No"}


@pytest.mark.parametrize("second", ["No", "yes"])
def test_what_varies_within_an_area_is_named_and_not_shown(tmp_path, authorities, second):
    layer = build(tmp_path, authorities, f"area_name,lad_code,Rural\nx,E1,\nx,E2,{second}\ny,E3,No\n")
    (note,) = notes(layer, "GP106")
    assert note.lead == "own.csv, column 'Rural': varies within areas, as in x, and is not shown."
    assert note.by_design
    assert "Rural" not in layer.areas
    assert layer.own == ()


def test_a_name_that_is_geoplans_is_given_another_and_that_is_said(tmp_path, authorities):
    raw = read(tmp_path, "area_name,lad_code,people\nx,E1,5\n")
    assert "Column 'people' is kept as 'own_people': a column of that name is geoplan's own." in raw.said
    layer = membership.from_user_table(raw.frame, raw.file, authorities, as_of=date(2026, 4, 1))
    assert layer.areas.at["x", "own_people"] == 5
    assert layer.areas.at["x", "people"] == 300


def test_several_authorities_in_a_cell_keep_what_stands_beside_them(tmp_path, authorities):
    layer = build(tmp_path, authorities, "area_name,lad_code,amount_total,Board\nx,E1; E2,£1m,Yes\n")
    assert layer.areas.loc["x", ["amount_total", "Board"]].tolist() == [1e6, "Yes"]


def test_rows_out_of_force_say_nothing_of_the_day_shown(tmp_path, authorities):
    text = "area_name,lad_code,valid_from,valid_to,amount_total\nx,E1,2020,2024-12-31,£1m\nx,E1,2025-01-01,,£2m\n"
    layer = build(tmp_path, authorities, text)
    assert layer.areas.at["x", "amount_total"] == 2e6
    assert not notes(layer, "GP107")


def test_frames_are_read_as_files_are(authorities):
    frame = pd.DataFrame({"area_name": ["x", "y"], "lad_code": ["E1", "E3"], "amount_total": [9.5e6, None]})
    raw = membership_rows.understood(raw_table(frame, "frame"))
    layer = membership.from_user_table(raw.frame, raw.file, authorities, as_of=date(2026, 4, 1))
    assert layer.areas["amount_total"].fillna(-1).to_dict() == {"x": 9.5e6, "y": -1}


def test_words_that_differ_within_an_area_are_all_told(tmp_path, authorities):
    text = "area_name,lad_code,amount_total,amount_source\nx,E1,£1m,a letter\nx,E2,£1m,a page\ny,E3,£1m,a page\n"
    layer = build(tmp_path, authorities, text)
    assert layer.areas["amount_source"].to_dict() == {"x": "a letter; a page", "y": "a page"}
    assert not notes(layer, "GP107")
