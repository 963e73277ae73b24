"""The coordinates of a table: which columns hold them, in which system, and where its rows lie."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyproj
from pyproj.exceptions import CRSError, ProjError

from geoplan.data.drawn.columns import as_text, asked
from geoplan.data.drawn.projection import DEGREES, METRES
from geoplan.data.readers.guards import columns_found
from geoplan.data.tables.headings import plain_heading
from geoplan.data.tables.tables import RawTable
from geoplan.engine.edges import edges_of
from geoplan.engine.locating import points_in_areas
from geoplan.errors import ConfigurationError, InputError, refusal
from geoplan.schema import BRITISH_NATIONAL_GRID

__all__ = [
    "NOT_A_COORDINATE",
    "OUTSIDE",
    "Coordinates",
    "coordinate_columns",
    "crs_of",
    "located_rows",
    "numbers_of",
    "projected",
    "with_blocks",
]

NOT_A_COORDINATE, OUTSIDE = "not a coordinate", "outside the United Kingdom"
HEADINGS = (
    ("EPSG:27700", r"eastings?|east|oseast1m|x_eastings?|(os|bng|grid)_?(e|eastings?)",
     r"northings?|north|osnrth1m|y_northings?|(os|bng|grid)_?(n|northings?)"),
    ("EPSG:4326", r"lon|lng|long|longitude|x_lon(g|gitude)?", r"lat|latitude|y_lat(itude)?"),
    ("", r"x|x_?coord(inate)?|coord_?x|geom_?x|point_?x", r"y|y_?coord(inate)?|coord_?y|geom_?y|point_?y"),
)  # fmt: skip
"""The coordinate system that headings tell, and those of both columns, from the surest on."""
THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
MOSTLY = 0.5
BEYOND_DEGREES = 1000.0


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Where the rows of a table lie.

    Parameters
    ----------
    columns
        Those of x and y.
    crs
        The system they were read in, such as ``EPSG:4326``.
    told
        How that is known, as the end of a sentence.
    x, y
        Metres, EPSG:27700; missing where a row has none, or lies elsewhere.
    fault
        Of each row: empty, or why it has no place.
    """

    columns: tuple[str, str]
    crs: str
    told: str
    x: np.ndarray
    y: np.ndarray
    fault: np.ndarray

    @property
    def read_as(self) -> list[str]:
        """Easting and northing of each row to the metre, empty where it has no place."""
        pairs = zip(self.x, self.y, strict=True)
        return ["" if np.isnan(x) else f"{x:.0f} {y:.0f}" for x, y in pairs]


def coordinate_columns(columns: Sequence[str], file: str, wanted: str = "") -> tuple[str, str, str] | None:
    """Find the columns of coordinates by their headings.

    Parameters
    ----------
    columns
        Headings of the table.
    file
        What it is called in refusals.
    wanted
        Both columns as they were asked for, ``X,Y``, if they were.

    Returns
    -------
    tuple of str, or None
        Column of x, column of y, and the coordinate system that the headings tell, empty where they tell none.

    Raises
    ------
    InputError
        If one asked for is missing, or several columns fit equally well.
    ConfigurationError
        If not two were asked for.

    Examples
    --------
    >>> coordinate_columns(["id", "Easting", "Northing"], "clients.csv")
    ('Easting', 'Northing', 'EPSG:27700')
    """
    if wanted:
        parts = [each.strip() for each in wanted.split(",")]
        if len(parts) != 2 or not all(parts):
            hint = "Write --coordinates X,Y with the headings of both."
            raise ConfigurationError(refusal(f"--coordinates {wanted} are not two columns", hint=hint))
        across, up = (asked(each, [*columns], file, "--coordinates") for each in parts)
        known = coordinate_columns([across, up], file)
        return across, up, known[2] if known else ""
    forms = [(crs, _fitting(columns, first), _fitting(columns, second)) for crs, first, second in HEADINGS]
    fitting = [form for form in forms if form[1] and form[2]]
    if [crs for crs, *_ in fitting] == ["EPSG:4326", ""]:
        # Ordnance Survey gives both, X_COORDINATE and Y_COORDINATE in metres, which need no transformation.
        fitting.reverse()
    for crs, across_all, up_all in fitting:
        if max(len(across_all), len(up_all)) > 1:
            several = ", ".join([*across_all, *up_all])
            hint = "Choose two with --coordinates X,Y."
            raise InputError(refusal(f"{file}: several columns could hold coordinates: {several}", hint=hint))
        return across_all[0], up_all[0], crs
    return None


def _fitting(columns: Sequence[str], form: str) -> list[str]:
    """Return the columns whose headings have a form."""
    return [each for each in columns if re.fullmatch(form, plain_heading(each))]


