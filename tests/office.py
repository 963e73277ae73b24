"""Open what was written with LibreOffice, as its users do."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PACKAGES = {".xlsx": "libreoffice-calc-nogui", ".docx": "libreoffice-writer-nogui"}


def converted(folder: Path, name: str, content: bytes, form: str) -> Path:
    """Convert a file with LibreOffice; skipped without it, but never on the build server.

    Returns the folder, in which the converted files are.
    """
    office = shutil.which("soffice")
    if not office:
        package = PACKAGES[Path(name).suffix]
        reason = f"no LibreOffice on this machine (Debian: apt install --no-install-recommends {package})"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    (folder / name).write_bytes(content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", form, "--outdir", folder, folder / name]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder
