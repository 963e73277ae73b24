"""Collections of OGC API Features: every feature once and in EPSG:27700, or a refusal."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import pytest
import shapely
from stand_in import StandIn, answer, districts

from geoplan.data.kept import holdings
from geoplan.data.portal import fetching, ogc
from geoplan.data.portal.client import Client
from geoplan.errors import InputError, NetworkError


@pytest.fixture
def served(portal: StandIn) -> dict[str, Any]:
    """Serve districts in pages of two; what tests change stands in the dictionary."""
    facts: dict[str, Any] = {"crs": [ogc.GRID], "matched": 5, "page": lambda page: page}

    def items(asked) -> Any:
        frame = districts() if asked.query.get("crs") else districts().to_crs("OGC:CRS84")
        first = int(asked.query.get("offset", 0))
        features = [
            {"type": "Feature", "id": n, "properties": {"code": row["LAD24CD"], "name": row["LAD24NM"]},
             "geometry": json.loads(shapely.to_geojson(row["geometry"]))}
            for n, row in list(frame.iterrows())[first : first + 2]
        ]  # fmt: skip
        page = {"type": "FeatureCollection", "features": features, "numberMatched": facts["matched"], "links": []}
        if first + 2 < len(frame):
            page["links"] = [{"rel": "next", "href": f"items?f=json&offset={first + 2}"}]
        return answer(facts["page"](page))

    told = {"id": "wards", "title": "Wards of Ashby", "itemType": "feature"}
    portal.paths["/api/collections/wards"] = lambda _: answer({**told, "crs": facts["crs"]})
    portal.paths["/api/collections/wards/items"] = items
    return facts


def url(portal: StandIn) -> str:
    return f"{portal.address}/api/collections/wards"


@pytest.mark.parametrize("crs", [[ogc.GRID], [], [ogc.PLAIN]])
def test_every_feature_comes_once_and_on_the_grid(portal: StandIn, served, client: Client, crs: list[str]) -> None:
    served["crs"] = crs
    done = fetching.fetch_own(fetching.Own(url(portal), "own_wards", "2026"), client=client)
    assert (done.holding.reference, done.holding.title, done.holding.rows) == ("own_wards@2026", "Wards of Ashby", 5)
    kept = gpd.read_parquet(holdings.sound(done.holding))
    assert kept["name"].tolist() == [f"District {n}" for n in range(5)]
    apart = shapely.hausdorff_distance(kept.geometry.to_numpy(), districts().geometry.to_numpy())
    assert (apart < (1e-6 if crs == [ogc.GRID] else 0.05)).all()
    assert not fetching.fetch_own(fetching.Own(url(portal), "own_wards", "2026"), client=client).new


def circle(page: dict) -> dict:
    return {**page, "links": [{"rel": "next", "href": "items?f=json&offset=0"}]}


def elsewhere(page: dict) -> dict:
    return {**page, "links": [{"rel": "next", "href": "http://127.0.0.2/items"}]}


def twice(page: dict) -> dict:
    return {**page, "features": [{**feature, "id": 7} for feature in page["features"]]}


def hollow(page: dict) -> dict:
    return {"links": page["links"]}


def torn(page: dict) -> dict:
    page["features"][0]["geometry"] = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}
    return page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"matched": 6}, "counts 6 features and gives 5"),
        ({"page": circle}, "lead in a circle"),
        ({"page": elsewhere}, r"on another server, 127.0.0.2"),
        ({"page": twice}, "gives features twice"),
        ({"page": hollow}, "answers without features"),
        ({"page": torn}, "an outline cannot be read"),
    ],
)
def test_pages_that_do_not_add_up_are_refused(portal: StandIn, served, client: Client, place, change, said) -> None:
    served.update(change)
    with pytest.raises(InputError, match=said):
        fetching.fetch_own(fetching.Own(url(portal), "own_wards"), client=client)
    assert not place.exists()


@pytest.mark.usefixtures("served")
def test_what_is_no_collection_is_refused(portal: StandIn, client: Client) -> None:
    with pytest.raises(NetworkError, match="no such service"):
        ogc.collection(client, f"{portal.address}/api/collections/nothing")
    portal.paths["/api/collections/wards"] = lambda _: answer({"code": "NotFound", "description": "gone"})
    with pytest.raises(NetworkError, match=r"gone \(code NotFound\)"):
        ogc.collection(client, url(portal))
