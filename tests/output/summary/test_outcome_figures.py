"""Figures before and after, and changes, in words."""

from __future__ import annotations

import pytest

from geoplan.data.scenarios.scenario import Step
from geoplan.output.summary.planned.outcome_figures import FigureRow
from geoplan.output.summary.planned.outcomes import first_steps, step_text


@pytest.mark.parametrize(
    ("before", "after", "kind", "texts", "differs"),
    [
        (389160.0, 0.0, "count", ("389,160", "0", "-389,160"), True),
        (2, 3, "count", ("2", "3", "+1"), True),
        (0.7738, 0.7740, "share", ("77.38%", "77.40%", "+0.02 points"), True),
        (1.0401, 1.0399, "mean", ("1.04", "1.04", "same"), False),
        (5.0, 5.0, "count", ("5", "5", "same"), False),
        (None, 3.0, "count", ("not assessed", "3", ""), True),
    ],
)
def test_a_figure_is_written_with_its_difference(before, after, kind, texts, differs):
    row = FigureRow("people", ("a", "b"), before, after, kind)
    assert row.texts == texts
    assert row.differs is differs


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            Step("", "move", "icb", "Frimley", "Hart;Rushmoor", "Essex"),
            "icb: move Hart and Rushmoor from Frimley to Essex",
        ),
        (Step("", "merge", "icb", "A;B", to="C"), "icb: merge A and B into C"),
        (Step("", "split", "utla", "Surrey", "Woking", "West"), "utla: split Woking off Surrey as West"),
        (Step("", "new", "icb", "Essex"), "icb: begin Essex"),
        (Step("", "dissolve", "icb", "Essex"), "icb: dissolve Essex"),
        (Step("", "rename", "icb", "Essex", to="New Essex"), "icb: rename Essex to New Essex"),
    ],
)
def test_every_change_is_said_in_words(step, said):
    assert step_text(step) == said


def test_of_many_changes_the_first_are_said_with_titles():
    steps = [Step("", "new", "icb", name) for name in "ABCD"]
    assert first_steps(steps, 2, {"icb": "Boards"}) == ["Boards: begin A", "Boards: begin B", "and 2 further changes"]
    assert first_steps(steps[:1], 2) == ["icb: begin A"]
