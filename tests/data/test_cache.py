"""The cache: whole or absent, whatever happens to its writers, its files and its folder."""

from __future__ import annotations

import errno
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import platformdirs
import pytest

from geoplan.data import cache

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own, not made yet."""
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "kept" / "here"))
    return tmp_path / "kept" / "here"


def run(script: str) -> subprocess.CompletedProcess[str]:
    code = "import os, resource, signal\nfrom pathlib import Path\nfrom geoplan.data import cache\n" + script
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


def test_the_tests_have_a_cache_of_their_own():
    assert "GEOPLAN_CACHE" in os.environ
    assert cache.folder() != Path(platformdirs.user_cache_dir("geoplan", appauthor=False))


def test_the_folder_is_the_systems_unless_one_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name, appauthor: f"{tmp_path}/{name}/{appauthor}")
    monkeypatch.setenv("GEOPLAN_CACHE", "")
    assert cache.folder() == tmp_path / "geoplan" / "False"
    monkeypatch.setenv("GEOPLAN_CACHE", "~/elsewhere")
    assert cache.folder() == Path.home() / "elsewhere"


def test_what_is_stored_is_loaded(place):
    assert cache.load("towns", "1") is None
    cache.store("towns", "1", CONTENT)
    assert cache.load("towns", "1") == CONTENT
    assert cache.load("towns", "2") is None
    assert names(place) == ["towns-1.cache"]
    cache.store("towns", "1", b"")
    assert cache.load("towns", "1") == b""


def test_older_files_of_the_same_kind_go(place):
    for kind, key in [("rivers", "1"), ("towns", "1"), ("towns", "2")]:
        cache.store(kind, key, CONTENT)
    assert names(place) == ["rivers-1.cache", "towns-2.cache"]


@pytest.mark.parametrize("size", [0, 1, 31, 32, 33, 5000, 32 + len(CONTENT) - 1])
def test_a_file_cut_short_is_not_used(place, size, caplog):
    cache.store("towns", "1", CONTENT)
    file = place / "towns-1.cache"
    file.write_bytes(file.read_bytes()[:size])
    assert cache.load("towns", "1") is None
    assert caplog.messages == [f"The cached file {file} is damaged and is not used."]


@pytest.mark.parametrize("at", [0, 31, 32, 4000, -1])
def test_a_file_with_one_wrong_bit_is_not_used(place, at):
    cache.store("towns", "1", CONTENT)
    file = place / "towns-1.cache"
    scrambled = bytearray(file.read_bytes())
    scrambled[at] ^= 1
    file.write_bytes(scrambled)
    assert cache.load("towns", "1") is None
    cache.store("towns", "1", CONTENT)
    assert cache.load("towns", "1") == CONTENT


def test_a_folder_that_cannot_be_is_told_in_one_line(tmp_path, monkeypatch, caplog):
    (tmp_path / "file").touch()
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "file" / "folder"))
    cache.store("towns", "1", CONTENT)
    assert cache.load("towns", "1") is None
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("No cache of towns is kept (")
    assert record.getMessage().endswith("; GEOPLAN_CACHE may name another folder.")


def test_a_folder_without_permission_is_told_in_one_line(place, caplog):
    cache.store("towns", "1", CONTENT)
    place.chmod(0o500)
    if os.access(place, os.W_OK):
        pytest.skip("root may write anywhere")
    cache.store("towns", "2", CONTENT)
    assert "Permission denied" in caplog.text
    assert cache.load("towns", "1") == CONTENT
    place.chmod(0o700)


def test_a_user_without_a_home_has_no_cache(monkeypatch, caplog):
    monkeypatch.setenv("GEOPLAN_CACHE", "~no-such-user-of-this-machine/cache")
    cache.store("towns", "1", CONTENT)
    assert cache.load("towns", "1") is None
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    with pytest.raises(OSError, match="home"):
        cache.folder()


def test_a_disk_that_is_full_leaves_what_was_there(place):
    cache.store("towns", "1", CONTENT)
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
    done = run(limit + f"cache.store('towns', '1', bytes({len(CONTENT)})); cache.store('towns', '2', bytes(9000))")
    assert done.returncode == 0
    assert done.stderr.count("No cache of towns is kept") == len(done.stderr.splitlines()) == 2
    assert os.strerror(errno.EFBIG) in done.stderr
    assert cache.load("towns", "1") == CONTENT
    assert names(place) == ["towns-1.cache"]


def test_a_writer_killed_before_the_last_step_leaves_what_was_there(place):
    cache.store("towns", "1", CONTENT)
    kill = "Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
    for key in "12":
        assert run(kill + f"cache.store('towns', '{key}', b'new')").returncode == -signal.SIGKILL
    assert cache.load("towns", "1") == CONTENT
    assert cache.load("towns", "2") is None
    left = [path for path in place.iterdir() if path.suffix == ".tmp"]
    assert len(left) == 2
    hours_ago = time.time() - 4000
    os.utime(left[0], (hours_ago, hours_ago))
    cache.store("towns", "2", CONTENT)
    assert names(place) == sorted([left[1].name, "towns-2.cache"]), "a young one may be another writer's"


def test_two_writers_at_once(place):
    script = "import sys; from geoplan.data import cache\nfor _ in range(60): cache.store('towns', '1', {} * 10**6)"
    codes = [script.format(letter) for letter in (b"A", b"B")]
    writers = [subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE) for code in codes]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        found = cache.load("towns", "1")
        if found is not None:
            seen.add((len(found), bytes(found[:1]), bytes(found).count(bytes(found[:1]))))
    assert [writer.communicate()[1] for writer in writers] == [b"", b""]
    assert cache.load("towns", "1") is not None
    assert seen
    assert seen <= {(10**6, letter, 10**6) for letter in (b"A", b"B")}
    assert names(place) == ["towns-1.cache"]
