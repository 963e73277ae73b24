"""Fixtures shared by all tests: a toy country drawn by hand, and the place of the real data."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from forgetting import OPENED, forget_tables
from roots import SHARED

from geoplan.auditing import batch
from geoplan.commuting import atlas, labour_markets, robustness
from geoplan.data import catalogue, catalogue_file, places
from geoplan.data.editions.codes import Former
from geoplan.data.kept import holdings
from geoplan.data.membership import membership
from geoplan.data.membership.membership import dissolve
from geoplan.data.membership.own import steps
from geoplan.data.places import Authorities
from geoplan.data.readers import guards
from geoplan.data.shipped import package_data
from geoplan.output import media
from geoplan.schema import Layer, Source

SHARED_DATA = SHARED / "data"
ANALYSTS = Path(__file__).parent / "interface"


@pytest.fixture(scope="session", autouse=True)
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep a cache for this run of the tests, and for what they start; never the user's."""
    base = tmp_path_factory.getbasetemp()
    # Workers of pytest-xdist have folders of their own inside one of the run, which they may share.
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GEOPLAN_CACHE", str(place))
        # What somebody fetched on this machine must not change what tests see.
        patch.setenv("GEOPLAN_DATA", str(place.with_name("kept-data")))
        yield place


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Keep texts in tables as commands do; for tests of the interface as pandas does of its own accord."""
    wanted = "auto" if ANALYSTS in item.path.parents else "python"
    if pd.get_option("mode.string_storage") != wanted:
        forget_tables()
        pd.set_option("mode.string_storage", wanted)


@pytest.fixture(scope="session", autouse=True)
def opened_once() -> Iterator[None]:
    """Open each shipped layer once for all tests of a process, which is most of the time of a command.

    Where a test puts anything in the place of what ships, and in processes that tests start, layers are opened anew.
    """
    opening, dividing, repeating = atlas.Atlas._shipped, labour_markets.delineate, robustness.stability
    made_of = {
        package_data: ("shipped_table", "shipped_blocks", "shipped_path"), guards: ("hash_of",),
        membership: ("from_catalogue",), places: ("shipped_authorities",),
        catalogue_file: ("shipped",), atlas: ("modelled_flows",),
    }  # fmt: skip
    sound = [(module, name, getattr(module, name)) for module, names in made_of.items() for name in names]

    def once(key: object, make: Callable[..., object], *given: object, **options: object) -> object:
        if any(getattr(module, name) is not whole for module, name, whole in sound):
            return make(*given, **options)
        at = (key, pd.get_option("mode.string_storage"))
        if at not in OPENED:
            OPENED[at] = make(*given, **options)
        return OPENED[at]

    def shipped(self: atlas.Atlas, entry: catalogue_file.Entry) -> object:
        if (
            self.flows_file
            or self.wards_file
            or self.indicator_file
            or entry is not catalogue.catalogue().get(entry.key)
            or steps.state()
            or holdings.holdings()
        ):
            return opening(self, entry)
        return once((entry.key, self.as_of, self.geometry), opening, self, entry)

    def delineated(flows: object, *criteria: object, **options: object) -> object:
        if criteria or options or flows is not atlas.modelled_flows():
            return dividing(flows, *criteria, **options)
        return once("markets", dividing, flows)

    def stability(flows: object, found: object, **options: object) -> object:
        if flows is not atlas.modelled_flows() or not any(found is made for made in OPENED.values()):
            return repeating(flows, found, **options)
        return once(("stability", *sorted(options.items())), repeating, flows, found, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(atlas.Atlas, "_shipped", shipped)
        patch.setattr(labour_markets, "delineate", delineated)
        patch.setattr(robustness, "stability", stability)
        yield


@pytest.fixture
def tables_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the files of an audit that are drawn or a workbook, for tests that do not look at them."""
    whole = media.audit_files
    slow = {"audit.xlsx", "audit.gpkg", "map.html", "brief.html", "brief.docx"}

    def files(done: batch.Batch, names: Iterable[str], **options: object) -> dict[str, bytes]:
        return whole(done, [name for name in names if name not in slow], **options)

    monkeypatch.setattr(media, "audit_files", files)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real ONS files; tests that need it are skipped where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real ONS files are not beside the project (../shared/data)")
    return SHARED_DATA


@pytest.fixture
def blocks() -> gpd.GeoDataFrame:
    """Six squares of 1 km; district E1 is cut into two blocks; W1 is in another country.

    +--------+--------+--------+
    | E1.a   | E1.b   | E2     |      people 100, 200, 300
    +--------+--------+--------+
    | E3     | E4     | W1     |      people 400, 500, 600
    +--------+--------+--------+
    """
    names = ["E1.a", "E1.b", "E2", "E3", "E4", "W1"]
    corners = [(0, 1), (1, 1), (2, 1), (0, 0), (1, 0), (2, 0)]
    east, north = 400_000, 300_000
    squares = [
        shapely.box(east + 1000 * x, north + 1000 * y, east + 1000 * (x + 1), north + 1000 * (y + 1))
        for x, y in corners
    ]
    people = np.array([100.0, 200.0, 300.0, 400.0, 500.0, 600.0])
    return gpd.GeoDataFrame(
        {
            "lad": [name.partition(".")[0] for name in names],
            "people": people,
            "working_age": people * 0.6,
            "postcodes": people / 10,
            "area_m2": 1e6,
        },
        geometry=squares,
        index=pd.Index(names, name="block"),
        crs="EPSG:27700",
    )


