"""Common blocks, contiguity and realignment as users call them."""

from __future__ import annotations

import csv
import io
import json

import geopandas as gpd
import networkx as nx
import pandas as pd
import pytest
from click.testing import CliRunner

from geoplan.cli.main import cli
from geoplan.data import catalogue
from geoplan.data.shipped import package_data


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Every command runs in an empty directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def polygon(*rings, **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": list(rings)}}


def ring(west, south, size):
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def write(path, *features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))


# ------------------------------------------------------------------------------------------------- blocks


def test_blocks_are_the_components_of_compare():
    table = rows(call("compare", "connect_to_work", "icb", "--format", "csv").stdout)
    graph = nx.Graph([("l" + r["left_code"], "r" + r["right_code"]) for r in table if r["right_code"]])
    done = call("blocks", "connect_to_work", "icb", "--format", "json")
    assert done.exit_code == 0
    found = json.loads(done.stdout)
    assert list(found) == ["blocks", "unmatched"]
    members = {frozenset({*("l" + c for c in b["left"]), *("r" + c for c in b["right"])}) for b in found["blocks"]}
    assert members == {frozenset(component) for component in nx.connected_components(graph)}
    people = [b["people"] for b in found["blocks"]]
    assert people == sorted(people, reverse=True)
    assert [b["id"] for b in found["blocks"] if b["region"]] == ["ctw-central-london"]
    assert {area["code"] for area in found["unmatched"]} == {
        "ctw-mid-wales", "ctw-north-wales", "ctw-south-east-wales", "ctw-south-west-wales",
    }  # fmt: skip


def test_blocks_name_the_authorities_that_tie_the_largest():
    found = json.loads(call("blocks", "connect_to_work", "icb", "--format", "json").stdout)
    largest = found["blocks"][0]
    (tie,) = largest["cut"]["overlaps"]
    assert tie["authorities"] == ["E06000065"]
    assert sum(largest["cut"]["halves"]) + largest["cut"]["people"] == pytest.approx(largest["people"])
    text = call("blocks", "connect_to_work", "icb").stdout
    lines = text.splitlines()
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 100
    last = text.partition("The authorities that tie the largest block together:")[2]
    assert "North Yorkshire (in York and North Yorkshire and Lancashire and South Cumbria)" in last


def test_blocks_of_three_layers_and_of_a_layer_with_itself():
    found = json.loads(call("blocks", "connect_to_work", "icb", "lsip_2025", "--format", "json").stdout)
    block = next(block for block in found["blocks"] if block["id"] == "ctw-greater-manchester")
    assert list(block["layers"]) == ["connect_to_work", "icb", "lsip_2025"]
    assert all(len(codes) == 1 for codes in block["layers"].values())
    same = json.loads(call("blocks", "icb", "icb", "--format", "json").stdout)["blocks"]
    assert len(same) == 42
    assert all(block["left"] == block["right"] == [block["id"]] and block["cut"] is None for block in same)


def test_blocks_as_csv_and_into_a_file(elsewhere):
    done = call("blocks", "connect_to_work", "icb", "--format", "csv", "--out", "b.csv")
    assert (done.exit_code, done.stdout) == (0, "")
    found = rows((elsewhere / "b.csv").read_text())
    assert list(found[0]) == ["block", "layer", "code", "name", "people", "region"]
    assert len(found) == 49 + 42
    assert sum(row["block"] == "" for row in found) == 4


def test_layers_that_do_not_overlap_are_no_error():
    done = call("blocks", "lhb", "icb")
    assert done.exit_code == 0
    assert "share no ground" in " ".join(done.stdout.split())
    found = json.loads(call("blocks", "lhb", "icb", "--format", "json").stdout)
    assert found["blocks"] == []
    assert len(found["unmatched"]) == 7 + 42


