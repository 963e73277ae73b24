"""Write what a command makes: nothing asked for is destroyed, files appear whole, a folder changes as one set."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import json
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from geoplan import catalogue, sources
from geoplan.errors import ConfigurationError, InputError, OutputError, escaped, refusal

try:
    import fcntl
except ImportError:
    LOCKED = False
else:
    LOCKED = True

__all__ = ["MANIFEST", "check", "check_folder", "inputs_of", "is_stream", "say", "write", "write_folder"]

MANIFEST = ".geoplan-audit.json"
"""Says in an audit's folder which files the audit wrote, so that the next knows what is its own to replace."""

STREAMS = ("-", "/dev/stdout")
# What they lead to may be a file, which is open and not to be replaced.
OPEN_FILES = ("/dev/std", "/dev/fd/", "/proc/")
STAGE = ".geoplan-writing-"
# Where folders cannot be locked: no writer takes this long.
ABANDONED_S = 3600
MOST_NAMES = 8
"""Files that a refusal to write names one by one."""

AT_CWD, EXCHANGE = -100, 2
"""Of renameat2 in Linux."""


# ------------------------------------------------------------------------------------------- before the work


def inputs_of(references: Iterable[str]) -> list[Path]:
    """Return the files that references to layers and other inputs are read from.

    Parameters
    ----------
    references
        Catalogue keys, which are no files, and paths, with ``#layer`` or without; empty ones are left out.

    Returns
    -------
    list of Path
        With what belongs to them: the parts of a Shapefile, the journals of a GeoPackage.
    """
    keys = catalogue.catalogue()
    paths = [sources.parse_reference(each)[0] for each in references if each and each not in keys]
    return [each for path in paths for each in sources.with_sidecars(path)]


def is_stream(given: str) -> bool:
    """Tell whether an output is written as a stream: to the screen, or to the device that keeps nothing."""
    return given in STREAMS or _is_null(Path(given))


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
    with _writing(" and ".join(filter(None, outputs.values()))):
        _check(outputs, inputs)


def _check(outputs: Mapping[str, str], inputs: Iterable[Path]) -> None:
    taken: list[tuple[str, str]] = []
    for option, given in outputs.items():
        if given and _is_null(Path(given)):
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
    with _writing(folder):
        _check_folder(option, folder, names, list(inputs))


def _check_folder(option: str, folder: str, names: Iterable[str], inputs: Iterable[Path]) -> None:
    place = Path(folder)
    if folder in STREAMS or (os.path.lexists(place) and not place.is_dir()):
        message = refusal(f"{option} {folder} is not a folder", hint="Several files are written: name a folder.")
        raise ConfigurationError(message)
    for name in {*names, MANIFEST, *_known(place).files}:
        if link := _link_on_the_way(place, name):
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


def _is_null(path: Path) -> bool:
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


def _link_on_the_way(folder: Path, name: str) -> str:
    """Return the first link, or other thing that is neither file nor folder, on the way to a file in a folder."""
    here = folder
    for part in PurePosixPath(name).parts:
        here /= part
        if here.is_symlink() or (here.exists() and not (here.is_file() or here.is_dir())):
            return here.relative_to(folder).as_posix()
    return ""


# --------------------------------------------------------------------------------------------- one output


def say(text: str | bytes, *, err: bool = False) -> None:
    """Write to the screen; what a terminal would take for a command is shown escaped.

    Parameters
    ----------
    text
        With the line feed at its end.
    err
        Whether it goes to standard error, beside the result.
    """
    stream = sys.stderr if err else sys.stdout
    if isinstance(text, bytes):
        stream.flush()
        stream.buffer.write(text)
        return
    # What is said beside the result must not cost the result.
    with contextlib.suppress(OSError) if err else contextlib.nullcontext():
        stream.write(escaped(text) if err or stream.isatty() else text)


def write(content: str | bytes, given: str) -> None:
    """Write one output: to the screen, to nowhere, or a file that appears whole or not at all.

    Parameters
    ----------
    content
        Text (UTF-8) or bytes.
    given
        Where to, as the user said it; empty is the screen. Of a symbolic link the target is written; a file that is
        there keeps its mode.

    Raises
    ------
    OutputError
        If it cannot be written; what was there before is left as it was.
    """
    if not given or given in STREAMS:
        say(content)
    elif not _is_null(Path(given)):
        with _writing(given):
            _write_file(Path(os.path.realpath(given)), _bytes(content))


def _write_file(place: Path, content: bytes) -> None:
    if place.exists() and not (place.is_file() and os.access(place, os.W_OK)):
        raise PermissionError("it is no file that may be written")  # noqa: EM101, TRY003 - told by _writing
    place.parent.mkdir(parents=True, exist_ok=True)
    _clear(place.parent)
    with _staging(place.parent) as staging:
        _fill(staging / "new", {place.name: content}, place.parent)
        os.replace(staging / "new" / place.name, place)  # noqa: PTH105 - atomic also where the target exists


