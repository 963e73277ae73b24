"""The line of the brief on what its area is given."""

import pytest

from geoplan.auditing import audit, results
from geoplan.output.summary.funding import focus_grant


def told(place):
    asked = results.Configuration(pairs=(), layers=("connect_to_work", "lsip_2025"), focus=place)
    return focus_grant(audit.run(asked))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        (
            "connect_to_work:South Midlands",
            "£32m in all (announced); £27 per resident of working age; £254 per person out of work. Source: ",
        ),
        (
            "connect_to_work:Mid Wales",
            "£3.9m in all (up to); £33 per resident of working age; per person out of work not assessed; 1,000 places",
        ),
        (
            "connect_to_work:Liverpool City Region",
            "£14m a year (up to); £14 a year per resident of working age; £70 a year per person out of work. Source: ",
        ),
        ("connect_to_work:Suffolk", "no amount is known (not assessed)."),
    ],
)
def test_the_line_says_amount_rates_and_source(place, said):
    assert told(place).startswith(said)


def test_areas_of_geographies_that_know_no_money_have_no_line():
    assert told("lsip_2025:Greater London") == ""
