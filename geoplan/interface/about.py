"""`geoplan.rules`, `geoplan.show_versions`: what findings mean, and what to send with a report of a fault."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["rules", "show_versions"]


def rules() -> pd.DataFrame:
    """Return the rules by which layers are judged.

    Returns
    -------
    pandas.DataFrame
        Indexed by the code that findings carry (GP301): what it says, what it means, why it matters, what to do, and
        how severe it is unless a configuration says otherwise.
    """
    import pandas as pd

    from geoplan.auditing.judging.rules import RULES

    table = pd.DataFrame([asdict(rule) for rule in RULES.values()]).set_index("code")
    return table.assign(severity=table["severity"].astype(str))


def show_versions() -> None:
    """Print the versions of geoplan, Python, the system, the libraries and the data that ships; no paths."""
    for name, told in _versions():
        print(f"{name:<32} {told}")  # noqa: T201 - that is its job


def _versions() -> Iterator[tuple[str, str]]:
    yield "geoplan", version("geoplan")
    yield "Python", platform.python_version()
    yield "system", f"{platform.system()} {platform.release()} {platform.machine()}"
    yield from _libraries()
    for name in sorted(_dependencies()):
        yield name, _installed(name)
    yield from _editions()


def _dependencies() -> set[str]:
    named = (re.match(r"[\w.-]+", line) for line in requires("geoplan") or () if "extra ==" not in line)
    return {match[0].lower() for match in named if match}


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _libraries() -> Iterator[tuple[str, str]]:
    import pyogrio
    import pyproj
    import shapely

    yield "GEOS", shapely.geos_version_string
    yield "GDAL", pyogrio.__gdal_version_string__
    yield "PROJ", pyproj.proj_version_str


def _editions() -> Iterator[tuple[str, str]]:
    from geoplan.data import catalogue

    yield "data as of", catalogue.default_as_of().isoformat()
    for key, entry in catalogue.catalogue().items():
        yield f"data: {key}", entry.edition
