"""A thousand damaged inputs: every reader ends in a result or in a refusal, and nothing else happens.

The readers run in a process of their own, this very file as a program, because a crash in native code would take the
tests with it, and a hang would never end.
"""

from __future__ import annotations

import contextlib
import errno
import http.server
import io
import json
import os
import random
import select
import sqlite3
import subprocess
import sys
import tempfile
import threading
import warnings
import zipfile
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
import topojson
from click.testing import CliRunner, Result

from geoplan import schema
from geoplan.auditing import config, versus
from geoplan.auditing.judging import baseline, findings
from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas, read_flows
from geoplan.data.readers import drivers, guards, parquet, vector
from geoplan.data.tables import headings, membership_rows, tables
from geoplan.errors import GeoplanError, GeoplanWarning, InputError, OutputError
from geoplan.writing import folders, staging

PATIENCE = 20.0
"""Seconds in which a reader must have answered."""

SEEDS = 80
SAMPLES = (
    "towns.gpkg", "towns.shp", "towns.zip", "towns.geojson", "towns.parquet", "members.csv", "lookup.csv",
    "lookup.parquet", "flows.csv", "flows.parquet", "geoplan.toml", "baseline.json", "audit.json", "towns.kml",
    "towns.gml", "towns.fgb", "towns.tab", "towns.topojson",
)  # fmt: skip
OTHER_FORMATS = {"kml": "LIBKML", "gml": "GML", "fgb": "FlatGeobuf", "tab": "MapInfo File"}
FEWER = 24
"""Seeds of each of the formats that fewer people have."""

SCOPE = {
    "schema": 1, "layers": [{"key": "lhb"}], "pairs": [{"left": "lhb", "right": "utla"}],
    "parameters": {"weight": "people"}, "focus": None,
}  # fmt: skip
"""What a file says of the audit that wrote it."""

CONFIG = """
pairs = [["lhb", "utla"], ["mine", "lhb"]]
as_of = 2026-04-01
focus = ["lhb:W11000023"]
[layers.mine]
source = "mine.csv"
title = "Welsh teams"
[[rules]]
rule = "GP301"
severity = "error"
at_least = 10000
[outputs]
files = ["findings.csv", "audit.json"]
"""
MEMBERS = "area_name,authority\nNorth,Gwynedd\nNorth,Conwy\nNorth,Powys\nSouth,Cardiff\nSouth,Swansea\n"


# The readers, in a process of their own


def read(path: Path, atlas: Atlas) -> None:
    """Read a file by the function that its kind, the name of its folder, calls for."""
    kind = path.parent.name
    if kind.startswith("flows"):
        read_flows(str(path))
    elif kind == "geoplan.toml":
        config.load(path)
    elif kind == "baseline.json":
        entries = baseline.read(path.read_text(encoding="utf-8", errors="replace"), path.name)
        baseline.applied([found()], entries, today=date(2026, 4, 1))
    elif kind == "audit.json":
        document = versus.read_audit(path.read_text(encoding="utf-8", errors="replace"), path.name)
        versus.refuse_unlike({"weight": "people"}, None, document, path.name)
        versus.compared([found()], document, path.name)
    else:
        atlas.layer(str(path))


def found() -> schema.Finding:
    """Return a finding that the sample baseline and the sample audit know."""
    return findings.not_run("mine", "A check", "it was damaged")


def answer_all() -> None:
    """Answer each path that comes in with what its reader said."""
    warnings.simplefilter("error")
    warnings.simplefilter("ignore", GeoplanWarning)
    atlas = Atlas()
    for line in sys.stdin:
        try:
            read(Path(line.rstrip("\n")), atlas)
            said = "read"
        except GeoplanError as problem:
            said = f"refused {problem.exit_code} {problem}"
        except (Exception, RecursionError) as problem:  # noqa: BLE001 - the very thing that is looked for
            said = f"{type(problem).__name__}: {problem}"
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()


