"""Figures and flows of Nomis: pages to the last cell, flagged cells apart, and flows that open with --flows."""

from __future__ import annotations

import csv
import io
import zipfile

import pandas as pd
import pytest
from stand_in import Answer, StandIn

from geoplan.commuting.atlas import Atlas, read_flows
from geoplan.data.kept import holdings
from geoplan.data.portal import fetching, nomis, services
from geoplan.data.portal.client import Client
from geoplan.errors import InputError, NetworkError, UnknownKeyError

SURVEY = [
    ("E1", "Ashby", "Inactive", "Variable", "21.5", "A", "Normal Value"),
    ("E1", "Ashby", "Inactive", "Confidence", "3.2", "A", "Normal Value"),
    ("E2", "Barton", "Inactive", "Variable", "", "Q", "Estimate not available"),
    ("E2", "Barton", "Inactive", "Confidence", "", "Q", "Estimate not available"),
    ("E3", "Corby, City of", "Inactive", "Variable", "19", "E", "Unreliable"),
    ("E3", "Corby, City of", "Inactive", "Confidence", "9.9", "A", "Normal Value"),
]
HEADS = (
    "GEOGRAPHY_CODE", "GEOGRAPHY_NAME", "VARIABLE_NAME", "MEASURES_NAME", "OBS_VALUE", "OBS_STATUS", "OBS_STATUS_NAME",
    "DATE", "RECORD_COUNT",
)  # fmt: skip


def as_csv(rows) -> bytes:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue().encode()


@pytest.fixture
def survey(portal: StandIn, monkeypatch: pytest.MonkeyPatch) -> dict:
    """Serve cells in pages of four; what tests change of them stands in the dictionary."""
    served = {"rows": SURVEY, "date": "2026-06", "count": len(SURVEY)}
    monkeypatch.setattr(nomis, "PAGE", 4)

    def page(asked) -> Answer:
        first = int(asked.query["recordoffset"])
        some = served["rows"][first : first + int(asked.query["recordlimit"])]
        return Answer(as_csv([HEADS, *((*row, served["date"], served["count"]) for row in some)]))

    portal.paths["/survey.data.csv"] = page
    return served


def url(portal: StandIn) -> str:
    return f"{portal.address}/survey.data.csv?geography=TYPE424&date=latest&select=variable_name"


def test_pages_are_asked_for_to_the_last_cell_and_flags_stand_beside(portal: StandIn, survey, client: Client) -> None:
    table, day = nomis.figures(client, url(portal), "Survey")
    assert day == "2026-06"
    assert table.columns.tolist() == [
        "code",
        "name",
        "Variable",
        "Variable (status)",
        "Confidence",
        "Confidence (status)",
    ]
    assert table["name"].tolist() == ["Ashby", "Barton", "Corby, City of"]
    assert table["Variable"].fillna(-1).tolist() == [21.5, -1, 19]
    assert table["Variable (status)"].tolist() == ["", "Estimate not available", "Unreliable"]
    assert table["Confidence (status)"].tolist() == ["", "Estimate not available", ""]
    assert [asked.query["recordoffset"] for asked in portal.log] == ["0", "4"]
    assert "record_count,variable_name" in portal.log[0].query["select"]
    assert survey["count"] == 6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"count": 5}, "counts 5 cells and gives 6"),
        ({"count": 7}, "gives no cells"),
        ({"count": "many"}, "does not count its cells alike"),
        ({"rows": [*SURVEY[:5], SURVEY[0]]}, r"cells come twice \(1 row: E1\)"),
        ({"rows": [*SURVEY[:5], (*SURVEY[5][:4], "n/a", "A", "")]}, r"hold no numbers \(1 row: n/a\)"),
        ({"rows": [], "count": 0}, "gives no cells"),
    ],
)
def test_cells_that_are_not_all_there_once_are_refused(portal: StandIn, survey, client: Client, change, said) -> None:
    survey.update(change)
    with pytest.raises(InputError, match=said):
        nomis.figures(client, url(portal), "Survey")


@pytest.mark.parametrize("body", [b"", b"<html>Sorry</html>", b"\xff\xfe\x00", b"error: no such dataset"])
def test_what_is_no_table_is_refused(portal: StandIn, client: Client, body: bytes) -> None:
    portal.paths["/survey.data.csv"] = lambda _: Answer(body)
    with pytest.raises(InputError, match="Survey: the server answers with"):
        nomis.figures(client, url(portal), "Survey")


