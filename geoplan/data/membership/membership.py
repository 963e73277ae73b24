"""Make a layer from building blocks and a membership table; check the table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from geoplan.data.catalogue_file import Entry
from geoplan.data.membership import ward_counts
from geoplan.data.membership.area_facts import facts_of_areas
from geoplan.data.membership.bodies import bodies_of
from geoplan.data.membership.checks import (
    CONFIDENCES,
    as_written,
    common,
    confidence_notes,
    coverage_notes,
    doubts,
    unsure_parts,
)
from geoplan.data.membership.claims import gathered_areas, recognised
from geoplan.data.membership.contradictions import Written, contradictions, status_notes
from geoplan.data.membership.spans import Shown, area_days, shown
from geoplan.data.membership.times import (
    changes,
    past_notes,
    past_rows,
    row_changes,
    rows_in_force,
)
from geoplan.data.places import Authorities
from geoplan.data.shipped.package_data import MEMBERSHIP_COLUMNS
from geoplan.data.shipped.roles import holds_ground
from geoplan.errors import InputError, refusal
from geoplan.schema import BLOCK_MEASURES, NEED_COLUMNS, Layer, RowsRead, Source
from geoplan.schema.indicators import INDICATOR_COLUMNS
from geoplan.schema.wording import listed

__all__ = ["WEIGHT_COLUMNS", "dissolve", "from_catalogue", "from_user_table", "measured", "plain_shares"]

_RANK = {confidence: rank for rank, confidence in enumerate(CONFIDENCES)}
MOST_NAMES = 6
"""Members that nobody confirmed, named with their area; the finding names all of them."""
WEIGHT_COLUMNS = (*BLOCK_MEASURES, *NEED_COLUMNS)


def from_catalogue(
    entry: Entry, table: pd.DataFrame, authorities: Authorities, *, as_of: date, sha256: str = ""
) -> Layer:
    """Make the layer of a catalogue entry from its membership table.

    A layer of which nothing is in force on the day asked for is shown as on the nearest day on which something
    was, and its status says so.

    Parameters
    ----------
    entry
        What the catalogue says of the layer.
    table
        Membership rows, all strings (docs/reference/tables.md).
    authorities
        The reference; with block geometry where the layer is to be drawn.
    as_of
        The day whose members are wanted.
    sha256
        Hash of the table, for the record.

    Returns
    -------
    Layer
        Areas with people, people of working age, postcodes and square metres (EPSG:27700); missing where a
        part of unknown size belongs to the area.

    Raises
    ------
    InputError
        If the table has no such rows.
    """
    every = table.reindex(columns=list(MEMBERSHIP_COLUMNS), fill_value="")
    table = every[holds_ground(every)]
    chosen = shown(table, entry, as_of)
    if chosen.rows.empty:
        message = refusal(f"{entry.key}: the table has no members")
        raise InputError(message)
    layer = _build(chosen.rows, authorities, key=entry.key, title=entry.title)
    numbered = chosen.rows.assign(row=chosen.rows.index + 2)
    layer = replace(
        layer,
        source=Source(citation=entry.source, licence=entry.licence, url=entry.url, sha256=sha256),
        edition=entry.edition,
        confidence=entry.confidence,
        bodies=_seated(every, layer, authorities, chosen.day),
        **_facts_said(layer, numbered, Written(f"{entry.table}.csv", [], {}), {}),
        **_description(entry, table, chosen),
    )
    return replace(layer, notes=(*layer.notes, *coverage_notes(layer, authorities)))


def from_user_table(
    rows: pd.DataFrame,
    file: str,
    authorities: Authorities,
    *,
    as_of: date,
    sha256: str = "",
    stands_for: Entry | None = None,
) -> Layer:
    """Make a layer from a membership table of the user's own.

    Parameters
    ----------
    rows
        All strings: ``area_id`` or ``area_name``, and ``lad_code`` or ``lad_name``; ``part``, ``share``,
        ``confidence`` and the other columns of a membership table if there are any. Authorities may be
        of either tier.
    file
        Name of the file.
    authorities
        The reference; with block geometry where the layer is to be drawn.
    as_of
        The day whose members are wanted; rows without dates always belong.
    sha256
        Hash of the file.
    stands_for
        Catalogue entry whose table it replaces: what the catalogue says of the layer holds for it too, dates
        and status among it. An unmodified copy of the shipped table gives the same areas.

    Returns
    -------
    Layer
        As from `from_catalogue`. Codes that are unknown or retired become notes (GP403, GP104).

    Raises
    ------
    AmbiguousError
        If a name fits several authorities.
    ConfigurationError
        If a date is none.
    InputError
        If no row in force names a known authority, or a share is none.
    """
    written = Written.of(rows, file)
    own: dict[str, str] = rows.attrs.get("own", {})
    filled, spelled = gathered_areas(_fill_columns(rows, file, own).assign(row=written.numbers), written)
    filled, unclear = status_notes(filled, written)
    every, ground = filled, holds_ground(filled).to_numpy()
    filled, written = filled[ground], replace(written, numbers=list(compress(written.numbers, ground)))
    known, notes, lost = recognised(filled, written, authorities)
    chosen = shown(known, stands_for, as_of) if stands_for else None
    day = chosen.day if chosen else as_of
    held = chosen.rows if chosen else known[rows_in_force(known, day)]
    if held.empty:
        message = refusal(
            f"{file}: column 'lad_code' or 'lad_name' names no known authority, or none on {day.isoformat()}",
            codes=as_written(rows),
            hint="Use GSS codes of 2025 (geoplan layers lad lists them) or the authorities' names.",
        )
        raise InputError(message)
    past = [] if stands_for else past_rows(filled, written, day, lost)
    notes = [*notes, *spelled, *contradictions(filled, written), *unclear, *past_notes(past, written, day)]
    key = stands_for.key if stands_for else file
    title = f"{stands_for.title} ({file})" if stands_for else file
    layer = _build(held, authorities, key=key, title=title)
    described: dict[str, Any] = {"status": "file"}
    if stands_for and chosen:
        described = _description(stands_for, known, chosen)
    elif (known[["valid_from", "valid_to"]] != "").any(axis=None):
        described |= {"as_of": day.isoformat(), "changes": row_changes(known, day)}
    layer = replace(
        layer,
        source=Source(citation=file, sha256=sha256),
        edition=file,
        rows=RowsRead(len(rows), len(past), len(lost)),
        bodies=_seated(every, layer, authorities, day),
        **_facts_said(layer, held, written, own),
        **described,
    )
    return replace(layer, notes=(*notes, *layer.notes, *coverage_notes(layer, authorities)))


def dissolve(parts: pd.DataFrame, geometry: pd.Series, codes: pd.Index) -> pd.Series:
    """Join the blocks of each area into its outline.

    Parameters
    ----------
    parts
        Frame with ``block`` and ``code``.
    geometry
        Block -> polygon (EPSG:27700).
    codes
        Areas, in the order wanted.

    Returns
    -------
    pandas.Series
        Code -> polygon. A block of which only a part belongs is drawn whole.
    """
    from geoplan.engine import dissolving  # drawing is not always asked for

    shapes = geometry.reindex(parts["block"]).to_numpy()
    joined = dissolving.dissolve(shapes, codes.get_indexer(parts["code"]))
    return pd.Series(joined.geometry, index=codes[joined.group], name="geometry")


def _description(entry: Entry, table: pd.DataFrame, chosen: Shown) -> dict[str, Any]:
    """Return what the catalogue says of a layer, whoever's table it is made of."""
    return {
        "one": entry.one,
        "many": entry.many,
        "extent": entry.extent,
        "exhaustive": entry.exhaustive,
        "overlap": entry.overlap,
        "complete": entry.complete,
        "in_force_from": entry.in_force_from,
        "in_force_to": entry.in_force_to,
        "as_of": chosen.day.isoformat(),
        "status": chosen.status,
        "edition_of": entry.edition_of if entry.standing else "",
        "not_dated": chosen.not_dated,
        "resolution_m": entry.resolution_m,
        "resolution": entry.resolution,
        "changes": () if chosen.status == "ended" else changes(table, entry, chosen.day),
    }


