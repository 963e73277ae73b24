"""Names and keys hold everything: folders of areas, the cache of areas, files that change while a process runs."""

from __future__ import annotations

import os
from dataclasses import asdict, replace

import geopandas as gpd
import msgpack
import pytest
import shapely
from click.testing import CliRunner
from roots import SHARED

from geoplan import schema
from geoplan.auditing import audit, batch, opening, results
from geoplan.auditing.batch import Area
from geoplan.auditing.config import Plan
from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas
from geoplan.data import cache
from geoplan.output import media

CASES = SHARED / "cases"
SQUARE = shapely.box(4e5, 3e5, 4.1e5, 3.1e5)
TEAMS = "area_name,authority\nNorth,Gwynedd\nSouth,Cardiff\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GEOPLAN_CACHE", str(tmp_path / "kept"))
    (tmp_path / "mine.csv").write_text(TEAMS, encoding="utf-8")
    return tmp_path


def area(ground, name):
    return Area(ground, "", name, "Layer", {}, {}, ground=ground)


def folders(*areas):
    return [each.folder for each in batch._housed(areas)]


def test_areas_have_folders_by_code_and_name():
    assert folders(area("lhb:W11000023", "Betsi Cadwaladr"), area("ctw:ctw/dorset", "Dorset")) == [
        "lhb-w11000023-betsi-cadwaladr",
        "ctw-ctw-dorset-dorset",
    ]


def test_areas_that_read_alike_have_folders_of_their_own():
    grounds = [
        ("t:A-1", "Team"), ("t:A 1", "Team"), ("t:a.1", "Team"), ("t:Ŵ", "Tîm"), ("t:Ŷ", "Tîm"), ("t:_", "_"),
        ("t-a:1", "Team"), ("t:" + "x" * 90 + "1", "Long"), ("t:" + "x" * 90 + "2", "Long"), ("t:日本", ""),
        ("t:ﬀ", ""),
    ]  # fmt: skip
    made = folders(*(area(*each) for each in grounds))
    assert len({each.casefold() for each in made}) == len(grounds)
    assert all(each and len(each) < 100 and each == batch.slug(each) for each in made)
    # One that is called as another's folder would be.
    first = made[0]
    more = folders(*(area(*each) for each in grounds), area(f"t:{first[2:-5]}", first[-4:]))
    assert len(set(more)) == len(grounds) + 1


def test_one_area_asked_for_twice_is_one_folder_and_a_lost_one_has_none():
    twice = [area("lhb:W1", "Powys"), area("lhb:W1", "Powys")]
    lost = Area("nowhere", "", "nowhere", "", {}, {}, "unknown")
    assert folders(*twice, lost) == ["lhb-w1-powys", "lhb-w1-powys", ""]


def test_every_area_of_a_table_has_a_folder_of_its_own(elsewhere, monkeypatch):
    if not CASES.is_dir():
        pytest.skip("the shared cases are not beside the project (../shared/cases)")
    (elsewhere / "slug.csv").write_bytes((CASES / "slug.csv").read_bytes())
    config = (
        'pairs = [["mine", "lhb"]]\nfocus = ["mine:*"]\n[layers.mine]\nsource = "slug.csv"\n'
        '[outputs]\nfiles = ["audit.json"]\n'
    )
    (elsewhere / "geoplan.toml").write_text(config, encoding="utf-8")
    # What stands in the files of areas with such names is looked at where each medium is tested.
    monkeypatch.setattr(media, "TELLING", replace(media.TELLING, files=lambda *_: dict.fromkeys(batch.AREA_FILES, b"")))
    done = CliRunner().invoke(cli, ["audit", "geoplan.toml", "--out", "out"])
    assert done.exit_code == 0, done.output
    count = len(Atlas().layer("slug.csv").areas)
    made = list((elsewhere / "out" / "areas").iterdir())
    assert len(made) == count >= 6
    assert all({each.name for each in path.iterdir()} == set(batch.AREA_FILES) for path in made)


@pytest.mark.parametrize(
    "change",
    [
        {"folder": "../../outside"},
        {"files": {"../../outside.html": b"text"}},
        {"files": dict.fromkeys(batch.AREA_FILES, "no bytes")},
        {"place": "another"},
        {"failure": "it was lost"},
        {"more": 1},
    ],
    ids=str,
)
def test_an_entry_of_the_cache_that_is_not_an_area_as_told_is_not_used(change):
    whole = Area("here", "", "Here", "Layer", {"error": 1}, dict.fromkeys(batch.AREA_FILES, b"text"), ground="t:1")
    assert batch._unpacked(msgpack.packb(asdict(whole)), "here") == whole
    assert batch._unpacked(msgpack.packb({**asdict(whole), **change}), "here") is None


@pytest.mark.parametrize("content", [b"", b"\xc1", b"\x93\x01\x02\x03", b"\xdf\xff\xff\xff\xff"])
def test_a_damaged_entry_is_not_used(content):
    assert batch._unpacked(content, "here") is None


