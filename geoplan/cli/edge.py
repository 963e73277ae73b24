"""The command itself, and the one edge at which every failure becomes a sentence and an exit code."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from geoplan.errors import GeoplanError, OutputError, RunError, escaped
from geoplan.progress import on_terminal

__all__ = ["cli", "main"]

INTERRUPTED = 130
MADE_BETWEEN_SWEEPS = 50_000
"""Python by itself looks for cycles after every 700 objects: a tenth of a comparison, for next to none are found."""
ENDINGS = (click.ClickException, click.exceptions.Exit, click.Abort)
"""What click raises to end a command."""


class _Refusal(click.ClickException):
    """A refusal of geoplan's, shown as one sentence with its own exit code."""

    def __init__(self, problem: GeoplanError) -> None:
        super().__init__(escaped(str(problem)))
        self.problem = problem

    def show(self, file: Any = None) -> None:
        with suppress(OSError):
            super().show(file)
        sys.exit(self.problem.exit_code)


class _Command(click.Command):
    """Runs with texts in tables kept as Python has them: tables are small, and pyarrow costs a fifth of an audit."""

    def invoke(self, ctx: click.Context) -> Any:
        import pandas as pd  # help does without

        with pd.option_context("mode.string_storage", "python"):
            return super().invoke(ctx)


class _Commands(click.Group):
    """Turns whatever is raised into a sentence and a code at the edge, so that no user sees a stack trace."""

    command_class = _Command

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _edge():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with _edge(), on_terminal():
            return super().invoke(ctx)


@contextmanager
def _edge() -> Iterator[None]:
    ending = None
    try:
        try:
            yield
        except (*ENDINGS, SystemExit) as wanted:
            ending = wanted
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except GeoplanError as problem:
        raise _Refusal(problem) from problem
    except Exception as problem:
        raise _Refusal(_unforeseen(problem)) from problem
    if ending is not None:
        raise ending


def _unforeseen(problem: Exception) -> GeoplanError:
    """Tell what was raised by the screen, which has no file name, from all else; a reader that has gone ends it."""
    if not isinstance(problem, OSError) or problem.filename is not None:
        return RunError("The command", problem)
    from geoplan.writing.files import let_go

    let_go(sys.stdout)
    if isinstance(problem, BrokenPipeError):
        sys.exit(OutputError.exit_code)
    return OutputError(f"the output cannot be written ({problem.strerror or problem}).")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="geoplan")
@click.option("--offline", is_flag=True, help="Use no network; GEOPLAN_OFFLINE=1 does the same. Only fetch uses it.")
@click.pass_context
def cli(context: click.Context, *, offline: bool) -> None:
    """Audit cluster and partnership boundaries.

    LEFT, RIGHT and LAYER are a catalogue key (geoplan layers), a boundary file (GeoPackage, Shapefile, zipped
    Shapefile, GeoJSON, GeoParquet, KML, KMZ, GML, FlatGeobuf, MapInfo TAB and MIF, file geodatabase, TopoJSON, a
    table with a column of WKT; FILE#LAYER for a layer inside it), a membership table of your own (CSV or Excel:
    area_id or area_name, and authority codes or names), a lookup (CSV, Excel or Parquet with one row a small area)
    or a table of postcodes; FILE#COLUMN for the column of the areas, such as lookup.csv#ICB24CD. Columns of one file
    are named in it: FILE?code=REF&name=TITLE, of flows FILE?origin=HOME&destination=WORK&workers=N.

    Exit codes: 0 done; 1 findings at or above --fail-on; 2 usage or configuration; 3 input unreadable, or an asked
    area not found; 4 could not run or write.

    An output is never an input or another output of the same run; --out - is the screen.
    """
    if offline:
        from geoplan.data.portal import client

        context.with_resource(client.offline())


def main() -> None:
    """Run the command line, and end the process."""
    codes: list[int] = []
    atexit.register(_leave, codes)  # first of all, to have its turn after all that libraries ask for at the end
    gc.set_threshold(MADE_BETWEEN_SWEEPS)
    _open_screen()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    try:
        cli()
    except SystemExit as ending:
        codes += [ending.code or 0] if ending.code is None or isinstance(ending.code, int) else []
        raise


def _leave(codes: list[int]) -> None:
    """Leave a command that has ended as it is: taking tables and compiled code apart costs a tenth of a comparison."""
    with suppress(OSError, ValueError):  # what a screen no longer takes is for Python to tell
        for code in codes:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


def _open_screen() -> None:
    """Give a process whose screen was closed one that takes nothing, before a file gets its number."""
    if sys.stdout is None:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 1)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - open while the process is
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - likewise
