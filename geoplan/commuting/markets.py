"""Labour market areas of authorities as a membership table, named after their main towns."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from geoplan.commuting.labour_markets import LabourMarkets
from geoplan.commuting.ledger import MERGED
from geoplan.data.catalogue_file import Entry
from geoplan.data.membership.small_areas import lookups
from geoplan.data.shipped.package_data import MEMBERSHIP_COLUMNS
from geoplan.schema import Flows

__all__ = ["described", "market_names", "membership_rows"]

SECOND = 0.5
"""A second authority is named too where it has this share of the first one's jobs."""
LONDON = "E12000007"


def market_names(found: LabourMarkets, flows: Flows, names: pd.Series, regions: pd.Series) -> pd.Series:
    """Name labour market areas after the authority with most jobs, or the two with most.

    Parameters
    ----------
    found
        Areas of authorities.
    flows
        Those they were made of.
    names, regions
        Authority code -> name, and code of its region; boroughs of London count as London.

    Returns
    -------
    pandas.Series
        Area -> name; where two would be called the same, both carry their next authority as well.
    """
    jobs = flows.jobs.reindex(found.assignment.index).fillna(0.0)
    table = pd.DataFrame({"area": found.assignment, "jobs": jobs}).rename_axis("zone").reset_index()
    table["name"] = names.reindex(table["zone"]).fillna(table["zone"].set_axis(table["zone"])).to_numpy()
    table.loc[(regions.reindex(table["zone"]) == LONDON).to_numpy(), "name"] = "London"
    towns = table.groupby(["area", "name"], as_index=False)["jobs"].sum()
    towns = towns.sort_values(["area", "jobs", "name"], ascending=[True, False, True])
    told = {str(area): _towns(group) for area, group in towns.groupby("area")}
    shared = pd.Series(told).duplicated(keep=False)
    for area in shared.index[shared]:
        group = towns[towns["area"] == area]
        told[area] = " and ".join(group["name"].head(2 + told[area].count(" and ")))
    return pd.Series(told, name="name", dtype=str).rename_axis("area")


def _towns(group: pd.DataFrame) -> str:
    first, *others = group["name"].head(2)
    near = [
        name
        for name, jobs in zip(others, group["jobs"].iloc[1:2], strict=True)
        if jobs >= SECOND * group["jobs"].iloc[0]
    ]
    return " and ".join([str(first), *near])


def described(entry: Entry, flows: Flows) -> Entry:
    """Say in the catalogue's entry of the labour market areas which flows they come from.

    Parameters
    ----------
    entry
        As the catalogue has it.
    flows
        Those the areas were made of.

    Returns
    -------
    Entry
        With title, edition, source, confidence and countries of the flows; their licence and day are not known.
    """
    if flows.kind == "modelled":
        return replace(entry, source=f"{entry.source}, {flows.source}")
    said = flows.dated
    title = entry.title.replace("(modelled)", f"({said})")
    present = lookups.country_letters(pd.Series(flows.table.index.unique("origin"), dtype=str))
    extent = "".join(letter for letter in entry.extent if letter in present) or entry.extent
    told = replace(entry, title=title, edition=f"computed from {said}", source=said, confidence="high")
    return replace(told, extent=extent, licence="", in_force_from="")


def membership_rows(found: LabourMarkets, flows: Flows, authorities: pd.DataFrame) -> pd.DataFrame:
    """Write labour market areas of authorities as rows of a membership table.

    Parameters
    ----------
    found
        Areas of authorities.
    flows
        Those they were made of.
    authorities
        Indexed by code, with ``name`` and ``region_code``.

    Returns
    -------
    pandas.DataFrame
        The columns of a membership table, all text. Two authorities that the census counts with a neighbour
        are put with it, and the row's note says so; others without commuters are left out.
    """
    names = market_names(found, flows, authorities["name"], authorities["region_code"])
    home = found.assignment.to_dict()
    joined = {
        small: home[large]
        for large, small in MERGED.values()
        if small not in home and large in home and small in authorities.index
    }
    confidence = "modelled" if flows.kind == "modelled" else "high"
    rows = [
        {
            "area_id": f"lma-{area}",
            "area_name": names[area],
            "lad_code": zone,
            "lad_name": str(authorities["name"].get(zone, zone)),
            "role": "member",
            "source": flows.dated,
            "confidence": confidence,
            "note": "counted with its neighbour in the census" if zone in joined else "",
        }
        for zone, area in sorted({**home, **joined}.items(), key=lambda at: (at[1], at[0]))
    ]
    return pd.DataFrame(rows, dtype=str).reindex(columns=list(MEMBERSHIP_COLUMNS), fill_value="")