class Reader:
    """The process that reads, started anew when it dies."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, path: Path) -> str:
        """Return what the reader says of a file, or how it died."""
        first = self.process is None or self.process.poll() is not None
        if first:
            self.start()
        assert self.process is not None
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{path}\n".encode())
        self.process.stdin.flush()
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE * (5 if first else 1))
        if not ready:
            self.stop()
            return f"no answer in {PATIENCE:.0f} s"
        line = self.process.stdout.readline()
        return str(json.loads(line)) if line else f"the process died ({self.process.wait()})"

    def start(self) -> None:
        self.stop()
        command = [sys.executable, __file__]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen(command, **pipes)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    process = Reader()
    yield process
    process.stop()


# Sound files


def towns() -> gpd.GeoDataFrame:
    """Twelve areas in a row, one of them with a hole and one in two parts."""
    shapes = [shapely.Point(400_000 + 9_000 * n, 300_000).buffer(5_000) for n in range(12)]
    shapes[3] = shapes[3].difference(shapes[3].centroid.buffer(1_000))
    shapes[5] = shapely.union(shapes[5], shapely.box(500_000, 200_000, 501_000, 201_000))
    codes = [f"E0600000{n:x}" for n in range(12)]
    return gpd.GeoDataFrame({"code": codes, "name": [f"Town {n}" for n in range(12)]}, geometry=shapes, crs=27700)


def samples_in(folder: Path) -> dict[str, dict[str, bytes]]:
    """Make a sound file of each kind: kind -> the files that belong to it, the one to be read first."""
    frame = towns()
    frame.to_file(folder / "towns.gpkg")
    frame.to_file(folder / "towns.shp")
    frame.to_crs(4326).to_file(folder / "towns.geojson", driver="GeoJSON")
    frame.to_parquet(folder / "towns.parquet")
    parts = [f"towns.{suffix}" for suffix in ("shp", "shx", "dbf", "prj", "cpg")]
    with zipfile.ZipFile(folder / "towns.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for part in parts:
            packed.write(folder / part, part)
    lookup = pd.DataFrame({"LSOA21CD": [f"E0100{n:04}" for n in range(60)]})
    lookup = lookup.assign(ICB24CD=[f"E5400000{n % 3}" for n in range(60)], people=1500.5)
    flows = pd.DataFrame([(f"E0{a}", f"E0{b}", 10 * a + b) for a in range(9) for b in range(9)])
    flows.columns = ["origin", "destination", "workers"]
    for name, table in (("lookup", lookup), ("flows", flows)):
        table.to_csv(folder / f"{name}.csv", index=False)
        table.to_parquet(folder / f"{name}.parquet")
    (folder / "members.csv").write_text(MEMBERS, encoding="utf-8")
    (folder / "geoplan.toml").write_text(CONFIG, encoding="utf-8")
    known = baseline.made([found()], reason="known", expires="2027-01-01")
    (folder / "baseline.json").write_text(baseline.written(known), encoding="utf-8")
    earlier = {"as_of": "2026-01-01", **SCOPE, "findings": [vars(entry) for entry in known]}
    (folder / "audit.json").write_text(json.dumps(earlier), encoding="utf-8")
    for suffix, driver in OTHER_FORMATS.items():
        drawn = frame.to_crs(4326) if suffix == "kml" else frame
        several = {"promote_to_multi": True} if suffix == "fgb" else {}
        pyogrio.write_dataframe(drawn, folder / f"towns.{suffix}", driver=driver, **several)
    (folder / "towns.topojson").write_text(topojson.Topology(frame, object_name="towns").to_json(), encoding="utf-8")
    wanted = {name: [name] for name in SAMPLES} | {"towns.shp": parts}
    wanted["towns.tab"] = [f"towns.{suffix}" for suffix in ("tab", "dat", "id", "map")]
    return {kind: {name: (folder / name).read_bytes() for name in names} for kind, names in wanted.items()}


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    return samples_in(tmp_path_factory.mktemp("samples"))


# Damage

TOKENS = (
    b'"', b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"[" * 5000, b'{"a":' * 5000, b"1e999", b"NaN", b"-1", b"\xff" * 8,
    b"\r", b",", b"9" * 5000, b"\xed\xa0\x80", b"null", b"\n\n", b"=", b"<!ENTITY e SYSTEM 'file:///x'>", b"\x7f" * 4,
)  # fmt: skip


def cut(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content))]


def flip(content: bytes, chance: random.Random) -> bytes:
    """Flip 1 to 50 bits, rather where something stands than in empty pages."""
    damaged = bytearray(content)
    filled = [place for place, byte in enumerate(content) if byte]
    for _ in range(chance.randint(1, 50)):
        place = chance.choice(filled) if chance.random() < 0.8 else chance.randrange(len(content))
        damaged[place] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def splice(content: bytes, chance: random.Random) -> bytes:
    first, second, third = sorted(chance.randrange(len(content)) for _ in range(3))
    return content[:first] + content[second:third] + content[first:second] + content[third:]


def repeat(content: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.randrange(len(content)) for _ in range(2))
    return content[:second] + content[first:second] * chance.randint(1, 3) + content[second:]


def lose(content: bytes, chance: random.Random) -> bytes:
    first, second = sorted(chance.randrange(len(content)) for _ in range(2))
    return content[:first] + content[second:]


def blot(content: bytes, chance: random.Random) -> bytes:
    first = chance.randrange(len(content))
    length = chance.randint(1, 64)
    return content[:first] + chance.choice([b"\x00", b"\xff", b" "]) * length + content[first + length :]


def insert(content: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(content))
        content = content[:place] + chance.choice(TOKENS) + content[place + chance.randrange(4) :]
    return content


def pack(content: bytes, chance: random.Random) -> bytes:
    """Put the content into an archive, and that into others."""
    for depth in range(chance.randint(1, 3)):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("towns.shp" if depth == 0 else "towns.zip", content)
        content = packed.getvalue()
    return content


def empty(_: bytes, chance: random.Random) -> bytes:
    return chance.choice([b"", b" ", b"\n", b"\x00" * 100, b"\xff\xfe", b"\xef\xbb\xbf", b"{}", b"[]", b"PK", b"PAR1"])


WAYS = (cut, cut, flip, flip, flip, flip, splice, repeat, lose, blot, insert, insert, pack, empty)


def damaged(kind: str, samples: dict[str, dict[str, bytes]], seed: str) -> tuple[str, dict[str, bytes]]:
    """Return the way in which a sample was damaged, and its files; one in 14 is another sample under this name."""
    chance = random.Random(seed)  # noqa: S311 - damage, not secrets
    files = dict(samples[kind])
    name = chance.choice(list(files))
    if chance.random() < 1 / 14:
        return "swap", files | {name: next(iter(samples[chance.choice(SAMPLES)].values()))}
    way = chance.choice(WAYS)
    return way.__name__, files | {name: way(files[name], chance)}


def test_the_samples_are_sound(reader: Reader, samples: dict[str, dict[str, bytes]], tmp_path: Path) -> None:
    for kind, files in samples.items():
        assert reader.ask(laid(tmp_path / kind, files)) == "read", kind


def laid(folder: Path, files: dict[str, bytes]) -> Path:
    """Write the files of a case, and return the one to be read."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / next(iter(files))


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("kind", SAMPLES)
def test_damaged_files_are_read_or_refused(
    reader: Reader, samples: dict[str, dict[str, bytes]], tmp_path: Path, kind: str
) -> None:
    wrong, refusals = [], 0
    seeds = FEWER if kind.partition(".")[2] in (*OTHER_FORMATS, "topojson") else SEEDS
    for number in range(seeds):
        seed = f"{kind}-{number}"
        way, files = damaged(kind, samples, seed)
        path = laid(tmp_path / str(number) / kind, files)
        said = reader.ask(path)
        refusals += said.startswith("refused ")
        if said != "read" and not said.startswith("refused "):
            wrong.append(f"{seed} ({way}): {said}")
        if str(tmp_path) in said or "\n" in said:
            wrong.append(f"{seed} ({way}) names a path or is no sentence: {said}")
        if there(path.parent) != files:
            wrong.append(f"{seed} ({way}) wrote beside the file: {sorted(there(path.parent))}")
    assert not wrong, "\n".join(wrong)
    # Damage that nobody notices would show nothing.
    assert refusals > seeds / 4


