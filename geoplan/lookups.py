"""Make a layer from a lookup, a table from small areas to areas; join two such layers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

import numpy as np
import pandas as pd

from geoplan import membership, postcode_tables
from geoplan.aggregates import is_total, mixed_levels
from geoplan.errors import ConfigurationError, InputError, refusal
from geoplan.keys import gathered, told
from geoplan.layers import GSS, NOT_AREA_CODES, ONS_CODE, PLAIN_CODE, as_text, asked
from geoplan.numerals import from_nought
from geoplan.places import Authorities
from geoplan.schema import BLOCK_MEASURES, Layer, Note, Source, assessed
from geoplan.sources import MEMBERSHIP_COLUMNS
from geoplan.tables import RawTable, plain_heading, understood_notes

__all__ = ["WEIGHTS", "country_letters", "from_raw", "joined", "refined", "refuse_unlike"]

# The first heading of a list that is there is taken; years such as _2021 may follow.
WEIGHTS: dict[str, dict[str, float]] = {
    "people": dict.fromkeys(
        ("people", "population", "pop_all", "pop_total", "total_population", "pop", "residents", "usual_residents",
         "persons", "all_ages"), 1.0,
    ),
    "working_age": dict.fromkeys(
        ("working_age", "pop_16_64", "people_16_64", "population_16_64", "age_16_64", "aged_16_64"), 1.0
    ),
    "postcodes": dict.fromkeys(("postcodes", "postcode_count"), 1.0),
    "area_m2": {"area_m2": 1.0, "area_sqm": 1.0, "shape_area": 1.0, "shape__area": 1.0, "area_ha": 1e4,
                "area_km2": 1e6, "area_sqkm": 1e6},
}  # fmt: skip
"""Headings recognised as weights, with what one unit of them is worth."""

YEAR = re.compile(r"_?(19|20)\d\d")
YEARED = re.compile(r"[A-Z]{2,}\d\d(_cd|_?code)?", re.IGNORECASE)
CODE_ENDING = re.compile(r"(_?cd|_?code|_id)$")
NAME_ENDING = re.compile(r".*(nm|name)", re.IGNORECASE)
NAME_ENDINGS = ("nm", "_nm", "_name", "name")
ENOUGH_ROWS = 100
EXAMPLES = 3
ANY_SMALL_AREA = "small areas"

EMPTY = 1e-18
"""Weight of a small area without people beside the mean: it tells where an empty area lies, and changes no other."""

SAME = 1e-9
"""Relative difference below which two files give a small area the same figure."""


@dataclass(frozen=True)
class _Columns:
    """The columns of a lookup: of small areas, of areas, of the areas' names (or of their codes again)."""

    small: str
    area: str
    name: str

    @property
    def unit(self) -> str:
        """What the small areas are called: lsoa21 for LSOA21CD."""
        stem = _stem(self.small)
        return ANY_SMALL_AREA if stem in {"", "code"} else stem


# Reading


def from_raw(raw: RawTable, authorities: Authorities, *, as_of: date, code: str = "", name: str = "") -> Layer:
    """Make a layer of what a lookup holds.

    Parameters
    ----------
    raw
        The table as read; it is not changed.
    authorities
        The reference: where every small area is an authority of today, the layer is one of shipped blocks.
    as_of
        The day whose members are shown, for the record of such a layer.
    code
        Column of the small areas; by default the column of codes that is unique per row.
    name
        Column of the areas' names; by default that beside the areas' codes, else authorities are named from
        the reference.

    Returns
    -------
    Layer
        With ``blocks`` and ``unit`` of its own, and ``parts`` that name each small area with share 1.
        Areas have people, working age, postcodes and square metres where a column holds them
        (`WEIGHTS`), missing where one of their small areas lacks the figure. Small areas without an area
        belong to none, and a note counts them (GP204).

    Raises
    ------
    InputError
        No column holds codes, several fit, small areas are repeated or missing, or a weight is no number.
    """
    if postcodes := postcode_tables.column_of(raw):
        return _of_postcodes(raw, postcodes, name, authorities, as_of)
    columns = _find_columns(raw, code, name)
    raw, understood = _units(raw, columns.small)
    (small, area), spelled = _gathered(raw, (columns.small, columns.area))
    _refuse_repeated(small, raw.frame.index, f"{raw.file}, column {columns.small!r}")
    if not (area != "").any():
        raise InputError(refusal(f"{raw.file}: column {columns.area!r} is empty"))
    named = columns.name != columns.area
    names = _names_beside(area, as_text(raw.frame[columns.name])) if named else _names(authorities)
    table = pd.DataFrame({"block": small, "code": area, "name": [names.get(code, code) for code in area]})
    if _are_authorities(table["block"], authorities):
        made = _of_authorities(raw, columns, table, authorities, as_of)
    else:
        made = _of_small_areas(raw, columns, table)
    notes = understood_notes(raw.file, [*raw.said, *understood])
    return replace(made, notes=(*notes, *spelled, *made.notes))