def _bytes(content: str | bytes) -> bytes:
    return content.encode("utf-8") if isinstance(content, str) else content


@contextlib.contextmanager
def _writing(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        said = refusal(f"{what}: cannot write there ({problem.strerror or problem})", hint="Choose another with --out.")
        raise OutputError(said) from problem


# ---------------------------------------------------------------------------------------- a folder as a set


@dataclass(frozen=True)
class _Manifest:
    """What an audit wrote: name -> the hashes its content may have; whole once all of it stands there."""

    files: Mapping[str, tuple[str, ...]]
    whole: bool = True

    def text(self) -> bytes:
        """Return the manifest as JSON."""
        said = {"schema": 1, "whole": self.whole, "files": {name: self.files[name] for name in sorted(self.files)}}
        return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def write_folder(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write the files of an audit in the place of those of an earlier one, as a set.

    Files of the user's own in the folder stay. A folder that holds nothing else is swapped for the new one in one
    step; any other gets its files one after another, between two manifests: until the second is written, `MANIFEST`
    says that the set is not whole.

    Parameters
    ----------
    folder
        Made if need be; where it is a symbolic link, its target is written.
    files
        Name, or path below the folder -> text (UTF-8) or bytes.

    Raises
    ------
    OutputError
        If the folder cannot be made or written; what was there before is left as it was.
    """
    listed = ", ".join(files) if len(files) <= MOST_NAMES else f"{len(files)} files"
    with _writing(str(folder / listed)):
        if wrong := [name for name in files if not _stays_inside(name)]:
            raise PermissionError(f"{wrong[0]!r} would lie outside the folder")  # noqa: EM102, TRY003
        new = {name: _bytes(content) for name, content in files.items()}
        new[MANIFEST] = _Manifest({name: (_hash(content),) for name, content in new.items()}).text()
        place = Path(os.path.realpath(folder))
        place.parent.mkdir(parents=True, exist_ok=True)
        for each in (place.parent, place):
            if each.is_dir():
                _clear(each)
        if not _swapped(place, new):
            place.mkdir(exist_ok=True)
            _placed(place, new)


def refuse_unfinished(file: Path) -> None:
    """Refuse a file of an audit that was cut off while it replaced another: it may be of either.

    Parameters
    ----------
    file
        What is to be read.

    Raises
    ------
    InputError
        If the folder's `MANIFEST` names the file and says that the set is not whole.
    """
    known = _known(file.parent)
    if not known.whole and file.name in known.files:
        message = f"{file.name} is of an audit that was cut off while its files were written: it may be of two audits"
        raise InputError(refusal(message, hint="Run that audit again."))


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    odd = "\\" in name or ":" in name or "\0" in name
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not odd


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _known(folder: Path) -> _Manifest:
    """Read what an earlier audit wrote; nothing where there is no manifest that can be trusted."""
    path = folder / MANIFEST
    try:
        said = json.loads(path.read_bytes()) if path.is_file() and not path.is_symlink() else {}
        files = {str(name): tuple(map(str, hashes)) for name, hashes in said["files"].items() if _stays_inside(name)}
        return _Manifest(files, said["whole"] is True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return _Manifest({}, whole=False)


def _is_ours(folder: Path, name: str, known: _Manifest) -> bool:
    """Tell whether a file is as an audit wrote it: what was changed since is the user's own."""
    path = folder / name
    if _link_on_the_way(folder, name) or not path.is_file() or name not in known.files:
        return False
    return _hash(path.read_bytes()) in known.files[name]


def _all_ours(folder: Path, known: _Manifest) -> bool:
    """Tell whether a folder holds nothing but what an audit wrote."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            if not any(each.startswith(f"{name}/") for each in known.files):
                return False
        elif name != MANIFEST and not _is_ours(folder, name, known):
            return False
    return True


def _swapped(place: Path, files: Mapping[str, bytes]) -> bool:
    """Put a new folder in the place of the old one in one step; do nothing where that cannot be."""
    there = place.is_dir()
    here = Path.cwd().resolve()
    if not os.access(place.parent, os.W_OK | os.X_OK) or place in (here, *here.parents) or place.is_mount():
        return False
    if there and not _all_ours(place, _known(place)):
        return False
    with _staging(place.parent) as staging:
        fresh = staging / "set"
        _fill(fresh, files, place)
        if not there or not any(place.iterdir()):
            os.rename(fresh, place)  # noqa: PTH104 - of folders onto nothing, or an empty one
            return True
        if not _exchange(fresh, place):
            return False
        _rescue(fresh, place)
    return True


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, if the system can."""
    try:
        swap = ctypes.CDLL(None).renameat2
    except (OSError, AttributeError, TypeError):
        return False
    return bool(swap(AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other), EXCHANGE) == 0)


def _rescue(old: Path, new: Path) -> None:
    """Bring what somebody put into the old folder while it was swapped over to the new one."""
    known = _known(old)
    for path in sorted(old.rglob("*")):
        name = path.relative_to(old).as_posix()
        own = name == MANIFEST or name in known.files or (path.is_dir() and not path.is_symlink())
        if not own and not os.path.lexists(new / name):
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            os.rename(path, new / name)  # noqa: PTH104 - as above


def _placed(place: Path, files: Mapping[str, bytes]) -> None:
    """Put new files in their places, take stale ones away, and if that fails put back what was there."""
    for name in files:
        if link := _link_on_the_way(place, name):
            raise PermissionError(f"{link} is a link, and none is followed")  # noqa: EM102, TRY003
    known = _known(place)
    stale = [name for name in known.files if name not in files and _is_ours(place, name, known)]
    both = {name: (*known.files.get(name, ()), _hash(content)) for name, content in files.items() if name != MANIFEST}
    unfinished = _Manifest({**known.files, **both}, whole=False).text()
    with _staging(place) as staging:
        _fill(staging / "set", files, place)
        _fill(staging / "begun", {MANIFEST: unfinished}, place)
        old = staging / "old"
        done: list[str] = []
        try:
            for name in (MANIFEST, *(name for name in files if name != MANIFEST), *stale):
                done.append(name)
                _keep(place, name, old)
                if name in stale:
                    (place / name).unlink()
                else:
                    _move(staging / ("begun" if name == MANIFEST else "set"), place, name)
            _move(staging / "set", place, MANIFEST)
        except OSError:
            _put_back(old, place, done)
            raise
        for name in stale:
            _remove_empty(place, name)


def _keep(place: Path, name: str, old: Path) -> None:
    (old / name).parent.mkdir(parents=True, exist_ok=True)
    if (place / name).exists():
        shutil.copy2(place / name, old / name)


def _move(start: Path, end: Path, name: str) -> None:
    (end / name).parent.mkdir(parents=True, exist_ok=True)
    os.replace(start / name, end / name)  # noqa: PTH105 - atomic also where the target exists


def _put_back(old: Path, place: Path, names: Iterable[str]) -> None:
    for name in reversed(list(names)):
        with contextlib.suppress(OSError):
            if (old / name).exists():
                os.replace(old / name, place / name)  # noqa: PTH105 - as above
            else:
                (place / name).unlink(missing_ok=True)
                _remove_empty(place, name)


def _remove_empty(place: Path, name: str) -> None:
    """Remove the folders on the way to a file that is gone, as far as they are empty."""
    for parent in list(PurePosixPath(name).parents)[:-1]:
        with contextlib.suppress(OSError):
            (place / parent).rmdir()


# ---------------------------------------------------------------------------------------------- staging


@contextlib.contextmanager
def _staging(beside: Path) -> Iterator[Path]:
    """Make a temporary folder, locked while its writer lives, and remove it afterwards."""
    staging = Path(tempfile.mkdtemp(prefix=STAGE, dir=beside))
    lock = _lock(staging)
    try:
        yield staging
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(staging)
        if lock is not None:
            os.close(lock)


def _lock(staging: Path) -> int | None:
    """Lock a temporary folder; None where its writer lives, or the system cannot lock it."""
    if not LOCKED:
        return None
    handle = os.open(staging, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _clear(folder: Path) -> None:
    """Remove the temporary folders of writers that were killed."""
    for path in folder.glob(f"{STAGE}*"):
        if path.is_symlink() or not path.is_dir():
            continue
        with contextlib.suppress(OSError):
            lock = _lock(path)
            abandoned = lock is not None if LOCKED else time.time() - path.stat().st_mtime > ABANDONED_S
            held = path / "set"
            if abandoned and (not (held / MANIFEST).exists() or _all_ours(held, _known(held))):
                shutil.rmtree(path)
            if lock is not None:
                os.close(lock)


def _fill(folder: Path, files: Mapping[str, bytes], like: Path) -> None:
    """Write files into a temporary folder, with the modes of those whose place they will take."""
    folder.mkdir()
    _match(folder, like)
    for name, content in files.items():
        path = folder / name
        for parent in reversed([path.parent, *path.parent.parents]):
            if folder in parent.parents and not parent.exists():
                parent.mkdir()
                _match(parent, like / parent.relative_to(folder))
        path.write_bytes(content)
        _match(path, like / name)


def _match(new: Path, old: Path) -> None:
    if old.exists():
        before = old.stat()
        with contextlib.suppress(OSError, AttributeError):
            os.chown(new, before.st_uid, before.st_gid)
        new.chmod(stat.S_IMODE(before.st_mode))
