"""Layers and tables of ArcGIS feature services: every row exactly once, in EPSG:27700, or a refusal."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from geoplan.data import cache
from geoplan.data.portal.client import Client
from geoplan.data.portal.esri import features_of, geometry_of, refuse_unlike
from geoplan.data.portal.fetched import Fetched, frame_of
from geoplan.data.readers.guards import MOST_ROWS, refuse_many
from geoplan.errors import InputError, NetworkError, NoServiceError, refusal
from geoplan.progress import phase

__all__ = ["Service", "described", "fault", "forget", "read", "when"]

POLYGONS = "esriGeometryPolygon"
MOST_PER_PAGE = 2000
"""Rows asked for at once where the server allows more: answers stay of a size that is soon asked for again."""
BUSY_CODES = (429, 498, 499, 500, 502, 503, 504)
"""Codes inside an error that comes with status 200, after which it is worth asking again."""
CACHED = "portal"
MOST_NAMED = 4
MEASURED = ("shape__", "shape.", "shape_")
"""How columns begin that the server works out from outlines."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Service:
    """A layer of a feature service as it describes itself.

    Parameters
    ----------
    url
        Address of the layer: ``…/FeatureServer/0``.
    told
        What the server says of it.
    count
        How many rows it says there are.
    """

    url: str
    told: Mapping[str, Any]
    count: int

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self.told.get("name") or self.url)

    @property
    def is_drawn(self) -> bool:
        """Whether its rows are polygons; a table has none."""
        return self.told.get("geometryType") == POLYGONS

    @property
    def edited(self) -> str:
        """When it was last edited, ISO 8601; empty where the server does not say."""
        info = self.told.get("editingInfo") or {}
        return when(info.get("dataLastEditDate") or info.get("lastEditDate"))

    @property
    def version(self) -> str:
        """What tells this state from others; empty where that cannot be told."""
        return f"{self.edited}, {self.count} rows" if self.edited else ""

    @cached_property
    def fields(self) -> dict[str, str]:
        """Columns and their types, those of the geometry left out."""
        listed = self.told.get("fields") or []
        return {str(field["name"]): str(field.get("type")) for field in listed if _is_cell(field)}

    @property
    def id_field(self) -> str:
        """The column by which the server tells rows apart."""
        named = self.told.get("objectIdField")
        by_type = [name for name, kind in self.fields.items() if kind == "esriFieldTypeOID"]
        found = named if named in self.fields else next(iter(by_type), "")
        if not found:
            raise InputError(refusal(f"{self.title}: the server names no column that tells rows apart"))
        return str(found)

    @property
    def page_rows(self) -> int:
        """How many rows are asked for at once."""
        most = self.told.get("maxRecordCount")
        return min(most, MOST_PER_PAGE) if isinstance(most, int) and most > 0 else 1000


def when(milliseconds: Any) -> str:
    """Return a time of ArcGIS in ISO 8601; empty where it is none."""
    if not isinstance(milliseconds, (int, float)):
        return ""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).isoformat(timespec="milliseconds")


def _is_cell(field: Mapping[str, Any]) -> bool:
    return isinstance(field, Mapping) and "name" in field and field.get("type") != "esriFieldTypeGeometry"


def described(client: Client, url: str) -> Service:
    """Ask what a layer is, and how many rows it has.

    Parameters
    ----------
    client
        Asks.
    url
        Address of the layer.

    Returns
    -------
    Service
        As it describes itself.

    Raises
    ------
    NoServiceError
        If there is no such layer, naming services of the same server with similar names.
    NetworkError
        If there is no answer.
    InputError
        If it holds neither polygons nor rows of a table, or does not answer questions.
    """
    try:
        told = client.json(url, {"f": "json"}, fault=fault)
    except NetworkError as error:
        raise _with_neighbours(client, url, error) from error
    kind, shape = told.get("type"), told.get("geometryType")
    if kind not in {"Feature Layer", "Table"} or (kind == "Feature Layer" and not isinstance(told.get("fields"), list)):
        said = f"{url} is {kind or 'something'} and no layer"
        raise InputError(refusal(said, hint="Write the address of a layer: …/FeatureServer/0."))
    if "Query" not in str(told.get("capabilities", "Query")):
        raise InputError(refusal(f"{told.get('name', url)}: the service answers no questions"))
    if kind == "Feature Layer" and shape not in {POLYGONS, "esriGeometryPoint"}:
        raise InputError(refusal(f"{told.get('name', url)} holds no polygons, but {shape}"))
    counted = client.json(f"{url}/query", {"where": "1=1", "returnCountOnly": "true", "f": "json"}, fault=fault)
    count = counted.get("count")
    if not isinstance(count, int) or count < 0:
        raise NetworkError(refusal(f"{told.get('name', url)}: the server does not count its rows"))
    return Service(url, told, count)


