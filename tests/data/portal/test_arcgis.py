"""Layers of feature services: every row exactly once and as published, or a refusal."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely
from stand_in import EDITED, StandIn, changed, districts, nth

from geoplan.data.portal import arcgis
from geoplan.data.portal.client import Client
from geoplan.errors import InputError, NetworkError


def read(client: Client, url: str, *columns: str) -> arcgis.Fetched:
    return arcgis.read(client, arcgis.described(client, url), columns)


@pytest.mark.parametrize("count", [0, 1, 2, 5])
@pytest.mark.parametrize("page", [1, 2, 1000])
def test_every_row_comes_once_and_as_it_is(portal: StandIn, client: Client, count: int, page: int) -> None:
    frame = districts(count)
    found = read(client, portal.add("Districts", frame, page=page))
    assert found.frame.astype(object).equals(pd.DataFrame(frame.drop(columns="geometry")).astype(object))
    assert found.geometry is not None
    assert shapely.equals_exact(shapely.normalize(found.geometry), shapely.normalize(frame.geometry), 1e-9).all()
    assert len(found.pages) == -(-count // page)


def test_a_table_has_no_outlines(portal: StandIn, client: Client) -> None:
    table = pd.DataFrame({"LSOA21CD": ["E1", "E2", None], "n": [1, 2, 3]})
    found = read(client, portal.add("Lookup", table))
    assert found.geometry is None
    assert found.frame["LSOA21CD"].tolist() == ["E1", "E2", None]
    assert found.frame["n"].tolist() == [1, 2, 3]


def test_an_answer_that_the_server_cuts_is_asked_for_until_whole(portal: StandIn, client: Client) -> None:
    found = read(client, portal.add("Districts", districts(), most=2))
    assert found.frame["LAD24NM"].tolist() == [f"District {n}" for n in range(5)]
    assert sum("objectIds" in asked.query for asked in portal.log) == 3


def test_the_state_of_a_layer_is_told_by_its_last_edit_and_its_count(portal: StandIn, client: Client) -> None:
    told = arcgis.described(client, portal.add("Districts", districts()))
    assert told.version == "2023-11-14T22:13:20.000+00:00, 5 rows"
    assert arcgis.described(client, portal.add("Undated", districts(), edited=None)).version == ""


def test_a_run_that_was_cut_off_goes_on_where_it_stopped(portal: StandIn, client: Client) -> None:
    url = portal.add("Districts", districts(), page=2)
    portal.fault = nth(1, lambda _, right: right.__class__(status=403), having="objectIds")
    with pytest.raises(NetworkError, match="refuses access"):
        read(client, url)
    portal.fault, before = None, len(portal.log)
    found = read(client, url)
    asked = [one.query["objectIds"] for one in portal.log[before:] if "objectIds" in one.query]
    assert asked == ["3,4", "5"]
    assert len(found.frame) == 5
    arcgis.forget(found)
    read(client, url)
    assert sum("objectIds" in one.query for one in portal.log) == 2 + 2 + 3


def test_pages_of_another_state_are_not_used(portal: StandIn, client: Client) -> None:
    read(client, portal.add("Districts", districts(), page=2))
    newer = districts().assign(LAD24NM="Newer")
    found = read(client, portal.add("Districts", newer, page=2, edited=EDITED + 1))
    assert set(found.frame["LAD24NM"]) == {"Newer"}


def first_twice(told: dict) -> None:
    told["features"].append(told["features"][0])


def another(told: dict) -> None:
    told["features"][0]["attributes"]["FID"] = 77


def without_name(told: dict) -> None:
    del told["features"][-1]["attributes"]["LAD24NM"]


def without_id(told: dict) -> None:
    del told["features"][0]["attributes"]["FID"]


def no_features(told: dict) -> None:
    del told["features"]


def nothing(told: dict) -> None:
    told["features"] = []


def arcs(told: dict) -> None:
    told["features"][1]["geometry"] = {"curveRings": [[[0, 0], {"c": [[3, 3], [1, 4]]}]]}


def degrees(told: dict) -> None:
    told["spatialReference"] = {"wkid": 4326}


def words(told: dict) -> None:
    told["features"][0]["geometry"]["rings"][0][0] = ["west", "north"]


def text_for_number(told: dict) -> None:
    told["features"][0]["attributes"]["BNG_E"] = "many"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (first_twice, r"gives rows twice \(1 row: 1\)"),
        (another, r"rows that were not asked for \(1 row: 77\)"),
        (without_name, "rows lack columns that the service declares: 'LAD24NM'"),
        (without_id, "a row without 'FID'"),
        (no_features, "answers without rows"),
        (nothing, r"lists rows and does not give them \(5 rows: 1, 2, 3, ...\)"),
        (arcs, r"drawn with arcs.*\(1 row: 2\)"),
        (degrees, "gives coordinates in 4326"),
        (words, "no coordinates"),
        (text_for_number, "'BNG_E' holds what is no number"),
    ],
)
def test_answers_that_are_not_what_was_declared_are_refused(portal: StandIn, client: Client, change, said) -> None:
    url = portal.add("Districts", districts())
    portal.fault = changed(change)
    with pytest.raises(InputError, match=said) as refused:
        read(client, url)
    assert "Districts" in str(refused.value)


def test_a_count_that_is_not_that_of_the_rows_is_refused(portal: StandIn, client: Client) -> None:
    url = portal.add("Districts", districts())
    portal.fault = changed(lambda told: told.update(count=6), having="returnCountOnly")
    with pytest.raises(InputError, match="counts 6 rows and lists 5"):
        read(client, url)


def test_rows_that_are_listed_twice_are_refused(portal: StandIn, client: Client) -> None:
    url = portal.add("Districts", districts())
    portal.fault = changed(lambda told: told["objectIds"].append(1), having="returnIdsOnly")
    with pytest.raises(InputError, match=r"lists rows twice \(1 row: 1\)"):
        read(client, url)


def test_a_column_that_has_another_name_now_is_refused_with_the_nearest(portal: StandIn, client: Client) -> None:
    with pytest.raises(InputError, match=r"'LAD25CD' is missing. Did you mean LAD24CD\?"):
        read(client, portal.add("Districts", districts()), "LAD25CD")


def test_a_layer_that_changes_while_it_is_fetched_is_refused(portal: StandIn, client: Client) -> None:
    url = portal.add("Districts", districts(), page=2)

    def edit(_asked, right):
        portal.layers["Districts"].edited = EDITED + 1
        return right

    portal.fault = nth(2, edit, having="objectIds")
    with pytest.raises(InputError, match="was changed while it was fetched"):
        read(client, url)


def test_a_service_that_is_gone_names_those_like_it(portal: StandIn, client: Client) -> None:
    url = portal.add("Districts_May_2024_BGC", districts())
    portal.add("Wards", districts())
    with pytest.raises(NetworkError, match=r"no service Districts_May_2025_BGC. There are: Districts_May_2024_BGC"):
        read(client, url.replace("2024", "2025"))


def test_points_are_read_as_a_table_and_lines_are_refused(portal: StandIn, client: Client) -> None:
    url = portal.add("Roads", districts())
    portal.fault = changed(lambda told: told.update(geometryType="esriGeometryPolyline"), having="f")
    with pytest.raises(InputError, match="holds no polygons, but esriGeometryPolyline"):
        read(client, url)
    portal.fault = changed(
        lambda told: told.get("fields") and told.update(geometryType="esriGeometryPoint"), having="f"
    )
    assert read(client, url).geometry is None
