"""The installed package works from another directory, without the checkout."""

from __future__ import annotations

import os
import subprocess
import sys

from roots import ROOT


def test_the_installed_package_audits_elsewhere(tmp_path):
    place = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(place), str(ROOT)]
    subprocess.run(install, check=True, capture_output=True)
    shipped = {path.relative_to(ROOT / "boundaries") for path in (ROOT / "boundaries").rglob("*") if path.is_file()}
    installed = {
        path.relative_to(place / "geoplan" / "boundaries") for path in place.rglob("geoplan/boundaries/**/*.*")
    }
    assert {path for path in shipped if path.suffix in {".csv", ".toml", ".parquet", ".npz"}} <= installed
    assert (place / "geoplan" / "boundaries" / "blocks.parquet").stat().st_size < 4e6
    work = tmp_path / "work"
    work.mkdir()
    environment = os.environ | {"PYTHONPATH": str(place)}
    # What names no partnership asks for no labour markets, whose code would be compiled anew for the new place.
    script = (
        "import geoplan; print(geoplan.__file__, flush=True); "
        "from geoplan.cli.main import cli; cli(['audit', '--layers', 'region,country'])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=work, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(place))
    assert len([path for path in (work / "geoplan-audit").iterdir() if path.name[0] != "."]) == 7