def test_areas_without_people_are_no_error(elsewhere):
    write(elsewhere / "sea.geojson", polygon(ring(1.8, 54.0, 0.1), code="S1", name="Out at sea"))
    done = call("blocks", "sea.geojson", "icb", "--weight", "area", "--graph", "g.gexf")
    assert done.exit_code == 0, done.output
    assert "share no ground" in " ".join(done.stdout.split())
    graph = nx.read_gexf(elsewhere / "g.gexf")
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (43, 0)


def test_blocks_by_area_hold_square_metres(elsewhere):
    write(elsewhere / "towns.geojson", polygon(ring(-1.2, 52.6, 0.1), code="T1", name="Leicester and around"))
    done = call("blocks", "towns.geojson", "lad", "--weight", "area", "--format", "json")
    assert done.exit_code == 0, done.output
    block = json.loads(done.stdout)["blocks"][0]
    assert block["people"] is None
    assert block["area_m2"] > 1e6
    assert "km²" in call("blocks", "towns.geojson", "lad", "--weight", "area").stdout


@pytest.mark.parametrize(
    ("file", "read"),
    [
        ("g.graphml", nx.read_graphml),
        ("g.gexf", nx.read_gexf),
        ("g.json", lambda path: nx.node_link_graph(json.loads(path.read_text()), edges="edges")),
    ],
)
def test_the_graph_can_be_taken_away(elsewhere, file, read):
    assert call("blocks", "connect_to_work", "icb", "--graph", file).exit_code == 0
    first = (elsewhere / file).read_bytes()
    graph = read(elsewhere / file)
    assert nx.number_connected_components(graph) == 19 + 4
    assert graph.nodes["icb:1:E54000008"]["name"] == "Cheshire and Merseyside"
    edge = graph.edges["connect_to_work:0:ctw-liverpool-city-region", "icb:1:E54000008"]
    assert edge["people"] == pytest.approx(1_616_471, rel=0.05)
    assert call("blocks", "connect_to_work", "icb", "--graph", file).exit_code == 0
    assert (elsewhere / file).read_bytes() == first
    assert [path.name for path in elsewhere.iterdir()] == [file]


@pytest.mark.parametrize("command", [["blocks", "icb", "lad"], ["contiguity", "icb"]])
def test_a_graph_with_another_ending_is_refused(elsewhere, command):
    done = call(*command, "--graph", "g.pdf")
    assert done.exit_code == 2
    assert ".graphml, .gexf or .json" in done.stderr
    assert list(elsewhere.iterdir()) == []


def test_a_layer_named_twice_among_three_is_refused():
    done = call("blocks", "icb", "lad", "icb")
    assert done.exit_code == 2
    assert "icb stands twice" in done.stderr


# --------------------------------------------------------------------------------------------- contiguity


def test_contiguity_of_a_shipped_layer(elsewhere):
    done = call("contiguity", "connect_to_work", "--format", "json", "--graph", "c.graphml")
    assert done.exit_code == 0
    found = {area["code"]: area for area in json.loads(done.stdout)["areas"]}
    assert len(found) == 49
    mersey = found["ctw-liverpool-city-region"]
    assert len(mersey["pieces"]) == 1
    assert mersey["links"] == ["Mersey tunnels"]
    assert mersey["articulation"] == ["E08000012"]
    assert "Mersey tunnels" in call("contiguity", "connect_to_work").stdout
    graph = nx.read_graphml(elsewhere / "c.graphml")
    assert graph.edges["E08000012", "E08000015"]["crossing"] == "Mersey tunnels"


def test_cities_inside_their_counties_are_enclaves_and_towns_at_the_coast_are_not():
    found = {area["name"]: area for area in json.loads(call("contiguity", "utla", "--format", "json").stdout)["areas"]}
    inside = {name: [e["code"] for e in area["enclaves"]] for name, area in found.items() if area["enclaves"]}
    assert inside["Leicestershire"] == ["E06000016"]
    assert "Lancashire" not in inside


