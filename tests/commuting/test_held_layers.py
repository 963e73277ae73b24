"""Layers that a caller holds under a name: in that atlas alone, beside what was open before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from geoplan.commuting.atlas import Atlas
from geoplan.errors import UnknownKeyError


def renamed(key, title, opened):
    def opener(atlas, _code, _name):
        opened.append(title)
        return replace(atlas.layer("country"), key=key, title=title)

    return opener


def test_each_atlas_holds_its_own_and_opens_nothing_again():
    opened = []
    atlas = Atlas()
    atlas.hold("theirs", renamed("theirs", "Theirs", opened))
    theirs = atlas.layer("theirs")
    one, two = (atlas.holding("mine", renamed("mine", title, opened)) for title in ("One", "Two"))
    assert [each.layer("mine").title for each in (one, two, one)] == ["One", "Two", "One"]
    assert one.layer("theirs") is two.layer("theirs") is theirs
    assert opened == ["Theirs", "One", "Two"]
    assert one.blocks is atlas.blocks
    with pytest.raises(UnknownKeyError):
        atlas.layer("mine")