def _build(rows: pd.DataFrame, authorities: Authorities, *, key: str, title: str) -> Layer:
    given = rows
    rows, by_wards = ward_counts.counted(rows, authorities)
    parts = _parts(rows, authorities.blocks)
    areas = _areas(rows, parts, authorities)
    if by_wards:
        named = {code: listed([authorities.name(lad) for lad in lads]) for code, lads in by_wards.items()}
        areas["by_wards"] = [named.get(code, "") for code in areas.index]
    if "geometry" in authorities.blocks:
        import geopandas as gpd  # costs a second, and codes need no geometry

        shapes = dissolve(parts, authorities.blocks["geometry"], areas.index)
        areas = gpd.GeoDataFrame(areas, geometry=shapes, crs=authorities.blocks.crs)
    return Layer(
        key=key,
        title=title,
        areas=areas,
        parts=parts,
        source=Source(key),
        confidence=common(rows["confidence"]),
        notes=(
            *confidence_notes(areas, parts, authorities, title),
            *ward_counts.ward_notes(given, by_wards, authorities, title),
        ),
    )


def _seated(rows: pd.DataFrame, layer: Layer, authorities: Authorities, day: date) -> pd.DataFrame:
    """List who sits at the table of the areas that are shown."""
    return bodies_of(rows[rows["area_id"].isin(layer.areas.index)], authorities, day)


