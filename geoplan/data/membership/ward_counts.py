"""Parts of authorities counted by their wards, where a file of wards is at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from geoplan.data.places import Authorities, Wards
from geoplan.errors import InputError, refusal
from geoplan.schema import Layer, Note
from geoplan.schema.wording import NAMED_ROWS, NOT_ASSESSED, listed, plural

__all__ = ["counted", "counted_words", "held_by", "ward_notes"]

ROUNDING = 1e-9
MOSTLY = 0.5
"""Share of a block's postcodes from which a lookup is taken to list all of its wards."""
NO_SHARES = pd.Series([], index=pd.MultiIndex.from_arrays([[], []], names=["ward", "block"]), dtype=float)
NOBODY = pd.DataFrame({"people": []}, dtype=float)
YES = ("yes", "true", "1", "y", "part")


def held_by(layer: Layer, points: pd.DataFrame | None) -> Wards:
    """Tell what the wards of a layer hold of the shipped blocks.

    Parameters
    ----------
    layer
        A boundary file of wards, a lookup from postcodes to wards, or one from small areas that counts their people.
    points
        The postcode points (``block``, ``x``, ``y``) where it is a boundary file.

    Returns
    -------
    Wards
        Shares of blocks by their postcodes, or people by small areas.

    Raises
    ------
    InputError
        If it is a lookup from small areas that counts nobody.
    """
    codes = frozenset(map(str, layer.areas.index))
    if layer.parts is None:
        assert points is not None  # noqa: S101 - a boundary file is weighed by its postcodes
        return Wards(layer.key, codes, _located(layer, points), NOBODY)
    if layer.blocks is None:
        parts = layer.parts.rename(columns={"code": "ward"})
        return Wards(layer.key, codes, _of_those_listed(parts.set_index(["ward", "block"])["share"]), NOBODY)
    if layer.areas["people"].isna().all():
        hint = "Add a column of people, or give the wards' boundaries or a lookup from postcodes."
        raise InputError(
            refusal(f"{layer.key}: its {layer.unit} have no people, so wards cannot be counted", hint=hint)
        )
    return Wards(layer.key, codes, NO_SHARES, layer.areas[["people"]].astype(float))


def _of_those_listed(shares: pd.Series) -> pd.Series:
    """Return shares of the postcodes that a lookup lists, where it lists most of a block's: some hold live ones."""
    cover = shares.groupby(level="block").transform("sum").astype(float)
    return (shares.astype(float) / cover.where(cover >= MOSTLY, 1.0)).sort_index()


def _located(layer: Layer, points: pd.DataFrame) -> pd.Series:
    """Return the share of the postcodes of each block in each drawn ward."""
    from geoplan.engine.edges import edges_of
    from geoplan.engine.locating import points_in_areas

    point, area = points_in_areas(
        points["x"].to_numpy(dtype=float), points["y"].to_numpy(dtype=float),
        edges_of(layer.areas["geometry"].to_numpy()),
    )  # fmt: skip
    blocks = points["block"].astype("category").cat
    found = pd.DataFrame({"ward": area, "block": blocks.codes.to_numpy()[point]})
    held, every = found.groupby(["ward", "block"]).size(), np.bincount(blocks.codes)
    ward, block = (held.index.get_level_values(level).to_numpy() for level in ("ward", "block"))
    named = [layer.areas.index.to_numpy()[ward], blocks.categories.to_numpy()[block]]
    index = pd.MultiIndex.from_arrays(named, names=["ward", "block"])
    return pd.Series(held.to_numpy() / every[block], index=index)


