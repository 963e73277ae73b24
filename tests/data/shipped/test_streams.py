"""Streams of money and duties: the table that ships is sound, and a row that makes no sense is refused."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pandas as pd
import pytest

from geoplan.commuting.atlas import Atlas
from geoplan.data.catalogue import catalogue
from geoplan.data.shipped.package_data import shipped_membership, shipped_table
from geoplan.data.shipped.streams import STREAMS_FILE, checked_streams, shipped_streams
from geoplan.errors import InputError

KEEP = {
    "stream": "skills", "title": "Skills", "kind": "money", "pays_for": "courses", "everywhere": "yes",
    "countries": "E", "layer": "lad", "areas": "", "body": "area", "named_body": "", "valid_from": "2020-01",
    "valid_to": "", "source": "Office", "url": "https://example.org", "confidence": "high", "note": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"kind": "grant"}, r"funding_streams\.csv: column 'kind' holds what it cannot \(1 row: row 3: grant\)"),
        ({"source": ""}, r"column 'source' is empty \(1 row: row 3: empty\)"),
        ({"countries": "X"}, "column 'countries'.*row 3: X.*Letters of E, W"),
        ({"everywhere": "often"}, "column 'everywhere'"),
        ({"body": "mayor"}, "column 'body'.*Known: accountable"),
        ({"body": "named"}, "column 'named_body' names a body only where body is 'named'"),
        ({"named_body": "Somebody"}, "column 'named_body' names a body only where"),
        ({"layer": ""}, "column 'layer' is empty"),
        ({"layer": "", "body": "named", "named_body": "X", "areas": "E1"}, "column 'layer' is empty"),
        ({"valid_from": "spring"}, "column 'valid_from'.*row 3: spring.*YYYY-MM-DD"),
        ({"valid_to": "2019"}, "column 'valid_to' ends before it begins"),
        ({"url": "http://example.org"}, "column 'url'"),
        ({"confidence": "sure"}, "column 'confidence'.*row 3: sure"),
        ({"title": "Other"}, "column 'title' differs between rows of one stream.*row 2: Skills, row 3: Other"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused(changed, said):
    with pytest.raises(InputError, match=said):
        checked_streams(pd.DataFrame([KEEP, {**KEEP, **changed}]))


def test_a_missing_column_is_named():
    with pytest.raises(InputError, match="column 'body' is missing"):
        checked_streams(pd.DataFrame([KEEP]).drop(columns="body"))


def test_rows_are_read():
    (rule,) = checked_streams(pd.DataFrame([{**KEEP, "areas": "E1;E2", "valid_to": "2026-03"}]))
    assert (rule.areas, rule.everywhere) == (("E1", "E2"), True)
    assert (rule.first_day, rule.last_day) == (date(2020, 1, 1), date(2026, 3, 31))


def test_every_layer_area_and_body_of_the_table_exists():
    atlas = Atlas()
    every = {}
    for rule in shipped_streams():
        if not rule.layer:
            continue
        entry = catalogue()[rule.layer]
        if rule.layer not in every:
            every[rule.layer] = set(shipped_membership(entry.table)["area_id"])
        assert set(rule.areas) <= every[rule.layer], rule
        assert set(rule.countries) <= set(entry.extent), rule
        if rule.body in {"lead", "accountable"}:
            layer = atlas.layer(rule.layer)
            assert layer.bodies is not None, rule
            here = [code for code in rule.areas or layer.areas.index if code in layer.areas.index]
            assert set(here) & set(layer.bodies["area"]), rule


def test_rules_of_a_stream_stand_together_and_all_ground_is_told():
    streams = [rule.stream for rule in shipped_streams()]
    assert len(dict.fromkeys(streams)) == 1 + sum(one != two for one, two in pairwise(streams))
    assert len(shipped_table(STREAMS_FILE)) == len(streams)


def test_one_body_has_one_name():
    named = {rule.named_body for rule in shipped_streams() if rule.named_body}
    leads = set()
    for entry in catalogue().values():
        if entry.table != "computed":
            leads |= set(shipped_membership(entry.table)["lead_body"])
    bare = {name.replace("Mayoral ", "").casefold(): name for name in leads | named}
    assert {name for name in leads | named if bare[name.replace("Mayoral ", "").casefold()] != name} == set()
