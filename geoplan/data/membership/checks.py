"""What a membership table leaves open: authorities in none or several, rows not confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from geoplan.data.places import Authorities
from geoplan.schema import Layer, Note, assessed
from geoplan.schema.need import Need
from geoplan.schema.wording import CONFIDENCE, COUNTRIES, UNCONFIRMED, YOURS, listed, plural

__all__ = [
    "CONFIDENCES",
    "as_written",
    "common",
    "confidence_notes",
    "coverage_notes",
    "doubts",
    "unsure_parts",
    "weakest",
]

ROUNDING = 1e-9
CONFIDENCES = ("high", YOURS, "medium", "low", "modelled")


def _in_extent(authorities: Authorities, extent: str) -> pd.DataFrame:
    return authorities.table[authorities.table["country"].isin(list(extent))]


def common(confidences: pd.Series) -> str:
    """Return the confidence of several memberships.

    Parameters
    ----------
    confidences
        That of each; at least one.

    Returns
    -------
    str
        Theirs, ``mixed`` where they differ.

    Examples
    --------
    >>> common(pd.Series(["high", "high"])), common(pd.Series(["high", "low"]))
    ('high', 'mixed')
    """
    known = confidences.unique()
    return str(known[0]) if len(known) == 1 else "mixed"


def unsure_parts(parts: pd.DataFrame, authorities: Authorities) -> pd.DataFrame:
    """Return the parts whose membership nobody confirmed, with code and name of their authority, by its name."""
    unsure = parts[parts["confidence"].isin(UNCONFIRMED)]
    lads = unsure["block"].map(authorities.blocks["lad"])
    return unsure.assign(lad=lads, name=lads.map(authorities.name)).sort_values("name", kind="stable")


def doubts(unsure: pd.DataFrame, most: int | None = None) -> str:
    """Name members that nobody confirmed, by how they were come by: "Swindon and Wiltshire (inferred)"."""
    named = unsure.groupby("confidence")["name"].unique()
    return "; ".join(f"{_some(list(named[each]), most)} ({CONFIDENCE[each]})" for each in UNCONFIRMED if each in named)


def _some(names: Sequence[str], most: int | None) -> str:
    more = [f"{len(names) - most} more"] if most and len(names) > most else []
    return listed([*names[:most], *more])


def weakest(confidences: Iterable[str]) -> str:
    """Return the lowest of some confidences, empty where none is known."""
    ranks = [CONFIDENCES.index(c) for c in confidences if c in CONFIDENCES]
    return CONFIDENCES[max(ranks)] if ranks else ""


def confidence_notes(areas: pd.DataFrame, parts: pd.DataFrame, authorities: Authorities, title: str) -> Iterator[Note]:
    """Yield a note for every area with members that are not confirmed."""
    unsure = unsure_parts(parts, authorities)
    people = unsure["share"] * authorities.blocks["people"].reindex(unsure["block"]).to_numpy()
    for code, rows in unsure.groupby("code"):
        area = areas.loc[code]
        members = area["members"].split(";")
        yield Note(
            rule="GP405",
            code=str(code),
            name=area["name"],
            lead=(
                f"{area['unconfirmed']} of the {plural(len(members), 'member')} of {area['name']} ({title}) "
                f"{'is' if area['unconfirmed'] == 1 else 'are'} not confirmed: {doubts(rows)}."
            ),
            advice="Check with the lead body before you rely on it.",
            other_codes=tuple(sorted(rows["lad"].unique())),
            measure="people",
            value=assessed(people[rows.index].sum(skipna=False)),
            unit="people",
            need=Need.of(authorities.blocks.reindex(rows["block"]), rows.set_index("block")["share"]),
        )


def coverage_notes(layer: Layer, authorities: Authorities) -> list[Note]:
    """Return a note of authorities in none of the areas, if the layer is exhaustive, and of those in several."""
    inside = _in_extent(authorities, layer.extent)
    notes = _none_notes(layer, inside, authorities.blocks) if layer.exhaustive else []
    return notes + _several_notes(layer, authorities)


def _none_notes(layer: Layer, reference: pd.DataFrame, blocks: pd.DataFrame) -> list[Note]:
    assert layer.parts is not None  # noqa: S101
    inside = blocks[blocks["lad"].isin(reference.index)]
    # A part of unknown size may be all that is missing, so its block is given the benefit of the doubt.
    covered = layer.parts.assign(share=layer.parts["share"].fillna(1.0)).groupby("block")["share"].sum()
    missing = 1 - covered.reindex(inside.index).fillna(0.0)
    lost = (inside["people"] * missing)[missing > ROUNDING]
    if lost.empty:
        return []
    where = " and ".join(COUNTRIES[letter] for letter in layer.extent)
    total_of = inside.groupby("lad")["people"].sum()
    begins = _begins(layer, covered)
    to_come = [lad for lad in dict.fromkeys(inside.loc[lost.index, "lad"]) if lad in begins]
    later = [
        Note(
            rule="GP401",
            code=str(lad),
            name=str(reference["name"][lad]),
            lead=f"{reference['name'][lad]} is in no area of {layer.title} yet: {begins[lad]}.",
            measure="people",
            value=float(total_of[lad]),
            unit="people",
            by_design=True,
            need=Need.of(inside[inside["lad"] == lad]),
        )
        for lad in to_come
    ]
    people = lost.groupby(inside["lad"]).sum().drop(to_come)
    if people.empty:
        return later
    notes = [
        Note(
            rule="GP401",
            code=str(lad),
            name=str(reference["name"][lad]),
            lead=(
                f"{reference['name'][lad]} is {'in' if count >= total_of[lad] - 0.5 else 'partly in'} no area of "
                f"{layer.title}: {count:,.0f} people."
            ),
            detail="They have no partnership to go to; either the table lacks a row or the scheme a member.",
            measure="people",
            value=float(count),
            unit="people",
            need=_need(inside, missing, [lad]),
        )
        for lad, count in people.items()
    ]
    total = Note(
        rule="GP204",
        lead=(
            f"{layer.title} does not cover all of {where}: {plural(len(people), 'authority')} with "
            f"{people.sum():,.0f} people {'is' if len(people) == 1 else 'are'} in none of its areas, though it should "
            f"cover everyone there."
        ),
        other_codes=tuple(str(lad) for lad in people.index),
        measure="people",
        value=float(people.sum()),
        unit="people",
        need=_need(inside, missing, people.index),
    )
    return [*later, *notes, total]


def _need(inside: pd.DataFrame, missing: pd.Series, lads: Iterable[object]) -> Need:
    """Return who is out of work in what is missing of some authorities."""
    held = inside[inside["lad"].isin(list(lads)) & (missing > ROUNDING)]
    return Need.of(held, missing[held.index])


def _begins(layer: Layer, covered: pd.Series) -> dict[str, str]:
    """Return what begins for the authorities that are in no area yet, and are known to be in one later."""
    held = {str(block).partition(".")[0] for block in covered.index}
    found: dict[str, str] = {}
    for change in layer.changes:
        for lad in change.authorities - held:
            found.setdefault(lad, change.text)
    return found


def _several_notes(layer: Layer, authorities: Authorities) -> list[Note]:
    """Return a note for each district with blocks that are surely in two areas at once, if only a part of them."""
    assert layer.parts is not None  # noqa: S101
    held = layer.parts[~(layer.parts["share"] <= 0)]
    shares = held.groupby("block")["share"]
    # Beside an area that holds all of a block even a part of unknown size is there twice.
    over = (shares.sum() > 1 + ROUNDING) | ((shares.sum() >= 1 - ROUNDING) & (shares.count() < shares.size()))
    twice = held[held["block"].isin(over.index[over])]
    blocks, called = authorities.blocks, layer.areas["name"].to_dict()
    notes = []
    for lad, rows in twice.groupby(twice["block"].map(blocks["lad"])):
        codes = tuple(sorted(rows["code"].unique()))
        unsure = rows["share"].isna().any()
        people = None if unsure else float(blocks["people"].reindex(rows["block"].unique()).sum())
        many = "a part of unknown size, not assessed" if people is None else f"{people:,.0f} people"
        names = " and ".join(str(called[code]) for code in codes)
        notes.append(
            Note(
                rule="GP402",
                code=str(lad),
                name=authorities.name(str(lad)),
                lead=(f"{authorities.name(str(lad))} is in {len(codes)} areas of {layer.title}: {names}; {many}."),
                detail="This layer overlaps by design." if layer.overlap else "",
                advice="" if layer.overlap else "Who is responsible must be settled.",
                other_codes=codes,
                measure="people",
                value=people,
                unit="people",
                need=Need() if unsure else Need.of(blocks.loc[rows["block"].unique()]),
                by_design=layer.overlap,
            )
        )
    return notes


def as_written(rows: pd.DataFrame) -> list[str]:
    """Return each row's authority as the user wrote it: the code, else the name."""
    columns = [rows[c].fillna("").astype(str) for c in ("lad_code", "lad_name") if c in rows]
    return [next((text for text in texts if text), "") for texts in zip(*columns, strict=True)]
