"""What the same answers depend on beside the question: program, data that ship, libraries, kind of processor."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["PROGRAM", "SPOKEN", "differences", "own_versions", "program"]

PACKAGE = Path(__file__).resolve().parents[1]
MADE_OF = {".py", ".html", ".js", ".css", ".json", ".csv", ".toml", ".parquet", ".npz"}
PROGRAM = "geoplan's program and data"
SPOKEN = ("python", "dask", "distributed", "cloudpickle", "msgpack")
"""What a scheduler has to have in common with those who use it."""
LIBRARIES = (
    "dask", "distributed", "cloudpickle", "msgpack", "numpy", "scipy", "pandas", "shapely", "geopandas", "pyarrow",
    "pyproj", "numba", "networkx", "matplotlib",
)  # fmt: skip


@cache
def program() -> str:
    """Return a hash of the program and the data that ship, wherever they are installed.

    Returns
    -------
    str
        The same for the same files, in a wheel and in a clone.
    """
    boundaries = next(home for home in (PACKAGE / "boundaries", PACKAGE.parent / "boundaries") if home.is_dir())
    files = {path.relative_to(PACKAGE.parent): path for path in _made(PACKAGE) if boundaries not in path.parents}
    files |= {Path("boundaries") / path.relative_to(boundaries): path for path in _made(boundaries)}
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(f"{name.as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _made(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.suffix in MADE_OF]


@cache
def own_versions() -> Mapping[str, str]:
    """Return what this process answers with.

    Returns
    -------
    mapping
        Name -> version; of the program and its data the beginning of their hash. Of Python the minor version, because
        its patches change no answer.
    """
    import pyproj
    import shapely

    return {
        "geoplan": _installed("geoplan"),
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        **{name: _installed(name) for name in LIBRARIES},
        "GEOS": shapely.geos_version_string,
        "PROJ": pyproj.proj_version_str,
        "processor": platform.machine(),
        PROGRAM: program()[:12],
    }


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> list[str]:
    """Word where two processes differ.

    Parameters
    ----------
    ours, theirs
        From `own_versions`, here and there.

    Returns
    -------
    list of str
        ``numpy 2.0.0 there, 2.1.0 here``, in the order of ours; empty where both would answer alike.

    Examples
    --------
    >>> differences({"numpy": "2.1.0", "python": "3.11"}, {"numpy": "2.0.0", "python": "3.11"})
    ['numpy 2.0.0 there, 2.1.0 here']
    """
    return [
        f"{name} {theirs.get(name, 'none')} there, {here} here"
        for name, here in ours.items()
        if theirs.get(name, "none") != here
    ]
