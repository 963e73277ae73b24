"""What is the user's own in a scheme: against what was in force before, and told in the layer itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from geoplan.data.catalogue_file import Entry
from geoplan.data.membership.own.rows import in_force
from geoplan.data.membership.own.steps import KEPT_ON, WHOSE, Members
from geoplan.data.shipped.roles import holds_ground
from geoplan.schema import Layer, Note, paragraph
from geoplan.schema.wording import UNCONFIRMED, YOURS, listed, plural, when

__all__ = ["Difference", "differences", "marked", "summed_up"]

MOST_NAMED = 3


@dataclass(frozen=True)
class Difference:
    """What becomes of one area.

    Parameters
    ----------
    area, name
        Its id and name.
    is_new, is_gone
        Whether it was not, or is no longer, in force.
    joined, left
        Names of authorities.
    lead
        The body that leads it now, where that is another; empty otherwise.
    confirmed
        Members that nobody had confirmed and that are now the user's.
    """

    area: str
    name: str
    is_new: bool = False
    is_gone: bool = False
    joined: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    lead: str = ""
    confirmed: int = 0

    @property
    def is_change(self) -> bool:
        """Whether members or lead are others, not only surer."""
        return bool(self.is_new or self.is_gone or self.joined or self.left or self.lead)


def differences(before: Members, after: Members, entry: Entry, as_of: date) -> list[Difference]:
    """Tell what becomes of the areas of a scheme.

    Parameters
    ----------
    before, after
        The scheme.
    entry
        Its entry in the catalogue.
    as_of
        The day whose members are meant.

    Returns
    -------
    list of Difference
        Of every area that the user's own table says anything of that was not said before.
    """
    then, now = (_areas(table, entry, as_of) for table in (before, after))
    found = [_difference(area, then.get(area), now.get(area)) for area in dict.fromkeys([*then, *now])]
    return [one for one in found if one.is_change or one.confirmed]


def _areas(table: Members, entry: Entry, as_of: date) -> dict[str, pd.DataFrame]:
    rows = table.rows.loc[in_force(table.rows, entry, as_of)]
    return {str(area): each for area, each in rows[holds_ground(rows)].groupby("area_id", sort=False)}


def _difference(area: str, then: pd.DataFrame | None, now: pd.DataFrame | None) -> Difference:
    rows = now if now is not None else then
    assert rows is not None  # noqa: S101 - it is in one of the two
    name = str(rows["area_name"].iloc[0])
    names = [{} if each is None else _members(each) for each in (then, now)]
    joined = tuple(names[1][at] for at in names[1] if at not in names[0])
    left = tuple(names[0][at] for at in names[0] if at not in names[1])
    leads = ["" if each is None else str(each["lead_body"].iloc[0]) for each in (then, now)]
    lead = leads[1] if now is not None and leads[0] != leads[1] else ""
    doubtful = set() if then is None else set(_members(then[then["confidence"].isin(UNCONFIRMED)]))
    sure = set() if now is None else set(_members(now[now[WHOSE] == YOURS]))
    return Difference(area, name, then is None, now is None, joined, left, lead, len(doubtful & sure))


def _members(rows: pd.DataFrame) -> dict[tuple[str, str], str]:
    return {
        (lad, block): name for lad, block, name in zip(rows["lad_code"], rows["block"], rows["lad_name"], strict=True)
    }


def summed_up(found: Sequence[Difference]) -> str:
    """Say in one sentence, without its full stop, what becomes of the areas of a scheme."""
    counts = (
        (sum(one.is_new for one in found), "new"),
        (sum(one.is_gone for one in found), "taken away"),
        (sum(one.is_change and not one.is_new and not one.is_gone for one in found), "changed"),
    )
    told = [f"{plural(count, 'area')} {what}" for count, what in counts if count]
    sure = sum(one.confirmed for one in found)
    told += [f"{plural(sure, 'member')} confirmed"] if sure else []
    return listed(told) if told else "nothing changed but the source"


def marked(layer: Layer, tables: Sequence[Members], entry: Entry) -> Layer:
    """Say in a layer whose it is, where any of its areas are the user's own.

    Parameters
    ----------
    layer
        Made of the rows in force.
    tables
        Those it is made of.
    entry
        Its entry in the catalogue.

    Returns
    -------
    Layer
        With "yours" in title, source and confidence, and a note.
    """
    assert layer.parts is not None  # noqa: S101 - made of a membership table
    own = {area for table in tables for area in table.areas}
    gone = {area for table in tables for area in table.areas - set(table.rows["area_id"])}
    here = [str(area) for area in layer.areas.index if area in own]
    if not here and not gone:
        return layer
    rows = pd.concat([table.rows for table in tables])
    said = rows[(rows[WHOSE] == YOURS) & rows["area_id"].isin(here)]
    sources = list(dict.fromkeys(said["source"])) or [table.step.source for table in tables if table.step]
    cited = listed([*sources[:MOST_NAMED], *_more(len(sources), "source", "sources")])
    days = [*said[KEPT_ON], *(table.step.kept_on for table in tables if table.step)]
    kept = f", kept {when(max(days))}" if any(days) else ""
    count = f"{len(here)} of {plural(len(layer.areas), 'area')}"
    others = "" if len(here) == len(layer.areas) else f"; the others: {entry.source}"
    known = set(layer.parts["confidence"])
    names = [str(layer.areas.at[area, "name"]) for area in here]
    note = Note(
        rule="GP106",
        lead=f"{entry.title}: {count} {'is' if len(here) == 1 else 'are'} {YOURS}, in place of what ships"
        f"{': ' if names else ''}{listed([*names[:MOST_NAMED], *_more(len(names), 'area', 'areas')])}.",
        detail=paragraph(f"Source: {cited.rstrip('.')}{kept}.", *_taken_away(gone)),
        advice=f"geoplan membership show {entry.key} lists them; --shipped sets them aside.",
        name=entry.key,
        by_design=True,
        evidence={"areas": here, "taken_away": sorted(gone)},
    )
    return replace(
        layer,
        title=_titled(entry.title),
        source=replace(layer.source, citation=f"{YOURS}: {cited}{kept} ({count}){others}"),
        confidence=YOURS if known == {YOURS} else "mixed" if YOURS in known else layer.confidence,
        notes=(note, *layer.notes),
    )


def _titled(title: str) -> str:
    """Return a title that says whose the layer is, beside the edition that it has in brackets."""
    return f"{title[:-1]}, {YOURS})" if title.endswith(")") else f"{title} ({YOURS})"


def _more(count: int, one: str, many: str) -> list[str]:
    rest = count - MOST_NAMED
    return [f"{rest} more {one if rest == 1 else many}"] if rest > 0 else []


def _taken_away(gone: set[str]) -> Iterator[str]:
    if gone:
        yield f"Taken away: {listed(sorted(gone))}."
