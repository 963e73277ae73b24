"""Tables of postcodes: which area each postcode is in, joined by the postcodes that ship."""

from __future__ import annotations

import re

import pandas as pd

from geoplan.data.drawn.columns import as_text
from geoplan.data.shipped.package_data import MEMBERSHIP_COLUMNS, postcode_points
from geoplan.data.tables.headings import POSTCODE_HEADING, plain_heading
from geoplan.data.tables.tables import RawTable
from geoplan.errors import InputError, refusal
from geoplan.schema import Note

__all__ = ["column_of", "members"]

POSTCODE = re.compile(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}")
ENOUGH_ROWS = 100
MOSTLY = 0.9


def column_of(raw: RawTable) -> str:
    """Return the column of postcodes, by its heading and what it holds; empty where there is none."""
    for heading in map(str, raw.frame.columns):
        if POSTCODE_HEADING.fullmatch(plain_heading(heading)):
            first = _plain(as_text(raw.frame[heading].head(ENOUGH_ROWS)))
            if first.str.fullmatch(POSTCODE).mean() >= MOSTLY:
                return heading
    return ""


def members(raw: RawTable, postcodes: str, area: str, name: str) -> tuple[pd.DataFrame, list[Note]]:
    """Turn a table of postcodes into membership rows: each block with the share of its postcodes in the area.

    Parameters
    ----------
    raw
        The table.
    postcodes, area, name
        Headings of the columns of postcodes, of the areas and of their names.

    Returns
    -------
    rows : pandas.DataFrame
        `MEMBERSHIP_COLUMNS`, all text.
    notes : list of Note
        Postcodes that do not ship, or have no area (GP204).

    Raises
    ------
    InputError
        A postcode stands in two areas, or none of them is known.
    """
    table = _table(raw, postcodes, area, name)
    where = f"{raw.file}, column {postcodes!r}"
    points = postcode_points({text[0] for text in table["postcode"] if text}, columns=("postcode", "lad", "block"))
    points = points.assign(postcode=_plain(points["postcode"].astype(str)))
    found = table.merge(points, on="postcode", how="left")
    absent, outside = found["block"].isna(), (found["area"] == "") & found["block"].notna()
    if absent.all():
        hint = "Postcodes are written like BA1 0AA."
        raise InputError(refusal(f"{where}: none of them is a known postcode", codes=found["postcode"], hint=hint))
    every = points.groupby("block", observed=True)["postcode"].size()
    notes = [
        *_lost(where, found["postcode"][absent], len(table), "are not among those that ship"),
        *_lost(where, found["postcode"][outside], len(table), f"have no {area} and belong to no area"),
    ]
    return _rows(found[~absent & ~outside], every), notes


def _table(raw: RawTable, postcodes: str, area: str, name: str) -> pd.DataFrame:
    columns = {"area": as_text(raw.frame[area]), "name": as_text(raw.frame[name])}
    table = pd.DataFrame({"postcode": _plain(as_text(raw.frame[postcodes])), **columns})
    table = table.drop_duplicates(["postcode", "area"])
    twice = table["postcode"][table["postcode"].duplicated()]
    if len(twice):
        message = f"{raw.file}, column {postcodes!r}: postcodes stand in two areas"
        raise InputError(refusal(message, codes=twice, hint="Keep one row a postcode."))
    return table


def _rows(inside: pd.DataFrame, every: pd.Series) -> pd.DataFrame:
    """Return a membership row for each block of each area, with the share of the block's postcodes."""
    grouped = inside.groupby(["area", "block"], observed=True)
    counts = grouped.agg(held=("postcode", "size"), name=("name", "first"), lad=("lad", "first")).reset_index()
    blocks = counts["block"].astype(str)
    shares = counts["held"].to_numpy() / every.reindex(counts["block"]).to_numpy()
    rows = pd.DataFrame("", index=counts.index, columns=list(MEMBERSHIP_COLUMNS))
    return rows.assign(
        area_id=counts["area"],
        area_name=counts["name"].where(counts["name"] != "", counts["area"]),
        lad_code=counts["lad"].astype(str),
        block=blocks.where(blocks.str.contains(".", regex=False), ""),
        share=["" if share >= 1 else repr(float(share)) for share in shares],
    )


def _plain(postcodes: pd.Series) -> pd.Series:
    return postcodes.str.upper().str.replace(r"\s+", "", regex=True)


def _lost(where: str, postcodes: pd.Series, count: int, why: str) -> list[Note]:
    if postcodes.empty:
        return []
    text = f"{where}: {len(postcodes):,} of {count:,} postcodes {why}"
    return [Note("GP204", refusal(text, codes=postcodes), by_design=True)]