def _units(raw: RawTable, small: str) -> tuple[RawTable, list[str]]:
    """Set aside rows of totals, and refuse small areas of several levels, which would count people twice."""
    codes = as_text(raw.frame[small])
    levels = mixed_levels(codes.unique())
    if levels:
        message = f"{raw.file}: column {small!r} holds areas of several levels, which counts people twice: {levels}"
        raise InputError(refusal(message, hint="Keep the rows of one level."))
    total = codes.map({code: is_total(code) for code in codes.unique()}).to_numpy(dtype=bool)
    if not total.any() or total.all():
        return raw, []
    rows = ", ".join(map(str, raw.frame.index[total][:EXAMPLES]))
    told = f"Set aside as a sum of others: {codes[total].iloc[0]} (row {rows})."
    return replace(raw, frame=raw.frame[~total]), [told]


def _gathered(raw: RawTable, columns: Iterable[str]) -> tuple[list[pd.Series], list[Note]]:
    """Return columns of codes, each code in one spelling, and a note for each column that had several of one."""
    found = {column: gathered(as_text(raw.frame[column])) for column in dict.fromkeys(columns)}
    notes = [
        Note(
            "GP106",
            f"{raw.file}, column {column!r}: {told(codes.made_one)}. Write each in one way.",
            name=raw.file,
            other_codes=tuple(each.kept for each in codes.made_one),
        )
        for column, codes in found.items()
        if codes.made_one
    ]
    return [pd.Series(found[column].values, dtype=str) for column in columns], notes


def _names_beside(area: pd.Series, names: pd.Series) -> dict[str, str]:
    """Return code -> name; one row of an area may lack the name that another has."""
    there = (names != "").to_numpy()
    return dict(zip(area[there][::-1], names[there][::-1], strict=True))


def _of_small_areas(raw: RawTable, columns: _Columns, table: pd.DataFrame) -> Layer:
    key, unit = f"{raw.file}#{columns.area}", columns.unit
    weights = _weights(raw, table["block"])
    # The order of the rows must not change the last digit of a sum.
    order = np.argsort(table["block"].to_numpy(dtype=object), kind="stable")
    table = table.iloc[order].reset_index(drop=True)
    blocks = weights.iloc[order].set_axis(pd.Index(table["block"], name="block"))
    inside = (table["code"] != "").to_numpy()
    parts = table.loc[inside, ["block", "code"]].assign(share=1.0).reset_index(drop=True)
    names = table[inside].groupby("code", sort=True)["name"].first()
    return Layer(
        key=key,
        title=key,
        areas=names.to_frame().join(_sums(parts, blocks)),
        parts=parts,
        source=Source(key, sha256=raw.sha256),
        extent=_extent_of(parts["block"]),
        resolution=f"a table of {len(blocks):,} {unit}, nothing drawn",
        blocks=blocks,
        unit=unit,
        notes=tuple(_notes(key, unit, columns.area, blocks, inside)),
    )


def _notes(key: str, unit: str, column: str, blocks: pd.DataFrame, inside: np.ndarray) -> list[Note]:
    notes = []
    outside = blocks[~inside]
    if len(outside):
        people = outside["people"].sum(skipna=False)
        said = "" if pd.isna(people) else f", with {people:,.0f} people,"
        text = f"{key}: {len(outside):,} of {len(blocks):,} {unit}{said} have no {column} and belong to no area"
        notes.append(
            Note(
                "GP204",
                refusal(text, codes=outside.index),
                measure="people",
                value=assessed(people),
                unit="people",
                by_design=True,
            )
        )
    if blocks["people"].isna().all():
        notes.append(
            Note(
                "GP901",
                f"{key} has no column of people: people are not assessed where the other table has none either, and "
                f"relations are told by counting {unit}.",
                by_design=True,
            )
        )
    return notes


