"""Whatever is changed in a layer that ships and changed back gives the layer, and so today's audit, back."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geoplan.commuting.atlas import Atlas
from geoplan.data.scenarios.reading import made
from geoplan.data.scenarios.scenario import SEVERAL

LAYERS = ("connect_to_work", "icb_2026", "lhb", "lsip_2025", "police_force", "utla", "lad")
ACTIONS = ("move", "merge", "split", "rename")


class Ground:
    """A layer as a plain dictionary, which knows how each change is taken back."""

    def __init__(self, layer):
        homes = layer.parts.groupby("block")["code"].agg(list)
        whole = set(layer.parts.loc[layer.parts["share"] == 1, "block"])
        self.home = {block: codes[0] for block, codes in homes.items() if len(codes) == 1 and block in whole}
        torn = set(layer.parts.loc[~layer.parts["block"].isin(self.home), "code"])
        # What is held in part adds up when areas merge: which part was whose is not known afterwards.
        self.names = {code: name for code, name in layer.areas["name"].items() if code not in torn}
        self.home = {block: code for block, code in self.home.items() if code in self.names}
        self.begun = 0

    def held(self, code):
        return sorted(block for block, home in self.home.items() if home == code)

    def put(self, blocks, code):
        self.home.update(dict.fromkeys(blocks, code))

    def change(self, action, pick):
        """Change something that is picked by a number; return the rows there and back, or None where that empties."""
        codes = sorted(self.names)
        code, other = codes[pick % len(codes)], codes[(pick * 7 + 1) % len(codes)]
        blocks, self.begun = self.held(code), self.begun + 1
        if action == "rename":
            old, new = self.names[code], f"Renamed {self.begun}"
            self.names[code] = new
            return {"area": code, "to": new}, {"action": "rename", "area": new, "to": old}
        if action == "merge" and code != other:
            name = self.names.pop(code)
            self.put(blocks, other)
            back = {"action": "split", "area": other, "authority": SEVERAL.join(blocks), "to": name, "code": code}
            return {"area": code, "to": other}, back
        if len(blocks) < 2 or code == other:
            return None
        gone = blocks[: 1 + pick % (len(blocks) - 1)]
        if action == "move":
            self.put(gone, other)
            row = {"authority": SEVERAL.join(gone)}
            return {**row, "to": other}, {"action": "move", **row, "area": other, "to": code}
        if action == "split":
            new, name = f"begun-{self.begun}", f"Begun {self.begun}"
            self.put(gone, new)
            self.names[new] = name
            row = {"area": code, "authority": SEVERAL.join(gone), "to": name, "code": new}
            return row, {"action": "merge", "area": new, "to": code}
        return None


@pytest.fixture(scope="module")
def atlas():
    return Atlas()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    key=st.sampled_from(LAYERS),
    asked=st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 5000)), min_size=1, max_size=6),
)
def test_changes_taken_back_in_turn_give_the_layer_itself(atlas, key, asked):
    layer = atlas.layer(key)
    ground, today, forth, back = Ground(layer), Ground(layer), [], []
    for action, pick in asked:
        if rows := ground.change(action, pick):
            forth.append({"action": action, **rows[0]})
            back.insert(0, rows[1])
    if not forth:
        return

    def scenario(rows):
        return made([(f"row {n}", {"layer": key, **row}) for n, row in enumerate(rows, 2)], "x.csv", title="as tried")

    assert atlas.applied(scenario([*forth, *back]), key, layer).layer is layer
    there = atlas.applied(scenario(forth), key, layer)
    assert there.changed == (vars(ground) | {"begun": 0} != vars(today))
    homes = dict(zip(there.layer.parts["block"], there.layer.parts["code"], strict=True))
    assert {block: homes[block] for block in ground.home} == ground.home
    again = atlas.applied(scenario(back), key, there.layer).layer
    told = ["name", "members", "people", "working_age", "postcodes", "area_m2"]
    pd.testing.assert_frame_equal(pd.DataFrame(again.areas[told]), pd.DataFrame(layer.areas[told]))
    pd.testing.assert_frame_equal(again.parts[["block", "code", "share"]], layer.parts[["block", "code", "share"]])
