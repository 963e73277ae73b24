"""People of the blocks by fetched estimates: totals are conserved, what is lacking keeps what ships and is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.auditing import audit, results, versus
from geoplan.auditing.results import Configuration
from geoplan.data.atlas import LayerAtlas
from geoplan.data.kept import folder, holdings
from geoplan.data.kept.holdings import Holding
from geoplan.data.official import outlines, small_areas
from geoplan.data.shipped import package_data
from geoplan.errors import ConfigurationError, InputError, UnknownKeyError
from geoplan.output.tables.audits import audit_json

ALL, AGED = "All Ages", "Aged 16 to 64"
HARTLEPOOL, HART = "E06000001", "E07000089"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    return package_data.shipped_blocks()


@pytest.fixture
def table(shipped: pd.DataFrame) -> pd.DataFrame:
    """Half as many again of everybody, in whole people."""
    totals = (shipped.groupby("lad")[["people", "working_age"]].sum() * 1.5).round()
    return pd.DataFrame({"code": totals.index, "name": "", ALL: totals["people"], AGED: totals["working_age"]})


def keep(frame: pd.DataFrame, edition: str = "2025", key: str = "population", kind: str = "figures") -> Holding:
    one = Holding(kind, key, edition, source="ONS", url="https://x", kept_on="2026-11-29")
    return holdings.keep(one, lambda path: frame.to_parquet(path, index=False))


def counted() -> outlines.Reference:
    return outlines.read_blocks()


def test_without_estimates_people_are_as_they_ship(shipped: pd.DataFrame) -> None:
    found = counted()
    pd.testing.assert_frame_equal(found.blocks, shipped)
    assert found.is_shipped
    assert found.estimates.sentence == "People are the estimates of the Office for National Statistics of mid-2024."


def test_every_authority_has_the_people_that_were_fetched(shipped: pd.DataFrame, table: pd.DataFrame) -> None:
    keep(table)
    found = counted()
    sums = found.blocks.groupby("lad")[["people", "working_age"]].sum()
    for column, heading in (("people", ALL), ("working_age", AGED)):
        assert sums[column].to_numpy() == pytest.approx(table.set_index("code")[heading].reindex(sums.index))
    # The sides of a split district keep their shares.
    hart = [each.blocks[each.blocks["lad"] == HART]["people"] for each in (found, outlines.Reference(shipped, None))]
    assert (hart[0] / hart[0].sum()).to_numpy() == pytest.approx((hart[1] / hart[1].sum()).to_numpy())
    assert found.estimates.sentence == (
        "People are the estimates of the Office for National Statistics of mid-2025 (population@2025, fetched "
        "29 November 2026)."
    )
    assert [source.citation for source in found.counted_by] == ["ONS: population@2025"]
    others = [each for each in shipped if each not in {"people", "working_age"}]
    pd.testing.assert_frame_equal(found.blocks[others], shipped[others])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lost=st.sets(st.integers(0, 360), max_size=6), factor=st.floats(0.1, 10))
def test_nobody_is_lost_or_doubled(shipped: pd.DataFrame, table: pd.DataFrame, lost: set[int], factor: float) -> None:
    told = table.assign(**{ALL: (table[ALL] * factor).round(), AGED: (table[AGED] * factor).round()})
    blank = told.index[sorted(lost)]
    told.loc[blank, [ALL, AGED]] = np.nan
    keep(told)
    found = counted()
    kept = shipped[shipped["lad"].isin(told.loc[blank, "code"])]["people"].sum()
    assert found.blocks["people"].sum() == pytest.approx(told[ALL].sum() + kept)
    assert {code for code, _ in found.estimates.without} == set(told.loc[blank, "code"])


def test_authorities_that_are_lacking_keep_what_ships_and_are_named(shipped: pd.DataFrame, table: pd.DataFrame) -> None:
    keep(table[table["code"] != HARTLEPOOL])
    found = counted()
    pd.testing.assert_series_equal(found.blocks.loc[HARTLEPOOL], shipped.loc[HARTLEPOOL])
    said = "population@2025 lacks 1 authority, which keeps the figure of mid-2024: Hartlepool."
    assert found.estimates.sentence.endswith(said)
    result = audit.run(Configuration(pairs=(("country", "region"),)))
    named = [one for one in result.findings if said in one.message]
    assert [(one.rule, one.other_codes) for one in named] == [("GP105", (HARTLEPOOL,))]


def test_only_people_of_all_ages_may_be_told(shipped: pd.DataFrame, table: pd.DataFrame) -> None:
    keep(table.drop(columns=AGED))
    found = counted()
    assert found.blocks["working_age"].to_numpy() == pytest.approx(shipped["working_age"].to_numpy())
    assert found.blocks["people"].sum() == pytest.approx(table[ALL].sum())
    assert "do not tell those aged 16 to 64, who are those of mid-2024" in found.estimates.sentence


def test_former_codes_are_brought_forward_where_that_is_exact(table: pd.DataFrame) -> None:
    # Barnsley was recoded; Cumberland was made of three districts, of which one is missing here.
    told = table.replace({"code": {"E08000038": "E08000016"}})
    told = told[told["code"] != "E06000063"]
    parts = pd.DataFrame({"code": ["E07000026", "E07000028"], "name": "", ALL: [90_000.0, 110_000.0], AGED: 1000.0})
    keep(pd.concat([told, parts]))
    found = counted()
    assert found.blocks.at["E08000038", "people"] == table.set_index("code").at["E08000038", ALL]
    assert [code for code, _ in found.estimates.without] == ["E06000063"]
    whole = pd.DataFrame({"code": ["E07000029"], "name": "", ALL: [70_000.0], AGED: [1000.0]})
    keep(pd.concat([told, parts, whole]))
    found = counted()
    assert found.blocks[found.blocks["lad"] == "E06000063"]["people"].sum() == pytest.approx(270_000)
    assert not found.estimates.without


def test_the_newest_is_taken_that_is_not_older_than_what_ships(
    table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(table, "2020")
    assert counted().is_shipped
    keep(table, "2024")
    keep(table, "2025")
    assert counted().estimates.year == "2025"
    monkeypatch.setenv(folder.POPULATION_VARIABLE, "population@2020")
    assert counted().estimates.in_short == "mid-2020 (population@2020, fetched 29 November 2026)"
    monkeypatch.setenv(folder.POPULATION_VARIABLE, "population@2019")
    with pytest.raises(UnknownKeyError, match=r"Held: population@2025, population@2024, population@2020"):
        counted()
    monkeypatch.setenv(folder.POPULATION_VARIABLE, "everybody")
    with pytest.raises(ConfigurationError, match="'everybody' are not in your data folder"):
        counted()
    monkeypatch.setenv(folder.SHIPPED_VARIABLE, "1")
    assert counted().is_shipped


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda frame: frame.drop(columns=ALL), "a column of all ages is missing"),
        (lambda frame: frame.assign(**{"All ages, too": 1.0}), "several columns could hold the people"),
        (lambda frame: pd.concat([frame, frame.iloc[:1]]), rf"codes stand twice \(1 row: {HARTLEPOOL}\)"),
        (lambda frame: frame.assign(**{AGED: frame[ALL] + 1}), "more people of working age than of all ages"),
    ],
)
def test_tables_that_cannot_be_are_refused(table: pd.DataFrame, change, said: str) -> None:
    keep(change(table))
    with pytest.raises(InputError, match=said):
        counted()


def test_layers_are_counted_by_them_and_not_mixed_up_with_those_that_ship(table: pd.DataFrame) -> None:
    before = LayerAtlas().layer("country").areas["people"]
    keep(table)
    assert LayerAtlas().layer("country").areas["people"].to_numpy() == pytest.approx(1.5 * before, rel=1e-4)


@pytest.fixture
def lookup(shipped: pd.DataFrame) -> pd.DataFrame:
    """Two small areas on each side of a split district."""
    split = shipped[shipped["lad"].duplicated(keep=False)].reset_index()
    both = pd.concat([split, split], ignore_index=True)
    codes = [f"E0100{number:04}" for number in range(len(both))]
    return pd.DataFrame({"LSOA21CD": codes, "ICB24CD": both["icb"], "LAD24CD": both["lad"], "block": both["block"]})


def test_sides_are_shared_by_small_areas_where_these_are_held(table: pd.DataFrame, lookup: pd.DataFrame) -> None:
    keep(table)
    keep(lookup.drop(columns="block"), "2024-04", "lsoa_to_icb", "lookup")
    plain = counted()
    assert not plain.estimates.small_areas
    people = pd.DataFrame({"code": lookup["LSOA21CD"], "name": "", ALL: np.arange(1.0, len(lookup) + 1), AGED: 1.0})
    keep(people, "2024", "population_lsoa")
    found = counted()
    expected = people[ALL].groupby(lookup["block"].to_numpy()).sum()
    hart = found.blocks[found.blocks["lad"] == HART]["people"]
    assert (hart / hart.sum()).to_numpy() == pytest.approx(expected[hart.index] / expected[hart.index].sum())
    assert hart.sum() == pytest.approx(table.set_index("code").at[HART, ALL])
    assert "shared by estimates of small areas (population_lsoa@2024)" in found.estimates.sentence
    assert [source.citation for source in found.counted_by] == [
        "ONS: population@2025", "ONS: population_lsoa@2024", "ONS: lsoa_to_icb@2024-04",
    ]  # fmt: skip
    whole = ~plain.blocks["lad"].duplicated(keep=False)
    pd.testing.assert_frame_equal(found.blocks[whole], plain.blocks[whole])


def test_a_lookup_to_the_boards_of_2026_does_not_tell_the_sides(lookup: pd.DataFrame) -> None:
    keep(lookup.drop(columns="block").assign(ICB24CD="E54000064"), "2026-04", "lsoa_to_icb", "lookup")
    assert small_areas.lookup_to_blocks() is None


def test_an_earlier_audit_that_counted_people_otherwise_is_told(table: pd.DataFrame) -> None:
    def run() -> results.AuditResult:
        return audit.run(Configuration(pairs=(("country", "region"),)))

    before = json.loads(audit_json(run()))
    assert not versus.compared((), before, "a.json", result=run()).notes
    keep(table)
    after = run()
    assert json.loads(audit_json(after))["people"] == after.estimates.sentence
    assert {one["layer"] for one in json.loads(audit_json(after))["inputs"]} == {"country", "region", "people"}
    notes = versus.compared((), before, "a.json", result=after).notes
    assert [note.partition(" than ")[0] for note in notes] == ["The earlier audit counted people by other estimates"]
