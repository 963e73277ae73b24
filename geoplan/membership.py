"""Make a layer from building blocks and a membership table; check the table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from geoplan.catalogue import Entry, parse_day
from geoplan.errors import AmbiguousError, InputError, refusal
from geoplan.schema import Layer, Note, Source, assessed
from geoplan.sources import MEMBERSHIP_COLUMNS
from geoplan.wording import COUNTRIES

__all__ = ["CONFIDENCES", "WEIGHT_COLUMNS", "Authorities", "dissolve", "from_catalogue", "from_user_table"]

ROUNDING = 1e-9
CONFIDENCES = ("high", "medium", "low", "modelled")
WEIGHT_COLUMNS = ("people", "working_age", "postcodes", "area_m2")


@dataclass(frozen=True, eq=False)
class Authorities:
    """The reference that membership tables are read against.

    Parameters
    ----------
    table
        boundaries/authorities.csv indexed by ``lad_code``.
    blocks
        Shipped blocks indexed by ``block`` with ``lad`` and `WEIGHT_COLUMNS`; with ``geometry`` where
        layers are to be drawn.
    retired
        Retired code -> (name, day it ended, successor codes, whether it was all of each successor).
    """

    table: pd.DataFrame
    blocks: pd.DataFrame
    retired: Mapping[str, tuple[str, str, tuple[str, ...], bool]]

    def districts(self, code: str) -> list[str]:
        """Return the districts that an authority's code stands for: itself, or those of its upper tier."""
        if code in self.table.index:
            return [code]
        return list(self.table.index[(self.table["utla_code"] == code) & (code != "")])

    def name(self, code: str) -> str:
        """Return the name of a district, or the code where it is unknown."""
        return str(self.table["name"].get(code, code))

    def named(self, name: str) -> list[str]:
        """Return the codes of all authorities, of either tier, that bear this name."""
        return self._by_name().get(plain_name(name), [])

    def _by_name(self) -> dict[str, list[str]]:
        districts = zip(self.table["name"], self.table.index, strict=True)
        counties = zip(self.table["utla_name"], self.table["utla_code"], strict=True)
        found: dict[str, list[str]] = {}
        for name, code in dict.fromkeys([*districts, *counties]):
            codes = found.setdefault(plain_name(name), [])
            if code and code not in codes:
                codes.append(code)
        return found


def plain_name(name: str) -> str:
    """Reduce an authority's name to what people agree on when they write it.

    Parameters
    ----------
    name
        As written in a table.

    Returns
    -------
    str
        Lower case, without punctuation and without the words that say what kind of council it is.

    Examples
    --------
    >>> plain_name("Herefordshire, County of") == plain_name("County of Herefordshire Council")
    True
    >>> plain_name("Brighton & Hove City Council")
    'brighton and hove'
    """
    text = re.sub(r"[^\w&]+", " ", name.casefold()).replace("&", " and ")
    text = re.sub(
        r"\b(metropolitan|district|borough|county|city|unitary|london|royal|council|authority|of|the)\b",
        " ",
        text,
    )
    words = " ".join(text.split())
    return words or name.casefold().strip()


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
    day, status = _day_shown(entry, as_of)
    rows = _rows_shown(table, entry, day)
    if rows.empty:
        message = f"{entry.key}: no membership is in force on {day.isoformat()}."
        raise InputError(message)
    shown = _in_extent(authorities, entry.extent)
    layer = _build(rows, authorities, key=entry.key, title=entry.title)
    layer = replace(
        layer,
        source=Source(citation=entry.source, licence=entry.licence, url=entry.url, sha256=sha256),
        one=entry.one,
        many=entry.many,
        extent=entry.extent,
        exhaustive=entry.exhaustive,
        overlap=entry.overlap,
        edition=entry.edition,
        in_force_from=entry.in_force_from,
        in_force_to=entry.in_force_to,
        as_of=day.isoformat(),
        status=status,
        resolution_m=entry.resolution_m,
        resolution=entry.resolution,
        confidence=entry.confidence,
    )
    return replace(layer, notes=(*layer.notes, *_coverage_notes(layer, shown, authorities)))


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
        Catalogue entry whose table it replaces: extent, exhaustiveness and overlap are taken from there.

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
    known, notes = _recognise(rows, file, authorities)
    known = known[_in_force(known, as_of)]
    if known.empty:
        message = refusal(
            f"{file}: column 'lad_code' or 'lad_name' names no known authority, or none on {as_of.isoformat()}",
            codes=_as_written(rows),
            hint="Use GSS codes of 2025 (geoplan layers lad lists them) or the authorities' names.",
        )
        raise InputError(message)
    key = stands_for.key if stands_for else file
    title = f"{stands_for.title} ({file})" if stands_for else file
    layer = _build(known, authorities, key=key, title=title)
    layer = replace(layer, source=Source(citation=file, sha256=sha256), status="file", edition=file)
    if stands_for:
        layer = replace(
            layer,
            one=stands_for.one,
            many=stands_for.many,
            extent=stands_for.extent,
            exhaustive=stands_for.exhaustive,
            overlap=stands_for.overlap,
        )
    gaps = _coverage_notes(layer, _in_extent(authorities, layer.extent), authorities)
    return replace(layer, notes=(*notes, *layer.notes, *gaps))


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


