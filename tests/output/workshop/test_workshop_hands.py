"""The workshop's page under hands and eyes: keys, sizes of screens, names on the map, axe."""

from __future__ import annotations

import pytest
from browsing import show, violations
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from shopping import EDITS, run, sized


def test_all_of_it_is_done_by_keys(opened):
    opened.find_element(By.ID, "find").send_keys("ceredigion", Keys.TAB)
    there = opened.switch_to.active_element
    assert (there.get_attribute("role"), there.find_element(By.CSS_SELECTOR, ".what span").text) == (
        "option",
        "Ceredigion",
    )
    there.send_keys(Keys.SPACE)
    assert there.get_attribute("aria-selected") == "true"
    there.send_keys(Keys.ENTER)
    there = opened.switch_to.active_element
    assert there.get_attribute("id") == "to"
    there.send_keys("South W")
    there.send_keys(Keys.TAB)
    opened.switch_to.active_element.send_keys(Keys.ENTER)
    assert (
        run(opened, """return shop.present.clusters[shop.present.label[unit("Ceredigion")]].name""")
        == "South West Wales"
    )
    opened.find_element(By.TAG_NAME, "body").send_keys(Keys.CONTROL, "z")
    assert run(opened, """return shop.present.clusters[shop.present.label[unit("Ceredigion")]].name""") == "Mid Wales"
    opened.find_element(By.TAG_NAME, "body").send_keys(Keys.CONTROL, "y")
    assert (
        run(opened, """return shop.present.clusters[shop.present.label[unit("Ceredigion")]].name""")
        == "South West Wales"
    )


def test_the_keyboard_is_never_lost(opened):
    """What had the keyboard may be gone or have nothing left to do: it stands in the list then, or on what undoes."""
    stands = "const there = document.activeElement; return there.getAttribute('role') || there.id"

    def press(name: str) -> str:
        opened.find_element(By.ID, name).send_keys(Keys.ENTER)
        return opened.execute_script(stands)

    def chosen(name: str) -> None:
        run(opened, f"""shop.list.rove(unit("{name}")); shop.pick(unit("{name}"))""")

    chosen("Ceredigion")
    assert press("move") == "option"
    assert opened.switch_to.active_element.find_element(By.CSS_SELECTOR, ".what span").text == "Powys"
    assert opened.execute_script("return document.activeElement.matches(':focus-visible')")
    chosen("Kent")
    assert press("loose") == "option"
    chosen("Slough")
    assert press("clear") == "option"
    chosen("Slough")
    assert press("begin") == "name-text"
    opened.switch_to.active_element.send_keys("Thames", Keys.ENTER)
    assert opened.execute_script(stands) == "option"
    assert [press("undo") for _ in range(3)] == ["undo", "undo", "redo"]
    assert [press("redo") for _ in range(3)] == ["redo", "redo", "undo"]
    assert press("reset") == "undo"
    run(opened, """shop.openCard(cluster("Norfolk"))""")
    opened.find_element(By.XPATH, "//*[@id='card']//button[.='Rename']").send_keys(Keys.ENTER)
    opened.switch_to.active_element.send_keys("The Fens", Keys.ENTER)
    assert opened.execute_script(stands) == "card"
    opened.find_element(By.XPATH, "//*[@id='card']//button[.='Dissolve']").send_keys(Keys.ENTER)
    assert opened.execute_script(stands) == "option"


def test_what_has_the_keyboard_is_never_under_a_heading(opened):
    opened.find_element(By.CSS_SELECTOR, "#units [tabindex='0']").send_keys(Keys.END)
    for _ in range(30):
        there = opened.switch_to.active_element
        there.send_keys(Keys.ARROW_UP)
        assert opened.execute_script(
            "const there = document.activeElement, box = there.getBoundingClientRect();"
            "return there.contains(document.elementFromPoint(box.x + 60, box.y + 2))"
        )


