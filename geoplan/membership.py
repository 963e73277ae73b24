"""Make a layer from building blocks and a membership table; check the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd

from geoplan.catalogue import Entry, day_shown, parse_day, status_on, successor
from geoplan.claims import Written, contradictions, gathered_areas, recognised, status_notes
from geoplan.errors import InputError, refusal
from geoplan.places import Authorities
from geoplan.schema import Change, Layer, Note, RowsRead, Source, assessed
from geoplan.sources import MEMBERSHIP_COLUMNS
from geoplan.wording import CONFIDENCE, COUNTRIES, UNCONFIRMED, at_rows, listed, plural, when

__all__ = ["CONFIDENCES", "WEIGHT_COLUMNS", "common", "dissolve", "from_catalogue", "from_user_table"]

ROUNDING = 1e-9
AHEAD = timedelta(days=366)
"""How far ahead the end of a scheme is news: what lies further ahead is its plan."""

CONFIDENCES = ("high", "medium", "low", "modelled")
MOST_NAMES = 6
"""Members that nobody confirmed, named with their area; the finding names all of them."""

WEIGHT_COLUMNS = ("people", "working_age", "postcodes", "area_m2")


def from_catalogue(
    entry: Entry, table: pd.DataFrame, authorities: Authorities, *, as_of: date, sha256: str = ""
) -> Layer:
    """Make the layer of a catalogue entry from its membership table.

    A layer that has ended, or not yet begun, on the day asked for is shown as on its own nearest day, and
    its status says so.

    Parameters
    ----------
    entry
        What the catalogue says of the layer.
    table
        Membership rows, all strings (docs/tables.md).
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
        If nothing of the table is in force.
    """
    rows = _rows_shown(table, entry, day_shown(entry, as_of))
    if rows.empty:
        message = f"{entry.key}: no membership is in force on {day_shown(entry, as_of).isoformat()}."
        raise InputError(message)
    layer = _build(rows, authorities, key=entry.key, title=entry.title)
    source = Source(citation=entry.source, licence=entry.licence, url=entry.url, sha256=sha256)
    layer = replace(layer, source=source, edition=entry.edition, confidence=entry.confidence)
    layer = _as_described(layer, entry, table, as_of)
    return replace(layer, notes=(*layer.notes, *_coverage_notes(layer, authorities)))


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
    filled, spelled = gathered_areas(_fill_columns(rows, file), written)
    filled, unclear = status_notes(filled, written)
    known, notes, lost = recognised(filled, written, authorities)
    day = day_shown(stands_for, as_of) if stands_for else as_of
    shown = _rows_shown(known, stands_for, day) if stands_for else known[_holds(known, day)]
    if shown.empty:
        message = refusal(
            f"{file}: column 'lad_code' or 'lad_name' names no known authority, or none on {day.isoformat()}",
            codes=_as_written(rows),
            hint="Use GSS codes of 2025 (geoplan layers lad lists them) or the authorities' names.",
        )
        raise InputError(message)
    past = [] if stands_for else _past_rows(filled, written, day, lost)
    notes = [*notes, *spelled, *contradictions(filled, written), *unclear, *_past_notes(past, written, day)]
    key = stands_for.key if stands_for else file
    title = f"{stands_for.title} ({file})" if stands_for else file
    layer = _build(shown, authorities, key=key, title=title)
    layer = replace(layer, source=Source(citation=file, sha256=sha256), status="file", edition=file)
    layer = replace(layer, rows=RowsRead(len(rows), len(past), len(lost)))
    if stands_for:
        layer = _as_described(layer, stands_for, known, as_of)
    elif (known[["valid_from", "valid_to"]] != "").any(axis=None):
        layer = replace(layer, as_of=day.isoformat(), changes=_row_changes(known, day))
    return replace(layer, notes=(*notes, *layer.notes, *_coverage_notes(layer, authorities)))


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
    from geoplan import topology  # drawing is not always asked for

    shapes = geometry.reindex(parts["block"]).to_numpy()
    joined = topology.dissolve(shapes, codes.get_indexer(parts["code"]))
    return pd.Series(joined.geometry, index=codes[joined.group], name="geometry")


def _as_described(layer: Layer, entry: Entry, table: pd.DataFrame, as_of: date) -> Layer:
    """Return a layer with what the catalogue says of it, whoever's table it is made of."""
    day, status = day_shown(entry, as_of), status_on(entry, as_of)
    return replace(
        layer,
        one=entry.one,
        many=entry.many,
        extent=entry.extent,
        exhaustive=entry.exhaustive,
        overlap=entry.overlap,
        in_force_from=entry.in_force_from,
        in_force_to=entry.in_force_to,
        as_of=day.isoformat(),
        status=status,
        resolution_m=entry.resolution_m,
        resolution=entry.resolution,
        changes=() if status == "ended" else _changes(table, entry, day),
    )


