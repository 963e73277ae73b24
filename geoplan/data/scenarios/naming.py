"""What the cells of a change stand for: areas of a layer, and blocks of authorities."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from geoplan.data.keys import plain_code, plain_name, plain_writing
from geoplan.data.membership.claims import codes_meant, suggested
from geoplan.data.places import Authorities
from geoplan.data.shipped import package_data
from geoplan.errors import AmbiguousError, UnknownKeyError, refusal

__all__ = ["Ground", "area_meant", "areas_named", "code_of", "ground_meant"]

NEAREST = 3
INSIDE = re.compile(r"(.+) in (.+)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Ground:
    """What an authority stands for.

    Parameters
    ----------
    name
        As people call it.
    blocks
        Shipped blocks.
    within
        Code of the area that it is a part of; empty where all of it is meant.
    """

    name: str
    blocks: frozenset[str]
    within: str = ""


def code_of(name: str) -> str:
    """Return the code of a new area: its name in small letters.

    Examples
    --------
    >>> code_of("East Surrey")
    'east-surrey'
    """
    return re.sub(r"[^a-z0-9_]+", "-", plain_writing(name)).strip("-") or name


def areas_named(written: str, names: Mapping[str, str]) -> list[str]:
    """Return the codes of the areas that a code or a name means, however it is typed."""
    plain = plain_code(written)
    if by_code := [code for code in names if plain_code(code) == plain]:
        return by_code
    for alike in (plain_writing, plain_name):
        if found := [code for code, name in names.items() if alike(name) == alike(written)]:
            return found
    return []


def area_meant(written: str, names: Mapping[str, str], where: str, layer: str, *, hint: str = "") -> str:
    """Return the code of the one area that a cell means.

    Parameters
    ----------
    written
        What stands in the cell.
    names
        Code -> name of the areas there are by now.
    where, layer
        File and row, and the layer, for the message.
    hint
        What else may help, as a sentence.

    Returns
    -------
    str
        Its code.

    Raises
    ------
    UnknownKeyError
        If there is none; names the nearest.
    AmbiguousError
        If there are several.
    """
    found = areas_named(written, names)
    if len(found) > 1:
        listed = "; ".join(f"{code} {names[code]}" for code in found)
        raise AmbiguousError(refusal(f"{where}: {written!r} fits several areas of {layer}: {listed}. Give the code"))
    if not found:
        folded = {name.casefold(): name for name in names.values()}
        near = [folded[name] for name in difflib.get_close_matches(written.casefold(), folded, n=NEAREST, cutoff=0.5)]
        nearest = f"Nearest: {', '.join(near)}." if near else f"geoplan layers {layer} lists them."
        message = refusal(f"{where}: there is no area {written!r} in {layer}", hint=f"{nearest} {hint}".strip())
        raise UnknownKeyError(message)
    return found[0]


def ground_meant(
    written: str, names: Mapping[str, str], held: Collection[tuple[str, str]], authorities: Authorities, where: str
) -> Ground:
    """Return the ground that an authority, or a part of one, stands for.

    Parameters
    ----------
    written
        A code or name of an authority of either tier, of a group of them, or of a block; or ``Authority in Area``
        for the part that is in an area of the layer, or with one of the boards that split authorities.
    names
        Code -> name of the areas there are by now.
    held
        Block and code for every part there is by now.
    authorities
        The reference.
    where
        File and row, for the message.

    Returns
    -------
    Ground
        Its blocks; and the area, where only what is in it is meant.

    Raises
    ------
    UnknownKeyError
        If there is no such authority, or no such part; names the nearest.
    """
    if codes := codes_meant(written, authorities):
        return Ground(_called(written, codes, authorities), _blocks_of(codes, authorities))
    inside = INSIDE.fullmatch(written.strip())
    codes = codes_meant(inside[1], authorities) if inside else ()
    if inside is None or not codes:
        asked = inside[1] if inside else written
        hint = _sides(written, authorities) or suggested(asked, authorities)
        raise UnknownKeyError(refusal(f"{where}: there is no authority {asked!r}", hint=hint))
    blocks, side = _blocks_of(codes, authorities), inside[2].strip()
    areas = areas_named(side, names)
    here = [code for code in areas if any((block, code) in held for block in blocks)]
    if len(here) == 1:
        return Ground(_called(inside[1], codes, authorities), blocks, within=here[0])
    boards = {board: name for board, name in _boards().items() if any(_board(block) == board for block in blocks)}
    found = areas_named(side, boards)
    if len(found) != 1 and len(areas) == 1:
        # It is told where it is applied that nothing of it is there.
        return Ground(_called(inside[1], codes, authorities), blocks, within=areas[0])
    if len(found) != 1:
        parts = [f"{inside[1].strip()} in {boards[board]}" for board in sorted(boards)]
        hint = f"There is {' and '.join(parts)}." if parts else "It is not split: name all of it."
        raise UnknownKeyError(refusal(f"{where}: {inside[1].strip()} has no part in {side!r}", hint=hint))
    kept = frozenset(block for block in blocks if _board(block) == found[0])
    return Ground(f"{_called(inside[1], codes, authorities)} in {boards[found[0]]}", kept)


def _sides(written: str, authorities: Authorities) -> str:
    """Say by which blocks an authority is split, where a block is written that is none of them."""
    lad = plain_code(written.partition(".")[0])
    found = [str(block) for block, home in authorities.blocks["lad"].items() if home == lad and _board(str(block))]
    return f"Its parts are {' and '.join(found)}." if found else ""


def _called(written: str, codes: tuple[str, ...], authorities: Authorities) -> str:
    """Return the name of one authority or block; of several, what was written."""
    if len(codes) > 1:
        return written.strip()
    lad, _, board = codes[0].partition(".")
    return f"{authorities.name(lad)} in {_boards().get(board, board)}" if board else authorities.name(lad)


def _blocks_of(codes: tuple[str, ...], authorities: Authorities) -> frozenset[str]:
    wanted, lads = set(codes), authorities.blocks["lad"]
    return frozenset(str(block) for block, lad in lads.items() if block in wanted or lad in wanted)


def _board(block: str) -> str:
    return block.partition(".")[2]


@cache
def _boards() -> Mapping[str, str]:
    """Return code -> name of the boards by which blocks are split."""
    rows = package_data.shipped_table("membership/icb.csv")
    return dict(zip(rows["area_id"], rows["area_name"], strict=True))