def _day_shown(entry: Entry, as_of: date) -> tuple[date, str]:
    start = parse_day(entry.in_force_from, end=False)
    end = parse_day(entry.in_force_to, end=True)
    if entry.status in {"proposed", "reference"}:
        return as_of, entry.status
    if end and as_of > end:
        return end, "ended"
    if start and as_of < start:
        return start, "not yet in force"
    return as_of, "in force"


def _rows_shown(table: pd.DataFrame, entry: Entry, day: date) -> pd.DataFrame:
    if entry.show != "members":
        return table[table["status"] == entry.show]
    return table[_in_force(table, day) & (table["status"] != "proposed").to_numpy()]


def _in_force(rows: pd.DataFrame, day: date) -> np.ndarray:
    starts = [parse_day(text, end=False) or date.min for text in rows["valid_from"]]
    ends = [parse_day(text, end=True) or date.max for text in rows["valid_to"]]
    return np.array([start <= day <= end for start, end in zip(starts, ends, strict=True)], dtype=bool)


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
        notes=tuple(_confidence_notes(areas, title)),
    )


def _parts(rows: pd.DataFrame, blocks: pd.DataFrame) -> pd.DataFrame:
    """Return block, code, share: a row without a block of its own stands for all blocks of its district."""
    listed = pd.DataFrame(
        {
            "code": rows["area_id"].to_numpy(),
            "lad": rows["lad_code"].to_numpy(),
            "one": rows["block"].to_numpy(),
            "share": _shares(rows),
        }
    )
    of_lad = pd.DataFrame({"block": blocks.index.to_numpy(), "lad": blocks["lad"].to_numpy()})
    whole = listed[listed["one"] == ""].merge(of_lad, on="lad")
    single = listed[listed["one"] != ""].assign(block=lambda frame: frame["one"])
    parts = pd.concat([whole, single])[["block", "code", "share"]]
    grouped = parts.groupby(["block", "code"], sort=True)["share"]
    # Of rows for one authority in one area a whole one says all; parts add up, unless one is of unknown size.
    share = grouped.sum().clip(upper=1.0).where(grouped.count() == grouped.size())
    return share.where(~(grouped.max() >= 1), 1.0).rename("share").reset_index()


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
            "confidence": grouped["confidence"].agg(_weakest),
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
    return areas


def _weakest(confidences: Iterable[str]) -> str:
    ranks = [CONFIDENCES.index(c) for c in confidences if c in CONFIDENCES]
    return CONFIDENCES[max(ranks)] if ranks else ""


def _confidence_notes(areas: pd.DataFrame, title: str) -> list[Note]:
    how = {"medium": "read from the area's name or a residual", "low": "inferred, not read from a document"}
    unsure = areas[areas["confidence"].isin(list(how))]
    return [
        Note(
            rule="GP405",
            code=str(code),
            name=row["name"],
            message=(
                f"Membership of {row['name']} ({title}) is not confirmed: at least one member is "
                f"{how[row['confidence']]} (confidence {row['confidence']}). "
                "Check it with the lead body before you rely on it."
            ),
            other_codes=tuple(row["members"].split(";")),
            measure="people",
            value=assessed(row["people"]),
            unit="people",
        )
        for code, row in unsure.iterrows()
    ]


def _coverage_notes(layer: Layer, reference: pd.DataFrame, authorities: Authorities) -> list[Note]:
    assert layer.parts is not None  # noqa: S101 - built from blocks just now
    blocks = authorities.blocks
    notes = [] if not layer.exhaustive else _none_notes(layer, reference, blocks)
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
    blocks = authorities.blocks
    notes = []
    for lad, rows in twice.groupby(twice["block"].map(blocks["lad"])):
        codes = tuple(sorted(rows["code"].unique()))
        people = float(blocks["people"].reindex(rows["block"].unique()).sum())
        names = " and ".join(layer.name(code) for code in codes)
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


