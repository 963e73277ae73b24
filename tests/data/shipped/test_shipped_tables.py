"""The tables that ship, walked row by row, and held against the published counts and the real lookups."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import combinations, pairwise

import pytest
from roots import ROOT

from geoplan.data.catalogue import catalogue, default_as_of, entry, own
from geoplan.data.catalogue_file import COMPUTED, Entry
from geoplan.data.days import parse_day
from geoplan.data.keys import plain_name
from geoplan.data.places import AREA, GROUP_KINDS, KINDS, shipped_authorities
from geoplan.data.shipped.package_data import shipped_blocks, shipped_path
from geoplan.errors import ConfigurationError

COLUMNS = [
    "area_id",
    "area_name",
    "lead_body",
    "lad_code",
    "lad_name",
    "block",
    "part",
    "share",
    "role",
    "status",
    "valid_from",
    "valid_to",
    "source",
    "confidence",
    "note",
]
# Of these a table has those that it uses, in this order.
OPTIONAL = [
    "ward_codes",
    "body",
    "tier",
    "lead_confidence",
    "lead_source",
    "amount_total",
    "amount_per_year",
    "amount_period",
    "amount_source",
    "amount_note",
    "places",
    "places_source",
]
ROLES = {"member", "lead", "accountable", "constituent", "non-constituent", "partner"}
TIERS = {
    *("", "county", "district", "unitary", "metropolitan district", "London borough", "combined authority"),
    *("health board", "jobcentre", "college", "government", "partnership"),
}
NUMBERS = ("amount_total", "amount_per_year", "places")
ONCE = ["area_name", "lead_body", *OPTIONAL[3:]]
"""Columns said once of an area and repeated on its rows."""

# Rows and areas of every table; the areas as published (see SOURCES.md).
COUNTS = {
    "lad": (361, 361),
    "utla": (329, 177),
    "region": (296, 9),
    "country": (361, 4),
    "icb": (309, 42),
    "icb_2026": (302, 36),
    "lhb": (22, 7),
    "police_force": (318, 43),
    "fire_authority": (318, 47),
    "community_safety_partnership": (332, 314),
    "ttwa_2011": (618, 173),
    "combined_authority": (204, 24),
    "connect_to_work": (318, 49),
    "lsip": (296, 38),
    "lsip_2025": (296, 39),
    "lep_2017": (328, 38),
    "lep_2021": (303, 38),
    "get_britain_working_plan": (106, 9),
    "employment_charter": (57, 5),
    "workwell": (104, 15),
    "youth_guarantee_trailblazer": (89, 8),
    "economic_inactivity_trailblazer": (52, 9),
    "households_into_work": (6, 1),
    "cambridgeshire_peterborough_pilot": (6, 1),
    "gm_working_well": (10, 1),
    "connecting_communities": (9, 9),
    "restart": (319, 12),
    "work_and_health_programme": (150, 8),
    "city_strategy_pathfinder": (73, 19),
    "push": (21, 2),
}

# Areas and authorities that a layer shows on the catalogue's default day, where not all of its table.
SHOWN = {
    "utla": (175, 318),
    "combined_authority": (19, 157),
    "combined_authority_ended": (2, 7),
    "combined_authority_proposed": (2, 26),
    "city_strategy_pathfinder": (17, 71),
    "push": (1, 11),
}

# Every part of an authority, by table: a new one must be looked at, and so must one that goes.
PARTS = {
    "lep_2017": {
        ("E37000010", "E07000085", "0.8056"),
        ("E37000029", "E07000085", "0.1944"),
        ("E37000010", "E07000091", "0.5965"),
        ("E37000029", "E07000091", "0.4035"),
        ("E37000010", "E07000093", "0.6338"),
        ("E37000029", "E07000093", "0.3662"),
        ("E37000010", "E07000094", "0.6857"),
        ("E37000029", "E07000094", "0.3143"),
        ("E37000020", "E06000065", ""),
        ("E37000041", "E06000060", ""),
    },
    "restart": {("restart-1b", "E06000060", ""), ("restart-4b", "E06000060", "")},
    "push": {
        (area, lad, "")
        for area in ("push-2004", "push-12")
        for lad in ("E07000085", "E07000091", "E07000093", "E07000094")
    },
    "city_strategy_pathfinder": {
        ("csp-14", "W06000016", ""),
        ("csp-14", "W06000018", ""),
        ("csp-14", "W06000020", ""),
        ("csp-15", "W06000004", ""),
        ("daf-mon-menai", "W06000001", ""),
        ("daf-mon-menai", "W06000002", ""),
        ("daf-swansea-bay", "W06000010", ""),
        ("daf-swansea-bay", "W06000011", ""),
        ("daf-swansea-bay", "W06000012", ""),
    },
    "community_safety_partnership": {
        (area, lad, "")
        for lad, areas in {
            "E06000058": "E22000063 E22000067 E22000367",
            "E06000060": "E22000303 E22000306 E22000311 E22000318",
            "E06000061": "E22000233 E22000235 E22000236 E22000239",
            "E06000062": "E22000237 E22000357",
            "E06000063": "E22000031 E22000033 E22000034",
            "E06000064": "E22000032 E22000035 E22000036",
            "E07000244": "E22000274 E22000278",
        }.items()
        for area in areas.split()
    },
    "connecting_communities": {
        ("cc-birchills-leamore", "E08000030", ""),
        ("cc-batchley-and-brockhill", "E07000236", ""),
        ("cc-cannock-north", "E07000192", ""),
        ("cc-washwood-heath", "E08000025", ""),
        ("cc-shard-end", "E08000025", ""),
        ("cc-chelmsley-wood", "E08000029", ""),
        ("cc-binley-and-willenhall", "E08000026", ""),
        ("cc-camp-hill", "E07000219", ""),
        ("cc-glascote", "E07000199", ""),
    },
}

# Too many parts to list: those of the official travel-to-work areas are held against the facts below.
PARTS_BY_SHARE = "ttwa_2011"

# Postcodes of Buckinghamshire listed with boards on which it has no side by LSOA; they have no block.
STRAY_POSTCODES = {"HP234NF", "HP236LN", "SL2 3RZ"}

REGION_SIZES = {
    "E12000001": 12,
    "E12000002": 35,
    "E12000003": 15,
    "E12000004": 35,
    "E12000005": 30,
    "E12000006": 45,
    "E12000007": 33,
    "E12000008": 64,
    "E12000009": 27,
}

Row = dict[str, str]


def read(name: str) -> list[Row]:
    with shipped_path(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


AUTHORITIES = {row["lad_code"]: row for row in read("authorities.csv")}
SIDES: dict[str, set[str]] = defaultdict(set)
for side in read("icb_split_people.csv"):
    SIDES[side["lad_code"]].add(f"{side['lad_code']}.{side['icb_code']}")
READ = [key for key, layer in own().items() if layer.table != COMPUTED]
TABLES = {
    table: [{**dict.fromkeys(OPTIONAL, ""), **row} for row in read(f"membership/{table}.csv")] for table in COUNTS
}


def holds_ground(row: Row) -> bool:
    return bool(row["lad_code"]) and row["role"] not in {"non-constituent", "partner"}


GROUND = {table: list(filter(holds_ground, rows)) for table, rows in TABLES.items()}


def row_faults(row: Row) -> list[str]:
    """Say what is wrong with a membership row taken by itself."""
    return [name for name, wrong in _checks(row) if wrong]


def _checks(row: Row) -> list[tuple[str, bool]]:
    known = AUTHORITIES.get(row["lad_code"])
    return [
        ("area", not row["area_id"].strip() or not row["area_name"].strip()),
        ("lad_code", known is None and not (row["body"] and row["lad_code"] == row["lad_name"] == "")),
        ("wards", not re.fullmatch(r"([EWSN]05\d{6}(;[EWSN]05\d{6})*)?", row["ward_codes"])),
        ("wards of a part", row["ward_codes"] != "" and row["part"] != "yes"),
        ("tier", row["tier"] not in TIERS),
        ("lead", row["lead_confidence"] not in {"", "none", "low", "medium", "high"}),
        (
            "amount",
            any(not re.fullmatch(r"(\d+)?", row[name]) for name in NUMBERS),
        ),
        ("amount_source", bool(row["amount_total"] or row["amount_per_year"]) != bool(row["amount_source"])),
        ("places_source", bool(row["places"]) != bool(row["places_source"])),
        ("lad_name", known is not None and known["name"] != row["lad_name"]),
        ("block", row["block"] != "" and row["block"] not in SIDES[row["lad_code"]]),
        ("part", row["part"] not in {"", "yes"} or bool(row["part"] and row["block"])),
        ("share", row["share"] != "" and not (row["part"] == "yes" and 0 < float(row["share"]) < 1)),
        ("role", row["role"] not in ROLES),
        ("status", row["status"] not in {"", "in_force", "ended", "proposed"}),
        ("dates", _dates_wrong(row)),
        ("source", not row["source"].strip()),
        ("confidence", row["confidence"] not in {"high", "medium", "low"}),
        ("spaces", any(value != value.strip() for value in row.values())),
        ("private", bool(re.search(r"\bseeds?\b|/(work|tmp|home)/|VERIFY", row["source"] + row["note"]))),
    ]


def _dates_wrong(row: Row) -> bool:
    try:
        start, last = parse_day(row["valid_from"], end=False), parse_day(row["valid_to"], end=True)
    except ConfigurationError:
        return True
    return bool(start and last and start > last)


def shown(layer: Entry, as_of: date) -> list[Row]:
    """Return the rows of a layer on the day nearest to ``as_of`` on which it is in force."""
    rows = GROUND[layer.table]
    if layer.show != "members":
        return [row for row in rows if row["status"] == layer.show]
    start = parse_day(layer.in_force_from, end=False) or date.min
    last = parse_day(layer.in_force_to, end=True) or date.max
    day = as_of if layer.status == "reference" else min(max(as_of, start), last)
    return [row for row in rows if row["status"] != "proposed" and in_force(row, day)]


def in_force(row: Row, day: date) -> bool:
    start = parse_day(row["valid_from"], end=False) or date.min
    return start <= day <= (parse_day(row["valid_to"], end=True) or date.max)


def pieces(lad: str) -> set[str]:
    """Return the blocks of a district: itself, or the sides of a split one."""
    return SIDES.get(lad) or {lad}


def held(rows: list[Row]) -> tuple[Counter[str], set[str]]:
    """Count how often each block is held whole, and name those held in part."""
    whole: Counter[str] = Counter()
    partly: set[str] = set()
    for row in rows:
        blocks = {row["block"]} if row["block"] else pieces(row["lad_code"])
        if row["part"]:
            partly |= blocks
        else:
            whole.update(blocks)
    return whole, partly


GOOD = {
    **dict.fromkeys([*COLUMNS, *OPTIONAL], ""),
    "area_id": "a",
    "area_name": "A",
    "lad_code": "E07000089",
    "lad_name": "Hart",
    "role": "member",
    "source": "Here",
    "confidence": "high",
}


def test_a_good_row_has_no_fault():
    assert row_faults(GOOD) == []


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("area", {"area_name": ""}),
        ("lad_code", {"lad_code": "E07000999"}),
        ("lad_code", {"lad_code": "", "lad_name": ""}),
        ("lad_name", {"lad_name": "Heart"}),
        ("wards", {"part": "yes", "ward_codes": "E05007870, E05007871"}),
        ("wards of a part", {"ward_codes": "E05007870"}),
        ("tier", {"tier": "borough"}),
        ("lead", {"lead_confidence": "sure"}),
        ("amount", {"amount_total": "9.5m", "amount_source": "Here"}),
        ("amount_source", {"amount_per_year": "14000000"}),
        ("places_source", {"places": "1000"}),
        ("block", {"block": "E07000089.E54000099"}),
        ("part", {"part": "no"}),
        ("part", {"part": "yes", "block": "E07000089.E54000034"}),
        ("share", {"share": "0.5"}),
        ("share", {"part": "yes", "share": "1.2"}),
        ("role", {"role": ""}),
        ("status", {"status": "in force"}),
        ("dates", {"valid_from": "soon"}),
        ("dates", {"valid_from": "2020", "valid_to": "2019"}),
        ("source", {"source": ""}),
        ("confidence", {"confidence": "sure"}),
        ("spaces", {"note": "so "}),
        ("private", {"source": "seed 000"}),
    ],
)
def test_a_bad_row_is_found_out(fault, change):
    assert row_faults({**GOOD, **change}) == [fault]


def test_every_table_belongs_to_a_layer_and_back():
    files = {path.stem for path in shipped_path("membership/lad.csv").parent.glob("*.csv")}
    assert files == set(COUNTS) == {catalogue()[key].table for key in READ}


@pytest.mark.parametrize("table", COUNTS)
def test_file_is_plain_sorted_and_has_the_columns(table):
    raw = shipped_path(f"membership/{table}.csv").read_bytes()
    used = [name for name in OPTIONAL if any(row[name] for row in TABLES[table])]
    assert raw.decode("utf-8").split("\n", 1)[0] == ",".join([*COLUMNS, *used])
    assert b"\r" not in raw
    assert raw.endswith(b"\n")
    order = [(r["area_id"], r["valid_from"], r["lad_code"], r["block"], r["body"], r["role"]) for r in TABLES[table]]
    assert all(first < then for first, then in pairwise(order))


@pytest.mark.parametrize("table", COUNTS)
def test_every_row_is_sound(table):
    faults = {(r["area_id"], r["lad_code"], r["body"]): row_faults(r) for r in TABLES[table]}
    assert {key: found for key, found in faults.items() if found} == {}


@pytest.mark.parametrize("table", COUNTS)
def test_rows_and_areas_are_as_published(table):
    rows = GROUND[table]
    assert (len(rows), len({row["area_id"] for row in rows})) == COUNTS[table]


@pytest.mark.parametrize("table", COUNTS)
@pytest.mark.parametrize("column", ONCE)
def test_what_is_said_of_an_area_is_said_once(table, column):
    names: dict[str, set[str]] = defaultdict(set)
    for row in TABLES[table]:
        names[row["area_id"]].add(row[column])
    assert {area: found for area, found in names.items() if len(found) > 1} == {}


@pytest.mark.parametrize("table", COUNTS)
def test_no_two_areas_share_a_name(table):
    names = {row["area_id"]: row["area_name"] for row in TABLES[table]}
    assert [name for name, count in Counter(names.values()).items() if count > 1] == []


@pytest.mark.parametrize("table", COUNTS)
def test_an_area_holds_no_authority_twice(table):
    for area, rows in _by_area(table).items():
        whole, partly = held(rows)
        assert max(whole.values(), default=0) <= 1, area
        assert not partly & set(whole), area


def _by_area(table: str) -> dict[str, list[Row]]:
    areas: dict[str, list[Row]] = defaultdict(list)
    for row in GROUND[table]:
        areas[row["area_id"]].append(row)
    return areas


@pytest.mark.parametrize("table", [table for table in COUNTS if table != PARTS_BY_SHARE])
def test_parts_are_those_known(table):
    found = {(r["area_id"], r["lad_code"], r["share"]) for r in TABLES[table] if r["part"]}
    assert found == PARTS.get(table, set())


@pytest.mark.parametrize("table", COUNTS)
def test_known_shares_of_an_authority_sum_to_at_most_one(table):
    shares: dict[str, Fraction] = defaultdict(Fraction)
    for row in TABLES[table]:
        if row["share"]:
            shares[row["lad_code"]] += Fraction(row["share"])
    assert {lad: share for lad, share in shares.items() if share > 1} == {}


@pytest.mark.parametrize("key", READ)
def test_layer_shows_what_it_should_on_the_default_day(key):
    rows = shown(entry(key), default_as_of())
    if key not in SHOWN:
        assert rows == GROUND[entry(key).table]
        return
    assert (len({r["area_id"] for r in rows}), len({r["lad_code"] for r in rows})) == SHOWN[key]


@pytest.mark.parametrize("key", READ)
def test_rows_lie_in_the_extent(key):
    letters = {AUTHORITIES[row["lad_code"]]["country"] for row in shown(entry(key), default_as_of())}
    assert letters == set(entry(key).extent)


@pytest.mark.parametrize("key", [key for key, layer in own().items() if layer.exhaustive])
def test_exhaustive_layer_leaves_nobody_out(key):
    whole, partly = held(shown(entry(key), default_as_of()))
    wanted = {b for lad, row in AUTHORITIES.items() if row["country"] in entry(key).extent for b in pieces(lad)}
    assert wanted - set(whole) - partly == set()


@pytest.mark.parametrize("key", [key for key in READ if not catalogue()[key].overlap])
def test_layer_without_overlap_holds_nothing_twice(key):
    whole, partly = held(shown(entry(key), default_as_of()))
    assert {block for block, count in whole.items() if count > 1} == set()
    assert partly & set(whole) == set()


@pytest.mark.parametrize(("key", "districts"), [("lep_2021", 7), ("youth_guarantee_trailblazer", 12)])
def test_layer_that_overlaps_does_so_as_published(key, districts):
    whole, _ = held(shown(entry(key), default_as_of()))
    assert sum(count > 1 for count in whole.values()) == districts


def test_leps_of_2017_overlap():
    whole, _ = held(TABLES["lep_2017"])
    twice = {block.partition(".")[0] for block, count in whole.items() if count > 1}
    # 25 districts of 2017 that still stand, and West Suffolk, both of whose districts were in two.
    assert len(twice) == 26
    # Barnsley was in Sheffield City Region and in Leeds City Region.
    assert "E08000038" in twice


@pytest.mark.parametrize("key", READ)
def test_confidence_of_a_layer_is_that_of_its_rows(key):
    found = {row["confidence"] for row in shown(entry(key), default_as_of())}
    said = entry(key).confidence
    assert said == ("mixed" if len(found) > 1 else said)
    assert len(found) > 1 or found == {"high" if said == "exact" else said}


@pytest.mark.parametrize("key", [key for key, layer in catalogue().items() if layer.in_force_to])
def test_a_layer_ends_no_later_than_the_rows_it_shows(key):
    last = parse_day(entry(key).in_force_to, end=True)
    ends = [parse_day(row["valid_to"], end=True) for row in shown(entry(key), default_as_of())]
    assert all(end is None or end >= last for end in ends)


@pytest.mark.parametrize(
    "key", [key for key, layer in catalogue().items() if layer.in_force_from and layer.group != "Reference"]
)
def test_a_layer_begins_no_earlier_than_its_first_row(key):
    layer = entry(key)
    rows = [r for r in TABLES[layer.table] if layer.show == "members" or r["status"] == layer.show]
    starts = [parse_day(row["valid_from"], end=False) for row in rows if row["valid_from"]]
    assert min(starts) <= parse_day(layer.in_force_from, end=False)


def test_split_districts_stand_in_icb_by_their_sides():
    listed = {row["block"] for row in TABLES["icb"] if row["block"]}
    assert listed == set().union(*SIDES.values())
    assert (len(SIDES), len(listed)) == (12, 25)


@pytest.mark.parametrize("table", ["icb", "workwell"])
def test_block_of_a_row_is_the_side_of_its_own_board(table):
    sides = [row for row in TABLES[table] if row["block"]]
    assert sides
    assert all(row["block"] == f"{row['lad_code']}.{row['area_id']}" for row in sides)


def test_five_districts_are_still_split_in_2026():
    sides = {row["block"]: row["area_id"] for row in TABLES["icb_2026"] if row["block"]}
    assert {lad for lad, blocks in SIDES.items() if blocks & set(sides)} == {
        *("E06000060", "E06000063", "E06000064", "E06000065", "E07000180")
    }
    # Four LSOAs of Buckinghamshire are not in Thames Valley; four of the Vale of White Horse stayed behind.
    moved = {block: area for block, area in sides.items() if block.partition(".")[2] != area}
    assert moved == {
        "E06000060.E54000024": "E54000065",
        "E06000060.E54000044": "E54000070",
        "E07000180.E54000044": "E54000070",
    }
    assert sides["E07000180.E54000040"] == "E54000040"


def test_boards_of_2026_bear_their_official_codes_and_names():
    names = {row["area_id"]: row["area_name"] for row in TABLES["icb_2026"]}
    assert {code: name for code, name in names.items() if code >= "E54000063"} == {
        "E54000065": "Central East",
        "E54000066": "Essex",
        "E54000067": "Hampshire and Isle of Wight",
        "E54000068": "Norfolk and Suffolk",
        "E54000069": "Surrey and Sussex",
        "E54000070": "Thames Valley",
        "E54000071": "West and North London",
    }
    assert {row["lead_body"] for row in TABLES["icb_2026"]} == {
        f"NHS {name} Integrated Care Board" for name in names.values()
    }


def test_boards_of_2026_agree_with_the_official_lookup_of_small_areas(shared_data):
    pandas = pytest.importorskip("pandas")
    before = pandas.read_parquet(shared_data / "lookup_lsoa21_icb24.parquet", columns=["lsoa21", "lad", "icb24"])
    after = pandas.read_parquet(shared_data / "lookup_lsoa21_icb26.parquet").set_index("lsoa21")["icb26"]
    english = before[before["icb24"].str.startswith("E54", na=False)]
    block = english["lad"].where(~english["lad"].isin(list(SIDES)), english["lad"] + "." + english["icb24"])
    board = {
        b: row["area_id"]
        for row in TABLES["icb_2026"]
        for b in ([row["block"]] if row["block"] else pieces(row["lad_code"]))
    }
    ours, theirs = block.map(board).to_numpy(), after.reindex(english["lsoa21"]).to_numpy()
    assert len(english) == 33_755
    # Two lie on the other side of a generalised line of the file.
    assert (ours != theirs).sum() == 2


def test_cherwell_is_whole_and_says_why():
    (row,) = [row for row in TABLES["icb"] if row["lad_name"] == "Cherwell"]
    assert (row["area_id"], row["block"], row["part"]) == ("E54000044", "", "")
    assert "no block" in row["note"]
    assert "Cherwell" in entry("icb").note


def test_thirteen_boards_ended_and_seven_began():
    ended = {row["area_id"] for row in TABLES["icb"] if row["valid_to"] == "2026-03-31"}
    begun = {row["area_id"] for row in TABLES["icb_2026"] if row["valid_from"] == "2026-04-01"}
    kept = {row["area_id"] for row in TABLES["icb"]} & {row["area_id"] for row in TABLES["icb_2026"]}
    assert (len(ended), len(begun), len(kept)) == (13, 7, 29)


def test_england_s_153_upper_tier_authorities_are_each_in_one_connect_to_work_area():
    areas: dict[str, set[str]] = defaultdict(set)
    for row in GROUND["connect_to_work"]:
        authority = AUTHORITIES[row["lad_code"]]
        if authority["country"] == "E":
            areas[authority["utla_code"]].add(row["area_id"])
    assert len(areas) == 153
    assert {utla: found for utla, found in areas.items() if len(found) != 1} == {}


def test_connect_to_work_has_45_areas_in_england_and_4_in_wales():
    countries = {(row["area_id"], row["lad_code"][0]) for row in GROUND["connect_to_work"]}
    assert Counter(country for _, country in countries) == {"E": 45, "W": 4}


def test_connect_to_work_says_how_sure_each_lead_is():
    rows = TABLES["connect_to_work"]
    assert all(row["lead_confidence"] for row in rows)
    assert {row["area_id"] for row in rows if row["lead_confidence"] == "none"} == {
        row["area_id"] for row in rows if row["lead_body"] == "not confirmed"
    }
    assert all(bool(row["lead_source"]) == (row["lead_confidence"] != "none") for row in rows)


def test_connect_to_work_holds_money_and_places_in_columns():
    areas = {row["area_id"]: row for row in TABLES["connect_to_work"]}
    money = {area: row for area, row in areas.items() if row["amount_total"] or row["amount_per_year"]}
    assert len(money) == 28
    yearly = {area: row["amount_per_year"] for area, row in money.items() if row["amount_per_year"]}
    assert yearly == {"ctw-liverpool-city-region": "14000000"}
    assert sum(int(row["amount_total"] or 0) for row in money.values()) == 566_500_000
    assert {area: int(row["places"]) for area, row in areas.items() if row["places"]} == {
        "ctw-marches": 2_650,
        "ctw-solent": 3_600,
        "ctw-mid-wales": 1_000,
        "ctw-north-wales": 3_550,
        "ctw-south-west-wales": 3_850,
    }
    prose = [row["note"] for row in areas.values() if re.search(r"£|[\d,]+ people|lead:|lead confidence", row["note"])]
    assert prose == []


def test_wards_of_parts_stand_in_their_column():
    wards = {row["area_id"]: row["ward_codes"] for row in TABLES["connecting_communities"]}
    assert len(wards) == len(set(wards.values())) == 9
    rhyl = next(row for row in TABLES["city_strategy_pathfinder"] if row["area_id"] == "csp-15")
    assert rhyl["ward_codes"].split(";") == [f"W0500017{number}" for number in range(5)]
    assert "does not name them" in rhyl["note"]


def test_inferred_groupings_stay_low():
    low = {row["area_id"] for row in GROUND["connect_to_work"] if row["confidence"] == "low"}
    assert low == {"ctw-swindon-wiltshire", "ctw-west-of-england", "ctw-cornwall-scilly", "ctw-east-midlands"}


@pytest.mark.parametrize(
    ("area", "says"), [("ctw-dorset-bcp", "ocds-h6vhtk-0564e6"), ("ctw-somerset", "Written answer 100008")]
)
def test_areas_confirmed_in_2026_say_by_what(area, says):
    rows = [row for row in TABLES["connect_to_work"] if row["area_id"] == area]
    assert {row["confidence"] for row in rows} == {"high"}
    assert all(says in row["source"] for row in rows)


def test_combined_authorities_by_status():
    areas = {(row["area_id"], row["status"]) for row in TABLES["combined_authority"]}
    assert Counter(status for _, status in areas) == {"in_force": 20, "ended": 2, "proposed": 2}


@pytest.mark.parametrize(
    ("area", "day", "instrument"),
    [
        ("ca-cheshire-warrington", "2026-02-24", "SI 2026/159"),
        ("ca-cumbria", "2026-02-24", "SI 2026/158"),
        ("ca-sussex-brighton", "2026-03-26", "SI 2026/362"),
        ("ca-hampshire-solent", "2026-06-04", "SI 2026/595"),
    ],
)
def test_authorities_of_2026_say_their_day_and_instrument(area, day, instrument):
    rows = [row for row in TABLES["combined_authority"] if row["area_id"] == area]
    assert {(row["valid_from"], row["confidence"], row["status"]) for row in rows} == {(day, "high", "in_force")}
    assert all(instrument in row["source"] for row in rows)


@pytest.mark.parametrize(
    ("day", "count"),
    [
        (date(2026, 2, 23), 16),
        (date(2026, 2, 24), 18),
        (date(2026, 3, 26), 19),
        (date(2026, 4, 1), 19),
        (date(2026, 6, 3), 19),
        (date(2026, 6, 4), 20),
        (date(2026, 11, 27), 20),
    ],
)
def test_combined_authorities_in_force_by_day(day, count):
    assert len({row["area_id"] for row in shown(entry("combined_authority"), day)}) == count


@pytest.mark.parametrize(
    ("day", "councils"),
    [(date(2027, 3, 31), {"Surrey": 11}), (date(2027, 4, 1), {"East Surrey": 5, "West Surrey": 6})],
)
def test_two_councils_take_the_place_of_surrey(day, councils):
    rows = [row for row in shown(entry("utla"), day) if "Surrey" in row["area_name"]]
    assert Counter(row["area_name"] for row in rows) == councils
    assert {row["lad_code"] for row in rows} == {
        lad for lad, row in AUTHORITIES.items() if row["utla_name"] == "Surrey"
    }
    whole, _ = held(shown(entry("utla"), day))
    assert set(whole.values()) == {1}


def test_skills_areas_follow_each_other():
    old, new = entry("lsip"), entry("lsip_2025")
    assert {row["valid_to"] for row in TABLES["lsip"]} == {old.in_force_to} == {"2025-09-30"}
    assert {row["valid_from"] for row in TABLES["lsip_2025"]} == {new.in_force_from} == {"2025-10-01"}
    names = {row["area_name"]: row["area_id"] for row in TABLES["lsip_2025"]}
    assert {"Greater Essex", "Hampshire and Solent"} <= set(names)
    london = {row["lad_code"] for row in TABLES["lsip_2025"] if row["area_name"] == "Greater London"}
    assert london == {lad for lad, row in AUTHORITIES.items() if row["region_code"] == "E12000007"}


@pytest.mark.parametrize(
    ("table", "end"), [("workwell", ""), ("restart", "2026-06"), ("youth_guarantee_trailblazer", "2027-03")]
)
def test_programmes_end_when_they_do(table, end):
    assert {row["valid_to"] for row in TABLES[table]} == {entry(table).in_force_to} == {end}


def test_three_boroughs_are_confirmed_in_package_5b():
    rows = [row for row in TABLES["restart"] if row["area_id"] == "restart-5b"]
    sure = {row["lad_name"] for row in rows if row["confidence"] == "high"}
    assert sure == {"Merton", "Richmond upon Thames", "Barking and Dagenham"}
    assert {row["confidence"] for row in rows} == {"high", "low"}


def test_only_two_inactivity_trailblazers_are_told_by_elimination():
    unsure = {row["area_id"] for row in TABLES["economic_inactivity_trailblazer"] if row["confidence"] != "high"}
    assert unsure == {"eit-south-london", "eit-west-london"}


@pytest.mark.parametrize("table", ["police_force", "fire_authority", "community_safety_partnership", "ttwa_2011"])
def test_new_tables_hold_the_facts(shared_data, table):
    with (shared_data.parent / "facts" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        facts = {(row["area_id"], row["area_name"], row["lad_code"]): row for row in csv.DictReader(file)}
    ours = {(row["area_id"], row["area_name"], row["lad_code"]): row for row in TABLES[table]}
    assert set(ours) == set(facts)
    for key, row in ours.items():
        if table == PARTS_BY_SHARE:
            assert row["part"] == facts[key]["part"], key
            assert float(row["share"] or 1) == pytest.approx(float(facts[key]["share"]), abs=3e-6), key


def test_shares_of_travel_to_work_areas_make_whole_authorities():
    shares: dict[str, Fraction] = defaultdict(Fraction)
    for row in TABLES["ttwa_2011"]:
        shares[row["lad_code"]] += Fraction(row["share"] or 1)
    assert len(shares) == 318
    assert set(shares.values()) == {Fraction(1)}


def test_north_east_before_and_after_may_2024():
    north_east = {lad for lad, row in AUTHORITIES.items() if row["region_code"] == "E12000001"}
    rows = [row for row in GROUND["combined_authority"] if row["lad_code"] in north_east]
    before = {r["area_id"] for r in rows if r["status"] != "proposed" and in_force(r, date(2024, 5, 6))}
    after = {r["area_id"] for r in rows if r["status"] != "proposed" and in_force(r, date(2024, 5, 7))}
    assert before == {"E47000006", "E47000010", "E47000011"}
    assert after == {"E47000006", "E47000014"}


@pytest.mark.parametrize(
    ("table", "early", "late"),
    [
        ("city_strategy_pathfinder", {"csp-02a", "csp-07a"}, {"csp-02b", "csp-07b"}),
        ("push", {"push-2004"}, {"push-12"}),
    ],
)
def test_vintages_follow_each_other(table, early, late):
    rows = TABLES[table]
    first = {row["area_id"] for row in rows if in_force(row, date(2008, 1, 1))}
    then = {row["area_id"] for row in rows if in_force(row, date(2011, 3, 31))}
    assert early <= first
    assert late <= then
    assert not early & then
    assert not late & first


def test_codes_that_are_gss_are_of_their_layer_s_kind():
    kinds = {
        "icb": "E54",
        "icb_2026": "E54",
        "lhb": "W11",
        "lep_2017": "E37",
        "lep_2021": "E37",
        "lsip": "E69",
        "region": "E12",
    }
    assert {table: {row["area_id"][:3] for row in TABLES[table]} for table in kinds} == {
        table: {kind} for table, kind in kinds.items()
    }


def test_authorities_are_complete():
    assert len(AUTHORITIES) == 361
    assert Counter(row["country"] for row in AUTHORITIES.values()) == {"E": 296, "W": 22, "S": 32, "N": 11}
    assert sum(int(row["population_mid2024"]) for row in AUTHORITIES.values()) == 69_281_437
    assert sum(int(row["population_16_64_mid2024"]) for row in AUTHORITIES.values()) == 43_523_647


def test_authorities_have_the_tiers_of_their_country():
    for lad, row in AUTHORITIES.items():
        assert lad[0] == row["country"]
        assert bool(row["utla_code"]) == bool(row["utla_name"]) == (row["country"] in "EW"), lad
        assert bool(row["region_code"]) == bool(row["region_name"]) == (row["country"] == "E"), lad


def test_upper_tier_is_a_county_or_the_authority_itself():
    for lad, row in AUTHORITIES.items():
        assert row["utla_code"] in {"", lad} or (lad.startswith("E07") and row["utla_code"].startswith("E10")), lad
        assert (lad.startswith("E07")) == row["utla_code"].startswith("E10"), lad


def test_an_upper_tier_has_one_name_and_one_region():
    names: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for row in AUTHORITIES.values():
        if row["utla_code"]:
            names[row["utla_code"]].add((row["utla_name"], row["region_code"], row["region_name"]))
    assert len(names) == 175
    assert {code for code, found in names.items() if len(found) > 1} == set()


def test_regions_have_their_published_sizes():
    sizes = Counter(row["region_code"] for row in AUTHORITIES.values() if row["region_code"])
    assert sizes == REGION_SIZES


def test_census_work_is_missing_only_where_the_census_joins_authorities():
    empty = {lad for lad, row in AUTHORITIES.items() if not row["jobs_2011"]}
    assert empty == {"E09000001", "E06000053"}
    for lad, row in AUTHORITIES.items():
        if lad in empty:
            assert row["residents_in_work_2011"] == row["live_and_work_2011"] == ""
        else:
            both = int(row["live_and_work_2011"])
            assert 0 < both <= min(int(row["jobs_2011"]), int(row["residents_in_work_2011"])), lad


def test_neighbours_and_links_are_pairs_of_authorities_once():
    near, far = read("neighbours.csv"), read("links.csv")
    pairs = [(row["lad_code"], row["neighbour_code"]) for row in [*near, *far]]
    assert (len(near), len(far)) == (881, 30)
    assert len(set(pairs)) == len(pairs)
    assert all(first < second for first, second in pairs)
    assert {code for pair in pairs for code in pair} <= set(AUTHORITIES)


def test_borders_are_longer_than_a_point_and_links_say_what_they_are():
    assert all(float(row["border_km"]) > 0 for row in read("neighbours.csv"))
    assert {row["kind"] for row in read("links.csv")} == {"bridge", "tunnel", "ferry"}
    assert all(row["crossing"].strip() for row in read("links.csv"))


def test_people_of_a_split_district_are_shared_out_whole():
    totals: dict[tuple[str, str], float] = defaultdict(float)
    for row in read("icb_split_people.csv"):
        for column in ("share_people", "share_people_16_64"):
            totals[row["lad_code"], column] += float(row[column])
    assert len(totals) == 24
    assert all(total == pytest.approx(1, abs=2e-6) for total in totals.values())


@pytest.mark.parametrize(("name", "unit", "rows"), [("sectors", "sector", 763), ("postcodes", "postcode", 753)])
def test_split_by_postcode_names_sides_that_exist(name, unit, rows):
    table = read(f"icb_split_{name}.csv")
    assert len({(row["lad_code"], row[unit]) for row in table}) == len(table) == rows
    sides = set().union(*SIDES.values())
    strays = {row[unit] for row in table if f"{row['lad_code']}.{row['icb_code']}" not in sides}
    assert strays == (STRAY_POSTCODES if unit == "postcode" else set())


def test_single_postcodes_lie_with_another_board_than_their_sector():
    boards = {(row["lad_code"], row["sector"]): row["icb_code"] for row in read("icb_split_sectors.csv")}
    for row in read("icb_split_postcodes.csv"):
        outward, inward = row["postcode"][:-3].strip(), row["postcode"][-3:]
        assert boards[row["lad_code"], f"{outward} {inward[0]}"] != row["icb_code"], row["postcode"]


ALIASES = read("aliases.csv")
GROUPS = [row for row in ALIASES if row["kind"] in GROUP_KINDS]
NAMED_AREAS = {one.partition(":")[0] for row in ALIASES if row["kind"] == AREA for one in row["code"].split(";")}


@pytest.mark.parametrize("row", ALIASES, ids=[row["alias"] for row in ALIASES])
def test_an_alias_is_sound(row):
    upper = {known["utla_code"] for known in AUTHORITIES.values()}
    codes = row["code"].split(";")
    assert list(row) == ["alias", "code", "kind", "source", "confidence", "note"]
    assert all(value == value.strip() for value in row.values())
    assert codes == sorted(set(codes))
    areas = {f"{key}:{shown_row['area_id']}" for key in NAMED_AREAS for shown_row in TABLES[entry(key).table]}
    lads = set(AUTHORITIES) if row in GROUPS else {*AUTHORITIES, *upper}
    assert set(codes) <= (areas if row["kind"] == AREA else lads)
    assert row["kind"] in KINDS
    assert (len(codes) > 1) == (row in GROUPS) or row["kind"] == AREA
    assert row["confidence"] == "medium" if row["kind"] == "short" else row["confidence"] in {"high", "medium"}
    # An Act or Order has its number or chapter, a web address its dots, a register its publisher.
    assert re.search(
        r"\bS[IR] \d{4}/\d+|\(c\. \d+\)|www\.|\bONS\b|National Statistics|Order 2025|\.gov\.", row["source"]
    )
    assert not re.search(r"\bcommon use\b|/(work|tmp|home)/|VERIFY", row["source"] + row["note"])


def test_an_alias_stands_once_and_is_no_former_authority_of_other_ground():
    names = Counter(plain_name(row["alias"]) for row in ALIASES)
    assert [name for name, count in names.items() if count > 1] == []
    known = shipped_authorities(shipped_blocks())
    former = {plain_name(old.name): ";".join(old.successors) for old in known.retired.values()}
    current = {plain_name(row["name"]) for row in AUTHORITIES.values()}
    for row in ALIASES:
        plain = plain_name(row["alias"])
        assert former.get(plain, row["code"]) == row["code"], row["alias"]
        assert plain not in current or row in GROUPS, row["alias"]


def test_a_short_form_is_one_that_nothing_else_would_read():
    """What is a beginning of a name, or a word shortened, is read as such, and that is said."""
    known = replace(shipped_authorities(shipped_blocks()), aliases=())
    rivers = {"Southend", "Stoke", "Stockton", "East Riding"}  # the same town or county without what follows
    begun = {row["alias"] for row in ALIASES if row["kind"] == "short" and known.begun(row["alias"])}
    assert begun == rivers
    assert [row["alias"] for row in ALIASES if row not in GROUPS and known.spelled_out(row["alias"])] == []


def test_groups_share_an_authority_only_where_one_is_inside_the_other():
    sets = {row["alias"]: set(row["code"].split(";")) for row in GROUPS}
    for (one, left), (other, right) in combinations(sets.items(), 2):
        assert not left & right or left <= right or right <= left, (one, other)


def test_groups_are_as_the_law_draws_them():
    sets = {row["alias"]: set(row["code"].split(";")) for row in GROUPS}
    by_country = {c: {lad for lad, row in AUTHORITIES.items() if row["country"] == c} for c in "EWS"}
    preserved = [sets[row["alias"]] for row in GROUPS if row["kind"] == "preserved county"]
    # Powys is an authority, and the preserved county of Gwynedd is Gwynedd and Anglesey.
    assert by_country["W"] - set().union(*preserved) == {"W06000001", "W06000002", "W06000023"}
    regions = [sets[row["alias"]] for row in GROUPS if row["kind"] == "former region"]
    left = by_country["S"] - set().union(*regions)
    # Highland, Borders, Fife, Dumfries and Galloway, three islands areas, and the Central Region's three.
    assert {AUTHORITIES[lad]["name"] for lad in left} == {
        *("Highland", "Scottish Borders", "Fife", "Dumfries and Galloway"),
        *("Orkney Islands", "Shetland Islands", "Na h-Eileanan Siar"),
        *("Clackmannanshire", "Falkirk", "Stirling"),
    }
    metropolitan = {row["code"] for row in GROUPS if row["kind"] == "metropolitan county"}
    assert sorted(";".join(metropolitan).split(";")) == sorted(lad for lad in AUTHORITIES if lad.startswith("E08"))
    london = {lad for lad in AUTHORITIES if lad.startswith("E09")}
    assert sets["Inner London"] | sets["Outer London"] == sets["Greater London"] == london
    assert not sets["Inner London"] & sets["Outer London"]
    # ONS, unlike the Act of 1963, has Haringey and Newham inside and Greenwich outside.
    assert {"E09000014", "E09000025"} <= sets["Inner London"]
    assert "E09000011" in sets["Outer London"]
    assert all(
        "Greenwich" in row["note"] for row in GROUPS if "London" in row["alias"] and row["kind"] == "statistical area"
    )


def test_a_code_names_the_same_authorities_as_the_name_before_it():
    name = ""
    for row in GROUPS:
        if not re.fullmatch(r"[A-Z]\d{8}", row["alias"]):
            name = row["code"]
        assert row["code"] == name, row["alias"]


def test_authorities_agree_with_the_official_lookup(shared_data):
    with (shared_data / "lad_2025_lookup.csv").open(encoding="utf-8", newline="") as file:
        official = {row["code"]: row for row in csv.DictReader(file)}
    assert set(official) == set(AUTHORITIES)
    for lad, row in AUTHORITIES.items():
        assert row["name"] == official[lad]["name"]
        if row["country"] in "EW":
            assert (row["utla_code"], row["utla_name"]) == (official[lad]["utla"], official[lad]["utla_name"])
        if row["country"] == "E":
            assert (row["region_code"], row["region_name"]) == (
                official[lad]["rgn"],
                official[lad]["rgn_name"],
            )


def test_countries_agree_with_the_official_lookup(shared_data):
    with (shared_data / "lad_2025_lookup.csv").open(encoding="utf-8", newline="") as file:
        official = {row["code"]: (row["ctry"], row["ctry_name"]) for row in csv.DictReader(file)}
    assert {row["lad_code"]: (row["area_id"], row["area_name"]) for row in TABLES["country"]} == official


def test_combined_authorities_agree_with_the_official_lookup(shared_data):
    with (shared_data / "lad_2025_lookup.csv").open(encoding="utf-8", newline="") as file:
        official = {row["code"]: row["cauth"] for row in csv.DictReader(file) if row["cauth"]}
    rows = [row for row in GROUND["combined_authority"] if row["status"] == "in_force"]
    ours = {row["lad_code"]: row["area_id"] for row in rows if row["area_id"].startswith("E47")}
    assert ours == official


def test_sources_describe_every_table():
    text = (ROOT / "SOURCES.md").read_text(encoding="utf-8")
    missing = [table for table in COUNTS if f"`{table}.csv`" not in text]
    assert missing == []


def test_sources_can_be_checked():
    places = [
        *shipped_path("membership/lad.csv").parent.glob("*.csv"),
        shipped_path("catalogue.toml"),
        ROOT / "SOURCES.md",
    ]
    vague = re.compile(r"project research notes|as remembered|remembered, not", re.IGNORECASE)
    assert [path.name for path in places if vague.search(path.read_text(encoding="utf-8"))] == []
    unsourced = [
        row["confidence"]
        for rows in TABLES.values()
        for row in rows
        if "no citable source found" in row["note"] or row["source"].startswith("none found")
    ]
    assert set(unsourced) == {"low"}


@pytest.mark.parametrize(
    ("table", "area", "start"),
    [
        ("gm_working_well", "gm-working-well", "2014-03"),
        ("city_strategy_pathfinder", "daf-mon-menai", "2009-04-01"),
        ("city_strategy_pathfinder", "daf-swansea-bay", "2009-04-01"),
        ("restart", "restart-6", "2021-07"),
        ("connect_to_work", "ctw-north-wales", "2026"),
        ("connect_to_work", "ctw-west-london", "2025-04-01"),
    ],
)
def test_schemes_begin_when_their_sources_say(table, area, start):
    assert {row["valid_from"] for row in TABLES[table] if row["area_id"] == area} == {start}


def test_east_london_is_as_the_evaluation_names_it():
    rows = {
        row["lad_name"]: row["confidence"] for row in TABLES["city_strategy_pathfinder"] if row["area_id"] == "csp-03"
    }
    assert {name for name, sure in rows.items() if sure == "high"} == {"Hackney", "Newham", "Tower Hamlets"}
    assert {name for name, sure in rows.items() if sure == "low"} == {"Greenwich", "Waltham Forest"}