def counted(rows: pd.DataFrame, authorities: Authorities) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Give parts of authorities the share that their wards hold.

    Parameters
    ----------
    rows
        Membership rows, with ``ward_codes`` joined by ";".
    authorities
        The reference, with wards where a file of them was given.

    Returns
    -------
    rows : pandas.DataFrame
        Parts of unknown share with wards that are known, as a row a block with its share; the others as they were.
    counted : dict
        Code of an area -> codes of the authorities of which a part was counted.
    """
    known = authorities.wards
    if known is None:
        return rows, {}
    made, told = list[pd.DataFrame](), dict[str, list[str]]()
    for _, row in rows[_open(rows)].iterrows():
        shares = _shares_of(row, known, authorities.blocks)
        if not shares.empty:
            told.setdefault(row["area_id"], []).append(row["lad_code"])
            held = {"block": list(shares.index), "share": [repr(float(share)) for share in shares]}
            made.append(pd.DataFrame([row] * len(shares)).assign(**held))
    if not made:
        return rows, {}
    kept = rows.drop(index=[at for each in made for at in each.index])
    return pd.concat([kept, *made], ignore_index=True), told


def ward_notes(rows: pd.DataFrame, told: dict[str, list[str]], authorities: Authorities, title: str) -> list[Note]:
    """Say which parts were counted by wards, and which wards are not known.

    Parameters
    ----------
    rows
        Membership rows before they were counted.
    told
        From `counted`.
    authorities
        The reference.
    title
        Of the layer.

    Returns
    -------
    list of Note
        GP105 for what was estimated, and for codes that were not found.
    """
    known = authorities.wards
    if known is None:
        return []
    notes, file = [], Path(known.file.partition("#")[0]).name
    if told:
        how = "people of small areas" if known.shares.empty else "postcodes"
        areas = plural(len(told), "area")
        text = f"{title}: parts of authorities in {areas} are counted by the wards of {file}: an estimate by {how}."
        notes.append(Note("GP105", text, by_design=True))
    missing = sorted({code for codes in rows.loc[_open(rows), "ward_codes"] for code in _codes(codes)} - known.codes)
    if missing:
        more = [f"{len(missing) - NAMED_ROWS} more"] if len(missing) > NAMED_ROWS else []
        named = listed([*missing[:NAMED_ROWS], *more])
        text = f"{title}: wards that are not in {file}, so that parts stay {NOT_ASSESSED}: {named}."
        notes.append(Note("GP105", text, other_codes=tuple(missing), by_design=True))
    return notes


def counted_words(layer: Layer, code: str, file: str) -> str:
    """Say that parts of an area are counted by wards, where they are."""
    if "by_wards" not in layer.areas or not layer.areas.at[code, "by_wards"]:
        return ""
    name = Path(file.partition("#")[0]).name
    return f"What belongs to it of {layer.areas.at[code, 'by_wards']} is counted by the wards of {name}: an estimate."


def _open(rows: pd.DataFrame) -> pd.Series:
    """Tell which rows are parts of unknown share whose wards are known."""
    part = rows["part"].str.strip().str.casefold().isin(YES)
    return part & (rows["share"] == "") & (rows["ward_codes"] != "")


def _codes(joined: str) -> Sequence[str]:
    return [code.strip() for code in joined.split(";") if code.strip()]


def _shares_of(row: pd.Series, known: Wards, blocks: pd.DataFrame) -> pd.Series:
    """Return block -> share of it that the wards of a row hold; nothing where one of them is not known there."""
    codes = _codes(row["ward_codes"])
    here = blocks.index[blocks["lad"] == row["lad_code"]] if row["block"] == "" else pd.Index([row["block"]])
    nothing = pd.Series([], dtype=float)
    if not known.codes.issuperset(codes):
        return nothing
    if not known.shares.empty:
        held = known.shares[known.shares.index.isin(codes, level="ward")]
        held = held[held.index.isin(here, level="block")]
        there = held.index.get_level_values("ward").nunique() == len(set(codes))
        return held.groupby(level="block").sum().clip(upper=1.0) if there else nothing
    # People of small areas say how many live in a ward, but not in which block of a divided authority.
    people = known.people["people"].reindex(codes).sum(skipna=False) if len(here) == 1 else np.nan
    share = people / blocks.at[here[0], "people"]
    return pd.Series({here[0]: min(share, 1.0)}) if share > ROUNDING else nothing