def _rows_shown(table: pd.DataFrame, entry: Entry, day: date) -> pd.DataFrame:
    if entry.show != "members":
        said = table[table["status"] == entry.show]
        # A table of the user's own for such a layer need not repeat what the layer is.
        return table[table["status"] == ""] if said.empty else said
    members = _members(table)
    return members[_in_force(members, day)]


def _members(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["status"] != "proposed"]


def _in_force(rows: pd.DataFrame, day: date) -> np.ndarray:
    starts, ends = _days(rows)
    return np.array([start <= day <= end for start, end in zip(starts, ends, strict=True)], dtype=bool)


def _holds(rows: pd.DataFrame, day: date) -> np.ndarray:
    """Tell which rows of a user's table are in force: by their days, and without any by their status."""
    undated = (rows[["valid_from", "valid_to"]] == "").all(axis=1)
    idle = undated & rows["status"].isin(["ended", "proposed"])
    holds: np.ndarray = _in_force(rows, day) & ~idle.to_numpy()
    return holds


def _past_rows(filled: pd.DataFrame, written: Written, day: date, lost: Sequence[int]) -> list[int]:
    """Return the numbers of the rows that are understood and not in force on a day."""
    unknown = set(lost)
    within = zip(written.numbers, _holds(filled, day), strict=True)
    return [number for number, inside in within if not inside and number not in unknown]


def _past_notes(past: Sequence[int], written: Written, day: date) -> list[Note]:
    if not past:
        return []
    told = [written.headings[one] for one in ("valid_from", "valid_to", "status") if one in written.headings]
    where = f"{'column' if len(told) == 1 else 'columns'} {listed([repr(one) for one in told])}"
    message = (
        f"{written.file}, {where}: {len(past):,} of {len(written.numbers):,} rows are not in force on "
        f"{day.isoformat()} ({at_rows(past)}). --as-of shows another day."
    )
    return [Note("GP106", message, name=written.file, by_design=True, evidence={"rows": list(past)})]


def _days(rows: pd.DataFrame) -> tuple[list[date], list[date]]:
    """Return the first and the last day of each row.

    Of a month or year in which an authority passes from one area to another, the day is not known: it counts for
    the later area, so that it is never in both.
    """
    starts = [parse_day(text, end=False) or date.min for text in rows["valid_from"]]
    ends = [parse_day(text, end=True) or date.max for text in rows["valid_to"]]
    passing = set(zip(rows["lad_code"], rows["block"], rows["valid_from"], strict=True))
    for at, row in enumerate(zip(rows["lad_code"], rows["block"], rows["valid_to"], strict=True)):
        first = parse_day(row[2], end=False)
        if first and row in passing and starts[at] < first:
            ends[at] = first - timedelta(days=1)
    return starts, ends


def _changes(table: pd.DataFrame, entry: Entry, day: date) -> tuple[Change, ...]:
    """Return what is known to change after a day in a layer that has not ended by then."""
    if entry.show != "members":
        return ()
    end = parse_day(entry.in_force_to, end=True)
    found = list(_row_changes(_members(table), day, end or date.max))
    next_one = successor(entry)
    if end and end > day and (next_one or end - day <= AHEAD):
        then = f", followed by {next_one.key}" if next_one else ""
        found.append(Change(entry.in_force_to, f"it ends {when(entry.in_force_to)}{then}"))
    return tuple(found)


