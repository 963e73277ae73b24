"""The first run of a command on a machine, which compiles the kernels, against later ones: `python benchmarks/cold.py`.

Each run is a process of its own with a cache of geoplan's that is empty. Cold means that nothing compiled is kept
either; warm, that one run before has kept it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3


def seconds(command: list[str], kernels: Path) -> float:
    """Run a command with the compiled code kept in a folder; return its seconds."""
    with tempfile.TemporaryDirectory() as empty:
        environment = os.environ | {"NUMBA_CACHE_DIR": str(kernels), "GEOPLAN_CACHE": empty}
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", "from geoplan.cli.main import main; main()", *command],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        return time.perf_counter() - start


def row(command: list[str]) -> str:
    """Measure a command cold and warm by turns; return a row of the table."""
    cold, warm = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as kept:
            cold.append(seconds(command, Path(kept)))
            warm.append(seconds(command, Path(kept)))
    first, later = statistics.median(cold), statistics.median(warm)
    named = " ".join(Path(word).name if Path(word).exists() else word for word in command)
    return f"| {named} | {first:.1f} | {later:.1f} | {first - later:.1f} | {first / later:.2f} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("left", type=Path, help="boundary file")
    parser.add_argument("right", type=Path, help="another")
    asked = parser.parse_args()
    print(f"Median of {RUNS} runs, whole process, on {os.cpu_count()} cores.\n")
    print("| command | cold s | warm s | more s | ratio |\n|---|---|---|---|---|")
    print(row(["compare", str(asked.left), str(asked.right), "--weight", "area"]))
    print(row(["lookup", "SW1A 1AA"]))


if __name__ == "__main__":
    main()
