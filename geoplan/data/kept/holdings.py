"""What the user's folder holds: each file beside a manifest of its source, date, hash, count and licence."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from geoplan.data.kept.folder import folder, put
from geoplan.errors import ConfigurationError, InputError, refusal

__all__ = [
    "KINDS", "RESOLUTIONS", "Holding", "again", "damaged", "drop", "holding", "holdings", "keep", "keep_text",
    "path_of", "sound",
]  # fmt: skip

KINDS = ("boundaries", "lookup", "flows", "figures", "postcodes", "membership")
"""What a file can be: outlines; codes to codes; commuters; numbers by code; postcodes; members of a scheme."""
RESOLUTIONS = ("BFC", "BGC", "BSC", "BUC")
"""Resolutions in which ONS publishes outlines clipped to the coast, from the finest on."""
SCHEMA = 1
_WORD = re.compile(r"[a-z0-9][a-z0-9_.-]*")


@dataclass(frozen=True, order=True)
class Holding:
    """One file of the user's folder.

    Parameters
    ----------
    kind
        One of `KINDS`.
    key
        Name by which commands ask for it: a key of the catalogue, or another word.
    edition
        Day, month or year that the publisher gives it, as ``2025-05``.
    resolution
        One of `RESOLUTIONS`; empty where it has none, or it is not known.
    title
        Name for readers.
    source
        Who publishes it.
    url
        Where it was fetched from; empty for what the user brought.
    licence
        Terms of use, with the words that must go with it.
    kept_on
        ISO day on which it came here.
    rows
        How many rows the file has.
    sha256
        Hash of its bytes.
    suffix
        Of the file: ``.parquet``, or that of the user's own.
    version
        What the publisher says of the state of its copy, such as the time of its last edit; empty where nothing.
    about
        What else readers of this kind need, such as the meaning of columns.
    """

    kind: str
    key: str
    edition: str
    resolution: str = ""
    title: str = ""
    source: str = ""
    url: str = ""
    licence: str = ""
    kept_on: str = ""
    rows: int = 0
    sha256: str = ""
    suffix: str = ".parquet"
    version: str = ""
    about: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """How outputs and messages call it."""
        drawn = f" {self.resolution}" if self.resolution else ""
        return f"{self.key}@{self.edition}{drawn}"

    @property
    def reference(self) -> str:
        """How commands ask for this very file."""
        return f"{self.key}@{self.edition}{f':{self.resolution}' if self.resolution else ''}"


def path_of(one: Holding) -> Path:
    """Return where the file of a holding lies.

    Parameters
    ----------
    one
        What is, or will be, held.

    Returns
    -------
    Path
        ``KIND/KEY/EDITION[-RESOLUTION].SUFFIX`` in the user's folder.

    Raises
    ------
    ConfigurationError
        If its key or edition could not be part of the name of a file.
    """
    for word in (one.key, one.edition):
        if not _WORD.fullmatch(word):
            message = refusal(f"{word!r} is no name to keep data under", hint="Use a-z, 0-9, '_', '-' and '.'.")
            raise ConfigurationError(message)
    drawn = f"-{one.resolution}" if one.resolution else ""
    return folder() / one.kind / one.key / f"{one.edition}{drawn}{one.suffix}"


def _manifest_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def keep(one: Holding, fill: Callable[[Path], None]) -> Holding:
    """Put a file into the user's folder, and its manifest after it.

    Parameters
    ----------
    one
        What it is; the hash is worked out here.
    fill
        Writes the content to the path it is given.

    Returns
    -------
    Holding
        With the hash. What was held under the same name is replaced; a run that is cut off leaves what was there, or a
        file that its manifest does not fit, which `sound` refuses.

    Raises
    ------
    OutputError
        It cannot be written.
    ConfigurationError
        See `path_of`.
    """
    path = path_of(one)
    put(path, fill)
    kept = replace(one, sha256=_hash(path))
    text = json.dumps({"schema": SCHEMA, **asdict(kept)}, ensure_ascii=False, indent=1) + "\n"
    put(_manifest_of(path), lambda beside: _write(beside, text))
    return kept


def keep_text(one: Holding, text: str) -> Holding:
    """Put a text into the user's folder, in UTF-8; see `keep`."""
    return keep(one, lambda beside: _write(beside, text))


