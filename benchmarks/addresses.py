"""Assign addresses to areas, whole processes: growth with the points, two workers, a worker killed, and the peers.

Usage: python benchmarks/addresses.py [--data FOLDER] [--sets FOLDER] [--millions 1,3,10,41] [--limit 300] [--peers]

Test sets are made by scripts/make_addresses and stay in the folder of --sets. Each run is a process of its own, from
the Parquet file of the points to the Parquet file of the answer; memory is the most that it held, with its workers'
beside it. Peers join the same points with one layer, read the same files and write the same columns.
"""

from __future__ import annotations

import argparse
import filecmp
import math
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import shapely
from data import halves

HOME = Path(__file__).resolve().parent.parent
GEOPLAN = Path(sys.executable).with_name("geoplan")
SHIPPED = ("lad", "utla", "region", "country", "icb_2026", "combined_authority", "connect_to_work", "lsip_2025")
DRAWN = ("lad_2025.parquet", "icb_2023.parquet")
PEERS = ("geoplan", "geopandas", "dask-geopandas", "duckdb", "sedona")
LAYER = "lad_2024_bsc.parquet"
SMALL, PIECES = "lsoa21.parquet", 239_000
PACKAGES = "geoplan numba pyarrow pandas geopandas shapely dask distributed dask-geopandas duckdb sedonadb"
BETWEEN_LOOKS_S = 0.05


@dataclass(frozen=True)
class Run:
    """What a process took: seconds, core seconds and the most memory of it and of all it started at once."""

    seconds: float
    core: float
    peak_mb: float
    failure: str = ""


