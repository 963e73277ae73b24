"""geoplan fetch as users call it: what it says, keeps and refuses, and with which exit code."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from stand_in import QUICK, Answer, StandIn, districts, serving

from geoplan.cli.main import cli
from geoplan.data.portal import client, services
from geoplan.data.shipped.package_data import shipped_table


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with serving() as one:
        one.add("Districts", districts())
        yield one


@pytest.fixture(autouse=True)
def table(server: StandIn, tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"GEOPLAN_DATA": "own", "GEOPLAN_CACHE": "cache"}.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("GEOPLAN_OFFLINE", raising=False)
    monkeypatch.setattr(client, "PATIENCE", QUICK)
    url = f"{server.address}/arcgis/rest/services/Districts/FeatureServer/0"
    row = services.Source(
        "lad", "2024-12", "BGC", "boundaries", "arcgis", url, "LAD24CD", "LAD24NM", "5", "Districts (December 2024)",
        "ONS", "Open Government Licence v3.0", services.SEEN,
    )  # fmt: skip
    monkeypatch.setattr(services, "sources", lambda: (row,))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_a_fetch_says_what_is_held_now_and_the_layers_list_it() -> None:
    assert "In your data folder" not in run("layers").output
    done = run("fetch", "lad")
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "lad@2024-12:BGC: Districts (December 2024), 5 rows, fetched.",
        "Licence: Open Government Licence v3.0.",
    ]
    assert "not fetched again" in run("fetch", "lad@2024-12").output
    listed = run("layers").output
    assert (
        "In your data folder: official, fetched\n  lad@2024-12:BGC  Districts (December 2024), 5 rows, kept on "
        in listed
    )
    areas = run("layers", "lad@2024-12", "--format", "csv").output
    assert areas.splitlines()[1].startswith("E07000000,District 0,")


def test_without_a_key_it_lists_what_can_be_fetched() -> None:
    assert run("fetch").output.splitlines()[-1] == "lad  2024-12"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--offline", "fetch", "lad"), 4, "Districts (December 2024) would have to be fetched"),
        (("fetch", "lads", "lad", "icb"), 2, "Not tried after lads failed: lad, icb."),
        (("fetch", "lad", "--offline"), 4, "the network is not to be used"),
        (("fetch", "lads"), 2, "Did you mean lad?"),
        (("fetch", "lad@1066"), 2, "Known editions: 2024-12."),
        (("fetch", "--service", "https://example.org/FeatureServer/0"), 2, "go together"),
        (("fetch", "lad", "--code", "x"), 2, "--code and --name are for --service"),
        (("fetch", "--service", "file:///etc/passwd", "--as", "x"), 4, "begins with https:// or http://"),
        (("fetch", "--service", "http://127.0.0.1:9/FeatureServer/0", "--as", "x"), 4, "HTTPS_PROXY"),
        (("layers", "lad@2024-12"), 2, "Fetch it: geoplan fetch lad@2024-12"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_an_exit_code(arguments, code, said, tmp_path) -> None:
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "own").exists()


def test_held_outlines_are_compared_like_any_file_and_named_by_edition() -> None:
    run("fetch", "lad")
    done = run("compare", "lad@2024-12", "lad@2024-12", "--weight", "area")
    assert done.exit_code == 0
    assert "Districts (December 2024): December 2024" in done.output
    assert "generalised 20 m (BGC)" in done.output


def test_people_are_counted_by_what_was_fetched_and_the_screen_says_so(
    server: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = shipped_table("authorities.csv")
    cells = [
        (code, name, age, "Value", round(float(people) * 2), "A", "Normal Value", "2025", 2 * len(table))
        for age, column in (("All Ages", "population_mid2024"), ("Aged 16 to 64", "population_16_64_mid2024"))
        for code, name, people in table[["lad_code", "name", column]].itertuples(index=False, name=None)
    ]
    heads = (
        "GEOGRAPHY_CODE", "GEOGRAPHY_NAME", "C_AGE_NAME", "MEASURES_NAME", "OBS_VALUE", "OBS_STATUS", "OBS_STATUS_NAME",
        "DATE", "RECORD_COUNT",
    )  # fmt: skip
    body = pd.DataFrame(cells, columns=heads).to_csv(index=False).encode()
    monkeypatch.setitem(server.paths, "/population.data.csv", lambda _: Answer(body))
    row = services.Source(
        "population", "2025", "", "figures", "nomis", f"{server.address}/population.data.csv?select=c_age_name", "", "",
        "", "Population (mid-2025)", "ONS", "OGL", services.SEEN,
    )  # fmt: skip
    monkeypatch.setattr(services, "sources", lambda: (row,))

    def people(*more: str) -> float:
        rows = pd.read_csv(io.StringIO(run("layers", "country", "--format", "csv", *more).stdout))
        return float(rows["people"].sum())

    before = people()
    assert run("fetch", "population").exit_code == 0
    assert people() == pytest.approx(2 * before)
    assert "of mid-2025 (population@2025, fetched " in run("compare", "country", "region").stderr
    assert "mid-2025" not in run("compare", "country", "region", "--shipped").stderr
    assert people("--shipped") == before
    assert people("--population", "population@2025") == pytest.approx(2 * before)
    refused = run("layers", "country", "--population", "population@2024")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "population@2024 is not in your data folder. Held: population@2025." in refused.stderr
