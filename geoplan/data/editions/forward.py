"""Tables of another edition brought to codes that are wanted: exactly, nearly, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from geoplan.data.editions.codes import NEARLY, Former, missing_for

__all__ = ["Forward", "brought_forward"]


@dataclass(frozen=True)
class Forward:
    """Where former codes stand among those wanted.

    Parameters
    ----------
    now
        Former code -> the one code wanted that all of it passed to.
    nearly
        Those of them of which a few homes passed elsewhere.
    divided
        Former code -> the codes wanted that it was divided between.
    lacking
        Code wanted -> former codes it was also made of which are not there, so that sums of it are too small.
    """

    now: Mapping[str, str]
    nearly: tuple[str, ...]
    divided: Mapping[str, tuple[str, ...]]
    lacking: Mapping[str, tuple[str, ...]]


def brought_forward(codes: Iterable[str], wanted: Collection[str], retired: Mapping[str, Former]) -> Forward:
    """Bring former codes to those of a wanted edition, through all that followed them.

    Parameters
    ----------
    codes
        Codes at hand; those wanted, and those nobody knows, are left alone.
    wanted
        Codes of the edition they are brought to, of any day.
    retired
        What became of former authorities, as `geoplan.data.places.Authorities` has it.

    Returns
    -------
    Forward
        A code of which some part leads to no code wanted is in none of its tables.

    Examples
    --------
    >>> retired = {
    ...     "A": Former("Ash", "2018-12-31", ("Z",), False, ("C",)),
    ...     "B": Former("Elm", "2018-12-31", ("Z",), False, ("C",)),
    ...     "C": Former("Oak", "2022-12-31", ("Z",), True, ("Z",)),
    ... }
    >>> brought_forward(["A"], ["C"], retired).now, brought_forward(["A"], ["Z"], retired).lacking
    ({'A': 'C'}, {'Z': ('B',)})
    """
    given, want = list(dict.fromkeys(codes)), frozenset(wanted)
    reached = {code: _reached(code, want, retired) for code in given if code in retired and code not in want}
    now = {code: ends[0] for code, ends in reached.items() if len(ends) == 1}
    lacking = {new: missing_for(new, given, retired) for new in dict.fromkeys(now.values())}
    return Forward(
        now,
        tuple(code for code in now if retired[code].passed == NEARLY),
        {code: ends for code, ends in reached.items() if len(ends) > 1},
        {new: lost for new, lost in lacking.items() if lost},
    )


def _reached(code: str, wanted: Collection[str], retired: Mapping[str, Former]) -> tuple[str, ...]:
    """Return the codes wanted that a code became; none where a part of it became another."""
    if code in wanted:
        return (code,)
    if code not in retired:
        return ()
    ends = [_reached(then, wanted, retired) for then in retired[code].then or retired[code].successors]
    return tuple(dict.fromkeys(end for each in ends for end in each)) if all(ends) else ()
