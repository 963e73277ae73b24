"""What the rows of a user's membership table claim: which authorities they mean, and where they contradict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from geoplan.data.editions.codes import missing_for
from geoplan.data.editions.together import mixed_editions
from geoplan.data.keys import gathered, plain_code, plain_writing
from geoplan.data.membership.contradictions import Written, spelling_notes
from geoplan.data.places import Authorities
from geoplan.errors import AmbiguousError
from geoplan.schema import Note
from geoplan.schema.wording import at_rows, listed

__all__ = ["authority_meant", "codes_meant", "gathered_areas", "recognised", "suggested"]

MOST_GROUPED = 6


@dataclass(frozen=True)
class _Meaning:
    """What one way of writing an authority stands for.

    Parameters
    ----------
    codes
        Districts or blocks of today; none where nothing is understood.
    old
        The code the row is known by: of a former authority its own.
    whole
        Whether the row means all of them; False where the former authority was a part of unknown size.
    column, value
        Where the authority is written, and how.
    how
        ``plain``, ``retired``, ``begun``, ``group``, ``several`` or ``unknown``.
    meant
        What it was taken for, in words.
    """

    codes: tuple[str, ...]
    old: str
    column: str
    value: str
    how: str = "plain"
    whole: bool = True
    meant: str = ""


def recognised(
    filled: pd.DataFrame, written: Written, authorities: Authorities
) -> tuple[pd.DataFrame, list[Note], list[int]]:
    """Bring a user's rows to districts of today; name what could not be brought.

    Parameters
    ----------
    filled
        All columns of a membership table, as text.
    written
        How the file writes them.
    authorities
        The reference.

    Returns
    -------
    tuple
        A row for each district that a row stands for; notes on what was read otherwise than written (GP104, GP106),
        contradicts (GP107) or means nothing (GP403); the numbers of the rows that mean nothing.

    Raises
    ------
    AmbiguousError
        If a name fits several authorities.
    """
    keys = list(zip(filled["lad_code"], filled["lad_name"], filled["block"], strict=True))
    rows: dict[tuple[str, str, str], list[int]] = {}
    for number, key in zip(written.numbers, keys, strict=True):
        rows.setdefault(key, []).append(number)
    meanings = {key: _meaning(*key, authorities) for key in rows}
    notes: list[Note] = []
    for (how, value), where in _by_value(rows, meanings).items():
        notes += _notes(how, value, where, written, authorities)
    for key, numbers in rows.items():
        notes += _conflict(key, meanings[key], numbers, written, authorities)
    meant = [meaning.old for meaning in meanings.values()]
    notes += mixed_editions(written.file, meant, authorities.retired, authorities.first_days)
    lost = [number for key, numbers in rows.items() if not meanings[key].codes for number in numbers]
    return _joined(_districts(filled, [meanings[key] for key in keys], authorities), authorities), notes, sorted(lost)


def authority_meant(written: str, authorities: Authorities) -> str:
    """Return the code of the one authority, of today or former, that a code or a name in any form means.

    Parameters
    ----------
    written
        What stands in the cell.
    authorities
        The reference.

    Returns
    -------
    str
        Empty where it means none, several or a group.
    """
    meaning = _meaning(written, "", "", authorities)
    return meaning.old if meaning.how in {"plain", "retired", "begun"} else ""


def codes_meant(written: str, authorities: Authorities) -> tuple[str, ...]:
    """Return the districts or blocks of today that a code or a name in any form means, of a group all of them.

    Parameters
    ----------
    written
        What stands in the cell.
    authorities
        The reference.

    Returns
    -------
    tuple of str
        None where it means none, several, or a former authority that was a part of unknown size.
    """
    meaning = _meaning(written, "", "", authorities)
    return meaning.codes if meaning.whole else ()


def suggested(written: str, authorities: Authorities) -> str:
    """Say which authorities may have been meant by a code or a name that does not mean one of them.

    Parameters
    ----------
    written
        What stands in the cell.
    authorities
        The reference.

    Returns
    -------
    str
        A sentence.
    """
    meaning = _meaning(written, "", "", authorities)
    if meaning.how == "several":
        return f"{written!r} fits several authorities: {meaning.meant}. Give the code."
    if meaning.how == "retired":
        names = " and ".join(f"{authorities.name(code)} ({code})" for code in meaning.codes)
        return f"It ended on {authorities.retired[meaning.old].ended}; give {names or 'one of today'}."
    return _suggestion(meaning, authorities.nearest(written))


def _by_value(
    rows: Mapping[tuple[str, str, str], list[int]], meanings: Mapping[tuple[str, str, str], _Meaning]
) -> dict[tuple[str, _Meaning], list[int]]:
    """Gather the rows that write an authority in the same way, whatever stands in their other cells."""
    found: dict[tuple[str, _Meaning], list[int]] = {}
    for key, numbers in rows.items():
        found.setdefault((meanings[key].how, meanings[key]), []).extend(numbers)
    return {at: sorted(numbers) for at, numbers in found.items()}


def _districts(filled: pd.DataFrame, meanings: Sequence[_Meaning], authorities: Authorities) -> pd.DataFrame:
    """Repeat each row for every district that it stands for."""
    at = [place for place, meaning in enumerate(meanings) for _ in meaning.codes]
    codes = [code for meaning in meanings for code in meaning.codes]
    known = filled.iloc[at].reset_index(drop=True)
    lads = [code.partition(".")[0] for code in codes]
    names = {lad: authorities.name(lad) for lad in set(lads)}
    blocks = [code if "." in code else block for code, block in zip(codes, known["block"], strict=True)]
    parts = [part if meanings[place].whole else "yes" for place, part in zip(at, known["part"], strict=True)]
    old = [meanings[place].old for place in at]
    return known.assign(lad_code=lads, lad_name=[names[lad] for lad in lads], block=blocks, part=parts, old=old)


def _joined(known: pd.DataFrame, authorities: Authorities) -> pd.DataFrame:
    """Take an authority for whole where an area lists all the former ones that it was made of."""
    whole = known.copy()
    for (_, lad), rows in known[known["old"].isin(list(authorities.retired))].groupby(["area_id", "lad_code"]):
        if not missing_for(str(lad), set(rows["old"]), authorities.retired):
            whole.loc[rows.index, ["part", "share"]] = ""
    return whole.drop(columns="old")


def _meaning(code: str, name: str, block: str, authorities: Authorities) -> _Meaning:
    """Return what the cells of a row stand for: the code first, though either cell may hold the other's kind."""
    for column, value in (("lad_code", code), ("lad_name", name)):
        if known := authorities.code(value):
            return _of_code(known, column, value, authorities)
        # A code that nobody knows is not made good by the name beside it: one of the two is wrong.
        if value and any(letter.isdigit() for letter in value) and column == "lad_code":
            return _Meaning((), value, column, value, "unknown")
        if value:
            return _of_name(value, column, authorities)
    known = authorities.code(block)
    return _of_code(known, "block", block, authorities) if known else _Meaning((), "", "block", block, "unknown")