def test_contiguity_of_ones_own_table_in_pieces(elsewhere):
    (elsewhere / "mine.csv").write_text("area_name,authority\nFar,Cornwall\nFar,Norfolk\nFar,Breckland\n")
    done = call("contiguity", "mine.csv", "--format", "csv")
    assert done.exit_code == 0, done.output
    assert len({row["piece"] for row in rows(done.stdout)}) == 2
    text = call("contiguity", "mine.csv").stdout
    assert "0 of 1 area" in text
    assert "apart from the largest: Cornwall" in text


def test_contiguity_of_a_boundary_file_goes_by_its_polygons(elsewhere):
    hole, outside = ring(-1.15, 52.65, 0.05), ring(-2.0, 52.0, 0.1)
    around = polygon(ring(-1.2, 52.6, 0.2), hole[::-1], code="A", name="Around")
    within = polygon(code="B", name="Within")
    within["geometry"] = {"type": "MultiPolygon", "coordinates": [[hole], [outside]]}
    write(elsewhere / "two.geojson", around, within)
    done = call("contiguity", "two.geojson", "--format", "json", "--graph", "g.json")
    assert done.exit_code == 0, done.output
    one, two = json.loads(done.stdout)["areas"]
    assert one["pieces"] == [["A#1"]]
    assert two["pieces"] == [["B#1"], ["B#2"]]
    assert one["enclaves"] == [{"code": "B", "piece": ["B#2"]}]
    assert two["exclaves"] == [{"piece": ["B#2"], "within": "A"}]
    graph = nx.node_link_graph(json.loads((elsewhere / "g.json").read_text()), edges="edges")
    assert set(graph.edges) == {("A#1", "B#2")}
    text = call("contiguity", "two.geojson").stdout
    assert "Within: 2 pieces; apart from the largest: B#2" in text
    assert "B#2 (Within) in Around" in text


def test_contiguity_of_a_lookup_is_refused(elsewhere):
    lines = [f"E0100000{n},E9200000{n % 2},Area {n % 2},100" for n in range(1, 7)]
    (elsewhere / "lookup.csv").write_text("\n".join(["LSOA21CD,ICB24CD,ICB24NM,people", *lines]) + "\n")
    done = call("contiguity", "lookup.csv#ICB24CD")
    assert done.exit_code == 2, done.output
    assert "no outlines" in done.stderr


# -------------------------------------------------------------------------------------------- realignment


@pytest.fixture
def towns(elsewhere):
    """North and south of an imagined scheme that disagree about Broadland only."""
    norfolk = ["Breckland", "Broadland", "Great Yarmouth", "Norwich", "South Norfolk"]
    suffolk = ["Babergh", "Ipswich", "Mid Suffolk"]
    for file, cut in (("left.csv", 2), ("right.csv", 5)):
        both = [("North", name) for name in norfolk[:cut]]
        both += [("South", name) for name in [*norfolk[cut:], *suffolk]]
        (elsewhere / file).write_text("".join(f"{a},{b}\n" for a, b in [("area_name", "authority"), *both]))
    return "left.csv", "right.csv"


def test_realign_reaches_its_goal(towns, elsewhere):
    done = call("realign", *towns, "--format", "json", "--layer", "moves.geojson")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert list(found) == ["goal", "moves", "before", "after", "optimal", "gap", "unreached"]
    assert found["goal"] == "clean"
    assert found["optimal"]
    assert found["unreached"] == {}
    assert found["before"]["straddles"] > 0
    assert found["after"]["straddles"] == found["after"]["cut_people"] == 0
    drawn = gpd.read_file(elsewhere / "moves.geojson")
    assert drawn.crs.to_epsg() == 4326
    assert drawn["code"].tolist() == [move["code"] for move in found["moves"]]
    assert set(drawn["drawing"]) == {"indicative: from postcodes"}
    assert drawn.geometry.is_valid.all()


def test_realign_says_it_for_people(towns):
    text = call("realign", *towns).stdout
    assert "fewest that could be found (proven to be so)" in " ".join(text.split())
    assert "not a recommendation" in " ".join(text.split())
    assert "takes in" in text
    assert max(map(len, text.splitlines())) <= 100
    table = rows(call("realign", *towns, "--format", "csv").stdout)
    assert list(table[0]) == ["code", "name", "block", "from", "from_name", "to", "to_name", "people"]


