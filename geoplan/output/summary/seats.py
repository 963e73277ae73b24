"""Who leads the focus and sits at its table, and which of its authorities go with which partner."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from geoplan.analysis.networks import crosswalk, seating
from geoplan.analysis.networks.graphs import authority_of
from geoplan.auditing.focus import focus_pairs
from geoplan.auditing.results import AuditResult
from geoplan.data.focus import Focus
from geoplan.data.named_areas import AUTHORITIES
from geoplan.data.shipped.roles import LEAD, NO_LEAD, NOBODY
from geoplan.schema import wording

__all__ = ["SITTING", "SideRow", "seat_sentences", "side_rows", "table_sentences"]

SITTING = {
    "constituent": ("constituent member", "constituent members"),
    "member": ("further member", "further members"),
    "non-constituent": ("non-constituent member", "non-constituent members"),
    "partner": ("partner", "partners"),
    "": ("also at the table", "also at the table"),
}


class SideRow(NamedTuple):
    """A geography that cuts the focus, and which authorities go with which of its areas."""

    title: str
    text: str


def side_rows(result: AuditResult) -> list[SideRow]:
    """Return for each geography that cuts the focus which of its authorities go where.

    Parameters
    ----------
    result
        Of an audit; without a focus there are none.

    Returns
    -------
    list of SideRow
        In the order audited; only where the authorities of the focus go several ways.
    """
    if result.focus is None:
        return []
    rows = []
    for pair in focus_pairs(result, result.focus).values():
        goes = crosswalk.sides(pair.overlay.left, pair.overlay.right, [result.focus.code])
        if pair.cuts.by_area and (said := crosswalk.in_words(goes.get(result.focus.code, NOWHERE))):
            rows.append(SideRow(pair.overlay.right.title, said))
    return rows


NOWHERE = pd.DataFrame({"partner": [], "authority": []})


def table_sentences(result: AuditResult) -> list[str]:
    """Say who leads the focus, answers for it and sits at its table, and where it sits without being in the area.

    Parameters
    ----------
    result
        Of an audit; without a focus there is nothing to say.

    Returns
    -------
    list of str
        Sentences; none where nothing is known.
    """
    focus = result.focus
    if focus is None:
        return []
    own = result.layers.get(focus.layer)
    said = [] if own is None or own.bodies is None else _led(*seating.leads(own, focus.code))
    if own is not None and own.bodies is not None:
        here = own.bodies[own.bodies["area"] == focus.code]
        for role, (one, many) in SITTING.items():
            names = list(here["body"][here["role"] == role])
            if names:
                said.append(f"{(one if len(names) == 1 else many).capitalize()}: {wording.listed(names)}.")
    return said + seat_sentences(seating.seats(result.layers.values(), _asked(focus)))


def _led(lead: str, sure: str, answering: str) -> list[str]:
    how = f" (confidence: {sure})" if sure and sure != NOBODY else ""
    if sure == NOBODY:
        said = [f"{LEAD.capitalize()} body: {NO_LEAD}."]
    elif lead and lead == answering:
        return [f"Lead and accountable body: {lead}{how}."]
    else:
        said = [f"Lead body: {lead}{how}."] if lead else []
    return said + ([f"Accountable body: {answering}."] if answering else [])


def _asked(focus: Focus) -> set[str]:
    """Return the authorities whose seats concern the focus: itself, or the one it lies in."""
    lads = {authority_of(block) for block in focus.blocks}
    if focus.layer in AUTHORITIES:
        return {focus.code, *lads}
    return lads if len(lads) == 1 else set()


def seat_sentences(seats: pd.DataFrame) -> list[str]:
    """Say where authorities sit at the table of an area that they are not in.

    Parameters
    ----------
    seats
        From `geoplan.analysis.networks.seating.seats`.

    Returns
    -------
    list of str
        A sentence a role in an area.
    """
    said = []
    for (role, name, layer), rows in seats.groupby(["role", "name", "layer"], sort=False):
        who = wording.listed(list(rows["body"]))
        one, many = SITTING[role]
        verb = f"is a {one}" if len(rows) == 1 else f"are {many}"
        said.append(f"At the table, not in the area: {who} {verb} of {name} ({layer}).")
    return said