# Hostile files, each of which once did harm or could


def with_database(folder: Path, *statements: str) -> Path:
    """Write a sound GeoPackage and let statements loose on it."""
    folder.mkdir()
    towns().to_file(folder / "towns.gpkg", layer="towns")
    with contextlib.closing(sqlite3.connect(folder / "towns.gpkg")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()
    return folder / "towns.gpkg"


def with_shape(folder: Path, wkb: bytes, *, geo: object = None, rows: int = 1) -> Path:
    """Write a GeoParquet file with this for its geometry and these metadata."""
    folder.mkdir()
    plain = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
    codes = pa.array([f"E{n}" for n in range(rows)])
    table = pa.table({"code": codes, "geometry": pa.array([wkb] * rows, pa.binary())})
    pq.write_table(
        table.replace_schema_metadata({"geo": json.dumps(plain if geo is None else geo)}), folder / "towns.parquet"
    )
    return folder / "towns.parquet"


ENDLESS = "CREATE VIEW v AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS fid FROM n"
REGISTERED = (
    "INSERT INTO gpkg_contents(table_name, data_type, identifier, srs_id) VALUES ('v', 'features', 'v', 27700)",
    "INSERT INTO gpkg_geometry_columns VALUES ('v', 'geom', 'POLYGON', 27700, 0, 0)",
)
COUNTED = "DROP TRIGGER trigger_insert_feature_count_towns"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([ENDLESS, *REGISTERED], "read"),
        ([ENDLESS], "read"),
        (
            ["ALTER TABLE gpkg_contents RENAME TO aside", ENDLESS.replace("VIEW v", "VIEW gpkg_contents")],
            "refused 3 towns.gpkg: 'gpkg_contents' is a query, which is not run.",
        ),
        (
            ["ALTER TABLE towns ADD COLUMN x TEXT GENERATED ALWAYS AS (hex(zeroblob(400000000))) VIRTUAL"],
            "refused 3 towns.gpkg, layer 'towns': columns are computed by the file",
        ),
        (
            [COUNTED, "UPDATE gpkg_ogr_contents SET feature_count = 2000000000"],
            "refused 3 towns.gpkg has 2,000,000,000",
        ),
        (
            [COUNTED, "UPDATE gpkg_ogr_contents SET feature_count = 9000000000000000000"],
            "refused 3 towns.gpkg cannot be",
        ),
        (["CREATE TRIGGER t AFTER INSERT ON towns BEGIN DELETE FROM towns; END"], "read"),
        (["PRAGMA journal_mode = WAL"], "read"),
    ],
)
def test_queries_and_claims_of_a_geopackage(
    reader: Reader, tmp_path: Path, statements: list[str], expected: str
) -> None:
    path = with_database(tmp_path / "towns.gpkg", *statements)
    before = there(path.parent)
    assert reader.ask(path).startswith(expected)
    assert there(path.parent) == before