def read(client: Client, service: Service, columns: Sequence[str] = ()) -> Fetched:
    """Read all rows of a layer.

    Parameters
    ----------
    client
        Asks.
    service
        From `described`.
    columns
        Columns that it must have.

    Returns
    -------
    Fetched
        Every row that the server has, exactly once, in the order of its ids; geometry in EPSG:27700.

    Raises
    ------
    NetworkError
        If the server does not answer, or answers with an error.
    InputError
        If rows are missing, come twice or were not asked for; columns differ from what was declared; coordinates are
        not in EPSG:27700; outlines are drawn with arcs; or a column asked for is missing.

    Notes
    -----
    Identifiers are asked for first and rows by them, so that nothing is lost or doubled where rows are added meanwhile
    or the server's order is not stable. Pages lie in the cache until all are there: a run that was cut off goes on
    where it stopped, as long as the server's layer is the same.
    """
    refuse_many(service.title, "rows", service.count, MOST_ROWS)
    for column in columns:
        _refuse_missing(service, column)
    ids = _ids(client, service)
    pages = [ids[at : at + service.page_rows] for at in range(0, len(ids), service.page_rows)]
    run = _run_key(service, ids)
    rows: list[Row] = []
    with phase(f"Fetching {service.title}", len(pages)) as step:
        for number, page in enumerate(pages):
            rows += _page(client, service, page, f"{run}-{number}")
            step()
    if len(pages) > 1 and described(client, service.url).version != service.version:
        raise InputError(refusal(f"{service.title} was changed while it was fetched", hint="Fetch it again."))
    found = frame_of(service.title, [row["attributes"] for row in rows], _kept_fields(service))
    geometry = geometry_of(service.title, rows) if service.is_drawn else None
    return Fetched(found, geometry, tuple(f"{run}-{number}" for number in range(len(pages))))


def forget(fetched: Fetched) -> None:
    """Remove the pages of a run from the cache, once what they hold is kept."""
    for key in fetched.pages:
        cache.drop(CACHED, key)


def _kept_fields(service: Service) -> dict[str, str]:
    """Return the columns that are of the data, not of the server's own bookkeeping."""
    own = {service.id_field, *(service.told.get("geometryProperties") or {}).values()}
    return {
        name: kind
        for name, kind in service.fields.items()
        if name not in own and kind != "esriFieldTypeGlobalID" and not name.lower().startswith(MEASURED)
    }