def _row_changes(rows: pd.DataFrame, day: date, until: date = date.max) -> tuple[Change, ...]:
    """Return which areas begin, end, gain or lose authorities between two days, from the first on."""
    starts, ends = _days(rows)
    dated = rows.assign(start=starts, end=ends)
    now, later = dated[(dated["start"] <= day) & (dated["end"] >= day)], dated[dated["start"] > day]
    found = [*_coming(now, later), *_going(now, later)]
    ranked = sorted(found, key=lambda each: (each[0], each[1].text))
    return tuple(change for on, change in ranked if on < until)


def _coming(now: pd.DataFrame, later: pd.DataFrame) -> Iterator[tuple[date, Change]]:
    for (area, start), rows in later.groupby(["area_id", "start"]):
        here = now["lad_code"][now["area_id"] == area]
        new = rows[~rows["lad_code"].isin(here)]
        first = here.empty and start == later["start"][later["area_id"] == area].min()
        if len(new):
            yield start, _change(new, "valid_from", "begins" if first else "", ("joins", "join"))


def _going(now: pd.DataFrame, later: pd.DataFrame) -> Iterator[tuple[date, Change]]:
    for (area, end), rows in now.groupby(["area_id", "end"]):
        then = pd.concat([now[now["end"] > end], later])
        then = then["lad_code"][then["area_id"] == area]
        gone = rows[~rows["lad_code"].isin(then)]
        if len(gone):
            yield end, _change(gone, "valid_to", "ends" if then.empty else "", ("leaves", "leave"))


def _change(rows: pd.DataFrame, column: str, whole: str, some: tuple[str, str]) -> Change:
    """Say what happens to an area as a whole, or to some of its authorities."""
    day, area = str(rows[column].iloc[0]), str(rows["area_name"].iloc[0])
    lads = dict(zip(rows["lad_code"], rows["lad_name"], strict=True))
    if whole:
        said = f"{area} {whole}"
    elif len(lads) == 1:
        said = f"{next(iter(lads.values())) or next(iter(lads))} {some[0]} {area}"
    else:
        said = f"{len(lads)} authorities {some[1]} {area}"
    return Change(day, f"{said} {when(day)}", frozenset(lads))


def _in_extent(authorities: Authorities, extent: str) -> pd.DataFrame:
    return authorities.table[authorities.table["country"].isin(list(extent))]


def _build(rows: pd.DataFrame, authorities: Authorities, *, key: str, title: str) -> Layer:
    parts = _parts(rows, authorities.blocks)
    areas = _areas(rows, parts, authorities)
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
        notes=tuple(_confidence_notes(areas, parts, authorities, title)),
    )


def _parts(rows: pd.DataFrame, blocks: pd.DataFrame) -> pd.DataFrame:
    """Return block, code, share, confidence: a row without a block of its own stands for all of its district's."""
    listed = pd.DataFrame(
        {
            "code": rows["area_id"].to_numpy(),
            "lad": rows["lad_code"].to_numpy(),
            "one": rows["block"].to_numpy(),
            "share": _shares(rows),
            "confidence": rows["confidence"].to_numpy(),
        }
    )
    of_lad = pd.DataFrame({"block": blocks.index.to_numpy(), "lad": blocks["lad"].to_numpy()})
    whole = listed[listed["one"] == ""].merge(of_lad, on="lad")
    single = listed[listed["one"] != ""].assign(block=lambda frame: frame["one"])
    listed_once = pd.concat([whole, single]).groupby(["block", "code"], sort=True)
    grouped = listed_once["share"]
    # Of rows for one authority in one area a whole one says all; parts add up, unless one is of unknown size.
    share = grouped.sum().clip(upper=1.0).where(grouped.count() == grouped.size())
    share = share.where(~(grouped.max() >= 1), 1.0)
    return pd.DataFrame({"share": share, "confidence": listed_once["confidence"].agg(_weakest)}).reset_index()


