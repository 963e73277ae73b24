"""Postcodes by the points that ship and the directory that was fetched: since when in use, or terminated."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli
from geoplan.data.kept import holdings
from geoplan.data.kept.directory import directory, entries, find
from geoplan.data.kept.holdings import Holding
from geoplan.data.shipped import package_data
from geoplan.errors import InputError, UnknownKeyError

COLUMNS = ["postcode", "introduced", "terminated", "easting", "northing", "lad", "lsoa", "icb"]
ROWS = [
    ("BA1 0AA", "198001", None, 374000, 165000, "E06000022", "E01014370", "E54000040"),
    ("BA1 0AH", "198001", "201906", 374000, 165000, "E06000022", "E01014370", "E54000040"),
    # Of no point that ships: in a district that is a block, in a divided one by its board and by the nearest point.
    ("BA1 8ZY", "202605", None, 374000, 165000, "E06000022", "E01014370", "E54000040"),
    ("HP10 1ZY", "202605", None, 490200, 191000, "E06000060", None, "E54000044"),
    ("HP10 1ZZ", "202605", None, 490200, 191000, "E06000060", None, "E54000099"),
    ("BT1 9ZZ", "202605", None, 333600, 374000, "N09000003", None, None),
    ("BA1 9ZZ", "202605", None, None, None, "E06999999", None, None),
]


POINTS = pd.DataFrame(
    [
        ("BA1 0AA", "E06000022", "E06000022", 374000, 165000),
        ("BA1 0AH", "E06000022", "E06000022", 374000, 165000),
        ("HP10 0AA", "E06000060", "E06000060.E54000044", 490100, 191000),
        ("HP10 0AB", "E06000060", "E06000060.E54000024", 490900, 191000),
    ],
    columns=["postcode", "lad", "block", "x", "y"],
)


@pytest.fixture(autouse=True)
def points(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a few points in the place of the two million that ship."""

    def few(letters, *, columns):
        return POINTS[POINTS["postcode"].str[0].isin(letters)][list(columns)]

    monkeypatch.setattr(package_data, "postcode_points", few)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GEOPLAN_DATA", str(tmp_path / "own"))
    monkeypatch.delenv("GEOPLAN_SHIPPED", raising=False)
    return tmp_path / "own"


@pytest.fixture
def held() -> Holding:
    frame = pd.DataFrame(ROWS, columns=COLUMNS)
    one = Holding("postcodes", "onspd", "2026-05", title="ONS Postcode Directory (May 2026)", rows=len(frame))
    return holdings.keep(one, lambda path: frame.to_parquet(path, index=False))


def test_without_a_directory_the_points_that_ship_decide() -> None:
    assert directory() is None
    assert find("BA1 0AA") == find("BA1 0AA")
    assert find("BA1 0AA").said == ()
    with pytest.raises(UnknownKeyError, match=r"BA1 8ZY is not in the directory of November 2025.*geoplan fetch onspd"):
        find("BA1 8ZY")


def test_it_says_since_when_a_postcode_is_in_use_or_when_it_was_terminated(held: Holding) -> None:
    assert directory() == held
    here = find("BA1 0AA")
    assert here.block == "E06000022"
    assert here.said == ("The postcode is in use since January 1980 (ONS Postcode Directory (May 2026)).",)
    ended = find("BA1 0AH")
    assert ended.block == "E06000022"
    assert "not in use: it was terminated in June 2019" in ended.said[0]


def test_postcodes_that_came_later_are_found(held: Holding) -> None:
    new = find("BA1 8ZY")
    assert new.block == "E06000022"
    assert new.said[1] == "It is not in the directory of November 2025."
    assert find("HP10 1ZY").block == "E06000060.E54000044"
    near = find("HP10 1ZZ")
    assert near.block == "E06000060.E54000044"
    assert near.said[2] == "Its place is taken to be that of HP10 0AA, the nearest."
    assert find("BT1 9ZZ").block == "N09000003"
    with pytest.raises(UnknownKeyError, match="has no point in ONS Postcode Directory"):
        find("BA1 9ZZ")
    with pytest.raises(UnknownKeyError, match=r"nor in that which you fetched \(ONS Postcode Directory"):
        find("BA1 8ZZ")
    assert held.rows == len(ROWS)


def test_points_of_northern_ireland_are_brought_to_the_national_grid(held: Holding) -> None:
    told = entries(held, ["BT1 9ZZ", "BA1 0AA", "ZE1 9ZZ"])
    assert sorted(told.index) == ["BA1 0AA", "BT1 9ZZ"]
    assert told.loc["BA1 0AA", ["x", "y"]].tolist() == [374000, 165000]
    assert abs(told.loc["BT1 9ZZ", "x"] - 146_000) < 2_000
    assert told["terminated"].tolist() == ["", ""]
    assert entries(held, []).empty


@pytest.mark.usefixtures("held")
def test_what_ships_alone_is_asked_where_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEOPLAN_SHIPPED", "1")
    assert find("BA1 0AH").said == ()


def test_a_directory_that_was_changed_is_refused(held: Holding) -> None:
    holdings.path_of(held).write_bytes(b"PAR1")
    with pytest.raises(InputError, match="is not as it was kept"):
        find("BA1 0AA")
    pd.DataFrame({"x": [1]}).to_parquet(holdings.path_of(held))
    other = holdings.keep(held, lambda path: pd.DataFrame({"x": [1]}).to_parquet(path))
    with pytest.raises(InputError, match="is no postcode directory"):
        entries(other, ["BA1 0AA"])


@pytest.mark.usefixtures("held")
def test_the_lookup_of_a_postcode_says_it() -> None:
    done = CliRunner().invoke(cli, ["lookup", "ba10ah"])
    assert done.exit_code == 0, done.output
    assert "terminated in June 2019" in " ".join(done.output.split())
