"""The template for Jobcentre Plus districts is read as it stands, and its page says what is in it."""

from __future__ import annotations

import csv

import pytest
from roots import ROOT

from geoplan.auditing import comparing
from geoplan.schema import Relation

TEMPLATE = ROOT / "docs" / "howto" / "jobcentre-districts.csv"


def test_the_template_compares_as_it_stands():
    there, back = (comparing.compare(*pair) for pair in ((str(TEMPLATE), "lad"), ("lad", str(TEMPLATE))))
    told = there.relations["relation"].to_dict()
    assert told == {
        "example-north": Relation.CONTAINS, "example-south": Relation.STRADDLES, "example-west": Relation.NESTED,
    }  # fmt: skip
    people = back.overlay.left.areas["people"]
    parts = back.overlay.table["people"].loc["E06000004"]
    assert parts.to_dict() == pytest.approx({
        "example-south": 0.4 * people["E06000004"], "example-west": 0.6 * people["E06000004"],
    })  # fmt: skip
    assert len(back.outside) == len(back.standing) - 5
    assert not [note for note in there.overlay.left.notes if note.rule != "GP405"]


def test_the_page_names_every_column():
    page = TEMPLATE.with_suffix(".md").read_text(encoding="utf-8")
    with TEMPLATE.open(encoding="utf-8", newline="") as file:
        headings = next(csv.reader(file))
    assert [heading for heading in headings if heading not in page] == []
    assert f"{{download}}`{TEMPLATE.name}`" in page
