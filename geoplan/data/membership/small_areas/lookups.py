"""Make a layer from a lookup, a table from small areas to areas; join two such layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd

from geoplan.data.drawn.columns import GSS, as_text, asked
from geoplan.data.editions.forward import brought_forward
from geoplan.data.keys import gathered, told
from geoplan.data.membership import membership
from geoplan.data.membership.small_areas import postcode_tables
from geoplan.data.membership.small_areas.lookup_columns import (
    EXAMPLES,
    Columns,
    find_columns,
    name_column,
    wanted_column,
    weight_columns,
)
from geoplan.data.places import Authorities
from geoplan.data.shipped.package_data import MEMBERSHIP_COLUMNS
from geoplan.data.tables.aggregates import is_total, mixed_levels
from geoplan.data.tables.numerals import from_nought
from geoplan.data.tables.tables import RawTable, understood_notes
from geoplan.errors import InputError, refusal
from geoplan.schema import BLOCK_MEASURES, Layer, Note, Source, assessed
from geoplan.schema.frames import whole_sums

__all__ = ["country_letters", "from_raw", "sums_of"]


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
    columns = find_columns(raw, code, name)
    raw, understood = _units(raw, columns.small)
    (small, area), spelled = _gathered(raw, (columns.small, columns.area))
    _refuse_repeated(small, raw.frame.index, f"{raw.file}, column {columns.small!r}")
    if not (area != "").any():
        raise InputError(refusal(f"{raw.file}: column {columns.area!r} is empty"))
    named = columns.name != columns.area
    names = _names_beside(area, as_text(raw.frame[columns.name])) if named else _names(authorities)
    table = pd.DataFrame({"block": small, "code": area, "name": [names.get(code, code) for code in area]})
    if _are_authorities(table, authorities):
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
            f"{raw.file}, column {column!r}: {told(codes.made_one)}.",
            advice="Write each in one way.",
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


def _of_small_areas(raw: RawTable, columns: Columns, table: pd.DataFrame) -> Layer:
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
        areas=names.to_frame().join(sums_of(parts, blocks)),
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


def sums_of(parts: pd.DataFrame, blocks: pd.DataFrame) -> pd.DataFrame:
    """Sum the measures of each area; one that is missing makes the area's missing."""
    values = blocks.take(blocks.index.get_indexer(parts["block"]))[list(BLOCK_MEASURES)]
    return whole_sums(values.groupby(parts["code"].to_numpy(), sort=True)).rename_axis("code")


def _names(authorities: Authorities) -> dict[str, str]:
    """Return the names of authorities of either tier, for lookups that hold their codes only."""
    table = authorities.table
    counties = dict(zip(table["utla_code"], table["utla_name"], strict=True))
    return {code: name for code, name in {**counties, **table["name"]}.items() if code}


def _are_authorities(table: pd.DataFrame, authorities: Authorities) -> bool:
    """Tell whether all stand for whole authorities of today: current, or former ones that exactly make them up."""
    today = {*authorities.table.index, *authorities.table["utla_code"]} - {""}
    whole = {old for old, former in authorities.retired.items() if former.whole}
    small = table["block"]
    forward = brought_forward(small, today, authorities.retired)
    complete = {old for old, new in forward.now.items() if new not in forward.lacking}
    if not small.isin(today | whole | complete).all():
        return False
    areas: dict[str, set[str]] = {}
    for old, area in zip(small, table["code"], strict=True):
        areas.setdefault(forward.now.get(old, old), set()).add(area)
    return all(len(each) == 1 for each in areas.values())


def _of_authorities(
    raw: RawTable, columns: Columns, table: pd.DataFrame, authorities: Authorities, as_of: date
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
    unused = ", ".join(column for column, _ in weight_columns(map(str, raw.frame.columns), raw.file).values())
    if unused:
        text = f"{key}: {unused} not used, because the figures of today's authorities ship with geoplan."
        notes.append(Note("GP105", text))
    return replace(layer, notes=(*layer.notes, *notes))


def _of_postcodes(raw: RawTable, postcodes: str, name: str, authorities: Authorities, as_of: date) -> Layer:
    """Make a layer of shares of the shipped blocks, to be compared with everything that ships."""
    headings = [str(column) for column in raw.frame.columns]
    others = [heading for heading in headings if heading != postcodes]
    if raw.column:
        area = wanted_column(raw.column, others, others, raw.file)
    elif len(others) == 1:
        area = others[0]
    else:
        hint = f"Name one: {raw.file}#{others[0]}." if others else ""
        listed = ", ".join(others) or "none"
        raise InputError(refusal(f"{raw.file}: several columns could hold the areas: {listed}", hint=hint))
    named = asked(name, headings, raw.file, "--name") if name else name_column(headings, area)
    rows, notes = postcode_tables.members(raw, postcodes, area, named)
    key = f"{raw.file}#{area}"
    layer = membership.from_user_table(rows, key, authorities, as_of=as_of, sha256=raw.sha256)
    said = (*raw.said, f"Areas are told by their postcodes among the {len(rows):,} blocks they lie in.")
    return replace(layer, notes=(*understood_notes(raw.file, said), *notes, *layer.notes))


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


def _weights(raw: RawTable, small: pd.Series) -> pd.DataFrame:
    """Return the measures of each row as numbers, missing where the file does not say."""
    frame = pd.DataFrame(np.nan, index=range(len(small)), columns=list(BLOCK_MEASURES))
    for measure, (column, worth) in weight_columns(map(str, raw.frame.columns), raw.file).items():
        where = f"{raw.file}: column {column!r}"
        frame[measure] = from_nought(raw.frame[column], where, delimiter=raw.delimiter, empty=True) * worth
    return frame