def test_a_layer_that_is_a_query_is_refused_when_it_is_asked_for(tmp_path: Path) -> None:
    path = with_database(tmp_path / "gpkg", ENDLESS, *REGISTERED)
    with pytest.raises(InputError, match=r"towns\.gpkg: 'v' is a query, which is not run"):
        vector.read_boundaries(f"{path}#v")


def test_a_geopackage_that_is_being_written_is_refused(tmp_path: Path) -> None:
    path = with_database(tmp_path / "gpkg")
    path.with_name("towns.gpkg-wal").write_bytes(b"half a change")
    with pytest.raises(InputError, match=r"is being written: towns\.gpkg-wal lies beside it\. Close it first"):
        vector.read_boundaries(str(path))


NEST = b"\x01\x07\x00\x00\x00\x01\x00\x00\x00"
NEST_BIG = b"\x00\x00\x00\x00\x07\x00\x00\x00\x01"
NEST_Z = b"\x01\xef\x03\x00\x00\x01\x00\x00\x00"
SQUARE = shapely.to_wkb(shapely.box(0, 0, 1, 1))


@pytest.mark.parametrize("nest", [NEST, NEST_BIG, NEST_Z, NEST + NEST_BIG])
def test_geometry_nested_without_end_does_not_overflow_the_stack(reader: Reader, tmp_path: Path, nest: bytes) -> None:
    path = with_shape(tmp_path / "towns.parquet", nest * 500_000 + SQUARE)
    assert reader.ask(path).startswith("refused 3 towns.parquet: a geometry holds more than 1,000 collections")
    some = with_shape(tmp_path / "some", nest * 5 + shapely.to_wkb(towns().geometry[0]))
    assert len(vector.read_boundaries(str(some)).frame) == 1


@pytest.mark.parametrize(
    ("wkb", "geo"),
    [
        (b"\x01\x03\x00\x00\x00\x01\x00\x00\x00\xff\xff\xff\x7f", None),
        (b"\x01\x06\x00\x00\x00\xff\xff\xff\xff", None),
        (b"", None),
        (SQUARE, []),
        (SQUARE, {"columns": {}}),
        (SQUARE, {"version": 7, "primary_column": 3, "columns": {"geometry": 7}}),
        (SQUARE, {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "polygon"}}}),
    ],
)
def test_metadata_and_counts_that_lie(reader: Reader, tmp_path: Path, wkb: bytes, geo: object) -> None:
    path = with_shape(tmp_path / "towns.parquet", wkb, geo=geo)
    assert reader.ask(path).startswith("refused 3 towns.parquet cannot be read as GeoParquet")


def test_parquet_that_would_fill_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), ["x" * 100_000])
    pq.write_table(pa.table({"LSOA21CD": shared, "ICB24CD": shared}), tmp_path / "lookup.parquet", store_schema=False)
    assert (tmp_path / "lookup.parquet").stat().st_size < 100_000
    with pytest.raises(InputError, match=r"bytes once it is unpacked; at most 4,294,967,296 are read"):
        tables.read_lookup(str(tmp_path / "lookup.parquet"))
    monkeypatch.setattr(tables, "MOST_LOOKUP", 199_999)
    monkeypatch.setattr(tables, "MOST_FLOWS", 199_999)
    for function in (tables.read_lookup, tables.read_flows):
        with pytest.raises(InputError, match=r"lookup\.parquet has 200,000 rows; at most 199,999 are read"):
            function(str(tmp_path / "lookup.parquet"))