def holdings(*, kind: str = "", key: str = "", readable: bool = False) -> list[Holding]:
    """List what the user's folder holds.

    Parameters
    ----------
    kind, key
        Only these; empty for all.
    readable
        Whether what has a damaged manifest is passed over, which `damaged` tells; it is refused otherwise.

    Returns
    -------
    list of Holding
        By kind, key, edition from the newest on, and resolution from the finest on. Files without a manifest, as an
        unfinished run leaves them, do not count.

    Raises
    ------
    InputError
        If a manifest cannot be read.
    """
    read = [_told(path) if readable else _read(path) for path in _manifests(kind, key)]
    found = [one for one in read if isinstance(one, Holding) and path_of(one).is_file()]
    finest = {resolution: rank for rank, resolution in enumerate((*RESOLUTIONS, ""))}
    found.sort(key=lambda one: finest.get(one.resolution, len(finest)))
    found.sort(key=lambda one: one.edition, reverse=True)
    return sorted(found, key=lambda one: (one.kind, one.key))


def damaged() -> list[str]:
    """Return a sentence on each manifest of the user's folder that cannot be read, with what to do."""
    return [one for one in map(_told, _manifests()) if isinstance(one, str)]


def _manifests(kind: str = "", key: str = "") -> list[Path]:
    return sorted(folder().glob(f"{kind or '*'}/{key or '*'}/*.json"))


def _told(manifest: Path) -> Holding | str:
    """Read a manifest, or say why it cannot be read."""
    try:
        return _read(manifest)
    except InputError as error:
        return str(error)


def holding(kind: str, key: str, *, edition: str = "", resolution: str = "", readable: bool = False) -> Holding | None:
    """Find one file of the user's folder.

    Parameters
    ----------
    kind, key
        What it is, and its name.
    edition, resolution
        Which; empty for the newest edition, and the finest drawing of it.
    readable
        As of `holdings`.

    Returns
    -------
    Holding or None
        None where there is no such file.
    """
    for one in holdings(kind=kind, key=key, readable=readable):
        if edition in {"", one.edition} and resolution in {"", one.resolution}:
            return one
    return None


def sound(one: Holding) -> Path:
    """Return the path of a file whose bytes are those that were kept.

    Parameters
    ----------
    one
        As its manifest has it.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    InputError
        If the file is gone, or differs from its manifest.
    """
    path = path_of(one)
    try:
        same = _hash(path) == one.sha256
    except OSError as error:
        message = refusal(f"{one.name} of your data folder cannot be read ({error.strerror or error})", hint=again(one))
        raise InputError(message) from error
    if not same:
        raise InputError(refusal(f"{one.name} of your data folder is not as it was kept", hint=again(one)))
    return path


def drop(one: Holding) -> None:
    """Remove a file and its manifest from the user's folder; nothing happens where it is gone.

    Parameters
    ----------
    one
        What to remove.
    """
    path = path_of(one)
    for each in (_manifest_of(path), path):
        with suppress(FileNotFoundError):
            each.unlink()


def again(one: Holding) -> str:
    """Return the hint that tells how to get a file anew."""
    if one.kind == "membership":
        return f"Take that step back, and bring it again: geoplan membership edit {one.key} --undo."
    if not one.url:
        return "Bring it again."
    # Of a service of the user's own nobody but the user says who publishes it.
    own = f"--service {one.url} --as {one.key} --edition {one.edition}"
    return f"Fetch it again: geoplan fetch {one.reference if one.source else own} --again."


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read(manifest: Path) -> Holding:
    """Read a manifest, and refuse one that does not tell what it must."""
    called = "/".join(manifest.parts[-3:])
    try:
        told: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
        version = told.pop("schema")
        one = Holding(**{**told, "about": tuple((str(a), str(b)) for a, b in told.get("about", ()))})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = refusal(
            f"{called} in your data folder cannot be read; it says where the file beside it comes from",
            hint="Remove it, and fetch or import again what lies beside it.",
        )
        raise InputError(message) from error
    if version != SCHEMA or _manifest_of(path_of(one)) != manifest:
        message = refusal(
            f"{called} in your data folder is of another version, or lies in another place than it says",
            hint="Remove it and what lies beside it, and fetch that again.",
        )
        raise InputError(message)
    return one
