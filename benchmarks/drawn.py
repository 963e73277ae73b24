"""How well the boundaries that ship are drawn, authority by authority, beside the official ones.

    python benchmarks/drawn.py DATA

DATA is a folder with lad_2025.parquet (generalised, April 2025). Intersection over union of every authority: the
median, the worst tenth, the worst, and the sum of intersections over the sum of unions.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.commuting.atlas import Atlas
from geoplan.schema import wording


def agreement(official: Path) -> pd.DataFrame:
    """Return intersection, union (square metres) and their ratio by authority."""
    drawn = Atlas(geometry=True).layer("lad").areas["geometry"].sort_index()
    shapes = gpd.read_parquet(official).set_index("code").geometry.reindex(drawn.index)
    ours, theirs = drawn.to_numpy(), shapely.make_valid(shapes.to_numpy())
    shared = shapely.area(shapely.intersection(ours, theirs))
    unions = shapely.area(ours) + shapely.area(theirs) - shared
    return pd.DataFrame({"shared": shared, "union": unions, "ratio": shared / unions}, index=drawn.index)


def by_country(found: pd.DataFrame) -> pd.DataFrame:
    """Return count, median, tenth percentile, least and ratio of sums for each country and the kingdom."""
    country = found.index.str[0].map(wording.COUNTRIES)
    groups = [*found.groupby(country), ("United Kingdom", found)]
    rows = {name: _measures(group) for name, group in groups}
    return pd.DataFrame.from_dict(rows, orient="index").loc[[*wording.COUNTRIES.values(), "United Kingdom"]]


def _measures(found: pd.DataFrame) -> dict[str, float]:
    return {
        "authorities": len(found),
        "median": found["ratio"].median(),
        "tenth": found["ratio"].quantile(0.1),
        "least": found["ratio"].min(),
        "sum": found["shared"].sum() / found["union"].sum(),
    }


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    found = agreement(parser.parse_args().data / "lad_2025.parquet")
    names = Atlas().layer("lad").areas["name"]
    print("| country | authorities | median | worst tenth below | worst | sum over sum |\n|---|---|---|---|---|---|")
    for name, row in by_country(found).iterrows():
        figures = " | ".join(f"{row[key]:.3f}" for key in ("median", "tenth", "least", "sum"))
        print(f"| {name} | {row['authorities']:.0f} | {figures} |")
    worst = found["ratio"].nsmallest(5)
    print("\nWorst:", wording.listed([f"{names[code]} {ratio:.2f}" for code, ratio in worst.items()]))


if __name__ == "__main__":
    main()
