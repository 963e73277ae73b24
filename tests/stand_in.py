"""A server on loopback that stands in for those of official data, and fails as they do when a test asks for it."""

from __future__ import annotations

import io
import json
import ssl
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.data.portal.client import Patience

ROOT = "/arcgis/rest/services"
QUICK = Patience(
    connect_s=20, read_s=20, whole_s=20, tries=2, backoff_s=0.001, longest_backoff_s=0.01, between_s=0, most_bytes=10**8
)
"""Patience for tests: no wait that anybody would notice."""
EDITED = 1_700_000_000_000
DIRECTORY = "pcd7,pcds,dointr,doterm,east1m,north1m,lad25cd,lsoa21cd,icb23cd,gridind"


@dataclass
class Answer:
    """What is sent: ``cut`` bytes of the body only where given; with waits before and after its head, between bytes."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    late_s: float = 0.0
    wait_s: float = 0.0
    drip_s: float = 0.0


def answer(told: Any, **facts: Any) -> Answer:
    """Return JSON as an answer."""
    return Answer(json.dumps(told).encode(), **facts)


@dataclass
class Asked:
    """One question: path, parameters, how many there were of this path before, and its headers."""

    path: str
    query: dict[str, str]
    before: int
    headers: Mapping[str, str] = field(default_factory=dict)


Fault = Callable[[Asked, Answer], Answer]
"""Puts another answer in the place of the right one, or changes it."""


def nth(number: int, fault: Fault, *, having: str = "") -> Fault:
    """Return a fault of the n-th answer only, counted from 0, of questions with a parameter."""
    count = 0

    def only(asked: Asked, right: Answer) -> Answer:
        nonlocal count
        if having and having not in asked.query:
            return right
        count += 1
        return fault(asked, right) if count - 1 == number else right

    return only


def changed(change: Callable[[Any], None], *, having: str = "objectIds") -> Fault:
    """Return a fault that changes the JSON of answers to questions with a parameter."""

    def fault(asked: Asked, right: Answer) -> Answer:
        if having in asked.query:
            told = json.loads(right.body)
            change(told)
            right.body = json.dumps(told).encode()
        return right

    return fault


class StandIn:
    """Services by name, a fault, and a log of what was asked."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.layers: dict[str, ArcLayer] = {}
        self.paths: dict[str, Callable[[Asked], Answer]] = {}
        self.fault: Fault | None = None
        self.log: list[Asked] = []

    def add(self, name: str, frame: pd.DataFrame, **facts: Any) -> str:
        """Serve a frame as a layer, and return its address."""
        self.layers[name] = ArcLayer(frame, **facts)
        return f"{self.address}{ROOT}/{name}/FeatureServer/0"

    def add_item(self, number: int, body: bytes, *, title: str = "", modified: int = EDITED, etag: str = '"a"') -> str:
        """Serve bytes as the content of an item, which can be had in parts, and return its address."""
        about = f"/sharing/rest/content/items/{number:032x}"
        told = {"title": title, "modified": modified, "size": len(body)}
        self.paths[about] = lambda _: answer(told)
        self.paths[f"{about}/data"] = lambda asked: _part(asked, body, etag)
        return f"{self.address}{about}/data"

    def respond(self, path: str, query: dict[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Return the answer to a question, right or at fault."""
        asked = Asked(path, query, sum(one.path == path for one in self.log), headers or {})
        self.log.append(asked)
        right = self._right(asked)
        return self.fault(asked, right) if self.fault else right

    def _right(self, asked: Asked) -> Answer:
        if asked.path in self.paths:
            return self.paths[asked.path](asked)
        if asked.path == ROOT:
            return answer({"services": [{"name": name, "type": "FeatureServer"} for name in self.layers]})
        name, _, rest = asked.path.removeprefix(f"{ROOT}/").partition("/FeatureServer/0")
        if name not in self.layers or rest not in {"", "/query"}:
            return answer({"error": {"code": 404, "message": "no such service"}}, status=404)
        layer = self.layers[name]
        return answer(layer.rows(asked.query) if rest else layer.told(name))


@dataclass
class ArcLayer:
    """A frame as an ArcGIS feature service gives it."""

    frame: pd.DataFrame
    page: int = 1000
    edited: int | None = EDITED
    most: int | None = None
    crs: int = 27700
    copyright: str = ""

    @property
    def is_drawn(self) -> bool:
        return isinstance(self.frame, gpd.GeoDataFrame)

    def told(self, name: str) -> dict[str, Any]:
        columns = [column for column in self.frame if column != "geometry"]
        told: dict[str, Any] = {
            "name": name,
            "type": "Feature Layer" if self.is_drawn else "Table",
            "capabilities": "Query",
            "maxRecordCount": self.page,
            "objectIdField": "FID",
            "fields": [{"name": "FID", "type": "esriFieldTypeOID"}, *map(self._field, columns)],
            "copyrightText": self.copyright,
        }
        if self.is_drawn:
            told["geometryType"] = "esriGeometryPolygon"
        if self.edited:
            told["editingInfo"] = {"lastEditDate": self.edited}
        return told

    def _field(self, column: str) -> dict[str, Any]:
        kind = self.frame[column].dtype
        if pd.api.types.is_integer_dtype(kind):
            return {"name": column, "type": "esriFieldTypeInteger"}
        number = pd.api.types.is_float_dtype(kind)
        return {"name": column, "type": "esriFieldTypeDouble" if number else "esriFieldTypeString", "length": 9}

    def rows(self, query: Mapping[str, str]) -> dict[str, Any]:
        ids = range(1, len(self.frame) + 1)
        if query.get("returnCountOnly") == "true":
            return {"count": len(ids)}
        if query.get("returnIdsOnly") == "true":
            return {"objectIdFieldName": "FID", "objectIds": list(reversed(ids))}
        wanted = [int(each) for each in query["objectIds"].split(",")]
        given = wanted[: self.most]
        told = {"objectIdFieldName": "FID", "features": [self._feature(each, query) for each in given]}
        if self.is_drawn:
            told |= {"geometryType": "esriGeometryPolygon", "spatialReference": {"wkid": self.crs}}
        return told | ({"exceededTransferLimit": True} if len(given) < len(wanted) else {})

    def _feature(self, fid: int, query: Mapping[str, str]) -> dict[str, Any]:
        row = self.frame.iloc[fid - 1]
        cells = {name: None if pd.isna(row[name]) else row[name] for name in self.frame if name != "geometry"}
        cells = {name: cell.item() if hasattr(cell, "item") else cell for name, cell in cells.items()}
        feature: dict[str, Any] = {"attributes": {"FID": fid, **cells}}
        if query.get("returnGeometry") == "true":
            feature["geometry"] = {"rings": rings_of(row["geometry"])}
        return feature


def rings_of(shape: shapely.Geometry) -> list[list[list[float]]]:
    """Return rings as ArcGIS has them: outer ones clockwise, holes the other way."""
    rings = []
    for part in map(shapely.geometry.polygon.orient, shapely.get_parts(shape)):
        rings += [[list(point) for point in reversed(ring.coords)] for ring in (part.exterior, *part.interiors)]
    return rings


@contextmanager
def serving(certificate: ssl.SSLContext | None = None) -> Iterator[StandIn]:
    """Run a stand-in while a test needs it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(urlsplit(self.path).query)

        def do_POST(self) -> None:
            self._reply(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _reply(self, query: str) -> None:
            given = stand_in.respond(urlsplit(self.path).path, dict(parse_qsl(query)), dict(self.headers))
            stopping.wait(given.late_s)
            self.send_response(given.status)
            length = {"Content-Length": str(len(given.body))} if "Content-Length" not in given.headers else {}
            for name, value in {"Content-Type": "application/json", **length, **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.flush()
            stopping.wait(given.wait_s)
            try:
                for piece in _pieces(given):
                    self.wfile.write(piece)
                    self.wfile.flush()
                    stopping.wait(given.drip_s)
            except OSError:
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Clients that go away are what some tests are about."""

    stopping = threading.Event()
    with Server(("127.0.0.1", 0), Handler) as server:
        if certificate:
            # Hands are shaken by the thread that answers, which closes the connection where that fails.
            server.socket = certificate.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https" if certificate else "http"
        stand_in = StandIn(f"{scheme}://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stand_in
        finally:
            stopping.set()
            server.shutdown()
            thread.join()


def _part(asked: Asked, body: bytes, etag: str) -> Answer:
    """Return a file, or the rest of it where that is of the same state."""
    start = asked.headers.get("Range", "")
    told = {"ETag": etag, "Content-Type": "application/zip"}
    if not start or asked.headers.get("If-Range") != etag:
        return Answer(body, headers=told)
    begin = int(start.removeprefix("bytes=").rstrip("-"))
    if begin >= len(body):
        return Answer(b"", status=416)
    told["Content-Range"] = f"bytes {begin}-{len(body) - 1}/{len(body)}"
    return Answer(body[begin:], status=206, headers=told)


def zipped(members: Mapping[str, str]) -> bytes:
    """Return texts by their names as a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


def directory(rows: Sequence[tuple[str, ...]], heading: str = DIRECTORY) -> str:
    """Return a postcode directory as published, of rows of what geoplan keeps and columns that it does not."""
    lines = [",".join(f'"{cell}"' for cell in ("", *row, "1")) for row in rows]
    return "\n".join([heading, *lines, ""])


def _pieces(given: Answer) -> list[bytes]:
    body = given.body[: given.cut]
    return [body[at : at + 1] for at in range(len(body))] if given.drip_s else [body]


def districts(count: int = 5) -> gpd.GeoDataFrame:
    """Return squares of 1 km in a row, the first with a hole, the second in two parts."""
    east, north = 400_000, 300_000
    shapes = [shapely.box(east + 1000 * n, north, east + 1000 * (n + 1), north + 1000) for n in range(count)]
    if count > 1:
        shapes[0] = shapes[0].difference(shapely.box(east + 100, north + 100, east + 200, north + 200))
        far = shapely.box(east + 1000, north + 2000, east + 2000, north + 2500)
        shapes[1] = shapely.MultiPolygon([shapes[1], far])
    return gpd.GeoDataFrame(
        {
            "LAD24CD": [f"E0700{n:04}" for n in range(count)],
            "LAD24NM": [f"District {n}" for n in range(count)],
            "BNG_E": [east + n for n in range(count)],
            "LAT": [52.5 + n / 10 for n in range(count)],
        },
        geometry=shapes,
        crs="EPSG:27700",
    )
