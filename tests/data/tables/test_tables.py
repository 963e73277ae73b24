"""Tables as people keep them: what is read, what is said, what is refused."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.data.shipped.package_data import MEMBERSHIP_COLUMNS
from geoplan.data.tables import headings, membership_rows, tables
from geoplan.data.tables.numerals import day_of, numbers, signs_said
from geoplan.errors import InputError


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


# Membership tables


def test_membership_columns_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "clusters.csv"
    path.write_bytes("\ufeffCluster ID,Cluster,LAD25CD,LAD25NM,Share\nx, Ex ,E06000001,Hartlepool,\n,,,,\n".encode())
    read = membership_rows.read_membership(str(path))
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
    table = membership_rows.read_membership(str(tmp_path / "m.csv")).frame
    assert table.loc[0, ["area_id", "area_name", column]].tolist() == ["x", "x", "y"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_membership_encodings(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = f'authority{delimiter}area_id\r\nx{delimiter}"Rhondda, Cynon; Môn"\r\n'
    (tmp_path / "m.csv").write_bytes(text.encode(encoding))
    table = membership_rows.read_membership(str(tmp_path / "m.csv")).frame
    assert table.loc[0, "area_name"] == "Rhondda, Cynon; Môn"


def test_membership_in_windows_1252_is_reported(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes("area_id,authority\nx,Ynys Môn\n".encode("cp1252"))
    table = membership_rows.read_membership(str(tmp_path / "m.csv"))
    assert table.frame.loc[0, "lad_name"] == "Ynys Môn"
    assert table.said == ("It is not UTF-8 and was read as Windows-1252.",)


def test_short_rows_are_filled(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("area_id,lad_code,note\nx,E1\ny,E2,n\n", encoding="utf-8")
    assert membership_rows.read_membership(str(tmp_path / "m.csv")).frame["note"].tolist() == ["", "n"]


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
        membership_rows.read_membership(str(tmp_path / "m.csv"))
    assert str(caught.value).startswith(expected)


def test_missing_membership_table(tmp_path: Path) -> None:
    (tmp_path / "clusters.csv").touch()
    with pytest.raises(InputError, match=r"cluster\.csv: there is no such file\. Nearest .*: clusters\.csv\."):
        membership_rows.read_membership(str(tmp_path / "cluster.csv"))


cells = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufeff;|\u2022"), min_size=1)


@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=5))
def test_any_text_survives(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]) -> None:
    rows = [(area.strip() or "x", authority.strip() or "y") for area, authority in rows]
    path = tmp_path_factory.mktemp("cells") / "m.csv"
    pd.DataFrame(rows, columns=["area_id", "authority"]).to_csv(path, index=False)
    table = membership_rows.read_membership(str(path)).frame
    assert list(table[["area_id", "lad_name"]].itertuples(index=False, name=None)) == rows


# Titles, notes, separators


def write(path: Path, text: str, encoding: str = "utf-8") -> str:
    path.write_text(text, encoding=encoding)
    return str(path)


TITLED = """"Members of clusters, 2026"
"Crown copyright"

area_name,authority,note
North,Leeds,
North,Bradford,late
South,Exeter,

