"""Labour market areas of authorities beside the official travel-to-work areas of 2011: how alike, and who would pass.

    python benchmarks/official.py DATA

DATA is a folder with ttwa11_from_lsoa21.parquet and flows_lad25_2011_uk.parquet. England and Wales; people are those at
the postcodes inside the official areas.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from geoplan.analysis import agreement, overlay
from geoplan.commuting import containment, labour_markets, robustness, self_containment
from geoplan.commuting.atlas import Atlas
from geoplan.schema import REST, Flows


def common_people(atlas: Atlas, official: str) -> pd.Series:
    """Return (official area, authority) -> people."""
    areas, authorities = atlas.drawn.layer(official), atlas.drawn.layer("lad")
    table = overlay.overlay(areas, authorities, blocks=atlas.drawn.blocks, points=atlas.points).table
    people = table["people"].astype(float)
    return people[(people.index.get_level_values("right") != REST) & (people > 0)]


def against(people: pd.Series, assignment: pd.Series) -> dict[str, float]:
    """Measure how alike the official areas and areas of authorities are."""
    home = assignment.reindex(people.index.get_level_values("right"))
    known = home.notna().to_numpy()
    keys = [people.index.get_level_values("left")[known], home[known].to_numpy()]
    return agreement.likeness(people[known].groupby(keys).sum().rename_axis(["left", "right"]))


def rows(flows: Flows, people: pd.Series) -> list[tuple[str, int, float, dict[str, float]]]:
    """Return for each way of making areas its name, their number, the lowest score and the likeness."""
    found = []
    for method in labour_markets.METHODS:
        areas = labour_markets.delineate(flows, method=method)
        found.append((method, len(areas.areas), areas.areas["validity"].min(), against(people, areas.assignment)))
    groups = robustness.communities(flows)
    membership = pd.DataFrame({"zone": groups.index, "area": groups.to_numpy(), "share": 1.0})
    score = containment.contain(flows, membership).areas["validity"]
    return [*found, ("Louvain", groups.nunique(), score[score > 0].min(), against(people, groups))]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    official = str(data / "ttwa11_from_lsoa21.parquet")
    atlas = Atlas(flows=str(data / "flows_lad25_2011_uk.parquet"))
    people = common_people(atlas, official)
    print("| areas of authorities | flows | number | lowest score | homogeneity | completeness | V-measure |")
    print("|---|---|---|---|---|---|---|")
    for name, flows in (("census 2011", atlas.flows), ("modelled", Atlas().flows)):
        for method, count, lowest, alike in rows(flows, people):
            measures = " | ".join(f"{alike[key]:.3f}" for key in ("homogeneity", "completeness", "v_measure"))
            print(f"| {method} | {name} | {count} | {lowest:.4f} | {measures} |")
    told = self_containment.containment(official, atlas=atlas)
    known = told.found.areas
    print(f"\nOfficial areas scored on flows between authorities: {int(known['passes'].sum())} of {len(known)} pass")
    print(f"({len(told.found.apportioned)} authorities lie in several of them; their workers are shared by people).")
    median = known[["supply", "demand"]].min(axis=1).median()
    print(f"Median of the smaller self-containment: {median:.3f}.")


if __name__ == "__main__":
    main()
