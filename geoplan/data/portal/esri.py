"""Answers of ArcGIS taken apart: features checked, outlines made of rings by GDAL."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np

from geoplan.errors import InputError, refusal

__all__ = ["features_of", "geometry_of", "refuse_unlike"]

GRID = (27700,)
"""What ArcGIS calls the British National Grid."""
CURVES = ("curveRings", "curvePaths")


def features_of(where: str, answer: Mapping[str, Any], id_field: str, *, drawn: bool) -> list[dict[str, Any]]:
    """Return the features of an answer.

    Parameters
    ----------
    where
        What is read, for messages.
    answer
        As the server gives it, ``f=json``.
    id_field
        Column by which rows are told apart.
    drawn
        Whether they must have outlines.

    Returns
    -------
    list of dict
        ``attributes``, and ``geometry`` where they are drawn.

    Raises
    ------
    InputError
        If it is no answer of that kind, its coordinates are in another system, or outlines hold arcs.
    """
    features = answer.get("features")
    if not isinstance(features, list):
        raise InputError(refusal(f"{where}: the server answers without rows"))
    for feature in features:
        attributes = feature.get("attributes") if isinstance(feature, Mapping) else None
        if not isinstance(attributes, Mapping) or not isinstance(attributes.get(id_field), int):
            raise InputError(refusal(f"{where}: the server gives a row without {id_field!r}"))
    if drawn:
        _refuse_other_grid(where, answer)
        _refuse_arcs(where, features, id_field)
    return features


def _refuse_other_grid(where: str, answer: Mapping[str, Any]) -> None:
    told = answer.get("spatialReference") or {}
    if answer["features"] and not {told.get("wkid"), told.get("latestWkid")} & set(GRID):
        said = told.get("latestWkid") or told.get("wkid") or "none"
        raise InputError(refusal(f"{where}: asked for in EPSG:27700, the server gives coordinates in {said}"))


def _refuse_arcs(where: str, features: Sequence[Mapping[str, Any]], id_field: str) -> None:
    curved = [
        feature["attributes"][id_field] for feature in features if set(feature.get("geometry") or {}) & set(CURVES)
    ]
    if curved:
        message = refusal(
            f"{where}: outlines are drawn with arcs, which the server does not turn into lines",
            codes=curved,
            hint="Ask its owner for an export as GeoPackage.",
        )
        raise InputError(message)


def refuse_unlike(where: str, features: Sequence[Mapping[str, Any]], declared: AbstractSet[str]) -> None:
    """Refuse rows whose columns are not those that the service declares.

    Parameters
    ----------
    where
        What is read, for messages.
    features
        From `features_of`.
    declared
        Names of columns.

    Raises
    ------
    InputError
        Naming the columns.
    """
    for feature in features:
        if missing := sorted(declared - set(feature["attributes"])):
            said = ", ".join(map(repr, missing))
            raise InputError(refusal(f"{where}: rows lack columns that the service declares: {said}"))


def geometry_of(where: str, features: Sequence[Mapping[str, Any]]) -> np.ndarray:
    """Make polygons of rings.

    Parameters
    ----------
    where
        What is read, for messages.
    features
        From `features_of`, with ``rings`` in EPSG:27700.

    Returns
    -------
    numpy.ndarray
        One shapely geometry a feature; None where it has none.

    Raises
    ------
    InputError
        If rings are no lists of coordinates.
    """
    import pyogrio

    # Nothing goes to GDAL but rings: what else an answer says, it might take for something to be done.
    plain = {
        "geometryType": "esriGeometryPolygon",
        "spatialReference": {"wkid": GRID[0]},
        "fields": [{"name": "at", "type": "esriFieldTypeInteger"}],
        "features": [
            {"attributes": {"at": at}, "geometry": {"rings": _rings(where, feature)}}
            for at, feature in enumerate(features)
        ],
    }
    shapes = np.full(len(features), None, dtype=object)
    if features:
        with warnings.catch_warnings():
            # Of outlines of more than a hundred parts GDAL says that they may take long.
            warnings.simplefilter("ignore")
            frame = pyogrio.read_dataframe(json.dumps(plain).encode())
        shapes[frame["at"].to_numpy()] = frame.geometry.to_numpy()
    return shapes


def _rings(where: str, feature: Mapping[str, Any]) -> list[list[list[float]]]:
    rings = (feature.get("geometry") or {}).get("rings") or []
    try:
        return [[[float(point[0]), float(point[1])] for point in ring] for ring in rings]
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise InputError(refusal(f"{where}: an outline holds what are no coordinates")) from error