def test_the_list_has_one_stop_and_arrows_go_along_it(opened):
    stops = "return document.querySelectorAll('#units [tabindex=\"0\"]').length"
    assert opened.execute_script(stops) == 1
    first = opened.find_element(By.CSS_SELECTOR, "#units [tabindex='0']")
    first.send_keys(Keys.ARROW_DOWN, Keys.NULL)
    opened.switch_to.active_element.send_keys(Keys.SHIFT, Keys.ARROW_DOWN)
    assert len(opened.find_elements(By.CSS_SELECTOR, "#units [aria-selected='true']")) == 2
    opened.switch_to.active_element.send_keys(Keys.END)
    assert opened.execute_script(stops) == 1
    opened.switch_to.active_element.send_keys("r")
    assert opened.switch_to.active_element.find_element(By.CSS_SELECTOR, ".what span").text.startswith("R")
    opened.switch_to.active_element.send_keys(Keys.F2)
    assert opened.switch_to.active_element.get_attribute("id") == "card"
    opened.find_element(By.XPATH, "//*[@id='card']//button[.='Rename']").click()
    field = opened.switch_to.active_element
    field.send_keys("Norfolk", Keys.ENTER)
    assert "already" in opened.find_element(By.ID, "name-problem").text
    field.clear()
    field.send_keys("The Fens", Keys.ENTER)
    assert "The Fens" in [each.text for each in opened.find_elements(By.CSS_SELECTOR, "#clusters button")]


def test_two_arrangements_side_by_side(opened):
    run(opened, """move("Ceredigion", "South West Wales"); shop.keep("Ours"); move("Cornwall", "Dorset")""")
    opened.find_element(By.ID, "split").click()
    assert len(opened.find_elements(By.CSS_SELECTOR, ".stage.leaflet-container")) == 2
    heads = [each.text for each in opened.find_elements(By.CSS_SELECTOR, "#scores thead th")]
    assert heads == ["Measure", "Today", "Now", "Difference"]
    opened.execute_script(
        "const side = document.getElementById('left-side'); side.value = '0'; side.dispatchEvent(new Event('change'))"
    )
    heads = [each.text for each in opened.find_elements(By.CSS_SELECTOR, "#scores thead th")]
    assert heads == ["Measure", "Ours", "Now", "Difference"]
    opened.find_element(By.ID, "split").click()
    assert not opened.find_element(By.ID, "left").is_displayed()


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768), (768, 1024), (390, 844)])
def test_the_whole_map_is_in_sight_at_first_and_again(browser, text, tmp_path, size):
    sized(browser, *size)
    opened = show(browser, text, tmp_path)
    whole = (
        "const { map, units } = geoplan.shop.right;"
        "const all = L.latLngBounds(units.map((one) => one.getBounds()));"
        "return map.getBounds().contains(all) && map.getZoom() >= 4.5"
    )
    try:
        assert opened.execute_script(whole)
        run(opened, """shop.openCard(cluster("Central London Forward"))""")
        assert not opened.execute_script(whole)
        button = opened.find_element(By.XPATH, "//*[@id='right-map']//button[.='All']")
        opened.execute_script("arguments[0].focus()", button)
        seen = "const box = arguments[0].getBoundingClientRect();"
        seen += "return document.elementFromPoint(box.x + 9, box.y + 9) === arguments[0]"
        assert opened.execute_script(seen, button), "under the bar that stays on top"
        button.send_keys(Keys.ENTER)
        assert opened.execute_script(whole)
        opened.find_element(By.ID, "split").click()
        assert opened.execute_script(whole)
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768), (768, 1024)])
def test_list_map_and_scores_stand_on_one_screen(browser, text, tmp_path, size):
    sized(browser, *size)
    opened = show(browser, text, tmp_path)
    try:
        run(opened, """shop.pick(unit("Powys"))""")
        heights = opened.execute_script(
            "return ['units', 'move', 'right-map', 'scores'].map((id) => {"
            "  const box = document.getElementById(id).getBoundingClientRect();"
            "  return Math.min(box.bottom, window.innerHeight) - Math.max(box.top, 0); })"
        )
        assert min(heights[0], heights[2], heights[3]) >= 180
        assert heights[1] >= 34
        footer = opened.find_element(By.CSS_SELECTOR, "#shop > footer").rect
        assert footer["y"] + footer["height"] <= size[1] + 1
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_authorities_are_named_on_the_map_once_there_is_room(opened):
    def named(look: str) -> set[str]:
        found = opened.find_elements(By.CSS_SELECTOR, f"#right-map .name.{look}")
        return {each.get_attribute("textContent") for each in found}

    assert {"Norfolk", "Cumbria"} <= named("of-cluster")
    assert "Pembrokeshire" not in named("of-unit")
    run(opened, """shop.openCard(cluster("South West Wales"))""")
    assert {"Pembrokeshire", "Carmarthenshire", "Swansea"} <= named("of-unit")
    assert "SouthWestWales" in {name.replace(" ", "") for name in named("of-cluster")}
    boxes = opened.execute_script(
        "return [...document.querySelectorAll('#right-map .name > div')].map((each) => {"
        "  const box = each.getBoundingClientRect(); return [box.left, box.top, box.right, box.bottom]; })"
    )
    for n, (left, top, right, bottom) in enumerate(boxes):
        for other in boxes[:n]:
            assert right <= other[0] + 1 or left >= other[2] - 1 or bottom <= other[1] + 1 or top >= other[3] - 1


