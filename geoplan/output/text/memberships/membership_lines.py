"""A scheme's members for people: area by area, whose they are, and what a correction changes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import pandas as pd

from geoplan.data.catalogue_file import Entry
from geoplan.data.membership.own.differences import Difference, summed_up
from geoplan.data.membership.own.names import Proposal
from geoplan.data.membership.own.steps import SHIPPED, WHOSE, Members
from geoplan.data.shipped.roles import NO_LEAD, holds_ground
from geoplan.output.text.lines import WIDTH
from geoplan.schema import Note
from geoplan.schema.wording import YOURS, at_rows, listed, plain_confidence, plural, when

__all__ = ["difference_text", "members_text", "proposal_note", "proposal_text", "stay_text"]

INDENT = "    "
MOST_AREAS = 12
"""Areas whose changes are told one by one."""


def members_text(members: Members, rows: pd.DataFrame, entry: Entry) -> str:
    """Return the members in force for people.

    Parameters
    ----------
    members
        The scheme.
    rows
        Those of its rows that are to be shown.
    entry
        Its entry in the catalogue.

    Returns
    -------
    str
        A paragraph an area, of lines of at most 100 characters where no address is longer.
    """
    areas = list(dict.fromkeys(rows["area_id"]))
    own = [area for area in areas if area in members.areas]
    whose = f"{len(own)} of them {YOURS}" if own else f"as {SHIPPED}"
    lines = [f"{entry.title} ({entry.key}): {plural(len(areas), 'area')}, {whose}."]
    if members.are_yours and members.step is not None:
        step = members.step
        lines += _wrapped(f"Kept {when(step.kept_on)}: {step.title}. Source: {step.source}.", "")
    for area in areas:
        lines += ["", *_area_lines(rows[rows["area_id"] == area], is_own=area in members.areas)]
    return "\n".join(lines) + "\n"


def _area_lines(rows: pd.DataFrame, *, is_own: bool) -> Iterator[str]:
    first = rows.iloc[0]
    yield f"{first['area_id']}  {first['area_name']}  [{YOURS if is_own else SHIPPED}]"
    lead = first["lead_body"] or NO_LEAD
    yield from _wrapped(f"Lead: {lead}")
    ground = rows[holds_ground(rows)]
    part = ground["part"].ne("").map({True: " (part)", False: ""})
    new = (ground[WHOSE].eq(YOURS) & ~ground[WHOSE].eq(YOURS).all()).map({True: f" ({YOURS})", False: ""})
    yield from _wrapped(f"Authorities: {'; '.join(ground['lad_name'] + part + new)}")
    beside = rows.loc[rows.index.difference(ground.index)]
    if others := [f"{row['body'] or row['lad_name']} ({row['role']})" for row in beside.to_dict("records")]:
        yield from _wrapped(f"At the table: {'; '.join(others)}")
    days = dict.fromkeys(_days(*span) for span in zip(ground["valid_from"], ground["valid_to"], strict=True))
    status = dict.fromkeys(word.replace("_", " ") for word in ground["status"] if word)
    sure = dict.fromkeys(plain_confidence(word) for word in ground["confidence"])
    facts = (("In force", [each for each in days if each]), ("Status", list(status)), ("Confidence", list(sure)))
    yield from _wrapped("; ".join(f"{name}: {', '.join(told)}" for name, told in facts if told))
    yield from _wrapped(f"Source: {' ; '.join(dict.fromkeys(ground['source']))}")


def _days(first: str, last: str) -> str:
    return " to ".join(filter(None, (f"from {first}" if first else "", last)))


def _wrapped(text: str, indent: str = INDENT) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def difference_text(found: Sequence[Difference], entry: Entry) -> str:
    """Return what becomes of a scheme for people.

    Parameters
    ----------
    found
        From `geoplan.data.membership.own.differences.differences`.
    entry
        The scheme's entry in the catalogue.

    Returns
    -------
    str
        A sentence, and a line an area whose members or lead are others.
    """
    changed = [one for one in found if one.is_change]
    lines = [f"{entry.title}: {summed_up(found)}."]
    for one in changed[:MOST_AREAS]:
        lines += _wrapped(f"{one.name}: {'; '.join(_told(one))}", "  ")
    if len(changed) > MOST_AREAS:
        lines.append(f"  and {plural(len(changed) - MOST_AREAS, 'more area')}.")
    return "\n".join(lines) + "\n"


def _told(one: Difference) -> Iterator[str]:
    if one.is_gone:
        yield "taken away"
        return
    if one.is_new:
        yield "new"
    if one.joined:
        yield f"{'with' if one.is_new else 'joined by'} {listed(one.joined)}"
    if one.left:
        yield f"left by {listed(one.left)}"
    if one.lead:
        yield f"led by {one.lead}"


def stay_text(members: Members, rows: pd.DataFrame) -> str:
    """Tell which areas in force a table did not name, and that they stay.

    Parameters
    ----------
    members
        The scheme with the table.
    rows
        Of the areas in force that are not named.

    Returns
    -------
    str
        A sentence with its line feed; empty where there are none.
    """
    names = rows.drop_duplicates("area_id").set_index("area_id")["area_name"]
    if names.empty:
        return ""
    shipped = [name for area, name in names.items() if area not in members.areas]
    own = [name for area, name in names.items() if area in members.areas]
    told = [
        f"{plural(len(each), 'area')} {'stays' if len(each) == 1 else 'stay'} as {how}: {_some(each)}."
        for each, how in ((shipped, SHIPPED), (own, f"{YOURS} before"))
        if each
    ]
    return "\n".join(_wrapped(f"Not in the table: {' '.join(told)} --whole takes them away.", "")) + "\n"


def _some(names: Sequence[str]) -> str:
    more = [f"{len(names) - 3} more"] if len(names) > 3 else []
    return listed([*names[:3], *more])


def proposal_text(one: Proposal) -> str:
    """Return a name that is not exact with what may have been meant, as a line.

    Examples
    --------
    >>> proposal_text(Proposal("authority", "Swindn", (4,), ("Swindon",)))
    "authority 'Swindn' (row 4) is not exact. Nearest: Swindon."
    """
    near = f"Nearest: {listed(one.nearest, 'or')}." if one.nearest else "Nothing is like it."
    why = f"ended {when(one.ended)}" if one.ended else "is not exact"
    return f"{one.what} {one.written!r} ({at_rows(one.rows)}) {why}. {near}"


def proposal_note(one: Proposal, file: str) -> Note:
    """Return a name that is not exact as what a check found (GP403)."""
    rows = {"rows": list(one.rows), "nearest": list(one.nearest)}
    return Note("GP403", f"{file}: {proposal_text(one)}", one.written, one.written, evidence=rows)