@pytest.mark.parametrize("content", ["a", "a,b\n", "area_id,lad_code\n" + "A,E06000001\n" * 12])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tables_of_text_have_a_row_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, encoding: str
) -> None:
    """The limit speaks before anything is parsed, and only where there are more rows."""
    path = tmp_path / "table.csv"
    path.write_text(content, encoding=encoding)
    rows = max(content.count("\n") - 1, 0)
    for function, module, limit in (
        (membership_rows.read_membership, membership_rows, "MOST_MEMBERS"),
        (tables.read_lookup, tables, "MOST_LOOKUP"),
        (tables.read_flows, tables, "MOST_FLOWS"),
    ):
        monkeypatch.setattr(module, limit, 11)
        if rows > 11:
            with pytest.raises(InputError, match=r"table\.csv has 12 rows or more; at most 11 are read"):
                function(str(path))
        monkeypatch.setattr(module, limit, 12)
        said = ""
        try:
            function(str(path))
        except InputError as problem:
            said = str(problem)
        assert "are read" not in said


def test_bytes_that_are_no_text_show_no_trace_of_a_library(tmp_path: Path) -> None:
    """The error handler of a library decodes what GDAL says of the file, and fails."""
    towns().to_crs(4326).to_file(tmp_path / "towns.geojson")
    content = (tmp_path / "towns.geojson").read_bytes()
    place = content.index(b".", content.index(b"coordinates")) + 3
    (tmp_path / "towns.geojson").write_bytes(content[:place] + b"\xe9" + content[place + 1 :])
    command = [sys.executable, "-m", "geoplan", "check", "towns.geojson"]
    told = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert told.returncode == 3
    assert told.stderr.startswith("Error: towns.geojson cannot be read as GeoJSON")
    assert "Traceback" not in told.stderr


def test_limits_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    towns().to_parquet(tmp_path / "towns.parquet")
    towns().to_file(tmp_path / "towns.gpkg")
    for name, limit, message in (
        ("MOST_VERTICES", 500, r"has [\d,]+ vertices; at most 500 are read"),
        ("MOST_COLUMNS", 1, r"has \d columns; at most 1 are read"),
        ("MOST_BYTES", 1000, r"has 0\.0 GB; at most 0 are read|has [\d,]+ bytes"),
    ):
        with monkeypatch.context() as patch:
            for module in (guards, drivers, parquet):
                patch.setattr(module, name, limit, raising=False)
            for file in ("towns.parquet", "towns.gpkg"):
                with pytest.raises(InputError, match=message):
                    vector.read_boundaries(str(tmp_path / file))


def test_a_layer_of_three_million_vertices_is_read(tmp_path: Path) -> None:
    boxes = [shapely.box(400_000 + 10_000 * n, 300_000, 410_000 + 10_000 * n, 310_000) for n in range(4)]
    frame = gpd.GeoDataFrame({"code": list("abcd")}, geometry=shapely.segmentize(boxes, 0.05), crs=27700)
    frame.to_file(tmp_path / "fine.gpkg")
    read_back = vector.read_boundaries(str(tmp_path / "fine.gpkg")).frame
    assert shapely.get_num_coordinates(read_back.geometry.to_numpy()).sum() > 3_000_000


@pytest.mark.parametrize("depth", [1000, 100_000])
@pytest.mark.parametrize(
    ("begin", "end"), [("[", "]"), ('{"type":"GeometryCollection","geometries":[', "]}"), ('{"a":', "}")]
)
def test_geojson_nested_without_end(reader: Reader, tmp_path: Path, begin: str, end: str, depth: int) -> None:
    shape = begin * depth + "1" + end * depth
    shape = shape if begin[0] == "{" else f'{{"type":"Polygon","coordinates":{shape}}}'
    text = f'{{"type":"FeatureCollection","features":[{{"type":"Feature","properties":{{}},"geometry":{shape}}}]}}'
    assert reader.ask(laid(tmp_path / "towns.geojson", {"a.geojson": text.encode()})).startswith("refused 3 a.geojson")


