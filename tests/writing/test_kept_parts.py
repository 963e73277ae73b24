"""Parts of long work: kept until the work is done, of no other work, and never a folder of somebody else."""

from __future__ import annotations

import pytest

from geoplan.errors import OutputError
from geoplan.writing.parts import parts_of


def broken_off(out, fingerprint, numbers):
    class EndError(Exception):
        pass

    with pytest.raises(EndError), parts_of(str(out), fingerprint) as parts:  # noqa: PT012 - as a run that is killed
        for number in numbers:
            parts.keep(number, b"part %d" % number)
        raise EndError


def test_parts_stay_until_the_work_is_done(tmp_path):
    out = tmp_path / "out.parquet"
    broken_off(out, "one", [0, 2])
    with parts_of(str(out), "one") as parts:
        assert parts.begun == {0, 2}
        assert parts.read(2) == b"part 2"
        parts.keep(1, b"more")
    assert list(tmp_path.iterdir()) == []


def test_parts_of_other_work_are_removed(tmp_path):
    out = tmp_path / "out.parquet"
    broken_off(out, "one", [0, 1])
    (tmp_path / ".out.parquet.parts" / "000002.part.new").write_bytes(b"half")
    with parts_of(str(out), "two") as parts:
        assert parts.begun == frozenset()
        assert {path.name for path in parts.folder.iterdir()} == {"work.json"}


def test_a_damaged_note_of_the_work_begins_it_anew(tmp_path):
    out = tmp_path / "out.parquet"
    broken_off(out, "one", [0])
    (tmp_path / ".out.parquet.parts" / "work.json").write_bytes(b"[")
    with parts_of(str(out), "one") as parts:
        assert parts.begun == frozenset()


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    folder = tmp_path / ".out.parquet.parts"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"letter\.txt"), parts_of(str(tmp_path / "out.parquet"), "one"):
        pass
    assert (folder / "letter.txt").read_text(encoding="utf-8") == "mine"


def test_two_runs_do_not_share_parts(tmp_path):
    out = str(tmp_path / "out.parquet")
    with parts_of(out, "one"), pytest.raises(OutputError, match="another run"), parts_of(out, "one"):
        pass