def _extent_of(blocks: pd.Series) -> str:
    letters = country_letters(blocks)
    return "".join(letter for letter in "EWSN" if letter in letters)


def country_letters(blocks: pd.Series) -> set[str]:
    """Return the first letters of GSS codes; none when some codes are others.

    Parameters
    ----------
    blocks
        Codes of small areas.

    Returns
    -------
    set of str
        Of E, W, S and N.
    """
    return set(blocks.str[0].unique()) if blocks.str.fullmatch(GSS).all() else set()


def _sums(parts: pd.DataFrame, blocks: pd.DataFrame) -> pd.DataFrame:
    """Sum the measures of each area; one that is missing makes the area's missing."""
    values = blocks.take(blocks.index.get_indexer(parts["block"]))[list(BLOCK_MEASURES)]
    grouped = values.groupby(parts["code"].to_numpy(), sort=True)
    return grouped.sum().where(grouped.count().eq(grouped.size(), axis=0)).rename_axis("code")


# Authorities as small areas


def _names(authorities: Authorities) -> dict[str, str]:
    """Return the names of authorities of either tier, for lookups that hold their codes only."""
    table = authorities.table
    counties = dict(zip(table["utla_code"], table["utla_name"], strict=True))
    return {code: name for code, name in {**counties, **table["name"]}.items() if code}


def _are_authorities(small: pd.Series, authorities: Authorities) -> bool:
    """Tell whether every code stands for whole authorities of today: current, or renumbered since."""
    whole = {old for old, (_, _, new, all_of) in authorities.retired.items() if all_of and new}
    known = {*authorities.table.index, *authorities.table["utla_code"], *whole} - {""}
    return bool(small.isin(known).all())


def _of_authorities(
    raw: RawTable, columns: _Columns, table: pd.DataFrame, authorities: Authorities, as_of: date
) -> Layer:
    """Make a layer of shipped blocks, to be compared with everything that ships."""
    key = f"{raw.file}#{columns.area}"
    inside = table[table["code"] != ""]
    rows = pd.DataFrame("", index=inside.index, columns=list(MEMBERSHIP_COLUMNS))
    rows = rows.assign(area_id=inside["code"], area_name=inside["name"], lad_code=inside["block"])
    layer = membership.from_user_table(rows, key, authorities, as_of=as_of, sha256=raw.sha256)
    outside = table["block"][table["code"] == ""]
    text = f"{key}: {len(outside):,} of {len(table):,} authorities have no {columns.area} and belong to no area"
    notes = [Note("GP204", refusal(text, codes=outside), by_design=True)] if len(outside) else []
    unused = ", ".join(column for column, _ in _weight_columns(map(str, raw.frame.columns), raw.file).values())
    if unused:
        text = f"{key}: {unused} not used, because the figures of today's authorities ship with geoplan."
        notes.append(Note("GP105", text))
    return replace(layer, notes=(*layer.notes, *notes))


def _of_postcodes(raw: RawTable, postcodes: str, name: str, authorities: Authorities, as_of: date) -> Layer:
    """Make a layer of shares of the shipped blocks, to be compared with everything that ships."""
    headings = [str(column) for column in raw.frame.columns]
    others = [heading for heading in headings if heading != postcodes]
    if raw.column:
        area = _wanted(raw.column, others, others, raw.file)
    elif len(others) == 1:
        area = others[0]
    else:
        hint = f"Name one: {raw.file}#{others[0]}." if others else ""
        listed = ", ".join(others) or "none"
        raise InputError(refusal(f"{raw.file}: several columns could hold the areas: {listed}", hint=hint))
    named = asked(name, headings, raw.file, "--name") if name else _name_column(headings, area)
    rows, notes = postcode_tables.members(raw, postcodes, area, named)
    key = f"{raw.file}#{area}"
    layer = membership.from_user_table(rows, key, authorities, as_of=as_of, sha256=raw.sha256)
    said = (*raw.said, f"Areas are told by their postcodes among the {len(rows):,} blocks they lie in.")
    return replace(layer, notes=(*understood_notes(raw.file, said), *notes, *layer.notes))


# Columns


def _find_columns(raw: RawTable, code: str, name: str) -> _Columns:
    headings = [str(column) for column in raw.frame.columns]
    weights = {column for column, _ in _weight_columns(headings, raw.file).values()}
    free = [column for column in headings if column not in weights]
    codes = [column for column in free if _holds_codes(raw.frame[column], column)]
    area = _wanted(raw.column, codes, free, raw.file) if raw.column else ""
    small = asked(code, headings, raw.file, "--code") if code else _small_column(raw, codes, area)
    area = area or _only_other(codes, small, raw.file)
    return _Columns(small, area, asked(name, headings, raw.file, "--name") if name else _name_column(headings, area))


