"""Postcode directories as archives of the portal: whole and checked or not kept, gone on with where cut off."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from stand_in import DIRECTORY, QUICK, StandIn, directory, zipped

from geoplan.data.kept import holdings
from geoplan.data.portal import directories, fetching, services
from geoplan.data.portal.client import Client
from geoplan.data.readers import guards
from geoplan.errors import InputError, NetworkError, NoServiceError

ROWS = [
    ("AB1 0AA", "198001", "199606", "385386", "801193", "S12000033", "", ""),
    ("BA1 0AA", "198001", "", "374000", "165000", "E06000022", "E01014370", "E54000040"),
    ("BT1 1AA", "199601", "", "333600", "374000", "N09000003", "", ""),
    ("GY1 1AA", "199501", "", "", "", "L99999999", "", ""),
]
NAME = "Data/ONSPD_MAY_2026_UK.csv"
TITLE = "ONS Postcode Directory (May 2026)"


def archive(text: str = "", **beside: str) -> bytes:
    return zipped(
        {
            "Documents/LAD names and codes.csv": "LAD25CD\n",
            "Data/multi_csv/ONSPD_MAY_2026_UK_AB.csv": directory(ROWS[:1]),
            NAME: text or directory(ROWS),
            **beside,
        }
    )


@pytest.fixture(autouse=True)
def table(portal: StandIn, monkeypatch: pytest.MonkeyPatch) -> services.Source:
    url = portal.add_item(1, archive())
    row = services.Source(
        "onspd", "2026-05", "", "postcodes", services.ITEM, f"{url}#ONSPD_*_UK.csv", "", "", "4", TITLE, "ONS",
        "Open Government Licence v3.0", services.SEEN,
    )  # fmt: skip
    monkeypatch.setattr(services, "sources", lambda: (row,))
    return row


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_columns_that_are_needed_are_kept_beside_a_manifest(client: Client, place: Path, tmp_path: Path) -> None:
    one = fetching.fetch("onspd", client=client).holding
    assert (one.reference, one.rows, one.title, one.kind) == ("onspd@2026-05", 4, TITLE, "postcodes")
    assert files(place) == ["postcodes/onspd/2026-05.parquet", "postcodes/onspd/2026-05.parquet.json"]
    assert files(tmp_path / "cache") == []
    kept = pq.read_table(holdings.sound(one))
    assert kept.column_names == ["postcode", "introduced", "terminated", "easting", "northing", "lad", "lsoa", "icb"]
    assert kept.to_pylist()[0] == {
        "postcode": "AB1 0AA", "introduced": "198001", "terminated": "199606", "easting": 385386, "northing": 801193,
        "lad": "S12000033", "lsoa": None, "icb": None,
    }  # fmt: skip
    assert kept["easting"].to_pylist() == [385386, 374000, 333600, None]


def test_headings_of_earlier_editions_are_known(portal: StandIn, client: Client) -> None:
    earlier = "pcd,pcds,dointr,doterm,oseast1m,osnrth1m,oslaua,lsoa21,icb,osgrdind"
    portal.add_item(1, archive(directory(ROWS, earlier)))
    assert fetching.fetch("onspd", client=client).holding.rows == 4


def test_pieces_are_put_together(table, portal: StandIn, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directories, "PIECE", 1 << 12)
    # Postcodes of Newport had no digit before the space.
    odd = [("NPT 0AD", "198001", "199606", "0385386", "801193", "W06000022", "95GG01S1", "")]
    many = [*odd, *((f"AB{n // 100 % 90 + 10} {n % 10}A{chr(65 + n // 10 % 10)}", *ROWS[0][1:]) for n in range(1999))]
    portal.add_item(1, archive(directory(many)))
    with pytest.raises(InputError, match="2,000 rows where 4 are known"):
        fetching.fetch("onspd", client=client)
    monkeypatch.setattr(services, "sources", lambda: (replace(table, rows=""),))
    one = fetching.fetch("onspd", client=client).holding
    assert one.rows == 2000
    kept = pq.ParquetFile(holdings.sound(one))
    assert kept.num_row_groups > 5
    assert kept.read(["postcode"])["postcode"].to_pylist() == [row[0] for row in many]


def test_again_asks_whether_it_changed_and_fetches_where_it_has(portal: StandIn, client: Client) -> None:
    fetching.fetch("onspd", client=client)
    before = len(portal.log)
    assert (fetching.fetch("onspd", client=client).questions, len(portal.log)) == (0, before)
    same = fetching.fetch("onspd", again=True, client=client)
    assert (same.new, same.questions) == (False, 1)
    portal.add_item(1, archive(), modified=1_800_000_000_000)
    assert fetching.fetch("onspd", again=True, client=client).new


def test_what_was_cut_off_goes_on_in_the_same_run_and_in_the_next(portal: StandIn, client: Client) -> None:
    whole = len(archive())

    def cut(asked, right):
        if asked.path.endswith("/data") and asked.before < 2:
            right.cut, right.headers["Content-Length"] = 100, str(len(right.body))
        return right

    portal.fault = cut
    once = Client(replace(QUICK, tries=0), sleep=lambda _: None)
    with pytest.raises(NetworkError, match="cut off"):
        fetching.fetch("onspd", client=once)
    assert fetching.fetch("onspd", client=client).holding.rows == 4
    asked = [one.headers.get("Range") for one in portal.log if one.path.endswith("/data")]
    assert asked == [None, "bytes=100-", "bytes=200-"]
    assert whole > 200


def test_of_a_file_that_changed_meanwhile_nothing_is_gone_on_with(portal: StandIn, client: Client) -> None:
    def cut(_asked, right):
        right.cut, right.headers["Content-Length"] = 50, str(len(right.body))
        return right

    portal.fault = cut
    with pytest.raises(NetworkError):
        fetching.fetch("onspd", client=Client(replace(QUICK, tries=0), sleep=lambda _: None))
    portal.fault = None
    portal.add_item(1, archive(directory([*ROWS[:3], ("ZE1 0AA", *ROWS[0][1:])])), etag='"b"')
    one = fetching.fetch("onspd", client=client).holding
    assert pq.read_table(holdings.sound(one))["postcode"].to_pylist()[-1] == "ZE1 0AA"


DAMAGED = archive().replace(b"PK\x05\x06", b"PK\x00\x00")
ODD = ("BA1 0AB", *ROWS[1][1:])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (lambda: b"<html>Sign in</html>", "gives no archive"),
        (lambda: DAMAGED, "gives no archive"),
        (lambda: zipped({"Data/Postcodes.csv": directory(ROWS)}), r"has no table ONSPD_\*_UK.csv.*Data/Postcodes.csv"),
        (lambda: archive(**{"Data/ONSPD_FEB_2026_UK.csv": directory(ROWS)}), r"has 2 tables ONSPD_\*_UK.csv"),
        (lambda: archive(directory(ROWS, DIRECTORY.replace("doterm", "ended"))), "column of terminated is missing"),
        (lambda: archive(directory(ROWS, DIRECTORY.replace("gridind", "oslaua"))), "lad may be lad25cd or oslaua"),
        (lambda: archive(directory([*ROWS, ROWS[1]])), "postcodes stand twice.*BA1 0AA"),
        (lambda: archive(directory([*ROWS, ("BA10AB", *ROWS[1][1:])])), "postcode holds what is none.*BA10AB"),
        (lambda: archive(directory([*ROWS, (ODD[0], "198013", *ODD[2:])])), "introduced holds what is none.*198013"),
        (lambda: archive(directory([*ROWS, (*ODD[:3], "37.5", *ODD[4:])])), "easting holds what is none"),
        (lambda: archive(directory([*ROWS, (*ODD[:5], "Bath", *ODD[6:])])), "lad holds what is none.*Bath"),
        (lambda: archive(directory(ROWS) + "1,2,3\n"), "damaged or no table"),
        (lambda: archive(directory([])), "has no rows"),
        (lambda: archive(directory(ROWS[:3])), "has 3 rows where 4 are known"),
    ],
)  # fmt: skip
def test_what_is_no_directory_is_refused_and_nothing_kept(
    portal: StandIn, client: Client, place: Path, tmp_path: Path, body, said: str
) -> None:
    portal.add_item(1, body())
    with pytest.raises(InputError, match=said) as refused:
        fetching.fetch("onspd", client=client)
    assert TITLE in str(refused.value)
    assert files(place) == []
    assert files(tmp_path / "cache") == []


def test_what_would_fill_the_disk_is_not_unpacked(
    portal: StandIn, client: Client, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guards, "HARMLESS_BYTES", 10_000)
    portal.add_item(1, archive(directory(ROWS) + " " * 3_000_000))
    with pytest.raises(InputError, match="would unpack to 3 MB"):
        fetching.fetch("onspd", client=client)
    assert files(place) == []


def test_damage_inside_the_archive_is_noticed(portal: StandIn, client: Client, place: Path) -> None:
    body = bytearray(archive())
    with zipfile.ZipFile(io.BytesIO(bytes(body))) as packed:
        at = packed.getinfo(NAME).header_offset
    body[at + 30 + len(NAME) + 20] ^= 0xFF
    portal.add_item(1, bytes(body))
    with pytest.raises(InputError, match="damaged or no table"):
        fetching.fetch("onspd", client=client)
    assert files(place) == []


def test_another_size_than_the_portal_tells_of_is_refused(portal: StandIn, client: Client, place: Path) -> None:
    def shorter(asked, right):
        if asked.path.endswith("/data"):
            right.body = right.body + b"more"
        return right

    portal.fault = shorter
    with pytest.raises(InputError, match="the portal tells of"):
        fetching.fetch("onspd", client=client)
    assert files(place) == []


def test_more_than_is_taken_is_not_taken() -> None:
    small = Client(replace(QUICK, most_file_bytes=200), sleep=lambda _: None)
    with pytest.raises(NetworkError, match="which is not taken"):
        fetching.fetch("onspd", client=small)


def test_an_item_of_ones_own_is_kept_as_a_directory(portal: StandIn, client: Client) -> None:
    url = portal.add_item(2, archive(), title="ONS Postcode Directory (August 2026) for the UK")
    one = fetching.fetch_own(fetching.Own(url, "onspd", "2026-08"), client=client).holding
    assert (one.reference, one.title) == ("onspd@2026-08", "ONS Postcode Directory (August 2026) for the UK")
    assert not fetching.fetch_own(fetching.Own(url, "onspd", "2026-08"), client=client).new
    with pytest.raises(NoServiceError):
        fetching.fetch_own(fetching.Own(url.replace("2/data", "3/data"), "onspd"), client=client)
