"""The user's data folder: files whole or not at all, found by kind, key, edition and resolution."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from geoplan.data.kept import folder, holdings
from geoplan.data.kept.holdings import Holding
from geoplan.errors import ConfigurationError, InputError, OutputError
from geoplan.output.text.kept import holding_lines


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(folder.VARIABLE, str(tmp_path / "own"))
    return tmp_path / "own"


def kept(edition: str, resolution: str = "", *, key: str = "lad", content: str = "x") -> Holding:
    about = Holding("boundaries", key, edition, resolution, url="https://example.org", about=(("code", "LAD25CD"),))
    return holdings.keep(about, lambda path: path.write_text(content) and None)


def test_an_empty_folder_holds_nothing(place: Path) -> None:
    assert holdings.holdings() == []
    assert holdings.holding("boundaries", "lad") is None
    assert not place.exists()


def test_what_was_kept_is_found_as_it_was() -> None:
    one = kept("2025-05", "BGC")
    assert holdings.holdings() == [one]
    assert holdings.sound(one).read_text() == "x"
    assert one.name == "lad@2025-05 BGC"


def test_the_newest_edition_and_finest_drawing_come_first() -> None:
    for edition, resolution in (("2023-12", "BFC"), ("2025-05", "BUC"), ("2025-05", "BGC"), ("2024-05", "")):
        kept(edition, resolution)
    kept("2030", key="wards")
    found = [(one.edition, one.resolution) for one in holdings.holdings(key="lad")]
    assert found == [("2025-05", "BGC"), ("2025-05", "BUC"), ("2024-05", ""), ("2023-12", "BFC")]
    chosen = holdings.holding("boundaries", "lad", resolution="BUC")
    assert chosen is not None
    assert chosen.edition == "2025-05"
    assert holdings.holding("boundaries", "lad", edition="2022") is None
    assert holdings.holding("lookup", "lad") is None


def test_a_failed_write_leaves_what_was_there(place: Path) -> None:
    one = kept("2025-05")

    def fails(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left"):
        holdings.keep(one, fails)
    assert holdings.sound(one).read_text() == "x"
    assert sorted(path.name for path in place.rglob("*") if path.is_file()) == [
        "2025-05.parquet",
        "2025-05.parquet.json",
    ]


@pytest.mark.parametrize(
    ("facts", "hint"),
    [
        ({"source": "ONS", "resolution": "BSC"}, "Fetch it again: geoplan fetch lad@2025-05:BSC --again."),
        ({}, "geoplan fetch --service https://example.org --as lad --edition 2025-05 --again."),
        ({"url": ""}, "Bring it again."),
    ],
)
def test_a_changed_file_is_refused_and_says_how_to_get_this_very_file_back(facts: dict[str, str], hint: str) -> None:
    told = {"url": "https://example.org", **facts}
    one = holdings.keep(Holding("boundaries", "lad", "2025-05", **told), lambda path: path.write_text("x") and None)
    holdings.path_of(one).write_text("y")
    with pytest.raises(InputError, match=f"not as it was kept.*{re.escape(hint)}"):
        holdings.sound(one)


def test_a_file_without_manifest_does_not_count() -> None:
    one = kept("2025-05")
    holdings.path_of(one).with_name("2025-05.parquet.json").unlink()
    assert holdings.holdings() == []
    kept("2025-05")
    holdings.path_of(one).unlink()
    assert holdings.holdings() == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1, "kind": "boundaries"}', '{"schema": 1, "odd": 1}'])
def test_an_unreadable_manifest_is_named(text: str) -> None:
    one = kept("2025-05")
    holdings.path_of(one).with_name("2025-05.parquet.json").write_text(text)
    with pytest.raises(InputError, match=r"boundaries/lad/2025-05\.parquet\.json in your data folder"):
        holdings.holdings()


def test_beside_an_unreadable_manifest_others_are_listed_and_it_is_told() -> None:
    good = kept("2025-05", key="ward")
    holdings.path_of(kept("2025-05")).with_name("2025-05.parquet.json").write_text("{")
    assert holdings.holdings(readable=True) == [good]
    assert holdings.holding("boundaries", "lad", readable=True) is None
    (said,) = holdings.damaged()
    assert said.startswith("boundaries/lad/2025-05.parquet.json in your data folder cannot be read")
    listed = " ".join(holding_lines.held_text(holdings.holdings(readable=True), [said]).split())
    assert "ward@2025-05" in listed
    assert said in listed
    assert holding_lines.held_text([], []) == ""


def test_a_manifest_moved_elsewhere_is_refused() -> None:
    manifest = holdings.path_of(kept("2025-05")).with_name("2025-05.parquet.json")
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**told, "key": "wards"}))
    with pytest.raises(InputError, match="lies in another place"):
        holdings.holdings()


@pytest.mark.parametrize("key", ["", "../up", "a/b", ".hidden", "Lad", "a b"])
def test_names_that_no_file_should_have_are_refused(key: str) -> None:
    with pytest.raises(ConfigurationError, match="no name to keep data under"):
        kept("2025", key=key)


def test_what_is_dropped_is_gone(place: Path) -> None:
    one = kept("2025-05")
    holdings.drop(one)
    holdings.drop(one)
    assert holdings.holdings() == []
    assert [path for path in place.rglob("*") if path.is_file()] == []
