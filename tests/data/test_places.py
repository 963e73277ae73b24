"""Names as people write them, and what they stand for."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from click.testing import CliRunner
from roots import SHARED

from geoplan.cli.main import cli
from geoplan.commuting.atlas import Atlas
from geoplan.data import places
from geoplan.data.keys import plain_name
from geoplan.data.places import Authorities, Group
from geoplan.data.shipped import package_data
from geoplan.errors import AmbiguousError, TableError, UnknownAreaError

NAMES = SHARED / "cases" / "names.txt"

FORMS = """
E06000001 Hartlepool BC; Hartlepool Borough Council; Hartlepool UA
E06000002 Middlesbrough Council
E06000003 Redcar & Cleveland; Redcar
E06000004 Stockton; Stockton on Tees Borough Council
E06000008 Blackburn; BwD; Blackburn With Darwen Borough Council
E06000010 Hull; Kingston upon Hull; Kingston-upon-Hull City Council; City of Hull; Hull CC
E06000011 East Riding; ERYC; East Yorkshire; E Riding of Yorks
E06000012 NE Lincs; N.E. Lincolnshire; North East Lincs
E06000013 N Lincs; North Lincs Council
E06000014 City of York Council; York
E06000015 Derby City; Derby City Council
E06000016 Leicester City
E06000017 Rutland County Council; Rutland CC
E06000018 Nottingham; Nottingham City Council
E06000019 Herefordshire; County of Herefordshire; Herefordshire Council
E06000020 Telford; Telford & Wrekin Council; The Wrekin
E06000021 Stoke; Stoke on Trent City Council
E06000022 B&NES; BANES; Bath & NE Somerset; Bath and N.E. Somerset Council
E06000023 Bristol; City of Bristol; Bristol CC
E06000024 N Somerset; N. Somerset Council
E06000025 S Glos; South Glos
E06000033 Southend; Southend on Sea City Council
E06000035 Medway Towns; Medway Council
E06000036 Bracknell
E06000037 W Berks; West Berks Council
E06000040 RBWM; Royal Borough of Windsor & Maidenhead; Windsor
E06000042 MK; Milton Keynes City Council
E06000043 Brighton; Brighton & Hove City Council
E06000046 IoW; Isle of Wight Council; I of Wight
E06000047 Durham; Durham CC; County Durham; Durham County Council
E06000050 CWaC; Cheshire West & Chester; Cheshire West
E06000052 Cornwall Council
E06000053 Isles of Scilly; Scilly; Council of the Isles of Scilly
E06000056 Central Beds; Central Beds Council
E06000058 BCP; BCP Council; Bournemouth, Christchurch & Poole
E06000060 Bucks; Bucks Council; Buckinghamshire CC
E06000061 N Northants; North Northants Council
E06000062 West Northants
E06000064 Westmorland; Westmorland & Furness Council
E06000065 N Yorks; North Yorks Council
E07000009 E Cambs; East Cambs DC
E07000011 Hunts
E07000012 South Cambs
E07000039 South Derbys
E07000085 East Hants DC
E07000099 N Herts; North Herts District Council
E07000242 E Herts; East Herts Council
E07000240 St Albans; St. Albans City and District; Saint Albans District Council
E07000112 Shepway; Folkestone & Hythe; Folkestone
E07000117 Burnley BC
E07000127 West Lancs; W Lancs BC
E07000134 NW Leics; North West Leics DC
E07000138 City of Lincoln
E07000146 King's Lynn & West Norfolk; Kings Lynn and West Norfolk BC; KLWN; West Norfolk
E07000171 Bassetlaw DC
E07000177 Cherwell District Council
E07000179 South Oxon; S Oxon
E07000195 Newcastle under Lyme; Newcastle-under-Lyme Borough Council
E07000193 East Staffs
E07000196 S Staffs
E07000218 North Warks
E07000221 Stratford upon Avon; Stratford-on-Avon DC
E08000013 St Helens; St Helens MBC; St. Helens Council
E08000015 Metropolitan Borough of Wirral
E08000021 Newcastle upon Tyne City Council; Newcastle-upon-Tyne
E08000022 N Tyneside
E08000023 S Tyneside Council
E08000031 City of Wolverhampton Council
E08000032 Bradford MDC; City of Bradford Metropolitan District Council
E08000025 Birmingham CC
E08000039 Sheffield City Council
E09000001 City of London Corporation; City of London; Corporation of London
E09000002 LB Barking & Dagenham; LBBD; Barking
E09000007 LB Camden; Camden LBC; London Borough of Camden
E09000013 LBHF; Hammersmith & Fulham
E09000020 RBKC; Royal Borough of Kensington & Chelsea
E09000021 RB Kingston upon Thames; Kingston-upon-Thames
E09000027 Richmond upon Thames LB; Richmond-upon-Thames
E09000033 City of Westminster; Westminster City Council
E10000003 Cambs; Cambridgeshire CC
E10000014 Hants; Hants CC
E10000015 Herts; Hertfordshire County Council
E10000017 Lancs
E10000024 Notts; Nottinghamshire
E10000025 Oxon
E10000028 Staffs
E10000034 Worcs
E10000032 W Sussex
N09000002 ABC Council; Armagh, Banbridge & Craigavon
N09000005 Derry & Strabane; Derry City & Strabane District Council; Derry
N09000010 Newry Mourne & Down
N09000011 Ards & North Down BC
S12000013 Western Isles; Comhairle nan Eilean Siar; Eilean Siar; Na h-Eileanan Siar
S12000017 Highland Council; The Highland Council
S12000023 Orkney; Orkney Islands Council
S12000026 Borders; The Scottish Borders
S12000027 Shetland; Shetland Islands Council
S12000033 Aberdeen; Aberdeen City Council
S12000035 Argyll & Bute Council; Earra-Ghàidheal agus Bòd
S12000036 Edinburgh; City of Edinburgh Council
S12000042 Dundee
S12000045 E Dunbartonshire
S12000048 Perth & Kinross
S12000049 Glasgow; Glaschu
W06000001 Anglesey; Ynys Môn; Ynys Mon; Isle of Anglesey County Council; Cyngor Sir Ynys Môn
W06000002 Cyngor Gwynedd
W06000003 Bwrdeistref Sirol Conwy
W06000004 Sir Ddinbych
W06000005 Sir y Fflint; Cyngor Sir y Fflint
W06000006 Wrecsam; Cyngor Bwrdeistref Sirol Wrecsam
W06000008 Sir Ceredigion
W06000009 Sir Benfro; Pembs
W06000010 Sir Gaerfyrddin; Sir Gâr; Carms
W06000011 Abertawe; City and County of Swansea; Dinas a Sir Abertawe
W06000012 NPT; Castell-nedd Port Talbot
W06000013 Pen-y-bont ar Ogwr
W06000014 Bro Morgannwg; Vale of Glamorgan Council
W06000015 Caerdydd; Cyngor Caerdydd
W06000016 RCT; Rhondda Cynon Tâf; Rhondda Cynon Taff
W06000018 Caerffili; Caerphilly CBC
W06000019 Blaenau Gwent County Borough Council
W06000020 Tor-faen
W06000021 Sir Fynwy
W06000022 Casnewydd
W06000023 Powys County Council
W06000024 Merthyr Tudful
"""
PAIRS = [(line[:9], form.strip()) for line in FORMS.strip().splitlines() for form in line[10:].split(";")]


@pytest.fixture(scope="module")
def shipped() -> Authorities:
    return places.shipped_authorities(package_data.shipped_blocks())


def code_of(name, known):
    codes = known.meant(name)
    return codes[0] if len(codes) == 1 else codes


def test_there_are_as_many_forms_as_were_tried():
    assert len({form for _, form in PAIRS}) == len(PAIRS) >= 149


def test_common_forms_of_names_are_known(shipped):
    wrong = {form: code_of(form, shipped) for code, form in PAIRS if code_of(form, shipped) != code}
    assert wrong == {}


def test_the_forms_that_were_tried_are_known_or_stand_for_several(shipped):
    if not NAMES.is_file():
        pytest.skip("../shared/cases/names.txt, the forms that were tried, is absent")
    forms = NAMES.read_text(encoding="utf-8").splitlines()
    lost = [form for form in forms if not code_of(form, shipped)]
    # A combined authority and a county of former days: groups of authorities.
    assert lost == ["West of England Combined Authority", "Tyne and Wear"]
    assert [len(group.districts) for form in lost for group in shipped.grouped(form)] == [3, 5]


def test_a_county_is_not_its_city(shipped):
    assert code_of("Nottingham", shipped) == "E06000018"
    assert code_of("Nottinghamshire", shipped) == "E10000024"


def test_a_beginning_of_two_names_is_neither(shipped):
    assert code_of("Newcastle", shipped) == []
    assert shipped.beginnings("Newcastle") == ["E07000195", "E08000021"]
    assert shipped.beginnings("North") == []


@pytest.mark.parametrize("name", ["Kingston", "Hereford", "Tunbridge", "Yarmouth", "Neath", "Rhondda", "Londonderry"])
def test_a_name_that_could_be_another_place_or_only_a_part_is_not_read(shipped, name):
    assert shipped.meant(name) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [("Richmond", "E09000027"), ("Derry", "N09000005"), ("Lisburn", "N09000007"), ("Perth", "S12000048")],
)
def test_one_place_of_several_in_a_name_is_read_by_its_beginning(shipped, name, code):
    assert (shipped.named(name), shipped.begun(name)) == ([], [code])


def test_groups_come_by_name_and_by_code(shipped):
    (by_name,), (by_code,) = shipped.grouped("Tyne and Wear"), shipped.grouped("e11000007")
    assert by_name.districts == by_code.districts
    assert [shipped.name(code) for code in by_name.districts] == [
        "Newcastle upon Tyne", "North Tyneside", "South Tyneside", "Sunderland", "Gateshead"
    ]  # fmt: skip
    assert {group.code for group in shipped.grouped("West Midlands")} == {"E12000005", "E47000007"}
    (london,) = shipped.grouped("London")
    assert len(london.districts) == 33
    assert shipped.grouped("") == shipped.grouped("Nowhere") == []
    assert len(shipped.grouped("E12000004")[0].districts) == len(shipped.table.query("region_code == 'E12000004'"))


def test_all_of_wales_has_its_welsh_names(shipped):
    welsh = {form for code, form in PAIRS if code.startswith("W")}
    assert {str(code_of(form, shipped)) for form in welsh} == set(shipped.table.index[shipped.table["country"] == "W"])


def test_aliases_lead_to_authorities_of_today_and_are_no_other_ones_name(shipped):
    rows = package_data.shipped_table("aliases.csv")
    upper = set(shipped.table["utla_code"])
    rows = rows[rows["kind"] != places.AREA]
    for alias, code, kind in rows[["alias", "code", "kind"]].itertuples(index=False, name=None):
        codes = code.split(";")
        assert codes == sorted(set(codes))
        assert set(codes) <= (
            set(shipped.table.index) if kind in places.GROUP_KINDS else {*shipped.table.index, *upper}
        )
        assert not set(shipped._officially) & {plain_name(alias)} or kind in places.GROUP_KINDS, alias
    groups = rows[rows["kind"].isin(places.GROUP_KINDS) & ~rows["alias"].str.fullmatch(r"[A-Z]\d{8}")]
    assert not any(shipped.named(alias) for alias in groups["alias"])


GOOD = {"alias": "Hull", "code": "E1", "kind": "short", "source": "use", "confidence": "medium"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"alias": ""}, "'alias' is empty"),
        ({"source": ""}, "'source' is empty"),
        ({"code": ""}, "'code' is empty"),
        ({"kind": "slang"}, "unknown kind"),
        ({"confidence": ""}, "'confidence' holds an unknown word"),
        ({"code": "E1;E2"}, "several codes"),
    ],
)
def test_a_table_of_aliases_that_breaks_its_contract_is_refused(change, said):
    with pytest.raises(TableError, match=re.escape(said)):
        places.check_aliases(pd.DataFrame([GOOD | change]))
    places.check_aliases(pd.DataFrame([GOOD]))


def test_an_alias_stands_once():
    with pytest.raises(TableError, match="twice"):
        places.check_aliases(pd.DataFrame([GOOD, GOOD | {"alias": "HULL City Council"}]))
    with pytest.raises(TableError, match="'kind' is missing"):
        places.check_aliases(pd.DataFrame([GOOD]).drop(columns="kind"))


def test_an_official_name_wins_over_an_alias(authorities):
    known = Authorities(
        authorities.table, authorities.blocks, authorities.retired, (("Barton", "E1"), ("Ash", "E1")),
        (Group("", "Both", "pair", ("E1", "E2")),),
    )  # fmt: skip
    assert (known.named("Barton"), known.named("ash")) == (["E2"], ["E1"])
    assert known.grouped("BOTH")[0].districts == ("E1", "E2")


def test_an_authority_is_found_by_its_other_names():
    atlas = Atlas()
    hull = atlas.find("Hull")
    assert (hull.layer, hull.code) == ("lad", "E06000010")
    assert hull.remarks == (
        "Hull is read as Kingston upon Hull, City of (E06000010).",
        "Other ground has the same name, and LAYER:CODE chooses it: ttwa_2011:E30000220.",
    )
    assert atlas.find("N Herts").code == atlas.find("lad:N Herts").code == "E07000099"
    assert atlas.find("Tees Valley Combined Authority").layer == "combined_authority"
    assert atlas.find("Camden").remarks == ()


def test_an_authority_is_found_by_the_beginning_of_its_name_but_a_region_is_a_region():
    atlas = Atlas()
    found = atlas.find("Blackburn")
    assert (found.layer, found.code) == ("lad", "E06000008")
    assert found.remarks[0] == "Blackburn is read as Blackburn with Darwen (E06000008)."
    assert atlas.find("North West").code == "E12000002"


def test_areas_of_one_name_with_other_ground_are_told_apart():
    atlas = Atlas()
    found = atlas.find("West Midlands")
    assert (found.layer, found.code) == ("combined_authority", "E47000007")
    assert "region:E12000005" in found.unlike
    assert set(found.unlike) < set(found.also) | {found.code}
    assert all(atlas.find(one).blocks != found.blocks for one in found.unlike)


@pytest.mark.parametrize(
    ("name", "layer"),
    [("Lancashire", "utla"), ("North East", "combined_authority"), ("West Yorkshire", "combined_authority"),
     ("South West", "region"), ("region:North East", "region")],
)  # fmt: skip
def test_what_governs_comes_before_partnerships_and_regions_of_the_same_name(name, layer):
    assert Atlas().find(name).layer == layer


def test_what_ended_or_stands_for_several_is_not_found_but_told():
    atlas = Atlas()
    with pytest.raises(UnknownAreaError, match=r"Barrow-in-Furness \(E07000027\) ended on .*Ask for Westmorland"):
        atlas.find("lad:Barrow in Furness")
    with pytest.raises(AmbiguousError, match="'Ayrshire' stands for 3 authorities: East Ayrshire, North"):
        atlas.find("Ayrshire")
    with pytest.raises(UnknownAreaError, match=r"Nearest: Newcastle-under-Lyme .*Newcastle upon Tyne"):
        atlas.find("lad:Newcastle")


def test_lookup_says_how_it_read_the_place():
    text = CliRunner().invoke(cli, ["lookup", "Western", "Isles"]).stdout
    assert text.splitlines()[1] == "Western Isles is read as Na h-Eileanan Siar (S12000013)."


@pytest.mark.parametrize(
    ("written", "layer", "code"),
    [
        ("PUSH", "push", "push-12"),
        ("Pennine Lancashire", "city_strategy_pathfinder", "csp-02b"),
        ("city_strategy_pathfinder:Merseyside", "city_strategy_pathfinder", "csp-06"),
        ("city_strategy_pathfinder:Tyne and Wear", "city_strategy_pathfinder", "csp-09"),
        ("Tyne & Wear (City Region)", "city_strategy_pathfinder", "csp-09"),
        ("Swansea Bay", "city_strategy_pathfinder", "daf-swansea-bay"),
        ("working well", "gm_working_well", "gm-working-well"),
        ("WMCA", "combined_authority", "E47000007"),
        ("gmca", "combined_authority", "E47000001"),
        ("GLA", "combined_authority", "gla"),
    ],
)
def test_areas_are_found_as_documents_call_them(written, layer, code):
    found = Atlas().find(written)
    assert (found.layer, found.code) == (layer, code)


def test_merseyside_and_tyne_and_wear_are_found_and_initials_of_two_bodies_are_not():
    find = Atlas().find
    assert find("Merseyside").blocks == find("city_strategy_pathfinder:Merseyside").blocks - {"E06000006"}
    assert find("Tyne & Wear").blocks == find("city_strategy_pathfinder:csp-09").blocks
    with pytest.raises(AmbiguousError, match=r"combined_authority:E47000014.*combined_authority_ended:E47000010"):
        find("NECA")
