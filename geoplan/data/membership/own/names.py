"""Names of authorities as documents list them: one that is exact is taken, of others the nearest are proposed."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from geoplan.data.keys import KINDS_OF_COUNCIL, plain_code, plain_name
from geoplan.data.membership.claims import codes_meant
from geoplan.data.places import Authorities

__all__ = ["Proposal", "ended", "exactly", "nearest", "parted_by"]

BETWEEN = re.compile(r"\s*[,;\n|\u2022]\s*(?:(?:and|&)\s+)?|\s+(?:and|&)\s+")
"""What stands between two authorities in one cell, and also inside the names of some."""
Cost = Callable[[str, tuple[str, ...]], int]
MOST_JOINED = 6
"""Pieces between separators of which one name may be made."""
KNOWN, ALIKE, UNKNOWN = 1, 10, 20
"""What a piece costs that is a name, one much like it, and none: the cheapest way to part a cell is taken."""
SHARP = 100
"""How fast a piece costs more the less it is like a name."""
MUCH = 0.85
"""Likeness (0 to 1) from which a piece with separators in it is taken for one misspelt name, which is then proposed."""


@dataclass(frozen=True)
class Proposal:
    """A name that is not exact, and what may have been meant.

    Parameters
    ----------
    what
        ``authority`` or ``area``.
    written
        As it stands in the file.
    rows
        Numbers of the rows in which it stands.
    nearest
        What may have been meant, the likeliest first; may be empty.
    ended
        Of a former authority the last day it was there, ISO 8601; else empty.
    """

    what: str
    written: str
    rows: tuple[int, ...]
    nearest: tuple[str, ...]
    ended: str = ""


def exactly(written: str, authorities: Authorities) -> tuple[str, ...]:
    """Return the districts or blocks of today that an exact name or a code means, of a county or region all of them.

    Parameters
    ----------
    written
        A code, or an official or other established name, with or without what kind of council it is.
    authorities
        The reference.

    Returns
    -------
    tuple of str
        None where it is only the beginning of a name or a shortened one, fits several authorities, or was a former
        authority that is now a part of another.

    Examples
    --------
    >>> from geoplan.data.places import shipped_authorities
    >>> from geoplan.data.shipped.package_data import shipped_blocks
    >>> known = shipped_authorities(shipped_blocks())
    >>> exactly("Leeds City Council", known), exactly("Leds", known)
    (('E08000035',), ())
    """
    named = authorities.named(written)
    others = (authorities.former(written), len(authorities.grouped(written)) == 1)
    known = authorities.code(written) or len(named) == 1 or (not named and any(others))
    return codes_meant(written, authorities) if known else ()


def nearest(written: str, authorities: Authorities) -> tuple[str, ...]:
    """Return the names that may have been meant by one that is not exact, the likeliest first.

    Parameters
    ----------
    written
        As it stands in a file.
    authorities
        The reference.

    Returns
    -------
    tuple of str
        Official names; codes where several authorities bear one name.
    """
    several = authorities.named(written)
    if len(several) > 1:
        return tuple(several)
    full = authorities.spelled_out(written)
    former = authorities.code(written) if plain_code(written) in authorities.retired else authorities.former(written)
    likely = [*authorities.successors(former), *(authorities.named(full) if full else ())]
    likely += [*authorities.begun(written), *authorities.beginnings(written)]
    names = [authorities.official_name(code) for code in likely]
    return tuple(dict.fromkeys([*names, *authorities.nearest(written)]))


def ended(written: str, authorities: Authorities) -> str:
    """Return the last day of the former authority that a name or code means, ISO 8601; empty where it means none."""
    former = authorities.code(written) or authorities.former(written)
    return authorities.retired[former].ended if former in authorities.retired else ""


def parted_by(authorities: Authorities) -> Callable[[str], list[str]]:
    """Return how a cell that lists authorities is parted into names.

    Parameters
    ----------
    authorities
        The reference: "Bournemouth, Christchurch and Poole" is one authority, "Cornwall and Isles of Scilly" two.

    Returns
    -------
    callable
        Text of a cell -> names in it, those that are not known among them.
    """

    @cache
    def cost(name: str, pieces: tuple[str, ...]) -> int:
        """Return what it costs to take pieces for one name; groups of authorities never lie across separators."""
        if len(pieces) == 1:
            return KNOWN if exactly(name, authorities) else UNKNOWN
        # "City of London, Camden" is not Camden alone, though "Bristol, City of" is Bristol.
        idle = _says_nothing(pieces[0]) or (_says_nothing(pieces[-1]) and bool(exactly(pieces[-1], authorities)))
        return KNOWN if len(authorities.named(name)) == 1 and not idle else UNKNOWN * len(pieces)

    def parted(cell: str) -> list[str]:
        pieces = list(_pieces(cell))
        names = _cheapest(cell, pieces, cost)
        if any(cost(name, (name,)) >= UNKNOWN for name in names):
            names = _cheapest(cell, pieces, lambda name, told: _alike(name, told, cost, authorities))
        return names

    return parted


def _says_nothing(piece: str) -> bool:
    """Tell whether all words of a piece say what kind of council it is."""
    return all(word in KINDS_OF_COUNCIL for word in re.findall(r"\w+", piece.casefold()))


def _alike(name: str, pieces: tuple[str, ...], cost: Cost, authorities: Authorities) -> int:
    plain = cost(name, pieces)
    if plain < UNKNOWN or len(pieces) == 1:
        return plain
    wanted = plain_name(name)
    near = [plain_name(each) for each in authorities.nearest(name)]
    best = max((difflib.SequenceMatcher(None, wanted, each).ratio() for each in near), default=0.0)
    return ALIKE + round((1 - best) * SHARP) if best >= MUCH else plain


def _pieces(cell: str) -> Iterator[tuple[int, int]]:
    """Yield where each piece between separators begins and ends."""
    at = 0
    for gap in BETWEEN.finditer(cell):
        if cell[at : gap.start()].strip():
            yield at, gap.start()
        at = gap.end()
    if cell[at:].strip():
        yield at, len(cell)


def _cheapest(cell: str, places: Sequence[tuple[int, int]], cost: Cost) -> list[str]:
    """Part a cell so that as much as can be is a name, and of equally cheap ways in the longest names."""
    texts = [" ".join(cell[start:end].split()) for start, end in places]
    best: list[tuple[int, list[str]]] = [(0, [])]
    for end in range(1, len(places) + 1):
        ways = []
        for start in range(max(0, end - MOST_JOINED), end):
            name = " ".join(cell[places[start][0] : places[end - 1][1]].split())
            ways.append((best[start][0] + cost(name, tuple(texts[start:end])), [*best[start][1], name]))
        best.append(min(ways, key=lambda way: (way[0], len(way[1]))))
    return best[-1][1]