@pytest.fixture
def visits() -> Iterator[tuple[str, list[str]]]:
    """Listen on a port of this machine: its address, and what was asked for there."""
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            with contextlib.suppress(OSError):
                self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - so the library calls it

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/x", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"crs": {"type": "link", "properties": {"href": "URL"}}, ', "its CRS is a link"),
        ('"crs": {"properties": {"url": "URL"}, "type": "name", "type": "URL"}, ', "its CRS is a link"),
        ('"\\u0063rs": {"type": "lin\\u006b", "properties": {"href": "URL"}}, ', "its CRS is a link"),
        ("'CRS' : /**/ {'type': 'link', 'properties': {'href': 'URL'}}, ", "its CRS is a link"),
        ('"crs": {"type": "name", "properties": {"name": "URL"}}, ', ""),
        ('"crs": null, "name": "crs", "links": [{"rel": "next", "href": "URL"}], ', ""),
        (
            '"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /vsicurl/URL", ',
            "commands for GDAL",
        ),
    ],
)
def test_nothing_is_fetched(
    reader: Reader, tmp_path: Path, visits: tuple[str, list[str]], text: str, expected: str
) -> None:
    url, asked = visits
    collection = json.loads(towns().to_crs(4326).to_json(drop_id=True))
    collection.pop("crs", None)
    content = json.dumps(collection).replace("{", "{" + text.replace("URL", url), 1)
    said = reader.ask(laid(tmp_path / "towns.geojson", {"a.geojson": content.encode()}))
    assert (expected in said) if expected else (said == "read"), said
    assert asked == []


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "parquet", "zip", "kml", "gml"])
@pytest.mark.parametrize(
    "content",
    [
        b"<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>/vsicurl/http://x/y</SrcDataSource></OGRVRTLayer>",
        b"<!DOCTYPE k [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><kml>&e;</kml>",
        b"GeoJSON:{}",
        b"PG:dbname=towns",
    ],
)
def test_formats_that_point_elsewhere_are_no_boundary_files(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = laid(tmp_path / "files", {f"towns.{suffix}": content})
    with pytest.raises(InputError, match=rf"^towns\.{suffix} (is not |declares a document type)"):
        vector.read_boundaries(str(path))


def test_links_lead_to_regular_files_or_nowhere(tmp_path: Path) -> None:
    towns().to_parquet(tmp_path / "towns.parquet")
    for name, target in {"good": "towns", "loop": "loop", "dead": "none"}.items():
        (tmp_path / f"{name}.parquet").symlink_to(tmp_path / f"{target}.parquet")
    (tmp_path / "device.parquet").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.parquet")
    assert len(vector.read_boundaries(str(tmp_path / "good.parquet")).frame) == 12
    for name in ("loop", "dead", "device", "pipe"):
        with pytest.raises(InputError, match=rf"^{name}\.parquet is no regular file, nor a link to one that exists\.$"):
            vector.read_boundaries(str(tmp_path / f"{name}.parquet"))


def test_a_link_or_another_archive_in_an_archive_is_only_content(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "towns.zip").mkdir()
    link = zipfile.ZipInfo("towns.shp")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "towns.zip" / "a.zip", "w") as packed:
        for name in (link, "towns.shx", "towns.dbf"):
            packed.writestr(name, "/etc/passwd")
    assert reader.ask(tmp_path / "towns.zip" / "a.zip").startswith("refused 3 a.zip: towns.shp cannot be read")
    with zipfile.ZipFile(tmp_path / "towns.zip" / "b.zip", "w") as packed:
        packed.write(tmp_path / "towns.zip" / "a.zip", "a.zip")
    assert reader.ask(tmp_path / "towns.zip" / "b.zip").startswith("refused 3 b.zip holds no Shapefile")


def test_a_device_beside_a_shapefile(samples: dict[str, dict[str, bytes]], tmp_path: Path) -> None:
    path = laid(tmp_path / "shp", samples["towns.shp"])
    path.with_suffix(".prj").unlink()
    os.mkfifo(path.with_suffix(".prj"))
    with pytest.raises(InputError, match=r"towns\.shp: towns\.prj beside it is no regular file"):
        vector.read_boundaries(str(path))