def _parts(rows: pd.DataFrame, blocks: pd.DataFrame) -> pd.DataFrame:
    """Return block, code, share, confidence: a row without a block of its own stands for all of its district's."""
    of_lad: dict[str, list[str]] = {}
    for block, lad in zip(blocks.index.tolist(), blocks["lad"].tolist(), strict=True):
        of_lad.setdefault(lad, []).append(block)
    said: dict[tuple[str, str], list[tuple[float, int]]] = {}
    columns = (rows[name].tolist() for name in ("area_id", "lad_code", "block", "confidence"))
    for code, lad, one, confidence, share in zip(*columns, _shares(rows).tolist(), strict=True):
        for block in [one] if one else of_lad.get(lad, ()):
            said.setdefault((block, code), []).append((share, _RANK.get(confidence, -1)))
    made = []
    for (block, code), each in sorted(said.items()):
        rank = max(rank for _, rank in each)
        made.append((block, code, _together([share for share, _ in each]), CONFIDENCES[rank] if rank >= 0 else ""))
    return pd.DataFrame(made, columns=["block", "code", "share", "confidence"]).astype({"share": float})


def _together(shares: Sequence[float]) -> float:
    """Return the share that rows for one authority in one area come to.

    A whole one says all; parts add up, unless one is of unknown size.
    """
    return 1.0 if any(share >= 1 for share in shares) else min(math.fsum(shares), 1.0)


def _shares(rows: pd.DataFrame) -> np.ndarray:
    part = (rows["part"].str.strip().str.casefold().isin(["yes", "true", "1", "y", "part"])).to_numpy()
    share = pd.to_numeric(rows["share"].replace("", None), errors="coerce").to_numpy(dtype=float)
    return np.where(part, share, 1.0)


def _areas(rows: pd.DataFrame, parts: pd.DataFrame, authorities: Authorities) -> pd.DataFrame:
    first = rows.drop_duplicates("area_id").set_index("area_id").sort_index().rename_axis("code")
    areas = first[["area_name", "lead_body", "lead_confidence", "lead_source", "confidence"]]
    areas = areas.rename(columns={"area_name": "name"})
    members: dict[str, set[str]] = {}
    sure: dict[str, set[str]] = {}
    for area, lad, said in zip(*(rows[name].tolist() for name in ("area_id", "lad_code", "confidence")), strict=True):
        members.setdefault(area, set()).add(lad)
        sure.setdefault(area, set()).add(said)
    areas["confidence"] = areas["confidence"].where([len(sure[code]) < 2 for code in areas.index], "mixed")
    told = [";".join(sorted(members[code])) for code in areas.index]
    areas["members"] = pd.Series(told, index=areas.index, dtype=str)
    areas = areas.join(area_days(rows))
    return measured(areas, parts, authorities)


