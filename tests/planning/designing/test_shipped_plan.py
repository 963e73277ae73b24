"""England as it ships: as many clusters as Connect to Work has, better than today in both."""

from __future__ import annotations

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