@pytest.fixture
def points(blocks: gpd.GeoDataFrame) -> pd.DataFrame:
    """A postcode for every ten people, spread along the middle of each block from west to east."""
    rows = []
    for block, row in blocks.iterrows():
        west, south, east, north = row["geometry"].bounds
        count = int(row["postcodes"])
        xs = np.linspace(west, east, count + 2)[1:-1]
        rows += [(f"{block} {n}", row["lad"], block, x, (south + north) / 2) for n, x in enumerate(xs)]
    return pd.DataFrame(rows, columns=["postcode", "lad", "block", "x", "y"])


@pytest.fixture
def authorities(blocks: gpd.GeoDataFrame) -> Authorities:
    """The five districts of the toy country; E3 and E4 form the county E9."""
    table = pd.DataFrame(
        {
            "lad_code": ["E1", "E2", "E3", "E4", "W1"],
            "name": ["Ashby", "Barton", "Corby, City of", "Derby and Dale", "Welshpool"],
            "country": ["E", "E", "E", "E", "W"],
            "utla_code": ["E1", "E2", "E9", "E9", "W1"],
            "utla_name": ["Ashby", "Barton", "Eastshire", "Eastshire", "Welshpool"],
        }
    ).set_index("lad_code")
    retired = {
        "E0": Former("Old Ashby", "2019-03-31", ("E1",), whole=True),
        "E7": Former("North Corby", "2020-03-31", ("E3",), whole=False),
        "E8": Former("South Corby", "2020-03-31", ("E3",), whole=False),
    }
    return Authorities(table, blocks, retired)


MakeLayer = Callable[..., Layer]


@pytest.fixture
def block_layer(blocks: gpd.GeoDataFrame) -> MakeLayer:
    """Make a layer from ``{area: {block: share}}`` on the toy blocks; a share of None is unknown."""

    def make(key: str, members: Mapping[str, Mapping[str, float | None]], **facts: object) -> Layer:
        rows = [
            (block, area, np.nan if share is None else share)
            for area, held in members.items()
            for block, share in held.items()
        ]
        parts = pd.DataFrame(rows, columns=["block", "code", "share"])
        parts = parts.sort_values(["block", "code"]).reset_index(drop=True)
        areas = pd.DataFrame(index=pd.Index(sorted(members), name="code"))
        areas["name"] = [f"Area {code}" for code in areas.index]
        areas["confidence"] = "high"
        for column in ("people", "working_age", "postcodes", "area_m2"):
            held = parts["share"] * blocks[column].reindex(parts["block"]).to_numpy()
            areas[column] = held.groupby(parts["code"]).agg(lambda each: each.sum(skipna=False))
        lads = parts["block"].map(blocks["lad"])
        areas["members"] = lads.groupby(parts["code"]).agg(lambda each: ";".join(sorted(set(each))))
        areas["not_assessed"] = ""
        areas = gpd.GeoDataFrame(areas, geometry=dissolve(parts, blocks["geometry"], areas.index), crs=blocks.crs)
        layer = Layer(key=key, title=f"Layer {key}", areas=areas, parts=parts, source=Source("toy"))
        return replace(layer, **facts)

    return make


@pytest.fixture
def drawn_layer() -> MakeLayer:
    """Make a layer from ``{area: polygon}`` in metres."""

    def make(key: str, shapes: Mapping[str, shapely.Geometry], **facts: object) -> Layer:
        areas = gpd.GeoDataFrame(
            {"name": [f"Area {code}" for code in shapes]},
            geometry=list(shapes.values()),
            index=pd.Index(list(shapes), name="code"),
            crs="EPSG:27700",
        )
        areas["area_m2"] = areas.area
        return replace(Layer(key=key, title=f"Layer {key}", areas=areas, source=Source("toy")), **facts)

    return make


class ToyAtlas(atlas.Atlas):
    """Opens toy layers on the toy blocks."""

    def __init__(self, layers: dict[str, Layer], blocks: gpd.GeoDataFrame) -> None:
        super().__init__(geometry=True)
        self.toys, self.toy_blocks = layers, blocks

    def layer(self, reference: str, **_: str) -> Layer:
        return self.toys[reference]

    @property
    def blocks(self) -> gpd.GeoDataFrame:
        return self.toy_blocks


@pytest.fixture
def toy_atlas(blocks: gpd.GeoDataFrame, block_layer: MakeLayer, drawn_layer: MakeLayer) -> ToyAtlas:
    """North and south made of blocks; E4 is in a pilot by a part of unknown size; two discs overlap each other."""
    discs = {"d2": shapely.Point(401_400, 301_000), "d1": shapely.Point(400_800, 301_000)}
    layers = {
        "half": block_layer("half", {"n": {"E1.a": 1, "E1.b": 1, "E2": 1}, "s": {"E3": 1, "E4": 1}}),
        "pilot": block_layer("pilot", {"p": {"E3": 1, "E4": None}, "q": {"E4": None}}),
        "discs": drawn_layer("discs.gpkg", {code: point.buffer(700) for code, point in discs.items()}),
    }
    return ToyAtlas(layers, blocks)