@pytest.mark.parametrize("function", [vector.read_boundaries, membership_rows.read_membership, tables.read_flows])
@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("x" * 300 + ".csv", r"cannot be read \(File name too long\)"),
        ("a/" * 3000 + "x.csv", r"x\.csv cannot be read \(File name too long\)"),
        ('{"type": "FeatureCollection", "features": [' + "1," * 300, "cannot be read"),
        ("\udcff.csv", "characters that are no text"),
        ("a\0b.csv", "there is no such file"),
    ],
)
def test_names_that_no_file_can_have(function: Callable[[str], object], reference: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected) as caught:
        function(reference)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize("kind", ["members.csv", "lookup.csv", "flows.csv"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"LSOA21CD,LAD25CD\n" + b"a" * 20_000_000 + b",b\n", "is not a CSV table"),
        (b"LSOA21CD,LAD25CD" + b"a" * 20_000_000 + b"\nx,y\n", "is not a CSV table"),
        (b",".join(b"c%d" % n for n in range(300_000)) + b"\n1\n", "columns; at most 2,000 are read"),
        (b"LSOA21CD,LAD25CD\n" + b"a,b\n" * 1000 + b"\x00,b\n", "binary file"),
        (b'LSOA21CD,"LAD25CD\nx,y\n', "is not a CSV table"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff\xfe", "is empty"),
        (b"," * 1000 + b"\n" + b"," * 1000, "is empty"),
        (b" " * 2_000_000 + b"\n", "is empty"),
    ],
)
def test_hostile_tables(reader: Reader, tmp_path: Path, kind: str, content: bytes, expected: str) -> None:
    said = reader.ask(laid(tmp_path / kind, {"a.csv": content}))
    assert said.startswith("refused 3 a.csv"), said
    assert expected in said
    assert len(said) < 500


def test_blank_lines_before_the_headings_and_lone_returns_are_read(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes(b"\n,\n" + MEMBERS.encode())
    (tmp_path / "r.csv").write_bytes(MEMBERS.replace("\n", "\r").encode())
    for name in ("m.csv", "r.csv"):
        assert not headings.holds_lookup(str(tmp_path / name))
        assert len(membership_rows.read_membership(str(tmp_path / name)).frame) == 5


# Configurations, baselines, earlier audits

DEEP = (b"[" * 100_000, b'{"a":' * 100_000, b'{"schema": 1, "entries": [{"id": "a", "value": ' + b"9" * 5000 + b"}]}")


@pytest.mark.parametrize("kind", ["baseline.json", "audit.json"])
@pytest.mark.parametrize("content", DEEP)
def test_documents_nested_or_long_without_end(reader: Reader, tmp_path: Path, kind: str, content: bytes) -> None:
    said = reader.ask(laid(tmp_path / kind, {"a.json": content}))
    assert said == "refused 3 a.json: its brackets are too deep or its numbers too long to be read."


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("pairs = " + "[" * 100_000, "brackets are too deep"),
        ("layers = " + "{a=" * 100_000, "brackets are too deep"),
        ("pairs = " + "[" * 900 + "]" * 900, "brackets are too deep"),
        ("weight = " + "9" * 5000, "numbers too long"),
        (".".join("a" * 100_000) + " = 1", "line 1: more than 500 dots"),
        ("[" + ".".join("a" * 100_000) + "]", "line 1: more than 500 dots"),
        ("[[rules]]\nrul = 1\n" * 3000, "line 1: rules.0: 'rule' is a required property"),
    ],
)
def test_configurations_nested_or_long_without_end(reader: Reader, tmp_path: Path, content: str, expected: str) -> None:
    said = reader.ask(laid(tmp_path / "geoplan.toml", {"a.toml": content.encode()}))
    assert said.startswith("refused 2 a.toml"), said
    assert expected in said


@pytest.mark.parametrize("value", ["abc", [1], {"a": 1}, True, 10**400, float("nan"), float("inf")])
@pytest.mark.parametrize("kind", ["baseline.json", "audit.json"])
def test_measures_that_are_none(reader: Reader, tmp_path: Path, kind: str, value: object) -> None:
    entry = {"id": found().id, "rule": "GP901", "value": value}
    document = {**SCOPE, "entries": [entry], "findings": [entry]}
    assert reader.ask(laid(tmp_path / kind, {"a.json": json.dumps(document).encode()})).startswith("refused 3 a.json")


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"layers": 3}, 3), ({"layers": [{"key": 1}]}, 3), ({"pairs": [{"left": "a"}]}, 3), ({"pairs": None}, 3),
        ({"parameters": []}, 3), ({"focus": "all"}, 3), ({"focus": {"layer": [1], "code": {}}}, 2),
        ({"parameters": {"weight": ["x" * 10_000]}}, 2),
    ],
)  # fmt: skip
def test_an_earlier_audit_of_nonsense(reader: Reader, tmp_path: Path, facts: dict[str, object], code: int) -> None:
    document = {**SCOPE, "findings": [], **facts}
    said = reader.ask(laid(tmp_path / "audit.json", {"a.json": json.dumps(document).encode()}))
    assert said.startswith(f"refused {code} a.json"), said
    assert len(said) < 500


def test_a_baseline_of_many_entries_is_read_at_once(reader: Reader, tmp_path: Path) -> None:
    entries = [{"id": str(n), "rule": "GP301"} for n in range(100_000)]
    content = json.dumps({"schema": 1, "entries": entries}).encode()
    assert reader.ask(laid(tmp_path / "baseline.json", {"a.json": content})) == "read"


