"""Which polygons are not valid is judged once a file, and as plainly as by asking of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from geoplan.data import cache
from geoplan.data.drawn import validity

BOW = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
SQUARE = shapely.box(20, 0, 30, 10)


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own, and layers of any size that are large."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    monkeypatch.setattr(validity, "LARGE_VERTICES", 1)
    return tmp_path


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many polygons were judged, call by call."""
    seen: list[int] = []
    plain = shapely.is_valid
    monkeypatch.setattr(shapely, "is_valid", lambda shapes: seen.append(len(shapes)) or plain(shapes))
    return seen


@pytest.mark.parametrize("shapes", [[], [BOW], [SQUARE, BOW], [SQUARE] * 5, [BOW, SQUARE, None, BOW]])
def test_positions_are_those_of_a_plain_loop_the_second_time_too(shapes: list) -> None:
    plain = [at for at, shape in enumerate(shapes) if not shapely.is_valid(shape)]
    geometry = np.array(shapes, dtype=object)
    for origin in ((), ("hash",), ("hash",)):
        assert validity.invalid_rows(geometry, origin).tolist() == plain


def test_a_file_is_judged_once(judged: list[int], kept: Path) -> None:
    geometry = np.array([BOW, SQUARE])
    for _ in range(3):
        assert validity.invalid_rows(geometry, ("hash", "layer")).tolist() == [0]
    assert sum(judged) == 2
    assert len(list(kept.iterdir())) == 1


@pytest.mark.parametrize(
    ("geometry", "origin"),
    [([BOW, SQUARE], ("other",)), ([SQUARE, BOW, BOW], ("hash",)), ([SQUARE, shapely.box(20, 0, 30, 11)], ("hash",))],
    ids=["another file", "other rows", "another layer of one name"],
)
def test_what_is_kept_of_one_is_not_told_of_another(geometry: list, origin: tuple, judged: list[int]) -> None:
    validity.invalid_rows(np.array([SQUARE, SQUARE]), ("hash",))
    judged.clear()
    plain = [at for at, shape in enumerate(geometry) if shape is BOW]
    assert validity.invalid_rows(np.array(geometry), origin).tolist() == plain
    assert sum(judged) == len(geometry)


def test_small_layers_and_frames_of_ones_own_leave_nothing(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    validity.invalid_rows(np.array([BOW]))
    monkeypatch.setattr(validity, "LARGE_VERTICES", 6)
    validity.invalid_rows(np.array([BOW]), ("hash",))
    assert list(kept.iterdir()) == []


def test_what_is_damaged_is_judged_anew(judged: list[int], kept: Path) -> None:
    geometry = np.array([SQUARE, BOW])
    validity.invalid_rows(geometry, ("hash",))
    [path] = kept.iterdir()
    path.write_bytes(path.read_bytes()[:-3])
    judged.clear()
    assert validity.invalid_rows(geometry, ("hash",)).tolist() == [1]
    assert sum(judged) == 2
