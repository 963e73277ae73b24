"""Collections of OGC API Features: every feature once, in EPSG:27700, or a refusal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import numpy as np
import pandas as pd

from geoplan.data.portal.client import Client
from geoplan.data.portal.fetched import Fetched
from geoplan.data.readers.guards import MOST_ROWS, refuse_many
from geoplan.errors import InputError, refusal
from geoplan.progress import phase
from geoplan.schema import BRITISH_NATIONAL_GRID

__all__ = ["collection", "is_collection", "read"]

GRID = "http://www.opengis.net/def/crs/EPSG/0/27700"
PLAIN = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
"""Degrees, longitude first: what every such service gives where nothing else is asked for."""
LIMIT = 1000
MOST_PAGES = 20_000


def is_collection(url: str) -> bool:
    """Tell by an address whether it is a collection of OGC API Features."""
    return "/collections/" in urlsplit(url).path


def collection(client: Client, url: str) -> dict[str, Any]:
    """Ask what a collection is.

    Parameters
    ----------
    client
        Asks.
    url
        Its address: ``…/collections/NAME``.

    Returns
    -------
    dict
        What the server says of it.

    Raises
    ------
    NetworkError
        If there is no such collection, or no answer.
    InputError
        If it is no collection of features.
    """
    told = client.json(url, {"f": "json"}, fault=_fault)
    if told.get("itemType", "feature") != "feature" or "id" not in told:
        raise InputError(refusal(f"{url} is no collection of features", hint="Its address ends in /collections/NAME."))
    return told


def read(client: Client, url: str, told: Mapping[str, Any]) -> Fetched:
    """Read all features of a collection.

    Parameters
    ----------
    client
        Asks.
    url
        Its address.
    told
        From `collection`.

    Returns
    -------
    Fetched
        Every feature once, in the order given; geometry in EPSG:27700, reprojected where the server cannot give it.

    Raises
    ------
    NetworkError
        If the server does not answer.
    InputError
        If features are missing or come twice, as many as were matched did not come, a page leads to another server or
        back to one that was read, or an outline cannot be read.
    """
    title = str(told.get("title") or told["id"])
    offered = [str(each) for each in told.get("crs") or []]
    on_grid = GRID in offered
    asked = {"f": "json", "limit": str(LIMIT), **({"crs": GRID} if on_grid else {})}
    features = _features(client, f"{url}/items", asked, title)
    _refuse_twice(features, title)
    cells = pd.DataFrame([feature.get("properties") or {} for feature in features])
    if "id" not in cells and all(feature.get("id") is not None for feature in features):
        cells.insert(0, "id", [str(feature["id"]) for feature in features])
    for column in cells:
        if not pd.api.types.is_numeric_dtype(cells[column]):
            cells[column] = [cell if isinstance(cell, str | None) else json.dumps(cell) for cell in cells[column]]
    return Fetched(cells, _shapes(features, title, on_grid=on_grid))


def _features(client: Client, url: str, asked: Mapping[str, str], title: str) -> list[dict[str, Any]]:
    """Follow the links from page to page."""
    found: list[dict[str, Any]] = []
    matched: int | None = None
    seen: set[str] = set()
    question, at = dict(asked), url
    with phase(f"Fetching {title}") as step:
        while at:
            key = json.dumps([at, sorted(question.items())])
            if key in seen or len(seen) > MOST_PAGES:
                raise InputError(refusal(f"{title}: its pages lead in a circle"))
            seen.add(key)
            page = client.json(at, question, fault=_fault)
            features = page.get("features")
            if not isinstance(features, list):
                raise InputError(refusal(f"{title}: the server answers without features"))
            count = page.get("numberMatched")
            if isinstance(count, int):
                if matched is not None and count != matched:
                    raise InputError(refusal(f"{title} was changed while it was fetched", hint="Fetch it again."))
                matched = count
                refuse_many(title, "features", count, MOST_ROWS)
            found += features
            refuse_many(title, "features", len(found), MOST_ROWS)
            step()
            at, question = _next(at, page, title, asked)
    if matched is not None and matched != len(found):
        raise InputError(refusal(f"{title}: the server counts {matched:,} features and gives {len(found):,}"))
    return found


def _next(at: str, page: Mapping[str, Any], title: str, asked: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return address and question of the next page; an empty address where there is none."""
    links = [link for link in page.get("links") or [] if isinstance(link, Mapping) and link.get("rel") == "next"]
    if not links:
        return "", {}
    where = urlsplit(urljoin(at, str(links[0].get("href") or "")))
    here = urlsplit(at)
    if (where.scheme, where.netloc) != (here.scheme, here.netloc):
        raise InputError(refusal(f"{title}: the next page is said to be on another server, {where.hostname}"))
    kept = {"crs": asked["crs"]} if "crs" in asked else {}
    return where._replace(query="", fragment="").geturl(), {**kept, **dict(parse_qsl(where.query))}


def _refuse_twice(features: Sequence[Mapping[str, Any]], title: str) -> None:
    ids = [str(feature["id"]) for feature in features if feature.get("id") is not None]
    if len(set(ids)) < len(ids):
        twice = pd.Series(ids)
        raise InputError(refusal(f"{title}: the server gives features twice", codes=twice[twice.duplicated()]))


def _shapes(features: Sequence[Mapping[str, Any]], title: str, *, on_grid: bool) -> np.ndarray:
    import geopandas as gpd
    import shapely

    texts = [json.dumps(feature["geometry"]) if feature.get("geometry") else None for feature in features]
    try:
        shapes = shapely.from_geojson(np.array(texts, dtype=object))
    except shapely.errors.GEOSException as error:
        raise InputError(refusal(f"{title}: an outline cannot be read")) from error
    if on_grid:
        return np.asarray(shapes)
    return gpd.GeoSeries(shapes, crs="OGC:CRS84").to_crs(BRITISH_NATIONAL_GRID).to_numpy()


def _fault(answer: Mapping[str, Any]) -> str:
    """Read the error out of an answer that comes with status 200."""
    if "code" in answer and "description" in answer and "features" not in answer and "id" not in answer:
        return f"{answer['description']} (code {answer['code']})"[:200]
    return ""