def _shares(rows: pd.DataFrame) -> np.ndarray:
    part = (rows["part"].str.strip().str.casefold().isin(["yes", "true", "1", "y", "part"])).to_numpy()
    share = pd.to_numeric(rows["share"].replace("", None), errors="coerce").to_numpy(dtype=float)
    return np.where(part, share, 1.0)


def _areas(rows: pd.DataFrame, parts: pd.DataFrame, authorities: Authorities) -> pd.DataFrame:
    grouped = rows.groupby("area_id", sort=True)
    areas = pd.DataFrame(
        {
            "name": grouped["area_name"].first(),
            "lead_body": grouped["lead_body"].first(),
            "confidence": grouped["confidence"].agg(common),
            "members": grouped["lad_code"].agg(lambda codes: ";".join(sorted(set(codes)))),
        }
    ).rename_axis("code")
    weights = authorities.blocks[list(WEIGHT_COLUMNS)].reindex(parts["block"]).to_numpy()
    pieces = pd.DataFrame(weights * parts["share"].to_numpy()[:, None], columns=list(WEIGHT_COLUMNS))
    # A part of unknown share makes the whole area "not assessed", so the sum must not skip it.
    totals = pieces.groupby(parts["code"]).sum(min_count=1)
    unknown = parts["code"][parts["share"].isna()].unique()
    totals.loc[totals.index.isin(unknown)] = np.nan
    areas = areas.join(totals)
    partial = parts[parts["share"].isna()].merge(authorities.blocks[["lad"]], left_on="block", right_index=True)
    names = partial.groupby("code")["lad"].agg(lambda lads: "; ".join(authorities.name(c) for c in dict.fromkeys(lads)))
    areas["not_assessed"] = names.reindex(areas.index).fillna("")
    unsure = dict(iter(_unsure(parts, authorities).groupby("code")))
    areas["unconfirmed"] = [unsure[code]["lad"].nunique() if code in unsure else 0 for code in areas.index]
    areas["not_confirmed"] = [_doubts(unsure[code], MOST_NAMES) if code in unsure else "" for code in areas.index]
    return areas


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


def _unsure(parts: pd.DataFrame, authorities: Authorities) -> pd.DataFrame:
    """Return the parts whose membership nobody confirmed, with code and name of their authority, by its name."""
    unsure = parts[parts["confidence"].isin(UNCONFIRMED)]
    lads = unsure["block"].map(authorities.blocks["lad"])
    return unsure.assign(lad=lads, name=lads.map(authorities.name)).sort_values("name", kind="stable")


def _doubts(unsure: pd.DataFrame, most: int | None = None) -> str:
    """Name members that nobody confirmed, by how they were come by: "Swindon and Wiltshire (inferred)"."""
    named = unsure.groupby("confidence")["name"].unique()
    return "; ".join(f"{_some(list(named[each]), most)} ({CONFIDENCE[each]})" for each in UNCONFIRMED if each in named)


def _some(names: Sequence[str], most: int | None) -> str:
    more = [f"{len(names) - most} more"] if most and len(names) > most else []
    return listed([*names[:most], *more])


def _weakest(confidences: Iterable[str]) -> str:
    ranks = [CONFIDENCES.index(c) for c in confidences if c in CONFIDENCES]
    return CONFIDENCES[max(ranks)] if ranks else ""


def _confidence_notes(areas: pd.DataFrame, parts: pd.DataFrame, authorities: Authorities, title: str) -> Iterator[Note]:
    unsure = _unsure(parts, authorities)
    people = unsure["share"] * authorities.blocks["people"].reindex(unsure["block"]).to_numpy()
    for code, rows in unsure.groupby("code"):
        area = areas.loc[code]
        members = area["members"].split(";")
        yield Note(
            rule="GP405",
            code=str(code),
            name=area["name"],
            message=(
                f"{area['unconfirmed']} of the {plural(len(members), 'member')} of {area['name']} ({title}) "
                f"{'is' if area['unconfirmed'] == 1 else 'are'} not confirmed: {_doubts(rows)}. "
                "Check with the lead body before you rely on it."
            ),
            other_codes=tuple(sorted(rows["lad"].unique())),
            measure="people",
            value=assessed(people[rows.index].sum(skipna=False)),
            unit="people",
        )


