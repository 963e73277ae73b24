"""A stand-in for official servers, a client that is not patient, and an empty data folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from stand_in import QUICK, StandIn, serving

from geoplan.data.portal.client import Client


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GEOPLAN_DATA", str(tmp_path / "own"))
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("GEOPLAN_OFFLINE", raising=False)
    return tmp_path / "own"


@pytest.fixture(scope="module")
def server() -> Iterator[StandIn]:
    with serving() as one:
        yield one


@pytest.fixture
def portal(server: StandIn) -> StandIn:
    """The server without services, faults or log."""
    server.layers.clear()
    server.paths.clear()
    server.log.clear()
    server.fault = None
    return server


@pytest.fixture
def client() -> Client:
    return Client(QUICK, sleep=lambda _: None)
