"""Limits and leads of a plan on the workshop's page: told broken where they are, and with the number that stands."""

from __future__ import annotations

from browsing import show
from selenium.webdriver.common.by import By

from geoplan.output.workshop.webpage import page
from geoplan.planning.designing.asked import parse
from geoplan.planning.workshop import gathered

PLAN = """[plan]
units = "lad"
within = ["W"]
start = "connect_to_work"
[plan.objectives]
cut_people = {layers = ["lhb"], most = 1000000}
self_containment = {weight = 0, least = 0.999}
change = {weight = 0, most = 100}
compactness = {weight = 0, most = 5}
balance = {weight = 0, most = 9}
[plan.constraints]
leads = ["Cardiff", "Newport"]
"""


def test_limits_that_today_breaks_are_named_with_what_it_has(browser, tmp_path):
    shop = gathered(parse(PLAN, "plan.toml"))
    opened = show(browser, page(shop), tmp_path)
    told = " ".join(opened.find_element(By.ID, "broken").text.split())
    assert "self-containment of commuting at least 0.999. It is 0." in told
    assert "border between areas at most 5 km. It is " in told
    assert "Cardiff and Newport each lead a cluster. Cardiff and Newport are both in South East Wales" in told
    for kept in ("people in cut pieces", "people whose area changes", "balance"):
        assert kept not in told
