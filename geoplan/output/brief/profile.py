"""Write the profile of an area as one page, and the part of it that opens every brief about an area."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

from geoplan.auditing.profiles.profile import Profile
from geoplan.commuting.leaks import weak_note
from geoplan.output.brief.environment import environment
from geoplan.output.picture.side_by_side import BADGE, SIDE, geography_maps
from geoplan.output.summary.listings import rows_of
from geoplan.output.summary.profiled.headline import figures, verdict
from geoplan.output.summary.profiled.holder_words import held_sentences, holder_rows, holder_sources
from geoplan.output.summary.profiled.partner_rows import SCALE, coming_words, cut_rows, partner_rows
from geoplan.output.summary.profiled.table_seats import seat_lines, seat_notes
from geoplan.output.summary.timelines import timeline_of
from geoplan.schema import layer_wording, wording
from geoplan.schema.indicators import source_sentence

__all__ = ["page", "told"]


def told(found: Profile, blocks: pd.DataFrame) -> dict[str, Any]:
    """Return what the templates show of a profile: its head, and who holds what.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.
    blocks
        The shipped blocks, with outlines if there are to be maps.

    Returns
    -------
    dict
        For ``profile_head.html`` and ``profile_held.html``.
    """
    return {
        "name": found.focus.name,
        "verdict": verdict(found),
        "figures": figures(found),
        "fetched": [one.sentence for one in found.fetched],
        "maps": geography_maps(found, blocks),
        "key": _key(found),
        "side": SIDE,
        "badge": BADGE,
        "holders": holder_rows(found.held),
        "told": held_sentences(found.held, found.focus.name),
        "seats": seat_lines(found),
        "seat_notes": seat_notes(found),
    }


def _key(found: Profile) -> str:
    """Say what the small maps show."""
    line = "Dashed outline: the ground in which it lies somewhere" if found.focus.vague else "Outlined: the area"
    return f"{line}; coloured: the areas it shares ground with; grey: the others of that geography."


def page(found: Profile, blocks: pd.DataFrame) -> str:
    """Write the profile of an area as one HTML page that asks nothing of the network.

    Parameters
    ----------
    found
        From `geoplan.auditing.profiles.profile.profile`.
    blocks
        The shipped blocks with their outlines.

    Returns
    -------
    str
        HTML; the same for the same profile, without a script, a time or a path.
    """
    template = environment().get_template("profile.html")
    return (
        template.render(
            title=f"{found.focus.name}: who works with whom, who holds what, and where boundaries cut",
            standfirst=_standfirst(found),
            focus=found.focus,
            profile=told(found, blocks),
            partners=partner_rows(found),
            cuts=cut_rows(found),
            unit=wording.UNITS[str(found.weight)],
            coming=coming_words(found),
            timeline=timeline_of(found.timeline, date.fromisoformat(found.as_of)),
            layers=rows_of((found.layers[key] for key in found.layers if key not in SCALE), found.as_of),
            sources=holder_sources(found.held),
            limits=_limits(found),
            attribution=wording.attribution(),
        )
        + "\n"
    )


def _standfirst(found: Profile) -> str:
    remarks = " ".join(found.focus.remarks)
    what = layer_wording.one(found.layer)
    said = f"{wording.capital(what)} {found.focus.code}, members as of {wording.day(found.as_of)}."
    return f"{said} {remarks}".rstrip()


def _limits(found: Profile) -> list[str]:
    said = [
        "Geographies are lists of authorities, so codes decide how areas fit, not drawn lines.",
        "The people of a cut are those in pieces that neither area holds whole.",
        "Who holds what is read from the sources named in the table; confidence is the weakest of what it rests on.",
        found.estimates.sentence,
        wording.NEED[str(found.weight)] if found.weight.is_need else wording.NEED_IN_SHORT,
        layer_wording.outlines([found.layer]),
    ]
    if found.commuting is not None:
        said.append(f"Commuting: {found.commuting.source[:1].lower()}{found.commuting.source[1:]}.")
        said += filter(None, [weak_note([found.commuting.leak])])
    if found.indicator is not None:
        said.append(source_sentence(found.indicator[0]))
    return [*said, *found.days]
