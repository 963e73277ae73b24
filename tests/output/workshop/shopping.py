"""The workshop's page as tests open it: a plan, scripts that edit, and what is on the page."""

from __future__ import annotations

import json
from typing import Any

from selenium import webdriver

PLAN = """[plan]
units = "lad"
within = ["W"]
clusters = [4, 5]
start = "connect_to_work"
[plan.objectives]
cut_people = {layers = ["lhb"], weight = 1.0}
[plan.constraints]
together = [["Cardiff", "Vale of Glamorgan"]]
apart = [["Ceredigion", "Powys", "Swansea"]]
fixed = {Gwynedd = "North Wales"}
least_people = 150000
most_people = 1600000
most_members = 12
nest_in = ["lhb"]
"""
STATE = "return JSON.stringify(geoplan.shop.present)"
HOW = """
const shop = geoplan.shop;
const unit = (name) => shop.data.units.names.indexOf(name);
const cluster = (name) => shop.present.clusters.findIndex((one) => one.name === name && !one.ended);
const move = (name, to) => { shop.choose(new Set([unit(name)])); shop.move(cluster(to)); };
const begin = (names, called) => shop.edit("", "begin", names.map(unit), called);
const rename = (name, to) => shop.edit("", "rename", cluster(name), to);
"""
EDITS = (
    """move("Ceredigion", "South West Wales"); begin(["Rutland", "Leicester"], "Rutland, and “Leicester”");
rename("Suffolk", "Suffolk Coast"); shop.dissolve(cluster("Norfolk")); move("Powys", "South East Wales");
shop.choose(new Set([unit("Kent")])); shop.takeOut();"""
)  # fmt: skip


def run(browser: webdriver.Chrome, script: str) -> Any:
    return browser.execute_script(HOW + script)


def state(browser: webdriver.Chrome) -> dict[str, Any]:
    return json.loads(browser.execute_script(STATE))


def sized(browser: webdriver.Chrome, width: int, height: int) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