def located_rows(
    frame: pd.DataFrame, raw: RawTable, columns: tuple[str, str, str] | None, *, epsg: int | None = None
) -> Coordinates:
    """Read the coordinates of a table.

    Parameters
    ----------
    frame
        Its rows.
    raw
        The table they are of.
    columns
        From `coordinate_columns`.
    epsg
        Number of the coordinate system; None where headings or values tell it.

    Returns
    -------
    Coordinates
        One place for each row.

    Raises
    ------
    InputError
        If there are no such columns, the coordinate system cannot be told, or most rows would lie outside the United
        Kingdom in it.
    ConfigurationError
        If there is no coordinate system of that number.
    """
    if columns is None:
        hint = f"Name them with --coordinates X,Y. {columns_found([*map(str, frame.columns)])}"
        raise InputError(refusal(f"{raw.file}: no two columns hold coordinates", hint=hint))
    across, up, headed = columns
    texts = [as_text(frame[each]) for each in (across, up)]
    first, second = (numbers_of(each, raw.delimiter) for each in texts)
    where = f"{raw.file}, columns {across!r} and {up!r}"
    known = ~(np.isnan(first) | np.isnan(second)) & ~((first == 0) & (second == 0))
    crs, told = crs_of(epsg, headed, first[known], second[known], where)
    x, y = np.full(len(first), np.nan), np.full(len(first), np.nan)
    x[known], y[known] = projected(first[known], second[known], crs, where)
    outside = known & ~((x >= METRES[0]) & (x <= METRES[2]) & (y >= METRES[1]) & (y <= METRES[3]))
    if known.any() and outside.sum() > MOSTLY * known.sum():
        rows = [f"row {row}" for row in frame.index[outside]]
        hint = "Check that they are not swapped, and name their coordinate system with --epsg."
        message = refusal(f"{where}: most rows lie outside the United Kingdom in {crs}", codes=rows, hint=hint)
        raise InputError(message)
    x[outside] = y[outside] = np.nan
    blank = (texts[0] == "").to_numpy() & (texts[1] == "").to_numpy()
    fault = np.select([blank, ~known, outside], ["empty", NOT_A_COORDINATE, OUTSIDE], "")
    return Coordinates((across, up), crs, told, x, y, fault)


def with_blocks(places: Coordinates, blocks: pd.DataFrame) -> pd.DataFrame:
    """Tell in which block each row lies that has a place.

    Parameters
    ----------
    places
        From `located_rows`.
    blocks
        The shipped blocks with geometry (EPSG:27700), indexed by block.

    Returns
    -------
    pandas.DataFrame
        ``block`` (categorical, empty beyond the coast), ``x`` and ``y``, one row for each that has a place.
    """
    has = ~np.isnan(places.x)
    x, y = places.x[has], places.y[has]
    point, area = points_in_areas(x, y, edges_of(blocks["geometry"].to_numpy()))
    number = np.full(len(x), len(blocks))
    number[point] = area
    names = [*blocks.index.astype(str), ""]
    return pd.DataFrame({"block": pd.Categorical.from_codes(number, names), "x": x, "y": y})


def numbers_of(texts: pd.Series, delimiter: str) -> np.ndarray:
    """Read numbers; a comma stands between thousands where it cuts off three figures each, else before decimals."""
    plain = texts.str.replace(r"[\s\u00a0\u202f]", "", regex=True)
    grouped = plain.str.fullmatch(THOUSANDS) & (delimiter != ";")
    plain = plain.str.replace(",", "", regex=False).where(grouped, plain.str.replace(",", ".", regex=False))
    read: np.ndarray = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(read), read, np.nan)


def crs_of(epsg: int | None, headed: str, x: np.ndarray, y: np.ndarray, where: str) -> tuple[str, str]:
    """Decide the coordinate system: as asked for, as the headings say, or as only one fits most values."""
    if epsg is not None:
        try:
            pyproj.CRS(f"EPSG:{epsg}")
        except CRSError as problem:
            message = refusal(f"--epsg {epsg} is no coordinate system that is known", hint="27700 and 4326 are common.")
            raise ConfigurationError(message) from problem
        return f"EPSG:{epsg}", "as was asked for"
    if headed:
        return headed, "as the headings say"
    fits = [name for name, extent in (("EPSG:4326", DEGREES), ("EPSG:27700", METRES)) if _mostly_in(x, y, extent)]
    if fits == ["EPSG:27700"] and max(np.median(x), np.median(y)) > BEYOND_DEGREES:
        return "EPSG:27700", "as their values show"
    if fits == ["EPSG:4326"]:
        return "EPSG:4326", "as their values show"
    message = refusal(f"{where}: their coordinate system cannot be told", hint="Name it with --epsg, such as 27700.")
    raise InputError(message)


def _mostly_in(x: np.ndarray, y: np.ndarray, extent: tuple[float, float, float, float]) -> bool:
    west, south, east, north = extent
    held = (x >= west) & (x <= east) & (y >= south) & (y <= north)
    return bool(len(held)) and bool(held.mean() > MOSTLY)


def projected(x: np.ndarray, y: np.ndarray, crs: str, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Bring coordinates to EPSG:27700; infinite where they cannot be, refused where nothing leads there."""
    if crs == BRITISH_NATIONAL_GRID:
        return x, y
    try:
        moved = pyproj.Transformer.from_crs(crs, BRITISH_NATIONAL_GRID, always_xy=True).transform(x, y)
    except ProjError as problem:
        message = refusal(f"{where}: nothing is known that leads from {crs} to EPSG:27700")
        raise InputError(message) from problem
    across, up = (np.where(np.isfinite(each), each, np.inf) for each in moved)
    return across, up
