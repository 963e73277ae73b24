"""Tables of postcodes, joined by the postcodes that ship."""

from __future__ import annotations

import pandas as pd
import pytest

from geoplan.auditing import comparing
from geoplan.commuting.atlas import Atlas
from geoplan.data.membership.small_areas import postcode_tables
from geoplan.data.shipped import package_data
from geoplan.data.tables import tables
from geoplan.data.tables.headings import holds_lookup
from geoplan.errors import InputError
from geoplan.schema import Relation

HARTLEPOOL = "E06000001"


@pytest.fixture(scope="module")
def postcodes():
    points = package_data.postcode_points({"T"}, columns=("postcode", "lad"))
    return sorted(points["postcode"][points["lad"] == HARTLEPOOL].astype(str))


def table(tmp_path, rows, headings="postcode,cluster"):
    path = tmp_path / "pc.csv"
    path.write_text("\n".join([headings, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return str(path)


def test_all_postcodes_of_an_authority_are_the_authority(tmp_path, postcodes):
    path = table(tmp_path, [(code.lower().replace(" ", ""), "Harbour") for code in postcodes])
    assert holds_lookup(path)
    pair = comparing.compare(path, "lad")
    assert pair.relations["relation"].to_dict() == {"Harbour": Relation.COTERMINOUS}
    people = Atlas().blocks.at[HARTLEPOOL, "people"]
    assert pair.overlay.table.at[("Harbour", HARTLEPOOL), "people"] == pytest.approx(people)


def test_parts_hold_the_share_of_their_postcodes_and_add_up(tmp_path, postcodes):
    rows = [(code, "third" if n % 3 == 0 else "rest") for n, code in enumerate(postcodes)]
    layer = Atlas().layer(f"{table(tmp_path, rows)}#cluster")
    share = len(rows[::3]) / len(rows)
    assert layer.parts.set_index("code")["share"].to_dict() == pytest.approx({"third": share, "rest": 1 - share})
    assert layer.areas["people"].sum() == pytest.approx(Atlas().blocks.at[HARTLEPOOL, "people"])


def test_what_is_not_known_and_what_has_no_area_is_counted(tmp_path, postcodes):
    rows = [(postcodes[0], "A"), (postcodes[1], ""), ("ZZ1 1ZZ", "A")]
    notes = [note.message for note in Atlas().layer(table(tmp_path, rows)).notes if note.rule == "GP204"]
    assert len(notes) == 2
    assert notes[0].endswith("1 of 3 postcodes are not among those that ship (1 row: ZZ11ZZ).")
    assert "'postcode': 1 of 3 postcodes have no cluster and belong to no area (1 row: " in notes[1]


def test_refusals(tmp_path, postcodes):
    twice = table(tmp_path, [(postcodes[0], "A"), (postcodes[0].lower(), "B")])
    with pytest.raises(InputError, match=r"column 'postcode': postcodes stand in two areas \(1 row"):
        Atlas().layer(twice)
    with pytest.raises(InputError, match="none of them is a known postcode"):
        Atlas().layer(table(tmp_path, [("ZZ1 1ZZ", "A")]))
    several = table(tmp_path, [(postcodes[0], "A", "B")], "pcds,cluster,team")
    with pytest.raises(
        InputError, match=r"several columns could hold the areas: cluster, team\. Name one: pc\.csv#cluster"
    ):
        Atlas().layer(several)
    assert Atlas().layer(f"{several}#TEAM").areas.index.tolist() == ["B"]


def test_a_heading_alone_makes_no_table_of_postcodes():
    frame = pd.DataFrame({"postcode": ["north", "south"], "LSOA21CD": ["E01000001", "E01000002"]})
    assert postcode_tables.column_of(tables.RawTable(frame, "t.csv", None, "")) == ""
