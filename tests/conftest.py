"""Fixtures shared by all tests: toy layers drawn by hand, and the place of the real data."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real ONS files; tests that need it are skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real ONS files are not beside the project (../shared/data)")
    return SHARED_DATA
