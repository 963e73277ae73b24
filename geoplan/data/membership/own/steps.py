"""The members of a scheme in force: those that ship, and the user's own in the place of some or of all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from geoplan.data.kept import folder, holdings
from geoplan.data.kept.holdings import Holding
from geoplan.data.shipped import package_data
from geoplan.data.shipped.package_data import MEMBERSHIP_COLUMNS
from geoplan.errors import ConfigurationError, refusal

__all__ = [
    "KEPT_ON", "OWN_COLUMNS", "SHIPPED", "WHOSE", "Members", "are_alike", "keep", "kept_members", "latest",
    "members", "shipped_members", "state", "steps", "undo",
]  # fmt: skip

KIND = "membership"
WHOSE, KEPT_ON = "whose", "kept_on"
SHIPPED = "shipped"
NAMING = ("lad_code", "lad_name", "block", "body")
"""Columns of which one at least says who a row is about."""
OWN_COLUMNS = (*MEMBERSHIP_COLUMNS, WHOSE, KEPT_ON)
"""Of a table that tells of each row whose it is, and since when where it is the user's own."""


@dataclass(frozen=True, eq=False)
class Members:
    """All rows of a scheme's table: past ones and those to come too.

    Parameters
    ----------
    scheme
        Name of the table that ships.
    rows
        `OWN_COLUMNS`, all text: ``whose`` is ``shipped`` or ``yours``, ``kept_on`` the day on which the area was
        brought or corrected, empty as long as it is as shipped.
    areas
        Areas whose rows are the user's to say; one that has none was taken away.
    whole
        Whether the user's table is all of the scheme, so that no area is as shipped.
    step
        The file they are kept in; None where nothing is.
    """

    scheme: str
    rows: pd.DataFrame
    areas: frozenset[str] = frozenset()
    whole: bool = False
    step: Holding | None = None

    @property
    def are_yours(self) -> bool:
        """Whether anything differs from what ships, or is confirmed by the user."""
        return bool(self.areas) or self.whole

    def with_rows(self, rows: pd.DataFrame, areas: frozenset[str], *, whole: bool = False) -> Members:
        """Return the same scheme with other rows, of which those of some more areas are the user's."""
        ordered = _in_order(rows, self.rows)
        return replace(self, rows=ordered, areas=self.areas | areas, whole=self.whole or whole)


def steps(scheme: str) -> list[Holding]:
    """Return what the user kept of a scheme, from the first step on."""
    return holdings.holdings(kind=KIND, key=scheme)[::-1]


def latest(scheme: str) -> Holding | None:
    """Return the step that counts; None where nothing is kept, or it is set aside."""
    if folder.is_set_aside():
        return None
    kept = steps(scheme)
    return kept[-1] if kept else None


def state(scheme: str = "") -> tuple[tuple[str, str], ...]:
    """Return scheme and hash of what the user keeps and is in force: of one scheme or of all."""
    if folder.is_set_aside():
        return ()
    counts = {one.key: one for one in holdings.holdings(kind=KIND, key=scheme)[::-1]}
    return tuple(sorted((key, one.sha256) for key, one in counts.items() if any(_said(one))))


def _said(step: Holding) -> tuple[frozenset[str], bool]:
    """Return the areas that a step speaks of, and whether it is all of the scheme."""
    told = dict(step.about)
    return frozenset(json.loads(told["areas"])), told["whole"] == "yes"


def members(scheme: str, step: Holding | None = None) -> Members:
    """Return the members of a scheme in force.

    Parameters
    ----------
    scheme
        Name of the table that ships.
    step
        One of the user's own steps; the latest by default.

    Returns
    -------
    Members
        Rows in the order of what ships, new areas at the end.

    Raises
    ------
    InputError
        If the user's file is gone, or is not as it was kept.
    """
    shipped = shipped_members(scheme)
    rows = shipped.rows
    step = step or latest(scheme)
    if step is None:
        return shipped
    areas, whole = _said(step)
    own = pd.read_csv(holdings.sound(step), dtype=str, keep_default_na=False, encoding="utf-8")
    others = rows.iloc[:0] if whole else rows[~rows["area_id"].isin(areas)]
    own = own[(own[list(NAMING)] != "").any(axis=1)]
    joined = pd.concat([others, own.reindex(columns=list(OWN_COLUMNS), fill_value="")])
    return Members(scheme, _in_order(joined, rows), areas, whole, step)


def kept_members(scheme: str) -> Members:
    """Return the members of a scheme with the user's last step, also where it is set aside: to be gone on from."""
    kept = steps(scheme)
    return members(scheme, kept[-1] if kept else None)


def are_alike(one: Members, other: Members) -> bool:
    """Tell whether two tables of a scheme say the same, whenever it was kept."""
    said = [name for name in OWN_COLUMNS if name != KEPT_ON]
    same = one.rows[said].reset_index(drop=True).equals(other.rows[said].reset_index(drop=True))
    return same and (one.areas, one.whole) == (other.areas, other.whole)


def shipped_members(scheme: str) -> Members:
    """Return the members of a scheme that ship, whatever is kept."""
    rows = package_data.shipped_membership(scheme).assign(**{WHOSE: SHIPPED, KEPT_ON: ""})
    return Members(scheme, rows)


def _in_order(rows: pd.DataFrame, like: pd.DataFrame) -> pd.DataFrame:
    """Order rows by the first place of their area in another table, and number them anew."""
    areas = [*dict.fromkeys([*like["area_id"], *rows["area_id"]])]
    place = rows["area_id"].map({area: at for at, area in enumerate(areas)})
    return rows.assign(place=place).sort_values("place", kind="stable").drop(columns="place").reset_index(drop=True)


def keep(table: Members, *, did: str, source: str, day: date) -> Holding:
    """Keep members as the next step of their scheme; those before it stay.

    Parameters
    ----------
    table
        What is to be in force.
    did
        What was done, as a sentence without its full stop.
    source
        Who says so.
    day
        The day on which it is kept.

    Returns
    -------
    Holding
        A run that is cut off leaves the step before in force.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    before = steps(table.scheme)
    number = int(before[-1].edition) + 1 if before else 1
    own = table.rows if table.whole else table.rows[table.rows["area_id"].isin(table.areas)]
    # An area that was taken away has a bare row, so that files that say different things differ.
    gone = pd.DataFrame({"area_id": sorted(table.areas - set(own["area_id"]))}, dtype=str)
    own = pd.concat([own, gone.reindex(columns=list(OWN_COLUMNS), fill_value="")])
    text = own.to_csv(index=False, lineterminator="\n")
    one = Holding(
        kind=KIND,
        key=table.scheme,
        edition=f"{number:04}",
        title=did,
        source=source,
        kept_on=day.isoformat(),
        rows=len(own),
        suffix=".csv",
        about=(("areas", json.dumps(sorted(table.areas))), ("whole", "yes" if table.whole else "no")),
    )

    return holdings.keep_text(one, text)


def undo(scheme: str) -> Holding:
    """Take the last step of a scheme back.

    Parameters
    ----------
    scheme
        Name of the table that ships.

    Returns
    -------
    Holding
        What it was.

    Raises
    ------
    ConfigurationError
        If nothing is kept.
    """
    kept = steps(scheme)
    if not kept:
        raise ConfigurationError(refusal(f"nothing of {scheme} is yours: there is no step to take back"))
    holdings.drop(kept[-1])
    return kept[-1]
