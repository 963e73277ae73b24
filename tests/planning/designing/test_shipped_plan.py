"""England as it ships: as many clusters as Connect to Work has, better than today in both."""

from __future__ import annotations

import time

import pytest

from geoplan.planning.designing.asked import taken
from geoplan.planning.designing.designs import plan


def test_as_many_clusters_as_today_beat_it_in_cut_pieces_and_self_containment():
    objectives = {"cut_people": {"layers": ["icb_2026"], "weight": 1.0}, "self_containment": 0.5}
    asked = {"start": "connect_to_work", "clusters": 45, "objectives": objectives, "alternatives": 1, "time_limit": 120}
    made = plan(taken(asked))
    found, today = made.designs[0], made.today
    assert today.areas == found.measures.areas == 45
    assert found.measures.cut_people["icb_2026"] < today.cut_people["icb_2026"]
    assert found.measures.self_containment > today.self_containment
    assert found.measures.in_pieces == 0
    assert found.bound <= found.score
    assert found.optimal or found.gap > 0
    alternative, before = found.audited, made.audited
    assert alternative.arrangement.title == "Connect to Work areas, alternative 1"
    assert alternative.layer.edition == "designed"
    assert not before.fates.serious("mended")
    assert not before.fates.serious("made")
    assert len(alternative.fates.serious("mended")) > len(alternative.fates.serious("made"))
    for told, measures in ((before, today), (alternative, found.measures)):
        assert len(told.areas) == 45
        assert sum(row["people"] for row in told.areas.values()) == pytest.approx(made.units.people.sum())
        assert sum(row["out_of_work"] for row in told.areas.values()) == pytest.approx(made.units.need.sum())
        cut = sum(row["cut_people"]["icb_2026"] for row in told.areas.values())
        assert cut == pytest.approx(measures.cut_people["icb_2026"])
        assert 1 <= told.partners["icb_2026"] < 3


@pytest.mark.slow
@pytest.mark.parametrize("units", ["lad", "blocks"])
def test_districts_and_blocks_have_an_answer_in_the_time_given(units):
    objectives = {"cut_people": {"layers": ["icb_2026"], "weight": 1.0}, "self_containment": 0.2, "change": 0.1}
    asked = {"units": units, "start": "connect_to_work", "clusters": [40, 47], "objectives": objectives}
    begun = time.monotonic()
    made = plan(taken({**asked, "time_limit": 60}))
    assert time.monotonic() - begun <= 60 * 1.15
    assert made.searched
    assert made.designs[0].bound < made.designs[0].score
    for one in made.designs:
        assert 40 <= one.measures.areas <= 47
        assert one.measures.in_pieces == 0
    assert made.designs[0].measures.cut_people["icb_2026"] < made.today.cut_people["icb_2026"]