def _stem(column: str) -> str:
    """Reduce a heading to the geography: lsoa21 for LSOA21CD, lsoa21 and lsoa21_code."""
    return CODE_ENDING.sub("", plain_heading(column))


def _wanted(wanted: str, codes: list[str], columns: list[str], file: str) -> str:
    """Return the column asked for by its heading or its stem, with or without the year, whatever its case."""
    for fits in (
        [column for column in columns if column == wanted],
        [column for column in columns if column.lower() == wanted.lower()],
        [column for column in codes if _stem(column) == _stem(wanted)],
        [column for column in codes if _stem(column).rstrip("0123456789") == wanted.lower()],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise InputError(refusal(f"{file}: {wanted!r} fits the columns {', '.join(fits)}", hint="Name one whole."))
    near = get_close_matches(wanted.lower(), [column.lower() for column in codes], n=1)
    meant = [column for column in codes if column.lower() in near]
    hint = f"Did you mean {file}#{meant[0]}?" if meant else f"Columns of codes found: {', '.join(codes) or 'none'}."
    raise InputError(refusal(f"{file}: column {wanted!r} is missing", hint=hint))


def _holds_codes(values: pd.Series, column: str) -> bool:
    """Tell whether a column holds codes of areas, by its heading or, for one such as ``lad``, by its values."""
    plain = plain_heading(column)
    if ONS_CODE.fullmatch(plain) or plain == "code":
        return True
    if NAME_ENDING.fullmatch(plain) or NOT_AREA_CODES.fullmatch(plain):
        return False
    if PLAIN_CODE.fullmatch(plain):
        return True
    first = as_text(_filled(values).head(ENOUGH_ROWS))
    if YEARED.fullmatch(plain):
        # A count of a year, such as jobs21, is no code.
        return bool(pd.to_numeric(first, errors="coerce").isna().any())
    return bool(len(first)) and bool(first.str.fullmatch(GSS).all())


def _filled(values: pd.Series) -> pd.Series:
    return values[(values.notna() & (values != "")).to_numpy()]


def _is_unique(values: pd.Series) -> bool:
    filled = _filled(values)
    return len(filled) == len(values) and bool(filled.is_unique)


def _small_column(raw: RawTable, codes: list[str], area: str) -> str:
    """Return the column of the small areas: the one of codes, other than the areas', that is unique per row."""
    others = [column for column in codes if column != area] or [column for column in codes if column == area]
    if not others:
        message = refusal(
            f"{raw.file} is a table without geometry, and no column of it holds codes such as 'LSOA21CD'",
            hint=f"Columns found: {', '.join(map(str, raw.frame.columns))}.",
        )
        raise InputError(message)
    unique = [column for column in others if _is_unique(raw.frame[column])]
    # A year in the heading says more than a code by its looks.
    dated = [column for column in unique if ONS_CODE.fullmatch(column) or YEARED.fullmatch(column)]
    found = dated or unique
    if len(found) > 1:
        message = refusal(
            f"{raw.file}: columns {', '.join(found)} are all unique per row, so each could hold the small areas",
            hint="Choose one with --code.",
        )
        raise InputError(message)
    if found:
        return found[0]
    if area in codes and _is_unique(raw.frame[area]):
        return area
    # None is unique: the one that nearly is goes on, to be refused with its repeated codes.
    return max(others, key=lambda column: _filled(raw.frame[column]).nunique())


def _only_other(codes: list[str], small: str, file: str) -> str:
    others = [column for column in codes if column != small]
    if len(others) == 1:
        return others[0]
    if not others:
        raise InputError(refusal(f"{file}: beside {small!r} no column holds codes of areas", hint="Add one."))
    message = refusal(
        f"{file} takes {small!r} to {len(others)} geographies: {', '.join(others)}",
        hint=f"Name one: {file}#{others[0]}",
    )
    raise InputError(message)


def _name_column(headings: Iterable[str], area: str) -> str:
    """Return the column of names of the areas' stem, the codes where there is none."""
    plain = {plain_heading(heading): heading for heading in headings}
    stem = _stem(area)
    return next((plain[stem + ending] for ending in NAME_ENDINGS if stem + ending in plain), area)


def _refuse_repeated(small: pd.Series, rows: pd.Index, where: str) -> None:
    blank = rows[(small == "").to_numpy()]
    if len(blank):
        raise InputError(refusal(f"{where}: codes are missing", codes=[f"row {row}" for row in blank]))
    repeated = small[small.duplicated()]
    if len(repeated):
        message = refusal(
            f"{where}: small areas are repeated",
            codes=repeated,
            hint="A lookup has one row a small area; choose another column of small areas with --code.",
        )
        raise InputError(message)


# Weights


def _weight_columns(headings: Iterable[str], file: str) -> dict[str, tuple[str, float]]:
    """Return the columns of weights: measure -> heading and what one unit is worth."""
    plain: dict[str, list[str]] = {}
    for heading in headings:
        plain.setdefault(YEAR.sub("", plain_heading(heading)), []).append(heading)
    found = {}
    for measure, known in WEIGHTS.items():
        first = next((name for name in known if name in plain), None)
        if first is None:
            continue
        if len(plain[first]) > 1:
            listed = ", ".join(plain[first])
            raise InputError(refusal(f"{file}: several columns could be {measure!r}: {listed}", hint="Keep one."))
        found[measure] = (plain[first][0], known[first])
    return found


def _weights(raw: RawTable, small: pd.Series) -> pd.DataFrame:
    """Return the measures of each row as numbers, missing where the file does not say."""
    frame = pd.DataFrame(np.nan, index=range(len(small)), columns=list(BLOCK_MEASURES))
    for measure, (column, worth) in _weight_columns(map(str, raw.frame.columns), raw.file).items():
        where = f"{raw.file}: column {column!r}"
        frame[measure] = from_nought(raw.frame[column], where, delimiter=raw.delimiter, empty=True) * worth
    return frame


# Joining


def refuse_unlike(left: Layer, right: Layer) -> None:
    """Refuse a layer of small areas of its own against one that is not made of any.

    Parameters
    ----------
    left, right
        The layers to compare.

    Raises
    ------
    ConfigurationError
        Naming the only layer that is made of small areas, and what would make the comparison work.
    """
    if (left.blocks is None) == (right.blocks is None):
        return
    own, other = (left, right) if left.blocks is not None else (right, left)
    made = "is drawn" if other.parts is None else "is made of authorities"
    message = refusal(
        f"only {own.key} is made of {own.unit}; {other.key} {made}, so no table joins the two",
        hint=(
            f"Give a boundary file of the areas of {own.key}, or a lookup from {own.unit} to the areas of {other.key}."
        ),
    )
    raise ConfigurationError(message)


def joined(left: Layer, right: Layer) -> tuple[Layer, Layer, pd.DataFrame, tuple[Note, ...]]:
    """Bring two layers of small areas of their own to one set of small areas and figures.

    Where the two files give a small area different figures, those of one file count for both layers: the one
    that knows the measure for more small areas, else the first by name. So totals agree, and comparing the
    other way round gives the same numbers. It is noted, not refused, because relations rest on codes alone.

    Parameters
    ----------
    left, right
        Layers with ``blocks``.

    Returns
    -------
    left, right : Layer
        With the areas' figures summed anew where the other file changes or adds some.
    blocks : pandas.DataFrame
        The small areas of both, with `geoplan.schema.BLOCK_MEASURES`.
    notes : tuple of Note
        Small areas that only one file knows, and figures that differ (GP105).

    Raises
    ------
    ConfigurationError
        If the two have no small area in common.
    """
    one, two = left.blocks, right.blocks
    assert one is not None  # noqa: S101 - asked for by overlay only for layers of small areas
    assert two is not None  # noqa: S101
    if one.equals(two):
        return left, right, one, ()
    # Positions, not isin: text codes by the ten thousand would cost ten times the join.
    known = two.index.get_indexer(one.index) >= 0
    if not known.any():
        message = refusal(
            f"{left.key} is made of {left.unit} (such as {one.index[0]}) and {right.key} of {right.unit} (such as "
            f"{two.index[0]}), and no code is in both: these are different small areas, or different editions of them",
            hint="Give lookups from the same small areas.",
        )
        raise ConfigurationError(message)
    alone = one.index[~known], two.index[one.index.get_indexer(two.index) < 0]
    blocks, said = _merged((left.key, one), (right.key, two), alone[1])
    texts = [_only_text(left, right, alone[0]), _only_text(right, left, alone[1]), *said]
    text = " ".join(filter(None, texts))
    left, right = _weighed_anew(left, blocks), _weighed_anew(right, blocks)
    return left, right, blocks, (Note("GP105", text),) if text else ()


def _only_text(layer: Layer, other: Layer, codes: pd.Index) -> str:
    if codes.empty:
        return ""
    return refusal(f"{len(codes):,} {layer.unit} of {layer.key} are not known to {other.key}", codes=codes)


def _merged(
    left: tuple[str, pd.DataFrame], right: tuple[str, pd.DataFrame], added: pd.Index
) -> tuple[pd.DataFrame, list[str]]:
    """Return the figures of the left small areas and those the right one adds, and sentences on those that differ."""
    index = left[1].index.append(added).sort_values()
    sides = [(key, blocks, blocks.index.get_indexer(index)) for key, blocks in (left, right)]
    found, said = {}, []
    for measure in BLOCK_MEASURES:
        figures = [(key, _at(blocks[measure].to_numpy(dtype=float), at)) for key, blocks, at in sides]
        (first, mine), (second, theirs) = sorted(figures, key=lambda side: (np.isnan(side[1]).sum(), side[0]))
        found[measure] = np.where(np.isnan(mine), theirs, mine)
        differ = index[np.abs(mine - theirs) > SAME * np.maximum(mine, theirs)]
        if len(differ):
            text = f"{first} and {second} give different {measure}, and those of {first} count for both"
            said.append(refusal(text, codes=differ))
    return pd.DataFrame(found, index=index.rename("block")), said


def _at(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the values at these positions, missing where the position is -1."""
    return np.where(at < 0, np.nan, values[at])


def _weighed_anew(layer: Layer, blocks: pd.DataFrame) -> Layer:
    assert layer.parts is not None  # noqa: S101
    own = layer.blocks
    assert own is not None  # noqa: S101
    if own.equals(blocks.take(blocks.index.get_indexer(own.index))):
        return layer
    areas = layer.areas.drop(columns=list(BLOCK_MEASURES)).join(_sums(layer.parts, blocks))
    return replace(layer, areas=areas)


def refined(left: Layer, right: Layer, blocks: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Join the small areas that lie in the same area of both layers into one piece.

    Parameters
    ----------
    left, right
        Layers with ``blocks``.
    blocks
        The small areas of both, from `joined`.

    Returns
    -------
    left, right : pandas.DataFrame
        The layers' parts, of pieces by number; each whole, as a small area lies in one area of a lookup.
    blocks : pandas.DataFrame
        The pieces with `geoplan.schema.BLOCK_MEASURES`, each missing where one of their small areas lacks
        it, and beside each as ``nominal_`` the same with figures to stand in: for a missing one the mean of
        those known, or one where none is, so that relations are told by counting small areas.
    """
    weights = {measure: blocks[measure].to_numpy(dtype=float) for measure in BLOCK_MEASURES}
    weights |= {f"nominal_{measure}": _standing_in(values) for measure, values in weights.items()}
    one, two = _homes(left, blocks.index), _homes(right, blocks.index)
    _, first, piece = np.unique(one * (len(right.areas) + 1) + two, return_index=True, return_inverse=True)
    sums = {column: np.bincount(piece, weights=values) for column, values in weights.items()}
    pieces = pd.DataFrame(sums).rename_axis("block")
    return _numbered_parts(left, one[first]), _numbered_parts(right, two[first]), pieces


def _standing_in(weights: np.ndarray) -> np.ndarray:
    known = weights[weights > 0]
    typical = float(known.mean()) if len(known) else 1.0
    return np.maximum(np.where(np.isnan(weights), typical, weights), typical * EMPTY)


def _homes(layer: Layer, blocks: pd.Index) -> np.ndarray:
    """Return for each small area the number of the area it lies in, from 1; 0 for none."""
    assert layer.parts is not None  # noqa: S101
    home = np.zeros(len(blocks), dtype=np.int64)
    home[blocks.get_indexer(layer.parts["block"])] = layer.areas.index.get_indexer(layer.parts["code"]) + 1
    return home


def _numbered_parts(layer: Layer, home: np.ndarray) -> pd.DataFrame:
    held = np.flatnonzero(home)
    return pd.DataFrame({"block": held, "code": layer.areas.index[home[held] - 1], "share": 1.0})
