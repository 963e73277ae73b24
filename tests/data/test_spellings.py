"""One key is one key, however it is typed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from geoplan.data.keys import gathered, plain_code, plain_name, plain_writing, told

LETTERS = st.text(max_size=12) | st.text(alphabet="aAbB01é' \u00a0-&", max_size=8)


@given(text=LETTERS)
def test_reducing_twice_is_reducing_once(text):
    for reduce in (plain_code, plain_name, plain_writing):
        assert reduce(reduce(text)) == reduce(text)


@given(
    column=st.lists(LETTERS, max_size=12).flatmap(lambda column: st.tuples(st.just(column), st.permutations(column)))
)
def test_the_order_of_rows_never_matters(column):
    for alike in (plain_code, plain_writing):
        one, other = (gathered(each, alike=alike) for each in column)
        assert one.made_one == other.made_one
        assert one.kept == other.kept


@given(column=st.lists(LETTERS, max_size=12))
def test_keys_are_one_where_they_agree_and_nowhere_else(column):
    for alike in (plain_code, plain_writing):
        found = gathered([f"x{each}" for each in column], alike=alike)
        agreed = {alike(f"x{each}") for each in column}
        assert len(set(found.values)) == len(agreed)
        assert gathered(found.values, alike=alike).values == found.values


def test_codes_keep_their_capitals_and_zeros():
    assert gathered(["e54000042", "e54000042", "E54000042\u00a0"]).values == ["E54000042"] * 3
    assert gathered(["101", "101", "0101", "", "0"]).values == ["0101", "0101", "0101", "", "0"]


def test_zeros_tell_codes_apart_where_not_all_are_digits():
    found = gathered(["0101", "101", "A1"])
    assert (found.values, found.made_one) == (["0101", "101", "A1"], ())


def test_the_most_frequent_name_is_kept():
    found = gathered(
        ["AVON", "Avon", "AVON", " Avon", "AVON", "Leicester City", "Leicester County"], alike=plain_writing
    )
    assert found.values == ["AVON"] * 5 + ["Leicester City", "Leicester County"]
    assert told(found.made_one) == "' Avon' and 'Avon' are read as 'AVON' (2 rows)"


def test_many_keys_are_counted():
    found = gathered([f"{case}{number}" for number in range(5) for case in "aA"])
    assert told(found.made_one).endswith("'a2' is read as 'A2', and 2 more likewise (5 rows)")
