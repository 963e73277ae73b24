"""What an audit wrote into its folder, so that the next may replace it and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

__all__ = ["MANIFEST", "Manifest", "all_ours", "hash_of", "is_ours", "known_files", "link_on_the_way", "stays_inside"]

MANIFEST = ".geoplan-audit.json"
"""Says in an audit's folder which files the audit wrote, so that the next knows what is its own to replace."""


def link_on_the_way(folder: Path, name: str) -> str:
    """Return the first link, or other thing that is neither file nor folder, on the way to a file in a folder."""
    here = folder
    for part in PurePosixPath(name).parts:
        here /= part
        if here.is_symlink() or (here.exists() and not (here.is_file() or here.is_dir())):
            return here.relative_to(folder).as_posix()
    return ""


@dataclass(frozen=True)
class Manifest:
    """What an audit wrote: name -> the hashes its content may have; whole once all of it stands there."""

    files: Mapping[str, tuple[str, ...]]
    whole: bool = True

    def text(self) -> bytes:
        """Return the manifest as JSON."""
        said = {"schema": 1, "whole": self.whole, "files": {name: self.files[name] for name in sorted(self.files)}}
        return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()


def stays_inside(name: str) -> bool:
    """Tell whether a name in a manifest means a place inside its folder, on every system."""
    path = PurePosixPath(name)
    odd = "\\" in name or ":" in name or "\0" in name
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and not odd


def hash_of(content: bytes) -> str:
    """Return the SHA-256 of some bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def known_files(folder: Path) -> Manifest:
    """Read what an earlier audit wrote; nothing where there is no manifest that can be trusted."""
    path = folder / MANIFEST
    try:
        said = json.loads(path.read_bytes()) if path.is_file() and not path.is_symlink() else {}
        files = {str(name): tuple(map(str, hashes)) for name, hashes in said["files"].items() if stays_inside(name)}
        return Manifest(files, said["whole"] is True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Manifest({}, whole=False)


def is_ours(folder: Path, name: str, known: Manifest) -> bool:
    """Tell whether a file is as an audit wrote it: what was changed since is the user's own."""
    path = folder / name
    if link_on_the_way(folder, name) or not path.is_file() or name not in known.files:
        return False
    return hash_of(path.read_bytes()) in known.files[name]


def all_ours(folder: Path, known: Manifest) -> bool:
    """Tell whether a folder holds nothing but what an audit wrote."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() and not path.is_symlink():
            if not any(each.startswith(f"{name}/") for each in known.files):
                return False
        elif name != MANIFEST and not is_ours(folder, name, known):
            return False
    return True