# ------------------------------------------------------------------------------------------- the key


def fingerprint(**options):
    asked = results.Configuration.of_layers(["mine.csv", "lhb"], **options)
    atlas = opening.atlas_for(asked)
    return batch._fingerprint(audit.run(asked, atlas=atlas), atlas, media.TELLING)


def test_the_key_changes_with_all_that_an_area_is_told_from(elsewhere, monkeypatch):
    first = fingerprint()
    assert fingerprint() == first
    seen = {first, fingerprint(weight=schema.Weight.AREA), fingerprint(focus="Gwynedd")}
    # A table that stands for a layer which is not audited is still looked into for the area asked for.
    (elsewhere / "other.csv").write_text(TEAMS, encoding="utf-8")
    seen.add(fingerprint(replacements={"lsip": "other.csv"}))
    (elsewhere / "other.csv").write_text(TEAMS + "South,Swansea\n", encoding="utf-8")
    seen.add(fingerprint(replacements={"lsip": "other.csv"}))
    (elsewhere / "mine.csv").write_text(TEAMS.replace("North", "Northern"), encoding="utf-8")
    seen.add(fingerprint())
    monkeypatch.setattr(batch, "_code", lambda: "another version")
    seen.add(fingerprint())
    assert len(seen) == 7


def test_the_code_of_the_encoding_is_part_of_a_shapefile(elsewhere):
    square = gpd.GeoDataFrame(
        {"code": ["a"], "name": ["Môn"]}, geometry=[shapely.box(4e5, 3e5, 4.1e5, 3.1e5)], crs=27700
    )
    square.to_file(elsewhere / "a.shp")
    before = Atlas().layer("a.shp")
    (elsewhere / "a.cpg").write_text("ISO-8859-1")
    after = Atlas().layer("a.shp")
    assert before.source.sha256 != after.source.sha256
    assert (before.areas["name"].tolist(), after.areas["name"].tolist()) == (["Môn"], ["M\xc3\xb4n"])


# ------------------------------------------------------------------------------------------- changed files


def later(path):
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))


@pytest.mark.parametrize("reference", ["mine.csv", "lhb", "called"])
def test_a_table_that_changes_is_read_anew(elsewhere, reference):
    from geoplan.data.choice import Choice

    atlas = Atlas(replacements={"lhb": "mine.csv"}, named={"called": Choice("mine.csv")})
    first = atlas.layer(reference)
    assert atlas.layer(reference) is first
    (elsewhere / "mine.csv").write_text(TEAMS.replace("South", "Sooth"), encoding="utf-8")
    later(elsewhere / "mine.csv")
    assert sorted(atlas.layer(reference).areas["name"]) == ["North", "Sooth"]
    assert sorted(first.areas["name"]) == ["North", "South"]


def test_a_part_of_a_shapefile_that_changes_is_read_anew(elsewhere):
    square = gpd.GeoDataFrame({"code": ["a"], "name": ["A"]}, geometry=[SQUARE], crs=27700)
    square.to_file(elsewhere / "a.shp")
    atlas = Atlas()
    assert atlas.layer("a.shp").name("a") == "A"
    content = (elsewhere / "a.dbf").read_bytes()
    (elsewhere / "a.dbf").write_bytes(content.replace(b"A ", b"B "))
    later(elsewhere / "a.dbf")
    assert atlas.layer("a.shp").name("a") == "B"
    assert atlas.drawn.layer("a.shp").name("a") == "B"


def test_flows_that_change_are_read_anew(elsewhere):
    text = "origin,destination,workers\nW06000001,W06000001,{}\nW06000001,W06000002,5\nW06000002,W06000002,50\n"
    path = elsewhere / "flows.csv"
    path.write_text(text.format(10))
    atlas = Atlas(flows="flows.csv")
    first = atlas.flows
    assert atlas.flows is atlas.drawn.flows is first
    path.write_text(text.format(20))
    later(path)
    assert atlas.flows.table["workers"].sum() - first.table["workers"].sum() == 10
    assert atlas.drawn.flows is atlas.flows


def test_a_hostile_cache_takes_no_file_out_of_the_folder(elsewhere, monkeypatch):
    """An entry with the right checksum, put there by somebody else."""
    plan = Plan(results.Configuration.of_layers(["mine.csv", "lhb"]), focus=("lhb:W11000023",), files=("audit.json",))
    monkeypatch.setattr(
        batch,
        "_made",
        lambda place, *_, **__: Area(place, "", "x", "L", {}, dict.fromkeys(batch.AREA_FILES, b"x"), ground="t:1"),
    )
    media.run(plan)
    [entry] = (elsewhere / "kept").glob("area-*.cache")
    key = entry.stem.removeprefix("area-")
    hostile = {"place": "lhb:W11000023", "folder": "../..", "name": "x", "layer": "L", "counts": {}, "files": {}}
    cache.store("area", key, msgpack.packb(hostile))
    assert [each.folder for each in media.run(plan).areas] == ["t-1-x"]
