"""Tables as people keep them: what is read, what is said, what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan import tables
from geoplan.errors import InputError
from geoplan.sources import MEMBERSHIP_COLUMNS


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# Membership tables


def test_membership_columns_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "clusters.csv"
    path.write_bytes("\ufeffCluster ID,Cluster,LAD25CD,LAD25NM,Share\nx, Ex ,E06000001,Hartlepool,\n,,,,\n".encode())
    read = tables.read_membership(str(path))
    table = read.frame
    assert list(table.columns) == list(MEMBERSHIP_COLUMNS)
    assert table.loc[0, ["area_id", "area_name", "lad_code", "lad_name", "share", "note"]].tolist() == [
        "x",
        "Ex",
        "E06000001",
        "Hartlepool",
        "",
        "",
    ]
    assert (len(table), read.file, read.sha256, read.said) == (1, "clusters.csv", sha256(path), ())
    assert table.attrs["headings"]["area_id"] == "Cluster ID"
    assert table.attrs["rows"] == [2]


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("area_id,lad_code", "lad_code"),
        ("AREA_CODE,Authority_Code", "lad_code"),
        ("cluster_id,la_code", "lad_code"),
        ("Cluster,UTLA25CD", "lad_code"),
        ("partnership,code", "lad_code"),
        ("area name,lad-name", "lad_name"),
        ("partnership_name,Authority", "lad_name"),
        ("area_name,Local Authority", "lad_name"),
        ("area_name,ltla24nm", "lad_name"),
        ("area_id,block", "block"),
    ],
)
def test_names_of_membership_columns(tmp_path: Path, header: str, column: str) -> None:
    (tmp_path / "m.csv").write_text(f"{header}\nx,y\n", encoding="utf-8")
    table = tables.read_membership(str(tmp_path / "m.csv")).frame
    assert table.loc[0, ["area_id", "area_name", column]].tolist() == ["x", "x", "y"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_membership_encodings(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = f'authority{delimiter}area_id\r\nx{delimiter}"Rhondda, Cynon; Môn"\r\n'
    (tmp_path / "m.csv").write_bytes(text.encode(encoding))
    table = tables.read_membership(str(tmp_path / "m.csv")).frame
    assert table.loc[0, "area_name"] == "Rhondda, Cynon; Môn"


def test_membership_in_windows_1252_is_reported(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes("area_id,authority\nx,Ynys Môn\n".encode("cp1252"))
    table = tables.read_membership(str(tmp_path / "m.csv"))
    assert table.frame.loc[0, "lad_name"] == "Ynys Môn"
    assert table.said == ("It is not UTF-8 and was read as Windows-1252.",)


def test_short_rows_are_filled(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("area_id,lad_code,note\nx,E1\ny,E2,n\n", encoding="utf-8")
    assert tables.read_membership(str(tmp_path / "m.csv")).frame["note"].tolist() == ["", "n"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "m.csv is empty."),
        (b" \n\n", "m.csv is empty."),
        (b"area_id,lad_code\n", "m.csv holds no rows. Columns found: area_id, lad_code."),
        (b"PK\x03\x04 a workbook", "m.csv is not a CSV table but a binary file."),
        (b"SQLite format 3\x00", "m.csv is not a CSV table but a binary file."),
        (b'area_id,lad_code\nx,"E1', "m.csv is not a CSV table (unexpected end of data)."),
        (b"lad_code,size\nE1,2\n", "m.csv: no column names the area, such as 'area_id' or 'area_name'."),
        (b"area_id,size\nx,2\n", "m.csv: no column names the authority, such as 'lad_code' or 'lad_name'."),
        (
            b"area_id,lad_code\n,E1\nx,E2\n",
            "m.csv: column 'area_id' is empty and nothing else names the area (1 row: row 2).",
        ),
        (b"area_id,lad_code\nx,\n", "m.csv: column 'lad_code' is empty and nothing else names the authority"),
        (b"area_id,lad_code\nx,E1,more\n", "m.csv: more cells than the 2 columns (1 row: row 2)."),
        (
            b"area_id,LAD24CD,LAD25CD\nx,E1,E1\n",
            "m.csv: several columns could be 'lad_code': LAD24CD, LAD25CD.",
        ),
        (b"\xff\xfe\x00", "m.csv is not text in a known encoding."),
    ],
)
def test_membership_refusals(tmp_path: Path, content: bytes, expected: str) -> None:
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        tables.read_membership(str(tmp_path / "m.csv"))
    assert str(caught.value).startswith(expected)


def test_missing_membership_table(tmp_path: Path) -> None:
    (tmp_path / "clusters.csv").touch()
    with pytest.raises(InputError, match=r"cluster\.csv: there is no such file\. Nearest .*: clusters\.csv\."):
        tables.read_membership(str(tmp_path / "cluster.csv"))


cells = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufeff;|\u2022"), min_size=1)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    rows = [(area.strip() or "x", authority.strip() or "y") for area, authority in rows]
    path = tmp_path_factory.mktemp("cells") / "m.csv"
    pd.DataFrame(rows, columns=["area_id", "authority"]).to_csv(path, index=False)
    table = tables.read_membership(str(path)).frame
    assert list(table[["area_id", "lad_name"]].itertuples(index=False, name=None)) == rows
