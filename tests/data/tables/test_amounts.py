"""Amounts and own columns: how cells are read, and what is refused with its rows."""

import pandas as pd
import pytest

from geoplan.data.tables.amounts import amount_of, amounts_read, money_of
from geoplan.data.tables.own_columns import named_apart, plainly_typed
from geoplan.errors import InputError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("£9.5m", 9_500_000), ("9.5m", 9_500_000), ("£9.5 million", 9_500_000), ("9,500,000", 9_500_000),
        ("9500000", 9_500_000), ("£9500000.00", 9_500_000), ("£71.9m", 71_900_000), ("£1.2bn", 1_200_000_000),
        ("450k", 450_000), ("0", 0),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text, value):
    assert amount_of(text) == value


@pytest.mark.parametrize("text", ["up to £14m", "-5", "9,50", "£", "m", "14m a year", "€3m", "1.2.3", "£3-4m", "n/a"])
def test_what_is_no_amount_is_none(text):
    assert amount_of(text) is None


def test_places_are_whole_people():
    assert amount_of("2,650", money=False) == 2650
    assert [amount_of(text, money=False) for text in ("2.5k", "£2650", "12.5", "about 3")] == [None] * 4


def test_a_refusal_names_file_column_rows_and_what_to_do():
    cells = pd.Series(["£9.5m", "", "up to £14m", "tbc"], index=[2, 3, 4, 5])
    with pytest.raises(
        InputError, match=r"t\.csv: column 'amount_total' holds .* row 4: up to £14m, row 5: tbc"
    ) as said:
        amounts_read(cells, "amount_total", "t.csv: column 'amount_total'")
    assert "amount_note" in str(said.value)
    with pytest.raises(InputError, match="number of places"):
        amounts_read(pd.Series(["3k"], index=[2]), "places", "t.csv: column 'places'")


def test_attributes_without_amounts_get_no_column():
    assert money_of(pd.DataFrame({"amount_note": ["up to"], "other": [1]}), "f").columns.empty
    found = money_of(pd.DataFrame({"amount_per_year": [14e6, None]}), "f")
    assert found["amount_per_year"].tolist()[0] == 14e6
    assert found["amount_per_year"].isna().tolist() == [False, True]
    assert found["amount_total"].isna().all()


def test_own_columns_never_take_the_name_of_one_of_geoplans():
    names = named_apart(["People", "GEOMETRY", "Board", "own_People", "role"], ["role"])
    assert names["People"] == "own_People"
    assert names["own_People"] == "own_own_People"
    assert (names["Board"], names["role"]) == ("Board", "own_role")
    assert len({name.casefold() for name in names.values()}) == len(names)


def test_numbers_are_numbers_and_codes_stay_text():
    assert plainly_typed(pd.Series(["1,200", "-3.5", ""])).tolist()[:2] == [1200.0, -3.5]
    assert plainly_typed(pd.Series(["007", "8"])).tolist() == ["007", "8"]
    assert plainly_typed(pd.Series(["1", "one"])).tolist() == ["1", "one"]
