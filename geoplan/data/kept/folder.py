"""Where the user's own data lie, and how a file gets there whole."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import platformdirs

from geoplan.errors import OutputError, refusal

__all__ = [
    "POPULATION_VARIABLE", "SHIPPED_VARIABLE", "VARIABLE", "folder", "is_set_aside", "population_asked", "put",
    "setting", "shipped_only",
]  # fmt: skip

VARIABLE = "GEOPLAN_DATA"
SHIPPED_VARIABLE = "GEOPLAN_SHIPPED"
"""Environment variable that sets the user's own outlines and members aside, whatever it holds."""
POPULATION_VARIABLE = "GEOPLAN_POPULATION"
"""Environment variable that names the estimates by which people are counted, as ``population@2023``."""
UNFINISHED = ".tmp"


def folder() -> Path:
    """Return where the user's data lie: not a cache, nothing clears it.

    Returns
    -------
    Path
        The folder that the environment variable GEOPLAN_DATA names, else the one that the system keeps for the
        user's data (on Linux ``~/.local/share/geoplan``), whether or not it exists.

    Raises
    ------
    OutputError
        The user has no home directory.
    """
    chosen = os.environ.get(VARIABLE) or platformdirs.user_data_dir("geoplan", appauthor=False)
    try:
        return Path(chosen).expanduser()
    except RuntimeError as error:
        message = refusal("There is no home folder to keep data in", hint=f"Name a folder in {VARIABLE}.")
        raise OutputError(message) from error


def put(path: Path, fill: Callable[[Path], None]) -> None:
    """Make a file in one step: it is there whole, or what was there before stays.

    Parameters
    ----------
    path
        Where it belongs; folders above it are made.
    fill
        Writes the content to the path it is given.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    beside = path.with_name(f".{path.name}-{os.getpid()}-{secrets.token_hex(4)}{UNFINISHED}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fill(beside)
        beside.replace(path)
    except OSError as error:
        message = refusal(
            f"{path.name} cannot be kept ({error.strerror or error})", hint=f"{VARIABLE} may name another folder."
        )
        raise OutputError(message) from error
    finally:
        with suppress(OSError):
            beside.unlink()


def is_set_aside() -> bool:
    """Tell whether layers are wanted as they ship, whatever the user keeps."""
    return bool(os.environ.get(SHIPPED_VARIABLE))


def population_asked() -> str:
    """Return the reference to the estimates of population that are asked for; empty for the newest that are held."""
    return os.environ.get(POPULATION_VARIABLE, "").strip()


@contextmanager
def setting(variable: str, value: str) -> Iterator[None]:
    """Set an environment variable for a while."""
    before = os.environ.get(variable)
    os.environ[variable] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before


@contextmanager
def shipped_only() -> Iterator[None]:
    """Set what the user keeps aside for a while."""
    with setting(SHIPPED_VARIABLE, "1"):
        yield
