"""Authorities by geography: which area of each geography an authority is in, and who goes where in a cut area."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

import pandas as pd

from geoplan.analysis.networks.graphs import authority_of
from geoplan.data.official.people import people_of_blocks
from geoplan.data.shipped.package_data import shipped_table
from geoplan.schema import Layer
from geoplan.schema.wording import listed

__all__ = ["crosswalk", "in_words", "joined_names", "sides"]

POINTS = re.compile(r"(?:(?:North|South) (?:East|West)|North|South|East|West|Mid|Central) (.+)")
MOST_IN_ONE = 8
"""Authorities named that go with one partner."""
NONE = "in none"


def crosswalk(layers: Iterable[Layer], *, authorities: Collection[str] | None = None) -> pd.DataFrame:
    """Tabulate which areas of each geography every authority is in.

    Parameters
    ----------
    layers
        Layers of shipped blocks; others are left out.
    authorities
        Codes of those wanted; by default those in an area of any of the layers.

    Returns
    -------
    pandas.DataFrame
        A row an authority, by code: ``code``, ``name`` and for each layer a column with its key: the names of the
        areas, joined by "; ", those that hold only a part of the authority with "(part)". Empty where it is in none.
    """
    columns = {layer.key: _cells(layer) for layer in layers if layer.parts is not None and layer.blocks is None}
    met = {code for cells in columns.values() for code in cells}
    codes, names = sorted(met if authorities is None else authorities), _reference()[0]
    table = {"code": codes, "name": [str(names.get(code, code)) for code in codes]}
    return pd.DataFrame({**table, **{key: [cells.get(code, "") for code in codes] for key, cells in columns.items()}})


def _cells(layer: Layer) -> dict[str, str]:
    """Return for each authority the names of the areas it is in."""
    assert layer.parts is not None  # noqa: S101 - the caller's layers are made of blocks
    held: dict[tuple[str, str], list[bool]] = {}
    for block, code, share in zip(*(layer.parts[name].tolist() for name in ("block", "code", "share")), strict=True):
        held.setdefault((authority_of(block), str(code)), []).append(share >= 1)
    sides_of = _reference()[1]
    cells: dict[str, list[str]] = {}
    for (lad, code), full in held.items():
        whole = all(full) and len(full) == sides_of.get(lad, 1)
        cells.setdefault(lad, []).append(layer.name(code) + ("" if whole else " (part)"))
    return {lad: "; ".join(sorted(areas)) for lad, areas in cells.items()}


@cache
def _reference() -> tuple[Mapping[str, str], Mapping[str, int]]:
    """Return of each authority its name and how many blocks it has."""
    names = shipped_table("authorities.csv").set_index("lad_code")["name"].to_dict()
    return names, shipped_table("blocks.csv")["lad"].value_counts().to_dict()


def sides(left: Layer, right: Layer, codes: Collection[str]) -> dict[str, pd.DataFrame]:
    """Tell of each left area which of its authorities go with which right areas.

    Parameters
    ----------
    left, right
        Layers of shipped blocks.
    codes
        Of the left areas wanted.

    Returns
    -------
    dict
        Left code -> frame of ``partner`` (name of the right area, several joined by "/"), ``authority`` (name),
        ``lad`` and ``people``: a row an authority, the partner with most people first. Empty for other layers;
        authorities without a name are left out.
    """
    if left.parts is None or right.parts is None or left.blocks is not None or right.blocks is not None:
        return {}
    people, (names, _) = people_of_blocks(), _reference()
    ours = left.parts[["block", "code"]].rename(columns={"code": "left"})
    theirs = right.parts[["block", "code"]].rename(columns={"code": "right"})
    met = ours[ours["left"].isin(codes)].merge(theirs, on="block", how="left")
    met["right"] = met["right"].map(right.areas["name"]).fillna(NONE)
    met["lad"] = met["block"].map(authority_of)
    met = met[met["lad"].isin(list(names))]
    met["people"] = people.reindex(met["block"]).fillna(0.0).to_numpy()
    partners: dict[tuple[str, str], set[str]] = {}
    for one, lad, other in zip(*(met[name].tolist() for name in ("left", "lad", "right")), strict=True):
        partners.setdefault((one, lad), set()).add(other)
    goes = met.groupby(["left", "lad"])["people"].sum().reset_index()
    goes["partner"] = [" / ".join(sorted(partners[pair])) for pair in zip(goes["left"], goes["lad"], strict=True)]
    goes["authority"] = goes["lad"].map(names)
    total = goes.groupby(["left", "partner"])["people"].transform("sum")
    goes = goes.assign(total=total).sort_values(["left", "total", "partner", "authority"],
                                                ascending=[True, False, True, True], kind="stable")  # fmt: skip
    columns = ["partner", "authority", "lad", "people"]
    return {str(code): rows[columns].reset_index(drop=True) for code, rows in goes.groupby("left")}


def in_words(goes: pd.DataFrame) -> str:
    """Say which authorities go with which partner, the partner with most people first.

    Parameters
    ----------
    goes
        Of an area, from `sides`.

    Returns
    -------
    str
        Such as "Bedford, Luton: Central East; North and West Northamptonshire: Northamptonshire"; empty where all go
        with one partner.
    """
    going: dict[str, list[str]] = {}
    for partner, authority in zip(goes["partner"], goes["authority"], strict=True):
        going.setdefault(partner, []).append(authority)
    if len(going) < 2:
        return ""
    said = []
    for partner, names in going.items():
        authorities = joined_names(names)
        over = len(authorities) - MOST_IN_ONE
        # "and 1 more" is no shorter than the name it stands for.
        told = f"{', '.join(authorities[:MOST_IN_ONE])} and {over} more" if over > 1 else ", ".join(authorities)
        said.append(f"{told}: {partner}")
    return "; ".join(said)


def joined_names(names: Sequence[str]) -> list[str]:
    """Join names that differ only in the point of the compass before a common ending.

    Parameters
    ----------
    names
        In any order.

    Returns
    -------
    list of str
        In alphabetical order.

    Examples
    --------
    >>> joined_names(["West Northamptonshire", "Luton", "North Northamptonshire"])
    ['Luton', 'North and West Northamptonshire']
    >>> joined_names(["North Somerset", "Bath and North East Somerset"])
    ['Bath and North East Somerset', 'North Somerset']
    """
    endings: dict[str, list[str]] = {}
    for name in sorted(names):
        match = POINTS.fullmatch(name)
        endings.setdefault(match[1] if match else "", []).append(name)
    alone = endings.pop("", [])
    for ending, together in endings.items():
        points = [name.removesuffix(f" {ending}") for name in together]
        alone.append(f"{listed(points)} {ending}")
    return sorted(alone)