def main() -> None:
    """Make the sets, run, and print tables in Markdown."""
    asked = _asked()
    if asked.peer:
        joined(asked.peer, *map(Path, asked.files))
        return
    asked.sets.mkdir(parents=True, exist_ok=True)
    sets = {count: made(asked.sets, count) for count in (int(1e6 * float(each)) for each in asked.millions.split(","))}
    said = " ".join(f"{name} {_version(name)}," for name in PACKAGES.split())
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    print(f"\n{machine}; {said}\n")
    layers = [*SHIPPED, *(str(asked.data / name) for name in DRAWN)]
    with tempfile.TemporaryDirectory(dir=asked.sets) as folder:
        growth(sets, layers, Path(folder))
        workers(sets[sorted(sets)[len(sets) // 2]], layers, Path(folder))
        counting(sets[max(sets)], [str(asked.data / SMALL), *layers[-2:], *SHIPPED[4:7]], Path(folder))
        plan_of_areas(asked.data / SMALL, asked.sets, Path(folder))
        if asked.peers:
            beside(sets, asked.data / LAYER, Path(folder), asked.limit)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=HOME.parent / "shared" / "data")
    parser.add_argument("--sets", type=Path, default=Path(tempfile.gettempdir()) / "geoplan-addresses")
    parser.add_argument("--millions", default="1,3,10,41")
    parser.add_argument("--limit", type=float, default=300.0)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--peer", choices=PEERS[1:], help=argparse.SUPPRESS)
    parser.add_argument("files", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"


def made(folder: Path, count: int) -> Path:
    """Return a test set of so many points, made if it is not there."""
    file = folder / f"addresses-{count}.parquet"
    if not file.exists():
        script = [sys.executable, str(HOME / "scripts" / "make_addresses"), "--rows", str(count), "--out", str(file)]
        subprocess.run(script, check=True)
    return file


# ------------------------------------------------------------------------------------------------ geoplan


def growth(sets: dict[int, Path], layers: Sequence[str], folder: Path) -> None:
    """Assign every set to all layers, once."""
    print(f"## {len(layers)} layers in one pass\n\n{len(SHIPPED)} shipped ones and {', '.join(DRAWN)}.\n")
    print("| points | seconds | core s | peak MB | points a second | off the straight line |")
    print("|---:|---:|---:|---:|---:|---:|")
    assigned(sets[min(sets)], layers, folder / "warm.parquet")
    found: list[tuple[int, Run]] = []
    for count, file in sorted(sets.items()):
        found.append((count, assigned(file, layers, folder / f"{count}.parquet")))
        rows = pq.ParquetFile(folder / f"{count}.parquet").metadata.num_rows
        if rows != count:
            raise SystemExit(f"{rows} rows came out of {count}.")  # noqa: EM102, TRY003
    for count, run in found:
        rate, off = f"{count / run.seconds:,.0f}", _off_line(found, count, run.seconds)
        print(f"| {count:,} | {run.seconds:.1f} | {run.core:.1f} | {run.peak_mb:.0f} | {rate} | {off} |")
    print("\nThe line goes through the fewest and the most points.\n")


def _off_line(found: Sequence[tuple[int, Run]], count: int, seconds: float) -> str:
    """Compare one size with the line through the least and the greatest, which lie on it."""
    (low, least), (high, most) = found[0], found[-1]
    if count in (low, high):
        return ""
    expected = least.seconds + (most.seconds - least.seconds) / (high - low) * (count - low)
    return f"{100 * (seconds / expected - 1):+.0f}%"


def assigned(points: Path, layers: Sequence[str], out: Path, *more: str) -> Run:
    """Run geoplan's command."""
    return timed([str(GEOPLAN), "assign", str(points), *layers, "--out", str(out), *more])


def workers(points: Path, layers: Sequence[str], folder: Path) -> None:
    """Run on one worker, on two, and once more with one of them killed on the way."""
    alone, one, two, less = (folder / f"{name}.parquet" for name in ("alone", "one", "two", "less"))
    print(f"## Two worker processes, {pq.ParquetFile(points).metadata.num_rows:,} points\n")
    print("| doers | seconds | core s | peak MB of all | same bytes |\n|---|---:|---:|---:|---|")
    rows = (
        ("this process", assigned(points, layers, alone), alone),
        ("one worker", assigned(points, layers, one, "--workers", "1"), one),
        ("two workers", assigned(points, layers, two, "--workers", "2"), two),
        ("two workers, one killed half-way", timed_killing(points, layers, less), less),
    )
    for name, run, out in rows:
        same = run.failure or ("yes" if filecmp.cmp(alone, out, shallow=False) else "NO")
        print(f"| {name} | {run.seconds:.1f} | {run.core:.1f} | {run.peak_mb:.0f} | {same} |")
    print()


def counting(points: Path, layers: Sequence[str], folder: Path) -> None:
    """Count and sum people by piece of small areas, which leaves little to be written."""
    rows = pq.ParquetFile(points).metadata.num_rows
    print(f"## Counted by small area and {len(layers) - 1} more layers, {rows:,} points\n")
    print("| doers | seconds | core s | peak MB of all | same bytes |\n|---|---:|---:|---:|---|")
    for number, name in enumerate(("this process", "one worker", "two workers")):
        out = folder / f"counts-{number}.parquet"
        spread = ("--workers", str(number)) if number else ()
        run = assigned(points, layers, out, "--summarise", "--sum", "people", *spread)
        same = run.failure or ("yes" if filecmp.cmp(folder / "counts-0.parquet", out, shallow=False) else "NO")
        print(f"| {name} | {run.seconds:.1f} | {run.core:.1f} | {run.peak_mb:.0f} | {same} |", flush=True)
    print()


def timed_killing(points: Path, layers: Sequence[str], out: Path) -> Run:
    """Run on two workers and kill the one that has worked the most when some parts are there."""
    killed: list[int] = []

    def kill(started: int) -> bool:
        parts = [*out.parent.glob(f".{out.name}.parts/**/*")]
        busy = [each for each in _below(started)[1:] if _core(each) > 1.0]
        if len(parts) < 3 or not busy:
            return False
        os.kill(max(busy, key=_core), 9)
        killed.append(started)
        return True

    command = [str(GEOPLAN), "assign", str(points), *layers, "--out", str(out), "--workers", "2"]
    run = timed(command, meddle=kill)
    return run if killed else replace(run, failure="no worker was there to be killed")


def plan_of_areas(small: Path, sets: Path, folder: Path) -> None:
    """Share out small areas, as they are and cut to the number of output areas, over every layer and edition."""
    cut = sets / f"areas-{PIECES}.parquet"
    if not cut.exists():
        pieces = cut_to(gpd.read_parquet(small)[["geometry"]], PIECES)
        pieces.to_parquet(cut, row_group_size=20_000)
    print("## Every small area against every layer and edition\n")
    print("| small areas | layers | seconds | core s | peak MB | rows |\n|---:|---|---:|---:|---:|---:|")
    for file in (small, cut):
        for named, more in (("all", ()), ("all-editions", ()), ("all-editions", ("--workers", "2"))):
            out = folder / "shares.parquet"
            run = assigned(file, (named,), out, *more)
            count, layers = pq.ParquetFile(file).metadata.num_rows, " ".join((named, *more))
            if run.failure:
                print(f"| {count:,} | {layers} | {run.failure} | – | – | – |")
                continue
            rows = pq.ParquetFile(out).metadata.num_rows
            told = f"{run.seconds:.1f} | {run.core:.1f} | {run.peak_mb:.0f} | {rows:,}"
            print(f"| {count:,} | {layers} | {told} |", flush=True)
    print()


def cut_to(areas: gpd.GeoDataFrame, count: int) -> gpd.GeoDataFrame:
    """Cut areas by lines through the middle of their boxes until there are so many, the most detailed ones first."""
    shapes = shapely.make_valid(areas.geometry.to_numpy())
    while len(shapes) < count:
        most = np.argsort(-shapely.get_num_coordinates(shapes), kind="stable")[: count - len(shapes)]
        cut = np.concatenate(halves(shapes[most]))
        shapes = np.concatenate([np.delete(shapes, most), cut[shapely.area(cut) > 0]])
    codes = [f"X{number:08d}" for number in range(len(shapes))]
    made = gpd.GeoDataFrame({"code": codes, "geometry": shapes}, crs=areas.crs)
    # Published files lie in the order of places; cutting has scattered these.
    return made.iloc[np.argsort(made.hilbert_distance(), kind="stable")].reset_index(drop=True)


# ------------------------------------------------------------------------------------------------- peers


def beside(sets: dict[int, Path], layer: Path, folder: Path, limit: float) -> None:
    """Join the points of each set with one layer, by each tool that finished the set before."""
    print(f"## {layer.stem} alone, beside other tools\n")
    print("| points | tool | seconds | times geoplan | core s | peak MB |")
    print("|---:|---|---:|---:|---:|---:|")
    still = list(PEERS)
    for count, file in sorted(sets.items()):
        ours = 0.0
        for name in [*still]:
            out = folder / f"{name}.parquet"
            own = [str(GEOPLAN), "assign", str(file), str(layer), "--out", str(out)]
            peer = [sys.executable, __file__, "--peer", name, str(file), str(layer), str(out)]
            run = timed(own if name == "geoplan" else peer, limit=limit)
            ours = run.seconds if name == "geoplan" else ours
            if run.failure:
                still.remove(name)
                print(f"| {count:,} | {name} | {run.failure} | – | – | – |")
                continue
            told = f"{run.seconds:.1f} | {run.seconds / ours:.1f} | {run.core:.1f} | {run.peak_mb:.0f}"
            print(f"| {count:,} | {name} | {told} |", flush=True)
    print()


def joined(name: str, points: Path, layer: Path, out: Path) -> None:
    """Join as one of the peers does it, from file to file."""
    {"geopandas": _geopandas, "dask-geopandas": _dask, "duckdb": _duckdb, "sedona": _sedona}[name](points, layer, out)


def _geopandas(points: Path, layer: Path, out: Path) -> None:
    areas = gpd.read_parquet(layer)[["code", "geometry"]]
    gpd.read_parquet(points).sjoin(areas, predicate="within", how="left").drop(columns="index_right").to_parquet(out)


def _dask(points: Path, layer: Path, out: Path) -> None:
    import dask_geopandas

    areas = gpd.read_parquet(layer)[["code", "geometry"]]
    read = dask_geopandas.read_parquet(points, split_row_groups=True)
    read.sjoin(areas, predicate="within").to_parquet(out.with_suffix(""))


def _duckdb(points: Path, layer: Path, out: Path) -> None:
    import peers

    connection = peers.start_duckdb()
    frame = gpd.read_parquet(layer)
    peers.duckdb_table(connection, "b", frame.assign(n=np.arange(len(frame))))
    connection.register("named", frame[["code"]].assign(n=np.arange(len(frame))))
    connection.execute(
        f"COPY (SELECT p.*, named.code FROM '{points}' p LEFT JOIN b ON ST_Within(p.geometry, b.geom) "  # noqa: S608
        f"LEFT JOIN named USING (n)) TO '{out}' (FORMAT parquet)"
    )


def _sedona(points: Path, layer: Path, out: Path) -> None:
    import sedonadb

    session = sedonadb.connect()
    session.read_parquet(str(points)).to_view("a")
    session.read_parquet(str(layer)).to_view("b")
    query = "SELECT a.*, b.code FROM a JOIN b ON ST_Within(a.geometry, b.geometry)"
    session.sql(query).to_parquet(str(out))


# ----------------------------------------------------------------------------------------------- a process


def timed(command: Sequence[str], *, limit: float = math.inf, meddle: Callable[[int], bool] | None = None) -> Run:
    """Run a command, watching the memory of it and of what it starts; what meddles is asked until it has."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begun = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=said)
        peak = [0.0]
        watching = threading.Thread(target=_watch, args=(process, peak, begun + limit, meddle))
        watching.start()
        code = process.wait()
        watching.join()
        seconds = time.perf_counter() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        core = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        said.seek(0)
        lines = [line for line in said.read().splitlines() if line.strip()] or [f"exit code {code}"]
    late = f"no answer in {limit:.0f} s" if seconds >= limit else f"failed: {lines[-1][:160]}"
    return Run(seconds, core, peak[0], late if code else "")


def _watch(
    process: subprocess.Popen[bytes], peak: list[float], end: float, meddle: Callable[[int], bool] | None
) -> None:
    while process.poll() is None:
        peak[0] = max(peak[0], sum(map(_held_mb, _below(process.pid))))
        if meddle and meddle(process.pid):
            meddle = None
        if time.perf_counter() > end:
            process.kill()
        time.sleep(BETWEEN_LOOKS_S)


def _below(pid: int) -> list[int]:
    """Return a process and all that it started."""
    found = [pid]
    for each in found:
        for file in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += map(int, file.read_text().split())
            except OSError:
                continue
    return found


def _held_mb(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def _core(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