def test_figures_of_the_latest_date_are_kept_under_it(portal: StandIn, survey, client: Client, monkeypatch) -> None:
    row = services.Source(
        "inactivity", "latest", "", "figures", "nomis", url(portal), "", "", "", "Inactivity", "ONS", "OGL",
        services.UNTRIED,
    )  # fmt: skip
    monkeypatch.setattr(services, "sources", lambda: (row,))
    done = fetching.fetch("inactivity", client=client)
    assert (done.holding.reference, done.untried) == ("inactivity@2026-06", True)
    assert not fetching.fetch("inactivity", client=client).new
    survey["date"] = "2026-09"
    assert fetching.fetch("inactivity", again=True, client=client).holding.edition == "2026-09"
    assert len(holdings.holdings()) == 2
    kept = pd.read_parquet(holdings.sound(done.holding))
    assert kept["code"].tolist() == ["E1", "E2", "E3"]


FLOWS = [
    ("Lower tier local authorities code", "Lower tier local authorities label", "LTLA of workplace code",
     "LTLA of workplace label", "Place of work indicator (4 categories) code",
     "Place of work indicator (4 categories) label", "Count"),
    ("E06000001", "Hartlepool", "E06000001", "Hartlepool", "3", "Working in the UK", "20"),
    ("E06000001", "Hartlepool", "E06000002", "Middlesbrough", "3", "Working in the UK", "5"),
    ("E06000002", "Middlesbrough", "E06000002", "Middlesbrough", "1", "Mainly working at or from home", "7"),
]  # fmt: skip


def zipped(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def commuting(portal: StandIn, monkeypatch: pytest.MonkeyPatch) -> services.Source:
    portal.paths["/odwp01ew.zip"] = lambda _: Answer(zipped("odwp01ew/ODWP01EW_LTLA.csv", as_csv(FLOWS)))
    row = services.Source(
        "commuting", "2021", "", "flows", "nomis", f"{portal.address}/odwp01ew.zip#ODWP01EW_LTLA.csv", "", "", "3",
        "Commuting (Census 2021)", "ONS", "OGL", services.SEEN,
    )  # fmt: skip
    monkeypatch.setattr(services, "sources", lambda: (row,))
    return row


@pytest.mark.usefixtures("commuting")
def test_flows_are_kept_and_used_like_a_file_of_ones_own(client: Client) -> None:
    with pytest.raises(UnknownKeyError, match="Fetch it: geoplan fetch commuting@2021"):
        read_flows("commuting@2021")
    done = fetching.fetch("commuting", client=client)
    kept = pd.read_parquet(holdings.sound(done.holding))
    assert kept.columns[[0, 2, 6]].tolist() == ["origin", "destination", "workers"]
    assert kept["workers"].sum() == 32
    found = read_flows("commuting@2021")
    # Those who work at home are no commuters: the column that says so is kept.
    assert found.table["workers"].sum() == 25
    assert "commuting@2021" in found.source
    atlas = Atlas(flows="commuting@2021")
    assert atlas.flows.table["workers"].sum() == 25
    assert atlas.state("commuting@2021") == atlas.state("labour_market") != ()
    markets = atlas.layer("labour_market")
    assert markets.source.citation == "ONS, Commuting (Census 2021)"
    assert (markets.source.licence, markets.source.url) == ("OGL", done.holding.url)
    assert (markets.edition, markets.in_force_from) == ("computed from Census 2021, commuting@2021", "")
    assert markets.extent == "E"


@pytest.mark.usefixtures("commuting")
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"no zip", "gives no table of flows"),
        (zipped("other.csv", b"x"), "has no table ODWP01EW_LTLA.csv"),
        (zipped("ODWP01EW_LTLA.csv", b"from,to,n\n1,2,3\n"), "not those that are known. Columns found: from, to, n"),
        (zipped("ODWP01EW_LTLA.csv", as_csv([FLOWS[0], (*FLOWS[1][:6], "few")])), "'workers' holds no counts"),
        (zipped("ODWP01EW_LTLA.csv", as_csv(FLOWS[:3])), "has 2 rows where 3 are known"),
    ],
)
def test_flows_that_are_not_those_known_are_refused(portal: StandIn, client: Client, place, body, said) -> None:
    portal.paths["/odwp01ew.zip"] = lambda _: Answer(body)
    with pytest.raises(InputError, match=said):
        fetching.fetch("commuting", client=client)
    assert not place.exists()


@pytest.mark.usefixtures("commuting")
def test_flows_that_are_cut_are_asked_for_again(portal: StandIn, client: Client) -> None:
    portal.fault = lambda _, right: Answer(right.body, cut=10)
    with pytest.raises(NetworkError, match="cut off"):
        fetching.fetch("commuting", client=client)
    portal.fault = None
    assert fetching.fetch("commuting", client=client).new
