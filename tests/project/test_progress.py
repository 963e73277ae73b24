"""What long work shows on a terminal, and that it shows nothing anywhere else."""

from __future__ import annotations

import errno
import io
import os
import pty
import re
import select
import subprocess
import sys
import textwrap

import pytest

from geoplan import progress

WORK = textwrap.dedent(
    """
    import sys
    from geoplan import progress

    with progress.on_terminal():
        for n in progress.each(range(3), "Telling areas \\x1b[31m" + "x" * 80, 3):
            with progress.phase(f"Area {n}"):
                pass
        print("the answer")
        print("a warning", file=sys.stderr)
    """
)


class Heard:
    """Writes down what it is told."""

    def __init__(self):
        self.said = []

    def begin(self, what, total):
        self.said.append(("begin", what, total))
        return what

    def step(self, key):
        self.said.append(("step", key))

    def end(self, key):
        self.said.append(("end", key))


def on_a_terminal(command, **environment):
    """Run a command whose standard error is a terminal, and return both its outputs."""
    ours, theirs = pty.openpty()
    settings = {**os.environ, "TERM": "xterm", "COLUMNS": "100", **environment}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=settings)
    os.close(theirs)
    shown = b""
    while True:
        ready, _, _ = select.select([ours], [], [], 60)
        assert ready, "nothing was shown for a minute"
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # the other end was closed
            break
        if not chunk:
            break
        shown += chunk
    answer, _ = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0
    return answer.decode(), shown.decode()


def failing(step):
    step()
    with progress.phase("inner"):
        int("inner")


def test_work_within_work_is_told_in_order_and_ended_where_it_fails():
    heard = Heard()
    with pytest.raises(ValueError, match="inner"), progress.listening(heard), progress.phase("outer", 2) as step:
        failing(step)
    assert heard.said == [
        ("begin", "outer", 2), ("step", "outer"), ("begin", "inner", None), ("end", "inner"), ("end", "outer"),
    ]  # fmt: skip
    with progress.phase("nobody listens") as step:
        step()


def test_items_are_handed_on_one_by_one():
    heard = Heard()
    with progress.listening(heard):
        assert list(progress.each("ab", "letters", 2)) == ["a", "b"]
        assert list(progress.each("", "none", 0)) == []
    steps = [said for said in heard.said if said[0] == "step"]
    assert len(steps) == 2
    assert heard.said[-2:] == [("begin", "none", 0), ("end", "none")]


def test_a_terminal_is_shown_the_work_and_then_only_the_answer():
    answer, shown = on_a_terminal([sys.executable, "-c", WORK])
    assert answer == "the answer\n"
    assert "Telling areas" in shown
    assert "1/3" in shown.replace(" ", "")
    assert "Area 2" in shown
    assert "\x1b[31mx" not in shown
    last = shown[shown.rindex("a warning") :]
    assert last.strip() == "a warning"


def test_no_colour_and_a_dumb_terminal_are_respected():
    _, shown = on_a_terminal([sys.executable, "-c", WORK], NO_COLOR="1")
    assert "\x1b[3" not in shown
    _, shown = on_a_terminal([sys.executable, "-c", WORK], TERM="dumb")
    assert shown.strip() == "a warning"


def test_what_is_no_terminal_is_shown_nothing():
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("the answer\n", "a warning\n")


def test_a_command_shows_its_work_on_a_terminal_only(tmp_path):
    command = [sys.executable, "-m", "geoplan", "audit", "--layers", "lhb,utla", "--out", str(tmp_path / "out")]
    answer, shown = on_a_terminal(command)
    assert "Comparing layers" in shown
    assert "Writing files" in shown
    assert "Comparing" not in answer
    assert "\x1b" not in answer


def test_a_terminal_that_goes_away_stops_no_work():
    from rich.console import Console

    class Gone(io.StringIO):
        def write(self, _text):
            raise OSError(errno.EIO, "Input/output error")

        flush = write

        def isatty(self):
            return True

    lines = progress._Lines(Console(file=Gone(), force_terminal=True))
    with progress.listening(lines):
        assert list(progress.each("ab", "letters", 2)) == ["a", "b"]
    lines.close()


def test_no_color_is_kept():
    colour = re.compile(r"\x1b\[[0-9;]*m")
    assert colour.search(on_a_terminal([sys.executable, "-c", WORK], NO_COLOR="")[1])
    assert not colour.search(on_a_terminal([sys.executable, "-c", WORK], NO_COLOR="1")[1])