Source: the clusters
"""


def test_titles_and_notes_are_passed_over_and_said(tmp_path: Path) -> None:
    table = membership_rows.read_membership(write(tmp_path / "m.csv", TITLED))
    assert table.frame[["area_name", "lad_name"]].to_numpy().tolist() == [
        ["North", "Leeds"], ["North", "Bradford"], ["South", "Exeter"],
    ]  # fmt: skip
    assert table.frame.attrs["rows"] == [5, 6, 7]
    assert table.said == (
        "Rows 1 to 2 above the headings were passed over as title.",
        "Row 9 below the table was passed over as note.",
    )


def test_a_row_that_only_lacks_its_end_is_no_note(tmp_path: Path) -> None:
    path = write(tmp_path / "m.csv", "area_name,authority\nNorth,Leeds\nSouth\n")
    with pytest.raises(InputError, match=r"column 'authority' is empty and nothing else names .* \(1 row: row 3\)"):
        membership_rows.read_membership(path)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("rows", [1, 2, 30])
def test_the_separator_is_what_cuts_rows_alike(tmp_path: Path, delimiter: str, rows: int) -> None:
    lines = [["origin", "dest", "workers"], *([f"A{n}", f"B{n}", str(n + 1)] for n in range(rows))]
    raw = tables.read_flows(write(tmp_path / "f.txt", "\n".join(delimiter.join(line) for line in lines)))
    assert raw.frame["workers"].astype(int).tolist() == list(range(1, rows + 1))
    assert raw.delimiter == delimiter


def test_commas_in_cells_of_a_semicolon_table_do_not_mislead(tmp_path: Path) -> None:
    text = "area_name;authority\nNorth, the;Bristol, City of\nNorth, the;Herefordshire, County of\n"
    frame = membership_rows.read_membership(write(tmp_path / "m.csv", text)).frame
    assert frame["lad_name"].tolist() == ["Bristol, City of", "Herefordshire, County of"]


words = st.text(st.characters(codec="utf-8", blacklist_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1)
plain = words.filter(lambda text: text.strip() == text and not set(text) & set('"\ufeff'))


@given(rows=st.lists(st.tuples(plain, plain, st.integers(0, 9)), min_size=1, max_size=12))
def test_large_and_small_tables_are_read_alike(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, int]]
) -> None:
    path = tmp_path_factory.mktemp("flows") / "f.csv"
    pd.DataFrame(rows, columns=["origin", "dest", "workers"]).to_csv(path, index=False)
    small = tables.read_flows(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "LARGE_BYTES", 0)
        large = tables.read_flows(path)
    pd.testing.assert_frame_equal(small.frame.astype(str), large.frame.astype(str), check_index_type=False)
    assert (small.sha256, small.delimiter, small.said) == (large.sha256, large.delimiter, large.said)


def test_a_large_table_has_titles_and_an_encoding_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "LARGE_BYTES", 0)
    path = write(tmp_path / "f.csv", "Flows\n\norigin, dest ,n\nYnys M\u00f4n,B,3\n C ,B,4\n", "cp1252")
    raw = tables.read_flows(path)
    assert raw.frame.to_dict("list") == {"origin": ["Ynys M\u00f4n", "C"], "dest": ["B", "B"], "n": ["3", "4"]}
    assert raw.frame.index.tolist() == [4, 5]
    assert "Windows-1252" in raw.said[0]


# Workbooks


def workbook(path: Path, sheets: dict[str, list[list[object]]], hidden: str = "") -> str:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        if title == hidden:
            sheet.sheet_state = "hidden"
    book.save(path)
    return str(path)


MEMBERS = [
    ["Clusters of 2026"],
    [],
    ["area_id", "area_name", "authority", "valid_from", "share"],
    [1, "North", "Leeds", date(2026, 4, 1), 1],
    [None, None, "Bradford", datetime(2026, 4, 1), 0.5],  # noqa: DTZ001 - as workbooks hold it
    [2.0, "South", "Exeter", "01/04/2025", None],
]


def test_a_workbook_is_read_as_its_csv_would_be(tmp_path: Path) -> None:
    path = workbook(tmp_path / "m.xlsx", {"Clusters": MEMBERS, "Old": [["a", "b"], [1, 2]]}, hidden="Old")
    table = membership_rows.read_membership(path)
    assert table.frame[["area_id", "area_name", "lad_name", "valid_from", "share"]].to_numpy().tolist() == [
        ["1", "North", "Leeds", "2026-04-01", "1"],
        ["1", "North", "Bradford", "2026-04-01", "0.5"],
        ["2", "South", "Exeter", "2025-04-01", ""],
    ]
    assert table.frame.attrs["rows"] == [4, 5, 6]
    assert table.said == (
        "Row 1 above the headings was passed over as title.",
        "Row 5: column 'area_id' is empty, as under a merged cell, and the area above is meant.",
    )


def test_a_sheet_is_chosen_by_name_and_the_only_table_by_itself(tmp_path: Path) -> None:
    flows = [["origin", "dest", "n"], ["A", "B", 3]]
    path = workbook(tmp_path / "w.xlsx", {"Cover": [["Read me"]], "Flows": flows})
    assert tables.read_flows(path).frame["n"].tolist() == ["3"]
    assert tables.read_flows(path).said == ("Sheet 'Flows' was read.",)
    two = workbook(tmp_path / "two.xlsx", {"One": flows, "Two": [["origin", "dest", "n"], ["A", "B", 4]]})
    with pytest.raises(
        InputError, match=r"two.xlsx holds 2 sheets with tables\. Choose one: two.xlsx#One\. Sheets: One, Two"
    ):
        tables.read_flows(two)
    assert tables.read_flows(f"{two}#Two").frame["n"].tolist() == ["4"]
    assert tables.read_flows(f"{path}#n").column == "n"


def test_a_lookup_in_a_workbook(tmp_path: Path) -> None:
    rows = [["LSOA21CD", "ICB24CD"], ["E01000001", "E54000042"], ["E01000002", "E54000042"]]
    path = workbook(tmp_path / "l.xlsx", {"Lookup": rows})
    assert headings.holds_lookup(path)
    assert tables.read_lookup(f"{path}#ICB24CD").column == "ICB24CD"
    assert not headings.holds_lookup(workbook(tmp_path / "m.xlsx", {"Members": MEMBERS}))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("m.xlsx", b"PK\x03\x04 cut", "m.xlsx cannot be read as an Excel workbook: it is damaged"),
        ("m.xlsx", b"", "m.xlsx cannot be read as an Excel workbook"),
        ("m.ods", b"PK", "m.ods is a workbook of a kind that is not read. Save it as an Excel workbook (.xlsx)."),
    ],
)
def test_workbooks_that_are_none_are_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError) as caught:
        membership_rows.read_membership(str(tmp_path / name))
    assert str(caught.value).startswith(said)


def test_of_a_workbook_only_the_first_rows_are_read_for_its_headings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["LSOA21CD", "ICB24CD"], *([f"E0100000{n}", "E54000010"] for n in range(9))]
    path = workbook(tmp_path / "l.xlsx", {"Lookup": rows})
    monkeypatch.setattr(headings, "MOST_LOOKUP", 2)
    assert not headings.holds_lookup(path)
    monkeypatch.setattr(headings, "HEADING_ROWS", 2)
    assert headings.holds_lookup(path)


def test_a_workbook_without_a_table_or_with_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match=r"none\.xlsx holds no table"):
        tables.read_flows(workbook(tmp_path / "none.xlsx", {"A": [["one"]], "B": []}))
    monkeypatch.setattr(membership_rows, "MOST_MEMBERS", 2)
    with pytest.raises(InputError, match=r"m\.xlsx, sheet 'M' has \d rows or more; at most 2 are read"):
        membership_rows.read_membership(workbook(tmp_path / "m.xlsx", {"M": MEMBERS}))


# Members as people list them


def test_merged_cells_totals_and_several_authorities_in_a_cell(tmp_path: Path) -> None:
    text = (
        'area_name,authority\nAvon,Bath\n,Bristol\nWilts,"Wiltshire; Swindon"\nCodes,"E06000022, E06000023"\nTotal,\n'
    )
    table = membership_rows.read_membership(write(tmp_path / "m.csv", text))
    assert table.frame[["area_name", "lad_name"]].to_numpy().tolist()[:4] == [
        ["Avon", "Bath"], ["Avon", "Bristol"], ["Wilts", "Wiltshire"], ["Wilts", "Swindon"],
    ]  # fmt: skip
    assert table.frame.attrs["rows"] == [2, 3, 4, 4, 5]
    assert table.said == (
        "Row 6 was set aside as a total.",
        "Row 3: column 'area_name' is empty, as under a merged cell, and the area above is meant.",
        "Row 4: several authorities in one cell were read as a row each.",
    )


def test_days_that_are_none_are_told_by_file_column_and_row(tmp_path: Path) -> None:
    text = "area_name,lad_code,From\nA,E1,2026\nB,E2,04/13/2025\n".replace("From", "valid_from")
    with pytest.raises(InputError) as caught:
        membership_rows.read_membership(write(tmp_path / "m.csv", text))
    assert str(caught.value) == (
        "m.csv: column 'valid_from' holds what is no day (1 row: row 3: 04/13/2025). "
        "Write days as 2026-04-01, as 1 April 2026, or as 01/04/2026 with the day first and all four digits."
    )


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1-Apr-26", "2026-04-01"), ("1 April 2026", "2026-04-01"), ("01/04/2026", "2026-04-01"),
        ("31 sept 2026", None), ("30 Sept. 2026", "2026-09-30"), ("2nd May, 2026", "2026-05-02"),
        ("01/04/26", None), ("26-04-01", None), ("1 Ma 2026", None), ("1 Mayor 2026", None), ("April 1 2026", None),
    ],
)  # fmt: skip
def test_days_are_read_as_people_write_them_and_not_where_they_could_be_two(written: str, day: str | None) -> None:
    assert day_of(written) == day


@given(day=st.dates(date(1960, 1, 1), date(2090, 1, 1)))
def test_a_day_is_the_same_however_it_is_written(day: date) -> None:
    serial = str((day - date(1899, 12, 30)).days)
    written = [
        day.isoformat(),
        day.strftime("%d/%m/%Y"),
        f"{day.day}.{day.month}.{day.year}",
        f"{day} 00:00:00",
        serial,
    ]
    assert {day_of(text) for text in written} == {day.isoformat()}


# Numbers


@pytest.mark.parametrize(
    ("cells", "delimiter", "read"),
    [
        (["1,884", "20"], ",", [1884, 20]),
        (["1,884", "20,5"], ",", [1.884, 20.5]),
        (["1.884", "20"], ",", [1.884, 20]),
        (["1.884,5", "20"], ";", [1884.5, 20]),
        (["1,5", "20,25"], ";", [1.5, 20.25]),
        (["1.5", "20.25"], ";", [1.5, 20.25]),
        (["1,884,000", "1,000"], ";", [1_884_000, 1000]),
        (["1 884", "1\u00a0000", "1'200"], ";", [1884, 1000, 1200]),
        (["", "n/a", "3"], ",", [None, None, 3]),
        ([], ",", []),
    ],
)
def test_numbers_as_they_are_written(cells: list[str], delimiter: str, read: list[float | None]) -> None:
    found = numbers(pd.Series(cells, dtype=str), "t.csv: column 'n'", delimiter=delimiter)
    assert [None if np.isnan(value) else value for value in found] == read


@pytest.mark.parametrize("cells", [["1.884", "20"], ["20.000", "6.000"], ["1,884", "20"]])
def test_two_readings_are_refused_with_a_question(cells: list[str]) -> None:
    series = pd.Series(cells, index=[2, 3])
    with pytest.raises(InputError, match=r"t\.csv: column 'n' can be read in two ways: is .* row 2: "):
        numbers(series, "t.csv: column 'n'", delimiter=";")


def test_signs_are_said() -> None:
    assert signs_said(pd.Series(["1.884,5"]), delimiter=";") == "points are read as signs between thousands"
    assert signs_said(pd.Series(["1,5", ""]), delimiter=";") == "commas are read as decimal signs"
    assert signs_said(pd.Series([], dtype=str)) == ""


@given(amounts=st.lists(st.integers(0, 10**9), min_size=1, max_size=9))
def test_no_number_is_read_as_another(amounts: list[int]) -> None:
    """Written with commas, spaces or plainly, in any table: the same, or a question."""
    for written in ("{:,}", "{}"):
        texts = pd.Series([written.format(amount) for amount in amounts])
        for delimiter in ",;\t":
            try:
                found = numbers(texts, "t", delimiter=delimiter)
            except InputError:
                assert written != "{}"
                continue
            assert found.tolist() == amounts