def test_configurations_that_are_no_regular_file(tmp_path: Path) -> None:
    (tmp_path / "device.toml").symlink_to("/dev/zero")
    for name in (str(tmp_path / "device.toml"), "x" * 300 + ".toml"):
        done = call("audit", name)
        assert done.exit_code == 2, done.output
        assert done.stderr.startswith("Error: ")


# The command line


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "geoplan.toml").write_text(CONFIG.replace('focus = ["lhb:W11000023"]\n', ""), encoding="utf-8")
    (tmp_path / "mine.csv").write_text(MEMBERS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


@pytest.mark.parametrize(
    "kind", ["towns.gpkg", "towns.geojson", "towns.parquet", "towns.zip", "members.csv", "lookup.parquet"]
)
def test_a_damaged_layer_on_the_command_line(
    samples: dict[str, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    whole = samples[kind][kind]
    path = laid(tmp_path / "in", {kind: whole[: len(whole) // 3] + b"\x00" * 40})
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    for command in (("check", str(path)), ("compare", str(path), "lhb", "--weight", "area", "--out", "c.csv")):
        done = call(*command)
        assert done.exit_code == 3, done.output
        assert kind in done.stderr
        assert (done.stdout, list(Path().iterdir())) == ("", [])


@pytest.mark.parametrize("kind", ["towns.gpkg", "towns.geojson", "towns.parquet", "lookup.csv"])
def test_an_audit_of_a_damaged_layer_among_good_ones(
    project: Path, samples: dict[str, dict[str, bytes]], kind: str
) -> None:
    (project / kind).write_bytes(samples[kind][kind][:-1][::-1])
    text = (project / "geoplan.toml").read_text(encoding="utf-8").replace("mine.csv", kind)
    (project / "geoplan.toml").write_text(text, encoding="utf-8")
    done = call("audit", "geoplan.toml", "--fail-on", "error", "--format", "json")
    assert done.exit_code == 1, done.output
    lost = [each["message"] for each in json.loads(done.stdout)["findings"] if each["rule"] == "GP901"]
    assert any(kind in message for message in lost)
    assert sorted(path.name for path in (project / "geoplan-audit").glob("[!.]*")) == [
        "audit.json",
        "findings.csv",
    ]


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_leaves_what_was_there(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever write it is that fails: of the temporary folder, of a file, of putting it in its place."""
    files = {"a.txt": "new", "below/b.txt": "new", "c.txt": "new"}
    old = laid(project / "out", {"a.txt": b"old", "other.txt": b"old"}).parent
    for owner, name, count in ((tempfile, "mkdtemp", 1), (Path, "write_bytes", 5), (os, "replace", 5)):
        for fails in range(count):
            calls, real = iter(range(count + 9)), getattr(owner, name)
            with monkeypatch.context() as patch:
                patch.setattr(
                    owner, name, lambda *a, r=real, c=calls, f=fails, **k: full() if next(c) == f else r(*a, **k)
                )
                with pytest.raises(OutputError, match=r"cannot write there \(No space left on device\)"):
                    folders.write_folder(old, files)
            left = {path.name: path.read_bytes() for path in old.rglob("*") if path.is_file()}
            assert left == {"a.txt": b"old", "other.txt": b"old"}, (name, fails)


@pytest.mark.parametrize(
    ("number", "reason"), [(errno.ENOSPC, "No space left on device"), (errno.EROFS, "Read-only file system")]
)
def test_an_audit_that_cannot_be_written_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch, number: int, reason: str
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(number, reason)

    monkeypatch.setattr(staging.tempfile, "mkdtemp", refused)
    done = call("audit", "geoplan.toml", "--out", "out")
    assert done.exit_code == 4, done.output
    assert reason in done.stderr
    assert (done.stdout, (project / "out").exists()) == ("", False)


def test_an_output_path_that_is_too_long(project: Path) -> None:
    done = call("audit", "geoplan.toml", "--out", "x" * 300)
    assert done.exit_code == 4, done.output
    assert "File name too long" in done.stderr
    done = call("compare", "lhb", "utla", "--out", "x" * 300 + ".csv")
    assert done.exit_code == 4, done.output
    assert call("init", "--out", "x" * 300).exit_code == 4
    assert call("baseline", "write", "geoplan.toml", "--file", "x" * 300).exit_code == 4
    assert call("baseline", "update", "--file", "none.json").exit_code == 3
    assert sorted(path.name for path in project.iterdir()) == ["geoplan.toml", "mine.csv"]


if __name__ == "__main__":
    answer_all()