def _of_code(code: str, column: str, value: str, authorities: Authorities) -> _Meaning:
    if code in authorities.blocks.index and "." in code:
        return _Meaning((code,), code, column, value)
    if districts := authorities.districts(code):
        return _Meaning(tuple(districts), code, column, value)
    if code in authorities.retired:
        former = authorities.retired[code]
        current = tuple(each for each in former.successors if each in authorities.table.index)
        return _Meaning(current, code, column, code, "retired", former.whole)
    return _of_groups(column, value, authorities)


def _of_name(name: str, column: str, authorities: Authorities) -> _Meaning:
    """Return what a name stands for; words that are shortened and beginnings count where nothing else fits."""
    if known := _of_whole_name(name, column, authorities):
        return known
    full = authorities.spelled_out(name)
    if known := _of_whole_name(full, column, authorities) if full else None:
        return replace(known, value=known.value if known.how == "retired" else name)
    if begun := authorities.begun(name):
        meant = f"{authorities.official_name(begun[0])} ({begun[0]})"
        return _Meaning(tuple(authorities.districts(begun[0])), begun[0], column, name, "begun", meant=meant)
    return _Meaning((), "", column, name, "unknown", meant=_candidates(authorities.beginnings(name), authorities))


def _of_whole_name(name: str, column: str, authorities: Authorities) -> _Meaning | None:
    candidates = authorities.named(name)
    if len(candidates) > 1:
        return _Meaning((), "", column, name, "several", meant=_candidates(candidates, authorities))
    if candidates:
        return _Meaning(tuple(authorities.districts(candidates[0])), candidates[0], column, name)
    if former := authorities.former(name):
        return _of_code(former, column, former, authorities)
    return _of_groups(column, name, authorities) if authorities.grouped(name) else None


def _of_groups(column: str, value: str, authorities: Authorities) -> _Meaning:
    groups = authorities.grouped(value)
    if len(groups) > 1:
        said = "; ".join(f"{each.name}, {each.kind} {each.code}".rstrip() for each in groups)
        return _Meaning((), "", column, value, "several", meant=said)
    return _Meaning(groups[0].districts, "", column, value, "group", meant=groups[0].kind)


def _candidates(codes: Sequence[str], authorities: Authorities) -> str:
    return "; ".join(f"{code} {authorities.official_name(code)}" for code in codes)


