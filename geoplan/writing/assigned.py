"""Files too large to hold assigned to areas: the parts made, kept as they come, and joined."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from geoplan.auditing.assigning.packing import Tally, part_table, part_tally
from geoplan.auditing.assigning.work import Work
from geoplan.output.assigned.rows import refuse_no_cells
from geoplan.progress import phase
from geoplan.spreading.spread import spread_joined
from geoplan.writing.beside import consumed_beside
from geoplan.writing.parts import parts_of
from geoplan.writing.streams import refuse_suffix, write_parquet, write_stream

__all__ = ["Assigned", "assigned_bytes", "write_assigned"]


@dataclass(frozen=True)
class Assigned:
    """What came of assigning a file.

    Parameters
    ----------
    tally
        What was counted of its rows.
    resumed
        How many of its parts an earlier run had made.
    """

    tally: Tally
    resumed: int


def write_assigned(work: Work, out: str, *, raw: bool = False) -> Assigned:
    """Assign a file and write the result, going on where an earlier run of the same work was broken off.

    Parameters
    ----------
    work
        What is to be done.
    out
        Where to: ``.parquet`` or ``.csv``. Parts are kept beside it meanwhile, in ``.NAME.parts``.
    raw
        Whether CSV keeps text as it is that a spreadsheet would take for a formula.

    Returns
    -------
    Assigned
        The file appears whole or not at all; its bytes depend neither on who did the parts nor on how often the work
        was broken off.

    Raises
    ------
    ConfigurationError
        If the suffix is none of the two, or CSV cannot hold a column.
    OutputError
        If it cannot be written.
    """
    refuse_suffix(out)
    if out.lower().endswith(".csv"):
        refuse_no_cells(work.schema, work.geometry)
    tally = Tally()
    with parts_of(out, work.fingerprint) as parts:

        def write(numbers: Iterator[int]) -> None:
            tables = _tables(map(parts.read, numbers), tally)
            write_stream(out, work.schema, work.tables(tables), geometry=work.geometry, raw=raw)

        with consumed_beside(write) as hand_over:
            resumed = 0
            for number, count, content in _parts(work, parts.begun):
                if content is not None:
                    parts.keep(number, content)
                resumed += count if content is None else 0
                hand_over(number)
    return Assigned(tally, resumed)


def assigned_bytes(work: Work) -> tuple[bytes, Tally]:
    """Assign a file in memory.

    Parameters
    ----------
    work
        What is to be done.

    Returns
    -------
    tuple
        The result as a Parquet file, and what was counted.
    """
    tally, stream = Tally(), io.BytesIO()

    def write(parts: Iterator[bytes]) -> None:
        write_parquet(stream, work.schema, work.tables(_tables(parts, tally)))

    with consumed_beside(write) as hand_over:
        for _, _, part in _parts(work, frozenset()):
            hand_over(part)
    return stream.getvalue(), tally


def _tables(parts: Iterable[bytes], tally: Tally) -> Iterator[pa.Table]:
    """Yield the rows of parts, and count what was counted of them."""
    for part in parts:
        tally.add(part_tally(part))
        yield part_table(part)


def _parts(work: Work, begun: frozenset[int]) -> Iterator[tuple[int, int, Any]]:
    """Yield number, count and content of parts that are kept together, in order; no content of those that are there."""
    waiting: deque[list[Any]] = deque()

    def missing() -> Iterator[list[Any]]:
        for group in work.groups():
            waiting.append(group)
            if group[0].number not in begun:
                yield group

    with phase(f"Assigning {work.file}", work.pieces) as step:
        made = spread_joined(work.function, work.join, missing(), work.shared)
        for group, content in _with_those_there(waiting, begun, made):
            for _ in group:
                step()
            yield group[0].number, len(group), content


def _with_those_there(
    waiting: deque[list[Any]], begun: frozenset[int], contents: Iterable[Any]
) -> Iterator[tuple[list[Any], Any]]:
    """Yield the groups that wait with what comes of them, those between that are there with nothing."""
    for content in contents:
        while waiting[0][0].number in begun:
            yield waiting.popleft(), None
        yield waiting.popleft(), content
    while waiting:
        yield waiting.popleft(), None