def _coverage_notes(layer: Layer, authorities: Authorities) -> list[Note]:
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
    people = lost.groupby(inside["lad"]).sum()
    total_of = inside.groupby("lad")["people"].sum()
    notes = [
        Note(
            rule="GP401",
            code=str(lad),
            name=str(reference["name"][lad]),
            message=(
                f"{reference['name'][lad]} is {'in' if count >= total_of[lad] - 0.5 else 'partly in'} no area of "
                f"{layer.title}: {count:,.0f} people. "
                "They have no partnership to go to; either the table lacks a row or the scheme a member."
            ),
            measure="people",
            value=float(count),
            unit="people",
        )
        for lad, count in people.items()
    ]
    total = Note(
        rule="GP204",
        message=(
            f"{layer.title} does not cover all of {where}: {len(people)} authorities with {people.sum():,.0f} "
            f"people are in none of its areas, though it should cover everyone there."
        ),
        other_codes=tuple(str(lad) for lad in people.index),
        measure="people",
        value=float(people.sum()),
        unit="people",
    )
    return [*notes, total]


def _several_notes(layer: Layer, authorities: Authorities) -> list[Note]:
    """Return a note for each district with blocks that are surely in two areas at once."""
    assert layer.parts is not None  # noqa: S101
    whole = layer.parts[layer.parts["share"].fillna(0) > 0]
    over = whole.groupby("block")["share"].sum() > 1 + 1e-9
    twice = whole[whole["block"].isin(over.index[over])]
    blocks, called = authorities.blocks, layer.areas["name"].to_dict()
    notes = []
    for lad, rows in twice.groupby(twice["block"].map(blocks["lad"])):
        codes = tuple(sorted(rows["code"].unique()))
        people = float(blocks["people"].reindex(rows["block"].unique()).sum())
        names = " and ".join(str(called[code]) for code in codes)
        meant = "This layer overlaps by design." if layer.overlap else "Who is responsible must be settled."
        notes.append(
            Note(
                rule="GP402",
                code=str(lad),
                name=authorities.name(str(lad)),
                message=(
                    f"{authorities.name(str(lad))} is in {len(codes)} areas of {layer.title}: {names}; "
                    f"{people:,.0f} people. {meant}"
                ),
                other_codes=codes,
                measure="people",
                value=people,
                unit="people",
                by_design=layer.overlap,
            )
        )
    return notes


def _as_written(rows: pd.DataFrame) -> list[str]:
    """Return each row's authority as the user wrote it: the code, else the name."""
    columns = [rows[c].fillna("").astype(str) for c in ("lad_code", "lad_name") if c in rows]
    return [next((text for text in texts if text), "") for texts in zip(*columns, strict=True)]


def _fill_columns(rows: pd.DataFrame, file: str) -> pd.DataFrame:
    filled = pd.DataFrame(
        {c: rows[c].fillna("").astype(str).str.strip() if c in rows else "" for c in MEMBERSHIP_COLUMNS},
        index=rows.index,
    )
    filled["area_id"] = filled["area_id"].where(filled["area_id"] != "", filled["area_name"])
    filled["area_name"] = filled["area_name"].where(filled["area_name"] != "", filled["area_id"])
    filled["share"] = _plain_shares(filled["share"], file)
    # A share below one says by itself that only a part belongs.
    below_one = pd.to_numeric(filled["share"].replace("", None)) < 1
    filled["part"] = filled["part"].where(~below_one, "yes")
    return filled


def _plain_shares(shares: pd.Series, file: str) -> pd.Series:
    """Return shares as numbers from 0 to 1 in text; "40%" is 0.4, empty stays empty."""
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