def _refuse_missing(service: Service, column: str) -> None:
    if column.lower() not in {name.lower() for name in service.fields}:
        near = difflib.get_close_matches(column, service.fields, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Columns found: {', '.join(service.fields)}."
        raise InputError(refusal(f"{service.title}: column {column!r} is missing", hint=hint))


def _ids(client: Client, service: Service) -> list[int]:
    """Return the identifiers of all rows, each once, as many as were counted."""
    asked = {"where": "1=1", "returnIdsOnly": "true", "f": "json"}
    found = client.json(f"{service.url}/query", asked, fault=fault)
    ids = found.get("objectIds") or []
    if not all(isinstance(each, int) for each in ids):
        raise InputError(refusal(f"{service.title}: identifiers of rows are no numbers"))
    if len(set(ids)) < len(ids):
        twice = sorted({each for each in ids if ids.count(each) > 1}) if len(ids) < MOST_PER_PAGE else []
        raise InputError(refusal(f"{service.title}: the server lists rows twice", codes=twice))
    if len(ids) != service.count:
        message = refusal(
            f"{service.title}: the server counts {service.count:,} rows and lists {len(ids):,}", hint="Try again later."
        )
        raise InputError(message)
    return sorted(ids)


def _run_key(service: Service, ids: Sequence[int]) -> str:
    """Name all that pages depend on; of a layer that does not tell its edits, the day too."""
    state = service.edited or date.today().isoformat()  # noqa: DTZ011 - the day where the user is
    made_of = json.dumps([service.url, state, service.page_rows, list(service.fields), ids])
    return hashlib.sha256(made_of.encode()).hexdigest()[:32]


def _page(client: Client, service: Service, ids: Sequence[int], key: str) -> list[Row]:
    """Return the rows of some identifiers in their order, from the cache where an earlier run got them."""
    held = cache.load(CACHED, key)
    if held is None:
        rows = _rows(client, service, ids)
        ordered = [rows[each] for each in ids]
        cache.store(CACHED, key, json.dumps(ordered, separators=(",", ":")).encode(), keep_others=True)
        return ordered
    found: list[Row] = json.loads(bytes(held))
    return found


def _rows(client: Client, service: Service, ids: Sequence[int]) -> dict[int, Row]:
    """Ask for rows until each has come: a server may cut answers that are long, but not give nothing new."""
    found: dict[int, Row] = {}
    wanted = list(ids)
    while wanted:
        answer = client.json(f"{service.url}/query", _question(service, wanted), post=True, fault=fault)
        came = features_of(service.title, answer, service.id_field, drawn=service.is_drawn)
        refuse_unlike(service.title, came, set(service.fields))
        new = {int(row["attributes"][service.id_field]): row for row in came}
        _refuse_strange(service, came, new, set(wanted))
        found |= new
        missing = [each for each in wanted if each not in new]
        if missing and not new:
            raise InputError(refusal(f"{service.title}: the server lists rows and does not give them", codes=missing))
        wanted = missing
    return found


def _question(service: Service, ids: Sequence[int]) -> dict[str, str]:
    shape = {"returnGeometry": "false"}
    if service.is_drawn:
        shape = {"returnGeometry": "true", "outSR": "27700", "returnTrueCurves": "false", "returnZ": "false"}
    listed = ",".join(map(str, ids))
    return {"objectIds": listed, "outFields": "*", "returnM": "false", **shape, "f": "json"}


def _refuse_strange(service: Service, came: Sequence[Row], new: Mapping[int, Row], wanted: set[int]) -> None:
    """Refuse rows that come twice in one answer, or that nobody asked for."""
    if len(new) < len(came):
        listed = [row["attributes"][service.id_field] for row in came]
        twice = sorted({each for each in listed if listed.count(each) > 1})
        raise InputError(refusal(f"{service.title}: the server gives rows twice", codes=twice))
    if strange := sorted(set(new) - wanted):
        raise InputError(refusal(f"{service.title}: the server gives rows that were not asked for", codes=strange))


def fault(answer: Mapping[str, Any]) -> str:
    """Read the error out of an answer that comes with status 200."""
    error = answer.get("error")
    if error is None:
        return ""
    if not isinstance(error, Mapping):
        return str(error)
    details = [str(each) for each in error.get("details") or [] if each]
    said = " ".join([str(error.get("message") or "no reason given"), *details])[:200]
    code = error.get("code")
    return f"{'busy, ' if code in BUSY_CODES else ''}{said} (code {code})"


def _with_neighbours(client: Client, url: str, error: NetworkError) -> NetworkError:
    """Add to a refusal the services of the same server with similar names, where that can be told."""
    # That a layer is not there is also said with status 200, as an error in words that differ.
    if not (isinstance(error, NoServiceError) or "refuses the question" in str(error)):
        return error
    before, found, after = url.partition("/rest/services/")
    wanted = after.partition("/")[0]
    if not found:
        return NoServiceError(error.why)
    try:
        listed = client.json(f"{before}/rest/services", {"f": "json"}, fault=fault).get("services") or []
    except NetworkError:
        return NoServiceError(error.why)
    names = [str(each.get("name", "")) for each in listed if isinstance(each, Mapping)]
    if wanted in names:
        return NoServiceError(error.why)
    near = difflib.get_close_matches(wanted, names, n=MOST_NAMED, cutoff=0.5)
    there = f"There are: {', '.join(near)}. Fetch one with --service and --as." if near else ""
    return NoServiceError(refusal(f"{urlsplit(url).hostname} has no service {wanted}", hint=there))