def _recognise(rows: pd.DataFrame, file: str, authorities: Authorities) -> tuple[pd.DataFrame, list[Note]]:
    """Bring a user's rows to districts of today; name what could not be brought."""
    filled = _fill_columns(rows, file)
    kept: list[dict[str, str]] = []
    notes: list[Note] = []
    unknown: list[str] = []
    for row in filled.to_dict("records"):
        row["lad_code"] = _known_code(row, authorities)
        codes, part, note = _current_codes(row, file, authorities)
        if not codes:
            unknown.append(row["lad_code"] or row["lad_name"])
        if note:
            notes.append(note)
        for code in codes:
            lad, _, _board = code.partition(".")
            block = code if "." in code else row["block"]
            now = {"lad_code": lad, "lad_name": authorities.name(lad), "block": block, "part": part}
            kept.append({**row, **now, "old": row["lad_code"]})
    if unknown:
        message = refusal(
            f"{file}: authorities that are not known were left out",
            codes=unknown,
            hint="Use GSS codes of 2025 or names as geoplan layers lad lists them.",
        )
        notes.append(Note(rule="GP403", message=message, other_codes=tuple(unknown), measure="rows",
                          value=float(len(unknown)), unit="rows"))  # fmt: skip
    known = pd.DataFrame(kept, columns=[*filled.columns, "old"])
    return _joined(known, authorities).drop(columns="old"), notes


def _joined(known: pd.DataFrame, authorities: Authorities) -> pd.DataFrame:
    """Take an authority for whole where an area lists all the former ones that became it on one day."""
    whole = known.copy()
    for (_, lad), rows in known[known["old"].isin(list(authorities.retired))].groupby(["area_id", "lad_code"]):
        former: dict[str, set[str]] = {}
        for code, (_, ended, successors, all_of_it) in authorities.retired.items():
            if lad in successors and not all_of_it:
                former.setdefault(ended, set()).add(code)
        if any(codes <= set(rows["old"]) for codes in former.values()):
            whole.loc[rows.index, ["part", "share"]] = ""
    return whole


def _known_code(row: Mapping[str, str], authorities: Authorities) -> str:
    """Return the row's code as it is written officially; that of a former authority for its name."""
    code = row["lad_code"]
    if code or authorities.named(row["lad_name"]):
        official = {*authorities.table.index, *authorities.table["utla_code"], *authorities.retired}
        return code.upper() if code not in official and code.upper() in official else code
    wanted = plain_name(row["lad_name"])
    former = [(ended, old) for old, (name, ended, _, _) in authorities.retired.items() if plain_name(name) == wanted]
    return max(former)[1] if former else ""


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


def _current_codes(row: Mapping[str, str], file: str, authorities: Authorities) -> tuple[list[str], str, Note | None]:
    """Return the district or block codes a row stands for, whether a part, and what was changed."""
    code = row["lad_code"]
    if code in authorities.blocks.index or authorities.districts(code):
        return ([code] if "." in code else authorities.districts(code)), row["part"], None
    if code in authorities.retired:
        return _successors(code, row, file, authorities)
    if code:
        return [], row["part"], None
    candidates = authorities.named(row["lad_name"])
    if len(candidates) > 1:
        listed = "; ".join(f"{c} {authorities.name(c)}" for c in candidates)
        message = f"{file}: column 'lad_name': {row['lad_name']!r} fits several authorities: {listed}. Give the code."
        raise AmbiguousError(message)
    return (authorities.districts(candidates[0]) if candidates else []), row["part"], None


def _successors(
    code: str, row: Mapping[str, str], file: str, authorities: Authorities
) -> tuple[list[str], str, Note | None]:
    name, ended, successors, whole = authorities.retired[code]
    current = [c for c in successors if c in authorities.table.index]
    part = row["part"] if whole else "yes"
    size = "" if whole else ", of which it is a part of unknown size"
    names = " and ".join(authorities.name(c) for c in current) or "no current authority"
    note = Note(
        rule="GP104",
        code=code,
        name=name,
        message=f"{file}: {code} ({name}) ended on {ended}; it is read as {names}{size}. Give today's code.",
        other_codes=tuple(current),
    )
    return current, part, note
