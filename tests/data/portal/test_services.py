"""The table of services that ships: complete, without doubles, and nothing in it that nobody could fetch."""

from __future__ import annotations

from geoplan.data.portal import services


def test_the_shipped_table_is_sound() -> None:
    found = services.sources()
    assert len(found) > 100
    for one in found:
        assert services.chosen(one.key, edition=one.edition, resolution=one.resolution) is one
        assert one.url.startswith("https://")
    wanted = {
        "lad", "utla", "combined_authority", "icb", "sub_icb", "lhb", "region", "country", "lsoa", "msoa", "oa", "ttwa",
        "ward", "constituency", "police_force", "fire_authority", "built_up_area", "lsoa_to_icb", "onspd", "nspl",
    }  # fmt: skip
    assert wanted <= {one.key for one in found}
    assert services.chosen("icb", edition="2026").resolution == "BGC"
    # Where nobody has seen the usual drawing in use, one that somebody has.
    assert services.chosen("fire_authority").resolution == "BFC"
    assert services.chosen("lad", edition="2025-12").resolution == "BGC"