def test_realign_a_pair_by_name_or_code(towns):
    done = call("realign", *towns, "--pair", "North=North", "--format", "json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["goal"] == "pair"
    assert {move["name"] for move in found["moves"]} == {"Great Yarmouth", "Norwich", "South Norfolk"}
    assert found["after"]["coterminous"] == 2


def test_what_cannot_be_reached_is_named_with_the_reason(elsewhere):
    (elsewhere / "left.csv").write_text("area_name,authority\nNorth,Norwich\nSouth,Ipswich\n")
    (elsewhere / "right.csv").write_text("area_name,authority\nBoth,Norwich\nBoth,Ipswich\nBoth,Cornwall\n")
    done = call("realign", "left.csv", "right.csv", "--goal", "whole")
    assert done.exit_code == 0, done.output
    assert "Cannot be reached, left as today:" in done.stdout
    found = json.loads(call("realign", "left.csv", "right.csv", "--goal", "whole", "--format", "json").stdout)
    assert found["moves"] == []
    assert len(found["unreached"]) == 2
    assert all(found["unreached"].values())


def test_layers_that_do_not_meet_or_agree_already_need_no_move():
    done = call("realign", "lhb", "icb")
    assert done.exit_code == 0
    assert "share no ground" in done.stdout
    done = call("realign", "lhb", "lhb")
    assert done.exit_code == 0
    assert "agree already" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["realign", "connect_to_work", "icb", "--pair", "nowhere=E54000008"],
        ["realign", "connect_to_work", "icb", "--pair", "E54000008"],
        ["realign", "connect_to_work", "icb", "--pair", "Suffolk=Norfolk and Waveney", "--goal", "nest"],
        ["realign", "connect_to_work", "icb", "--layer", "moves.gpkg"],
        ["realign", "lep_2017", "icb"],
        ["realign", "nosuch", "icb"],
        ["blocks", "icb"],
        ["contiguity", "nosuch"],
    ],
)
def test_wrong_usage_ends_with_two_and_writes_nothing(elsewhere, arguments):
    done = call(*arguments)
    assert done.exit_code == 2, done.output
    assert done.stderr.strip()
    assert list(elsewhere.iterdir()) == []


def test_realigning_a_boundary_file_is_refused(elsewhere):
    write(elsewhere / "towns.geojson", polygon(ring(-1.2, 52.6, 0.1), code="T1", name="Town"))
    done = call("realign", "towns.geojson", "icb")
    assert done.exit_code == 2
    assert "towns" in done.stderr


# ------------------------------------------------------------------------------------------------- lookup


def test_lookup_counts_the_bodies_an_authority_works_with():
    found = json.loads(call("lookup", "North Yorkshire", "--format", "json").stdout)["areas"]
    bodies = [area for area in found if area["status"] == "in force"]
    text = call("lookup", "North Yorkshire").stdout
    assert f"In {len(bodies)} bodies of " in text


def test_lookup_names_the_authorities_that_share_most_bodies():
    found = json.loads(call("lookup", "Lancaster", "--format", "json").stdout)
    bodies = {(area["layer"], area["code"]) for area in found["areas"] if area["status"] == "in force"}
    tables = (package_data.shipped_path("catalogue.toml").parent / "membership").glob("*.csv")
    members = pd.concat([pd.read_csv(file, dtype=str).assign(layer=file.stem) for file in tables])
    layer = {key: entry for key, entry in catalogue.catalogue().items() if entry.status == "in force"}
    shared: dict[str, int] = {}
    for key, code in bodies:
        rows = members[(members["layer"] == layer[key].table) & (members["area_id"] == code)]
        for other in set(rows["lad_code"].dropna()) - {"E07000121"}:
            shared[other] = shared.get(other, 0) + 1
    assert {row["code"]: row["shared"] for row in found["partners"]} == shared
    assert "Shares most bodies with Blackburn with Darwen (9)" in call("lookup", "Lancaster").stdout