def measured(areas: pd.DataFrame, parts: pd.DataFrame, authorities: Authorities) -> pd.DataFrame:
    """Add to areas what their parts come to.

    Parameters
    ----------
    areas
        Indexed by code, without measures.
    parts
        Frame with ``block``, ``code``, ``share`` and ``confidence``, sorted by block and code.
    authorities
        The reference.

    Returns
    -------
    pandas.DataFrame
        With `WEIGHT_COLUMNS` (missing where a part of unknown size belongs), ``not_assessed``, ``unconfirmed`` and
        ``not_confirmed``.
    """
    columns = [*WEIGHT_COLUMNS, *(each for each in INDICATOR_COLUMNS if each in authorities.blocks)]
    weights = authorities.blocks.reindex(columns=columns).reindex(parts["block"]).to_numpy(dtype=float)
    pieces = pd.DataFrame(weights * parts["share"].to_numpy()[:, None], columns=columns)
    # A part of unknown share, or a block where nobody counts, makes the area "not assessed": no sum may skip it.
    areas = areas.join(pieces.groupby(parts["code"]).sum(skipna=False))
    partial = parts[parts["share"].isna()]
    vague: dict[str, list[str]] = {}
    for code, lad in zip(partial["code"], partial["block"].map(authorities.blocks["lad"]), strict=True):
        vague.setdefault(code, []).append(lad)
    areas["not_assessed"] = [
        "; ".join(authorities.name(lad) for lad in dict.fromkeys(vague.get(code, ()))) for code in areas.index
    ]
    unsure = dict(iter(unsure_parts(parts, authorities).groupby("code")))
    areas["unconfirmed"] = [unsure[code]["lad"].nunique() if code in unsure else 0 for code in areas.index]
    areas["not_confirmed"] = [doubts(unsure[code], MOST_NAMES) if code in unsure else "" for code in areas.index]
    return areas


def _facts_said(layer: Layer, rows: pd.DataFrame, written: Written, own: dict[str, str]) -> dict[str, Any]:
    """Return areas and notes with what the rows shown say besides who belongs, and what they contradict in."""
    facts, kept, notes = facts_of_areas(rows, written, own)
    return {"areas": layer.areas.join(facts), "own": kept, "notes": (*layer.notes, *notes)}


def _fill_columns(rows: pd.DataFrame, file: str, own: dict[str, str]) -> pd.DataFrame:
    columns = (*MEMBERSHIP_COLUMNS, *own)
    filled = pd.DataFrame(
        {c: rows[c].fillna("").astype(str).str.strip() if c in rows else "" for c in columns},
        index=rows.index,
    )
    filled["area_id"] = filled["area_id"].where(filled["area_id"] != "", filled["area_name"])
    filled["area_name"] = filled["area_name"].where(filled["area_name"] != "", filled["area_id"])
    filled["share"] = plain_shares(filled["share"], file)
    # A share below one says by itself that only a part belongs.
    below_one = pd.to_numeric(filled["share"].replace("", None)) < 1
    filled["part"] = filled["part"].where(~below_one, "yes")
    return filled


def plain_shares(shares: pd.Series, file: str) -> pd.Series:
    """Return shares of a file as numbers from 0 to 1 in text; "40%" is 0.4, empty stays empty."""
    percent = shares.str.endswith("%")
    numbers = pd.to_numeric(shares.str.removesuffix("%").str.strip(), errors="coerce")
    numbers = numbers.where(~percent, numbers / 100)
    wrong = (shares != "") & ~numbers.between(0, 1)
    if wrong.any():
        message = refusal(
            f"{file}: column 'share' holds what is no share",
            codes=shares[wrong],
            hint="Write shares from 0 to 1, such as 0.4, or as 40%.",
        )
        raise InputError(message)
    return numbers.astype(str).where(shares != "", "")