def _notes(
    how: str, meaning: _Meaning, numbers: list[int], written: Written, authorities: Authorities
) -> Iterator[Note]:
    where = f"{written.column(meaning.column)}, {at_rows(numbers)}"
    value, codes = meaning.value, meaning.codes
    if how == "several":
        message = f"{where}: {value!r} fits several authorities: {meaning.meant}. Give the code."
        raise AmbiguousError(message)
    if how == "retired":
        yield _retired_note(meaning, where, numbers, authorities)
    elif how == "begun":
        said = f"{where}: {value!r} is read as {meaning.meant}, the only name that begins so."
        yield Note("GP403", said, value, value, codes[:1], by_design=True, evidence={"rows": numbers})
    elif how == "group":
        names = [authorities.name(code) for code in codes]
        named = (
            listed([*names[:MOST_GROUPED], f"{len(names) - MOST_GROUPED} more"])
            if len(names) > MOST_GROUPED
            else listed(names)
        )
        said = f"{where}: {value!r} is a {meaning.meant}; it is read as all its {len(codes)} authorities: {named}."
        yield Note("GP106", said, value, value, codes, by_design=True, evidence={"rows": numbers})
    elif how == "unknown":
        yield _unknown_note(meaning, where, numbers, authorities)


def _retired_note(meaning: _Meaning, where: str, numbers: list[int], authorities: Authorities) -> Note:
    former = authorities.retired[meaning.old]
    size = "" if meaning.whole else ", of which it is a part of unknown size"
    names = " and ".join(f"{authorities.name(c)} ({c})" for c in meaning.codes) or "no current authority"
    return Note(
        rule="GP104",
        code=meaning.old,
        name=former.name,
        lead=f"{where}: {meaning.old} ({former.name}) ended on {former.ended}; it is read as {names}{size}.",
        advice="Give today's code.",
        other_codes=meaning.codes,
        evidence={"rows": numbers},
    )


def _unknown_note(meaning: _Meaning, where: str, numbers: list[int], authorities: Authorities) -> Note:
    """Return that a value names no authority: what was meant perhaps, and that its people are missing."""
    value = meaning.value
    near = authorities.nearest(value)
    return Note(
        rule="GP403",
        code=value,
        name=value,
        lead=f"{where}: {value!r} matches no authority, so its people are in no figure.",
        advice=_suggestion(meaning, near),
        evidence={"rows": numbers, "nearest": near},
    )


def _suggestion(meaning: _Meaning, near: Sequence[str]) -> str:
    if meaning.how == "unknown" and meaning.meant:
        return f"Names that begin so: {meaning.meant}. Give the code."
    if near:
        return f"Nearest: {', '.join(near)}."
    return "Use GSS codes of 2025 or names as geoplan layers lad lists them."


def _conflict(
    key: tuple[str, str, str], meaning: _Meaning, numbers: list[int], written: Written, authorities: Authorities
) -> Iterator[Note]:
    """Tell where the name beside a code is another authority's."""
    code, name, _ = key
    if meaning.column != "lad_code" or not meaning.codes or not name:
        return
    other = _meaning("", name, "", authorities)
    lads = {each.partition(".")[0] for each in meaning.codes}
    if not other.codes or lads & {each.partition(".")[0] for each in other.codes}:
        return
    is_name = authorities.official_name(meaning.old) if meaning.how == "plain" else meaning.meant
    said = is_name or " and ".join(authorities.name(lad) for lad in sorted(lads))
    yield Note(
        rule="GP107",
        code=code,
        name=name,
        lead=(
            f"{written.column('lad_code')}, {at_rows(numbers)}: {code} is {said}, but "
            f"column {written.headings.get('lad_name', 'lad_name')!r} says {name!r}."
        ),
        advice="The code was used: correct one.",
        other_codes=other.codes,
        evidence={"rows": numbers},
    )


def gathered_areas(filled: pd.DataFrame, written: Written) -> tuple[pd.DataFrame, list[Note]]:
    """Give every area one id and one name, where they differ only in how they are typed.

    Parameters
    ----------
    filled
        All columns of a membership table, as text.
    written
        How the file writes them.

    Returns
    -------
    tuple
        The rows, and a note for each column in which spellings were made one (GP106).
    """
    ids, names = list(filled["area_id"]), list(filled["area_name"])
    if ids == names:
        column = "area_name" if "area_id" not in written.headings else "area_id"
        found = gathered(names, alike=plain_writing)
        both = filled.assign(area_id=found.values, area_name=found.values)
        return both, spelling_notes({column: found}, written)
    by_id, by_name = gathered(ids, alike=plain_code), gathered(names, alike=plain_writing)
    once = filled.assign(area_id=by_id.values, area_name=by_name.values)
    return once, spelling_notes({"area_id": by_id, "area_name": by_name}, written)
