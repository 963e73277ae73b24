"""Where outputs may go: never over an input, a device or each other."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from geoplan.data import catalogue
from geoplan.data.readers import locators
from geoplan.data.readers.formats import parts
from geoplan.data.scenarios.reading import shipped_scenarios
from geoplan.data.scenarios.scenario import asked_of, is_scenario
from geoplan.errors import ConfigurationError, OutputError, refusal
from geoplan.writing.manifest import MANIFEST, known_files, link_on_the_way

__all__ = ["STREAMS", "check", "check_beside", "check_folder", "inputs_of", "is_null", "is_stream", "writing"]

STREAMS = ("-", "/dev/stdout")
# What they lead to may be a file, which is open and not to be replaced.
OPEN_FILES = ("/dev/std", "/dev/fd/", "/proc/")


def inputs_of(references: Iterable[str]) -> list[Path]:
    """Return the files that references to layers and other inputs are read from.

    Parameters
    ----------
    references
        Catalogue keys and scenarios that ship, which are no files, and paths, with ``#layer`` or without; empty ones
        are left out.

    Returns
    -------
    list of Path
        With what belongs to them: the parts of a Shapefile, the journals of a GeoPackage.
    """
    keys = catalogue.catalogue()
    named = [asked_of(each)[0] if is_scenario(each) else each for each in references]
    known = {*keys, *shipped_scenarios()}
    paths = [locators.parse_reference(each)[0] for each in named if each and each not in known]
    return [each for path in paths for each in parts.with_sidecars(path)]


def is_stream(given: str) -> bool:
    """Tell whether an output is written as a stream: to the screen, or to the device that keeps nothing."""
    return given in STREAMS or is_null(Path(given))


def check(outputs: Mapping[str, str], inputs: Iterable[Path]) -> None:
    """Refuse outputs that would destroy something, before any work is done.

    Parameters
    ----------
    outputs
        Option -> what was given for it; empty is the screen.
    inputs
        Files that are read; see `inputs_of`.

    Raises
    ------
    ConfigurationError
        If an output is an input or another output, or is neither a stream nor a regular file or a place for one.
    OutputError
        If there can be no file of that name.
    """
    inputs = list(inputs)
    with writing(" and ".join(filter(None, outputs.values()))):
        _check(outputs, inputs)


def _check(outputs: Mapping[str, str], inputs: Iterable[Path]) -> None:
    taken: list[tuple[str, str]] = []
    for option, given in outputs.items():
        if given and is_null(Path(given)):
            continue
        screen = not given or given in STREAMS
        if not screen:
            if what := _odd(given):
                hint = "Name a file, or - for the screen."
                raise ConfigurationError(refusal(f"{option} {given} is {what}: only a file is written", hint=hint))
            _refuse_input(option, given, Path(given), inputs)
        for other, place in taken:
            if (screen and place == "-") or (not screen and place != "-" and _same(Path(given), Path(place))):
                where = "the screen" if screen else Path(given).name
                message = refusal(f"{option} and {other} are both {where}", hint="Give each a place of its own.")
                raise ConfigurationError(message)
        taken.append((option, "-" if screen else given))


def check_beside(place: str, mark: str) -> None:
    """Refuse to write a file beside an output where there is one that is not of the same making.

    Parameters
    ----------
    place
        Where it is written.
    mark
        A line that all such files have.

    Raises
    ------
    ConfigurationError
        If a file is there that lacks the line, or cannot be read.
    """
    path = Path(place)
    if not path.exists():
        return
    try:
        ours = mark in path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        ours = False
    if not ours:
        hint = "Move it, or give the output another name."
        raise ConfigurationError(refusal(f"{path.name} is there, and was not written by geoplan", hint=hint))


def check_folder(option: str, folder: str, names: Iterable[str], inputs: Iterable[Path]) -> None:
    """Refuse a folder of outputs that would destroy something, before any work is done.

    Parameters
    ----------
    option, folder
        The option, and the folder that was given for it.
    names
        Files, and folders of files, that will be written in it.
    inputs
        Files that are read; see `inputs_of`.

    Raises
    ------
    ConfigurationError
        If the folder is none, or a file in it is an input or not a regular file.
    OutputError
        If there can be no folder of that name.
    """
    with writing(folder):
        _check_folder(option, folder, names, list(inputs))


def _check_folder(option: str, folder: str, names: Iterable[str], inputs: Iterable[Path]) -> None:
    place = Path(folder)
    if folder in STREAMS or (os.path.lexists(place) and not place.is_dir()):
        message = refusal(f"{option} {folder} is not a folder", hint="Several files are written: name a folder.")
        raise ConfigurationError(message)
    for name in {*names, MANIFEST, *known_files(place).files}:
        if link := link_on_the_way(place, name):
            message = refusal(f"{option} {folder}: {link} in it is a link", hint="Remove the link: none is followed.")
            raise ConfigurationError(message)
        for path in inputs:
            if _same(place / name, path) or Path(_real(place / name)) in Path(_real(path)).parents:
                _refuse_input(option, folder, path, [path])


def _refuse_input(option: str, given: str, place: Path, inputs: Iterable[Path]) -> None:
    for path in inputs:
        if _same(place, path):
            message = refusal(
                f"{option} {given} would write over {path.name}, which this run reads", hint="Choose another place."
            )
            raise ConfigurationError(message)


def _odd(given: str) -> str:
    """Say what a path is if no file can be written there."""
    if given.endswith(("/", os.sep)) or Path(given).is_dir():
        return "a folder"
    if os.path.abspath(given).startswith(OPEN_FILES):  # noqa: PTH100 - without following links
        return "a device"
    try:
        mode = Path(given).stat().st_mode
    except (OSError, ValueError):
        return ""
    kinds = ((stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISREG, ""))
    return next((name for test, name in kinds if test(mode)), "a device")


def is_null(path: Path) -> bool:
    """Tell whether a path is the null device."""
    try:
        found, null = path.stat(), Path(os.devnull).stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == null.st_rdev


def _real(path: Path) -> str:
    return os.path.normcase(os.path.realpath(path))


def _same(one: Path, other: Path) -> bool:
    if _real(one) == _real(other):
        return True
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def writing(what: str) -> Iterator[None]:
    """Make a failure to write one sentence that says what could not be written, and why."""
    try:
        yield
    except OSError as problem:
        said = refusal(f"{what}: cannot write there ({problem.strerror or problem})", hint="Choose another with --out.")
        raise OutputError(said) from problem
