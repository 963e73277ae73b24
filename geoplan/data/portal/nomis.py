"""Tables of Nomis: figures by area in pages, cells with a flag kept apart, and flows of a census in one file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pandas as pd

from geoplan.data.portal.client import Client
from geoplan.data.readers.guards import MOST_BYTES, MOST_ROWS, refuse_many
from geoplan.errors import InputError, refusal
from geoplan.progress import phase

__all__ = ["FLOW_COLUMNS", "figures", "flows"]

PAGE = 25_000
"""Cells that the server gives at once to those without an account."""
ALWAYS = (
    "date", "geography_code", "geography_name", "measures_name", "obs_value", "obs_status", "obs_status_name",
    "record_count",
)  # fmt: skip
NORMAL = "A"
"""Status of a cell that is neither suppressed nor estimated nor otherwise marked."""
FLOW_COLUMNS: Mapping[str, str] = {
    "Lower tier local authorities code": "origin",
    "LTLA of workplace code": "destination",
    "Middle layer Super Output Areas code": "origin",
    "MSOA of workplace code": "destination",
    "Count": "workers",
    "Area of residence": "origin",
    "Area of workplace": "destination",
    "All categories: Method of travel to work": "workers",
}
"""Headings of published tables of commuting, and what they are kept as."""


def figures(client: Client, url: str, title: str) -> tuple[pd.DataFrame, str]:
    """Read figures by area.

    Parameters
    ----------
    client
        Asks.
    url
        Address of a data set as CSV with its question, of which ``select`` names the dimensions that tell its columns.
    title
        What is read, for messages.

    Returns
    -------
    tuple of pandas.DataFrame and str
        A row an area: ``code``, ``name``, and a column of numbers for each combination of measure and dimensions,
        missing where the cell is suppressed; where cells of a column are flagged, what is said of them stands in
        ``COLUMN (status)``. The date of the figures.

    Raises
    ------
    NetworkError
        If the server does not answer.
    InputError
        If it answers with no table; cells are missing or come twice; dates are mixed; or a cell is no number.
    """
    question = dict(parse_qsl(urlsplit(url).query))
    dimensions = [name for name in question.pop("select", "").split(",") if name]
    asked = {**question, "select": ",".join([*ALWAYS, *dimensions]), "recordlimit": str(PAGE)}
    pages = list(_pages(client, url.partition("?")[0], asked, title))
    cells = pd.concat(pages, ignore_index=True)
    dates = sorted(cells["DATE"].unique())
    if len(dates) != 1:
        raise InputError(refusal(f"{title}: figures of several dates are mixed", codes=dates))
    return _wide(cells, [name.upper() for name in dimensions], title), str(dates[0])


def _pages(client: Client, url: str, asked: Mapping[str, str], title: str) -> Iterator[pd.DataFrame]:
    """Ask for cells until there are as many as the server counts."""
    had, count = 0, None
    with phase(f"Fetching {title}") as step:
        while count is None or had < count:
            page = _table(client.content(url, {**asked, "recordoffset": str(had)}), title)
            told = set(page["RECORD_COUNT"])
            if len(told) != 1 or (count is not None and told != {str(count)}) or not str(*told).isdecimal():
                raise InputError(refusal(f"{title}: the server does not count its cells alike", codes=sorted(told)))
            count = int(*told)
            refuse_many(title, "cells", count, MOST_ROWS)
            had += len(page)
            step()
            yield page
    if had != count:
        raise InputError(refusal(f"{title}: the server counts {count:,} cells and gives {had:,}"))


def _table(content: bytes, title: str) -> pd.DataFrame:
    """Read a page of cells, each as text."""
    try:
        page = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(refusal(f"{title}: the server answers with no table")) from error
    missing = [name.upper() for name in ALWAYS if name.upper() not in page]
    if missing:
        said = " ".join(content[:120].decode("utf-8", errors="replace").split())
        hint = f"It begins with: {said}"
        raise InputError(refusal(f"{title}: the server answers without the column {missing[0]}", hint=hint))
    if page.empty:
        raise InputError(refusal(f"{title}: the server gives no cells", hint="It may not have figures of that date."))
    return page


def _wide(cells: pd.DataFrame, dimensions: list[str], title: str) -> pd.DataFrame:
    """Bring cells to a row an area, with what is said of flagged ones beside them."""
    named = [name for name in (*dimensions, "MEASURES_NAME") if len(set(cells[name])) > 1] or ["MEASURES_NAME"]
    cells = cells.assign(column=cells[named].agg(", ".join, axis=1))
    twice = cells.duplicated(["GEOGRAPHY_CODE", "column"])
    if twice.any():
        raise InputError(refusal(f"{title}: cells come twice", codes=cells["GEOGRAPHY_CODE"][twice]))
    blank = cells["OBS_VALUE"].str.strip() == ""
    numbers = pd.to_numeric(cells["OBS_VALUE"].mask(blank), errors="coerce")
    odd = numbers.isna() & ~blank
    if odd.any():
        raise InputError(refusal(f"{title}: cells hold no numbers", codes=cells["OBS_VALUE"][odd]))
    said = cells["OBS_STATUS_NAME"].where(cells["OBS_STATUS"] != NORMAL, "")
    said = said.mask(blank & (said == ""), "not given")
    areas = cells.drop_duplicates("GEOGRAPHY_CODE").set_index("GEOGRAPHY_CODE")["GEOGRAPHY_NAME"]
    wide = pd.DataFrame({"code": areas.index, "name": areas.to_numpy()}, index=areas.index)
    for column, some in cells.assign(number=numbers, said=said).groupby("column", sort=False):
        of_area = some.set_index("GEOGRAPHY_CODE")
        wide[str(column)] = of_area["number"]
        if (of_area["said"] != "").any():
            wide[f"{column} (status)"] = of_area["said"].reindex(wide.index).fillna("")
    return wide.reset_index(drop=True)


def flows(client: Client, url: str, title: str) -> pd.DataFrame:
    """Read a table of commuting flows that is published as one file.

    Parameters
    ----------
    client
        Asks.
    url
        Address of a CSV file, or of a zip with ``#NAME`` for the table inside it.
    title
        What is read, for messages.

    Returns
    -------
    pandas.DataFrame
        ``origin``, ``destination``, ``workers`` and the other columns as published.

    Raises
    ------
    NetworkError
        If the server does not answer.
    InputError
        If the archive has no such table, it is too large unpacked, or its columns are others.
    """
    address, _, member = url.partition("#")
    with phase(f"Fetching {title}"):
        content = client.content(address, {})
        try:
            frame = _csv(_member(content, member, title) if member else io.BytesIO(content))
        except (zipfile.BadZipFile, UnicodeDecodeError, ValueError, EOFError) as error:
            raise InputError(refusal(f"{title}: the server gives no table of flows")) from error
    names = {heading: FLOW_COLUMNS[heading] for heading in frame if heading in FLOW_COLUMNS}
    if sorted(names.values()) != ["destination", "origin", "workers"]:
        hint = f"Columns found: {', '.join(map(str, frame.columns))}."
        raise InputError(refusal(f"{title}: its columns are not those that are known", hint=hint))
    frame = frame.rename(columns=names)
    workers = pd.to_numeric(frame["workers"], errors="coerce")
    if (wrong := workers.isna() | (workers < 0)).any():
        raise InputError(refusal(f"{title}: 'workers' holds no counts", codes=frame["workers"][wrong]))
    return frame.assign(workers=workers.astype("int64"))


def _csv(stream: Any) -> pd.DataFrame:
    return pd.read_csv(stream, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def _member(content: bytes, member: str, title: str) -> Any:
    archive = zipfile.ZipFile(io.BytesIO(content))
    fits = [one for one in archive.infolist() if one.filename.rpartition("/")[2].lower() == member.lower()]
    if len(fits) != 1:
        hint = f"It holds {', '.join(archive.namelist()[:10])}."
        raise InputError(refusal(f"{title}: the archive has no table {member}", hint=hint))
    if fits[0].file_size > MOST_BYTES:
        raise InputError(refusal(f"{title}: the archive's table is too large unpacked"))
    return archive.open(fits[0])
