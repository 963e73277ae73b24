"""What a fetch keeps: whole and with a manifest, or nothing; and what it asks of a server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from stand_in import EDITED, QUICK, StandIn, answer, changed, districts

import geoplan
from geoplan.commuting.atlas import Atlas
from geoplan.data.kept import holdings
from geoplan.data.portal import client as portal_client
from geoplan.data.portal import fetching, services
from geoplan.data.portal.client import Client, offline
from geoplan.errors import ConfigurationError, InputError, NetworkError, NoServiceError, UnknownKeyError
from geoplan.output.text.kept.holding_lines import outcome_text
from geoplan.schema import layer_wording

SHIPPED = services.sources


@pytest.fixture(autouse=True)
def table(portal: StandIn, monkeypatch: pytest.MonkeyPatch) -> dict[str, services.Source]:
    """Put services of the stand-in in the place of those of the portal."""
    url = portal.add("Districts", districts())
    portal.add("Lookup", pd.DataFrame({"LSOA21CD": ["E01000001", "E01000002"], "ICB24CD": ["E1", "E2"]}))

    def source(key: str, edition: str, resolution: str, service: str, kind: str, rows: str, **facts: str):
        name = {"boundaries": ("LAD24CD", "LAD24NM")}.get(kind, ("LSOA21CD", ""))
        address = url.replace("Districts", service)
        said = {"confidence": services.SEEN, **facts}
        return services.Source(
            key, edition, resolution, kind, "arcgis", address, *name, rows, f"{service} ({edition})", "ONS",
            "Open Government Licence v3.0", **said,
        )  # fmt: skip

    rows = {
        "new": source("lad", "2024-12", "BGC", "Districts", "boundaries", "5"),
        "old": source("lad", "2023-12", "BUC", "Districts", "boundaries", ""),
        "guessed": source("lad", "2024-12", "BFC", "Gone", "boundaries", "", confidence=services.UNTRIED),
        "ward": source("ward", "2024", "BGC", "Districts", "boundaries", ""),
        "lookup": source("lsoa_to_icb", "2024-04", "", "Lookup", "lookup", "2"),
    }
    monkeypatch.setattr(services, "sources", lambda: tuple(rows.values()))
    return rows


def files(place: Path) -> list[str]:
    return sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file())


def test_outlines_are_kept_as_published_beside_a_manifest(table, client: Client, place: Path) -> None:
    done = fetching.fetch("lad", client=client)
    assert done.new
    one = done.holding
    assert (one.reference, one.rows, one.source) == ("lad@2024-12:BGC", 5, "ONS")
    assert one.url == table["new"].url
    assert one.version.endswith("5 rows")
    assert files(place) == ["boundaries/lad/2024-12-BGC.parquet", "boundaries/lad/2024-12-BGC.parquet.json"]
    kept = gpd.read_parquet(holdings.sound(one))
    assert list(kept) == ["code", "name", "BNG_E", "LAT", "geometry"]
    assert kept.crs == "EPSG:27700"
    assert shapely.equals_exact(shapely.normalize(kept.geometry), shapely.normalize(districts().geometry), 1e-9).all()


def test_a_second_fetch_asks_nobody_and_with_again_only_whether_it_changed(portal, client: Client) -> None:
    fetching.fetch("lad", client=client)
    before = len(portal.log)
    second = fetching.fetch("lad", client=client)
    assert (second.new, second.questions, len(portal.log)) == (False, 0, before)
    third = fetching.fetch("lad", again=True, client=client)
    assert (third.new, third.questions) == (False, 2)
    portal.layers["Districts"].edited = EDITED + 1000
    fourth = fetching.fetch("lad", again=True, client=client)
    assert fourth.new
    assert fourth.holding.version != third.holding.version


def test_what_was_damaged_is_fetched_again(client: Client) -> None:
    one = fetching.fetch("lad", client=client).holding
    holdings.path_of(one).write_bytes(b"PAR1 and no more")
    assert fetching.fetch("lad", client=client).new
    assert len(gpd.read_parquet(holdings.sound(one))) == 5


def test_a_damaged_manifest_stops_no_other_fetch_and_is_made_anew_by_its_own(client: Client) -> None:
    one = fetching.fetch("lad", client=client).holding
    manifest = holdings.path_of(one).with_name(f"{holdings.path_of(one).name}.json")
    manifest.write_text("{")
    assert fetching.fetch("lad@2023-12", client=client).new
    assert fetching.fetch("lad", client=client).new
    assert holdings.damaged() == []


def test_the_cache_is_empty_once_a_fetch_is_kept(client: Client, tmp_path: Path) -> None:
    fetching.fetch("lad", client=client)
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        (changed(lambda told: told["features"].pop()), InputError, "lists rows and does not give them"),
        (changed(lambda told: told["features"][0]["attributes"].update(LAD24CD=None)), InputError, "codes are missing"),
        (changed(lambda told: told["features"][0]["attributes"].update(LAD24CD="E07000001")), InputError, "repeated"),
        (changed(lambda told: told["features"][0].pop("geometry")), InputError, "1 row"),
        (changed(lambda told: told["fields"].pop(1), having="f"), InputError, "'LAD24CD' is missing"),
        (lambda _, right: right.__class__(status=500), NetworkError, "busy or out of order"),
    ],
)
def test_nothing_is_kept_of_a_fetch_that_fails(portal, client: Client, place: Path, fault, error, said) -> None:
    def only_descriptions(asked, right):
        return fault(asked, right) if not asked.path.endswith("query") or "objectIds" in asked.query else right

    portal.fault = only_descriptions
    with pytest.raises(error, match=said):
        fetching.fetch("lad", client=client)
    assert files(place) == []


def test_what_is_held_stays_where_a_newer_one_fails(portal, client: Client) -> None:
    one = fetching.fetch("lad", client=client).holding
    portal.layers["Districts"].edited = EDITED + 1000
    portal.fault = changed(lambda told: told["features"][0]["attributes"].update(LAD24CD=None))
    with pytest.raises(InputError):
        fetching.fetch("lad", again=True, client=client)
    assert holdings.holdings() == [one]
    assert holdings.sound(one)


def test_a_number_of_rows_that_is_not_the_known_one_is_refused(portal, client: Client) -> None:
    portal.add("Districts", districts(4))
    with pytest.raises(InputError, match="has 4 rows where 5 are known"):
        fetching.fetch("lad", client=client)


def test_where_the_usual_drawing_is_gone_the_next_is_fetched_and_said(table, portal, client: Client) -> None:
    table["guessed"] = replace(table["guessed"], url=table["new"].url)
    table["new"] = replace(table["new"], url=table["new"].url.replace("Districts", "Gone"))
    done = fetching.fetch("lad", client=client)
    assert (done.holding.reference, done.gone) == ("lad@2024-12:BFC", ("BGC",))
    assert "does not have it at BGC: BFC was fetched instead." in outcome_text(done)
    before = len(portal.log)
    again = fetching.fetch("lad", client=client)
    assert (again.holding, again.new, len(portal.log)) == (done.holding, False, before)
    with pytest.raises(NoServiceError, match=r"Gone\. Try geoplan fetch lad@2024-12:BFC or lad@2023-12\."):
        fetching.fetch("lad", resolution="BGC", client=client)


def test_where_no_drawing_is_there_other_editions_are_named(table, client: Client, place: Path) -> None:
    table["new"] = replace(table["new"], url=table["new"].url.replace("Districts", "Gone"))
    with pytest.raises(NoServiceError, match=r"Try geoplan fetch lad@2023-12\."):
        fetching.fetch("lad", client=client)
    assert files(place) == []


@pytest.mark.parametrize("told", [{"code": 400, "message": "Invalid URL"}, {"code": 404, "message": "not found"}])
def test_that_a_layer_is_gone_is_understood_with_status_200(table, portal, client: Client, told) -> None:
    table["guessed"] = replace(table["guessed"], url=table["new"].url.replace("Districts", "Lookup"))
    portal.fault = lambda asked, right: answer({"error": told}) if "Districts" in asked.path else right
    with pytest.raises(InputError, match="LAD24CD"):
        fetching.fetch("lad", client=client)


def test_references_editions_and_resolutions_choose(client: Client) -> None:
    assert fetching.fetch("lad@2023-12:BUC", client=client).holding.edition == "2023-12"
    assert fetching.fetch("lad", edition="2023", client=client).holding.edition == "2023-12"
    with pytest.raises(ConfigurationError, match="Known editions: 2024-12 and 2023-12"):
        fetching.fetch("lad@2020", client=client)
    with pytest.raises(ConfigurationError, match="Known: BGC and BFC"):
        fetching.fetch("lad", resolution="BSC", client=client)
    with pytest.raises(ConfigurationError, match="has no outlines"):
        fetching.fetch("lsoa_to_icb", resolution="BSC", client=client)
    with pytest.raises(ConfigurationError, match="contradict"):
        fetching.fetch("lad@2024-12", edition="2023-12", client=client)
    with pytest.raises(UnknownKeyError, match=r"Did you mean ward\?"):
        fetching.fetch("wards", client=client)


def test_offline_refuses_what_is_not_held_and_gives_what_is(portal, client: Client, monkeypatch) -> None:
    fetching.fetch("lad", client=client)
    before = len(portal.log)
    with offline():
        assert not fetching.fetch("lad", client=client).new
        with pytest.raises(NetworkError, match="the network is not to be used"):
            fetching.fetch("ward", client=client)
    monkeypatch.setenv("GEOPLAN_OFFLINE", "1")
    with pytest.raises(NetworkError, match="GEOPLAN_OFFLINE"):
        fetching.fetch("lad", again=True, client=client)
    assert len(portal.log) == before


def test_a_service_of_ones_own_is_kept_under_ones_own_name(portal: StandIn, client: Client) -> None:
    frame = districts().rename(columns={"LAD24CD": "ref", "LAD24NM": "title"})
    url = portal.add("Neighbourhoods", frame, copyright="Barnsley Council")
    own = fetching.Own(url, "neighbourhoods", code="ref", name="title")
    one = fetching.fetch_own(own, client=client).holding
    assert (one.reference, one.licence) == ("neighbourhoods@2023-11-14", "Barnsley Council")
    assert not fetching.fetch_own(own, client=client).new
    layer = Atlas().layer("neighbourhoods")
    assert layer.areas["name"].tolist() == [f"District {n}" for n in range(5)]
    assert fetching.fetch_own(own, again=True, client=client).new
    with pytest.raises(ConfigurationError, match="no name to keep data under"):
        fetching.fetch_own(fetching.Own(url, "../away"), client=client)


def test_what_is_held_opens_as_a_layer_with_the_words_of_its_manifest(table, client: Client) -> None:
    fetching.fetch("lad", client=client)
    atlas = Atlas()
    layer = atlas.layer("lad@2024-12")
    assert layer is atlas.layer("lad@2024-12")
    assert (layer.key, layer.title, layer.edition) == ("lad@2024-12", "Districts (2024-12)", "December 2024")
    assert layer.resolution == "generalised 20 m (BGC)"
    assert layer.source.citation == "ONS, Districts (2024-12)"
    assert layer.source.licence == "Open Government Licence v3.0"
    assert layer.source.url == table["new"].url
    assert layer.parts is None
    assert atlas.layer("lad").parts is not None
    with pytest.raises(UnknownKeyError, match=r"Held: lad@2024-12:BGC. Fetch it: geoplan fetch lad@2022-12"):
        atlas.layer("lad@2022-12")
    with pytest.raises(UnknownKeyError, match="not a layer of the catalogue"):
        atlas.layer("ward")
    fetching.fetch("ward", client=client)
    assert Atlas().layer("ward").edition == "2024"


def test_a_held_lookup_opens_as_a_layer_by_its_column(client: Client, portal: StandIn) -> None:
    codes = ["E01000001", "E01000002", "E01000003"]
    frame = pd.DataFrame(
        {"LSOA21CD": codes, "ICB24CD": ["E54000027", "E54000027", "E54000028"], "LAD24CD": "E09000001"}
    )
    url = portal.add("Small", frame)
    fetching.fetch_own(fetching.Own(url, "small_to_icb", "2024-04"), client=client)
    layer = Atlas().layer("small_to_icb@2024-04#ICB24CD")
    assert layer.areas.index.tolist() == ["E54000027", "E54000028"]
    assert (layer.edition, layer.title, layer_wording.status(layer, "2026-04-01")) == ("April 2024", "Small", "fetched")
    assert layer.blocks is not None
    assert len(layer.blocks) == 3


def test_a_layer_is_read_again_when_its_file_was_fetched_again(portal, client: Client) -> None:
    fetching.fetch("lad", client=client)
    atlas = Atlas()
    atlas.layer("lad@2024-12")
    portal.add("Districts", districts().assign(LAD24NM=[f"Renamed {n}" for n in range(5)]), edited=EDITED + 5000)
    fetching.fetch("lad", again=True, client=client)
    assert atlas.layer("lad@2024-12").areas["name"].iloc[0] == "Renamed 0"


def test_analysts_fetch_and_list_in_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal_client, "PATIENCE", QUICK)
    assert geoplan.held().empty
    done = geoplan.fetch("lad", "lsoa_to_icb", resolution="")
    assert done.index.tolist() == ["lad@2024-12:BGC", "lsoa_to_icb@2024-04"]
    assert done["new"].tolist() == [True, True]
    assert geoplan.held(key="lad")["rows"].tolist() == [5]
    assert not geoplan.fetch("lad", offline=True)["new"].any()
    assert geoplan.layer("lad@2024-12").table["name"].iloc[0] == "District 0"
    for wrong in ((), ("lad",)):
        with pytest.raises(ConfigurationError, match="or one service under a key"):
            geoplan.fetch(*wrong, service="" if not wrong else "https://example.org")


def test_real_districts_come_through_as_they_are(portal: StandIn, client: Client, shared_data: Path) -> None:
    official = gpd.read_parquet(shared_data / "lad_2024_bsc.parquet")[["code", "name", "geometry"]]
    official = official[official["code"].isin(["S12000013", "S12000017", "E07000085", "N09000011", "E06000001"])]
    url = portal.add("Real", official.rename(columns={"code": "LAD24CD", "name": "LAD24NM"}), page=2)
    one = fetching.fetch_own(fetching.Own(url, "real", "2024-05"), client=client).holding
    kept = gpd.read_parquet(holdings.sound(one))
    assert kept["code"].tolist() == official["code"].tolist()
    # Some rings of it touch or cross themselves, which is kept: whoever opens it is told.
    apart = shapely.area(kept.geometry.to_numpy()) - shapely.area(official.geometry.to_numpy())
    assert abs(apart).max() < 1e4
    assert any(note.rule == "GP101" for note in Atlas().layer("real").notes)


@pytest.mark.slow
def test_the_real_services_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opt-in: asks the portal of ONS for its smallest layer, and Nomis for one table."""
    monkeypatch.setattr(services, "sources", SHIPPED)
    try:
        done = fetching.fetch("lhb@2022-04")
    except NetworkError as error:
        pytest.skip(str(error))
    assert done.holding.rows == 7
    assert fetching.fetch("population@2024").holding.rows > 300
