"""Claimants are summed, rates only over the people they are of, and what is not known is not assessed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from geoplan.auditing import audit
from geoplan.auditing.profiles import profile
from geoplan.auditing.results import Configuration
from geoplan.data.atlas import LayerAtlas
from geoplan.data.kept import folder, holdings
from geoplan.data.kept.holdings import Holding
from geoplan.data.official import figures
from geoplan.errors import InputError
from geoplan.output.brief.profile import told
from geoplan.output.tables.profiles import profile_json
from geoplan.output.text.profile_lines import profile_text
from geoplan.output.workbook.areas import areas_sheet

ASH, ELM, OAK = "E06000001", "E06000002", "E07000089"
BLOCKS = pd.DataFrame(
    {"lad": [ASH, ELM, OAK, OAK], "working_age": [10.0, 20.0, 30.0, 10.0]},
    index=pd.Index([ASH, ELM, f"{OAK}.1", f"{OAK}.2"], name="block"),
)
"""Oak is split: three quarters of its people aged 16 to 64 live in its first block."""
CLAIMANTS = pd.DataFrame({"code": [ASH, ELM, OAK], "Claimant count": [100.0, 250.0, 400.0]})
INACTIVITY = pd.DataFrame(
    {
        "code": [ASH, ELM, OAK],
        "Variable": [20.0, 30.0, 25.0],
        "Numerator": [200.0, 900.0, 500.0],
        "Denominator": [1000.0, 3000.0, 2000.0],
        "Confidence": [3.0, 4.0, 5.0],
    }
)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path))
    return tmp_path


def keep(key: str, frame: pd.DataFrame, edition: str = "2026-10") -> Holding:
    one = Holding("figures", key, edition, source="Nomis", url="https://x", kept_on="2026-11-29")
    return holdings.keep(one, lambda path: frame.to_parquet(path, index=False))


def of(**shares: float) -> dict[str, figures.AreaFigure]:
    """Return the figures of an area that holds these shares of blocks."""
    held = pd.Series({name.replace("_", "."): share for name, share in shares.items()}, dtype=float)
    return {one.key: one for one in figures.area_figures(held, BLOCKS)}


def test_nothing_is_told_where_nothing_is_held_or_it_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not of(E06000001=1)
    keep("claimants", CLAIMANTS)
    monkeypatch.setenv(folder.SHIPPED_VARIABLE, "1")
    assert not of(E06000001=1)


def test_claimants_are_summed_and_say_where_they_come_from() -> None:
    keep("claimants", CLAIMANTS)
    found = of(E06000001=1, E06000002=1)["claimants"]
    assert (found.value, found.low, found.note) == (350, None, "")
    assert found.sentence == "Claimants: 350 (October 2026; Nomis, claimants@2026-10, fetched 29 November 2026)."


def test_claimants_of_a_part_are_shared_by_people_and_called_an_estimate() -> None:
    keep("claimants", CLAIMANTS)
    assert of(E07000089_1=1, E07000089_2=1)["claimants"].value == 400
    found = of(E06000001=1, E07000089_1=1)["claimants"]
    assert found.value == pytest.approx(100 + 400 * 3 / 4)
    assert found.note == "Hart counted in part, by people aged 16 to 64: an estimate."


def test_what_is_not_known_is_not_assessed() -> None:
    keep("claimants", CLAIMANTS[CLAIMANTS["code"] != ELM])
    found = of(E06000001=1, E06000002=1)["claimants"]
    assert (found.value, found.words, found.note) == (None, "not assessed", "There is no figure of Middlesbrough.")
    vague = of(E06000001=math.nan)["claimants"]
    assert (vague.value, vague.note) == (None, "A part of unknown size belongs to it.")


def test_the_rate_of_one_authority_is_as_it_is_given() -> None:
    keep("inactivity", INACTIVITY)
    found = of(E06000001=1)["inactivity"]
    assert (found.value, found.low, found.high) == pytest.approx((0.20, 0.17, 0.23))
    assert found.words == "20.0% (17.0% to 23.0%)"


def test_rates_of_several_are_of_all_their_people_with_an_interval_as_of_independent_samples() -> None:
    keep("inactivity", INACTIVITY)
    found = of(E06000001=1, E06000002=1)["inactivity"]
    half = math.hypot(0.03 * 1000, 0.04 * 3000) / 4000
    assert (found.value, found.low, found.high) == pytest.approx((1100 / 4000, 1100 / 4000 - half, 1100 / 4000 + half))
    assert found.note == "It is put together of 2 authorities, the interval as of independent samples."


def test_rates_without_the_people_they_are_of_are_never_averaged() -> None:
    keep("inactivity", INACTIVITY[["code", "Variable", "Confidence"]])
    assert of(E06000001=1)["inactivity"].value == pytest.approx(0.20)
    found = of(E06000001=1, E06000002=1)["inactivity"]
    assert (found.value, found.low) == (None, None)
    assert found.note.startswith("Rates of several authorities have no sum")


def test_flags_of_the_publisher_are_passed_on() -> None:
    keep("inactivity", INACTIVITY.assign(**{"Variable (status)": ["Unreliable", "", ""]}))
    assert of(E06000001=1)["inactivity"].note == "1 figure is marked by the publisher: Unreliable."
    assert not of(E06000002=1)["inactivity"].note


def test_former_authorities_count_where_all_of_their_successor_is_there() -> None:
    # Three districts became Cumberland.
    former = pd.DataFrame({"code": ["E07000026", "E07000028", "E07000029"], "Claimant count": [1.0, 2.0, 4.0]})
    keep("claimants", former)
    blocks = LayerAtlas().blocks
    cumberland = pd.Series(1.0, index=blocks.index[blocks["lad"] == "E06000063"])
    assert figures.area_figures(cumberland, blocks)[0].value == 7
    keep("claimants", former.iloc[:2])
    assert figures.area_figures(cumberland, blocks)[0].value is None


def test_a_table_without_its_figures_is_refused() -> None:
    keep("claimants", CLAIMANTS.rename(columns={"Claimant count": "Rate"}))
    with pytest.raises(InputError, match="no column holds the count"):
        of(E06000001=1)


def test_areas_of_a_layer_have_what_each_has_alone() -> None:
    atlas = LayerAtlas()
    layer = atlas.layer("icb")
    lads = sorted(set(atlas.blocks["lad"]))
    keep(
        "claimants",
        pd.DataFrame({"code": lads, "Claimant count": range(1, len(lads) + 1)}).astype({"Claimant count": float}),
    )
    measure = figures.held_measures()[0]
    found = figures.by_area(measure, layer.parts, atlas.blocks)
    parts = layer.parts
    for code in ("E54000024", "E54000034"):
        own = parts[parts["code"] == code].set_index("block")["share"]
        assert figures.area_figures(own, atlas.blocks)[0].value == pytest.approx(found.at[code, "value"])
    english = atlas.blocks[atlas.blocks["lad"].str.startswith("E")]["lad"].unique()
    whole = measure.table.loc[english, "count"].sum()
    assert found["value"].sum() == pytest.approx(whole)


def test_profiles_tell_them_in_text_and_in_briefs() -> None:
    keep("claimants", CLAIMANTS)
    keep("inactivity", INACTIVITY)
    found = profile.profile("lad:Hartlepool")
    rate = "Economically inactive, of those aged 16 to 64: 20.0% (17.0% to 23.0%)"
    assert rate in " ".join(profile_text(found).split())
    assert [one["value"] for one in json.loads(profile_json(found))["fetched"]] == [100, 0.20]
    assert [line.partition(" (October")[0] for line in told(found, LayerAtlas().blocks)["fetched"]] == [
        "Claimants: 100", rate,
    ]  # fmt: skip


def test_the_sheet_of_areas_tells_them() -> None:
    known = LayerAtlas().blocks
    lads = sorted(set(known["lad"]))
    keep("claimants", pd.DataFrame({"code": lads, "Claimant count": 1.0}))
    rates = {"Variable": 20.0, "Numerator": 2.0, "Denominator": 10.0, "Confidence": 2.0}
    keep("inactivity", pd.DataFrame({"code": lads, **rates}))
    table = areas_sheet(audit.run(Configuration(pairs=(("country", "region"),)))).table.set_index("Code")
    assert table.at["W92000004", "Claimants (claimants@2026-10)"] == pytest.approx(22)
    heading = "Economically inactive, of those aged 16 to 64 (inactivity@2026-10)"
    half = 0.02 / math.sqrt(22)
    assert [table.at["W92000004", f"{heading}{end}"] for end in ("", ": from", ": to")] == pytest.approx(
        [0.20, 0.20 - half, 0.20 + half]
    )