def test_two_quick_choices_do_not_zoom(opened):
    run(opened, """shop.openCard(cluster("South West Wales"))""")
    zoom = opened.execute_script("return geoplan.shop.right.map.getZoom()")
    shape = run(opened, """return shop.right.units[unit("Carmarthenshire")].getElement()""")
    ActionChains(opened).double_click(shape).perform()
    assert opened.execute_script("return geoplan.shop.right.map.getZoom()") == zoom


@pytest.mark.parametrize("size", [(1366, 768), (1024, 768), (768, 1024), (360, 740)])
def test_axe_finds_nothing_in_any_state(browser, text, tmp_path, size):
    sized(browser, *size)
    opened = show(browser, text, tmp_path)
    try:
        assert violations(opened) == []
        run(
            opened,
            EDITS
            + """shop.openCard(cluster("South West Wales")); shop.pick(unit("Powys")); shop.pick(unit("Gwynedd"))""",
        )
        assert violations(opened) == [], "chosen, with a card"
        opened.find_element(By.ID, "split").click()
        opened.execute_script(
            "const each = document.getElementById('show'); each.value = '0'; each.dispatchEvent(new Event('change'))"
        )
        assert violations(opened) == [], "side by side"
        run(opened, "shop.keep('Ours')")
        for name in ("keep", "moves", "help"):
            opened.find_element(By.ID, f"open-{name}").click()
            assert violations(opened) == [], name
            opened.find_element(By.CSS_SELECTOR, f"#{name} .shut").click()
        assert opened.execute_script("return document.documentElement.scrollWidth <= window.innerWidth")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("size", [(1024, 768), (768, 1024)])
def test_what_is_touched_is_large_enough_on_a_tablet(browser, text, tmp_path, size):
    sized(browser, *size)
    opened = show(browser, text, tmp_path)
    try:
        run(
            opened,
            """shop.openCard(cluster("South West Wales")); shop.pick(unit("Powys")); shop.split(); shop.split()""",
        )
        small = opened.execute_script(
            "return [...document.querySelectorAll('button, select, input, [role=option], .leaflet-bar a')]"
            ".map((each) => [each.id || each.textContent, each.getBoundingClientRect()])"
            ".filter(([, box]) => box.width && box.height && (box.height < 44 || box.width < 44)).map(([name]) => name)"
        )
        assert small == []
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
