"""The table of services that ships: complete, without doubles, and nothing in it that nobody could fetch."""

from __future__ import annotations

import pytest

from geoplan.data.portal import services
from geoplan.errors import ConfigurationError


def test_the_shipped_table_is_sound() -> None:
    found = services.sources()
    assert len(found) > 100
    for one in found:
        if one.confidence != services.NOT_PUBLISHED:
            assert services.chosen(one.key, edition=one.edition, resolution=one.resolution) is one
        assert one.url.startswith("https://")
    wanted = {
        "lad", "utla", "combined_authority", "icb", "sub_icb", "lhb", "region", "country", "lsoa", "msoa", "oa", "ttwa",
        "ward", "constituency", "police_force", "fire_authority", "built_up_area", "lsoa_to_icb", "onspd", "nspl",
    }  # fmt: skip
    assert wanted <= {one.key for one in found}
    with pytest.raises(ConfigurationError, match=r"not known to have been published.*Known: ttwa@2011-12"):
        services.chosen("ttwa", edition="2021")
    assert services.chosen("ttwa").edition == "2011-12"
    assert services.editions("ttwa") == ["2011-12"]
    # Nomis calls districts TYPE84, and groups of them TYPE83.
    assert "geography=TYPE84&" in services.chosen("claimants_jcp_district").url
    assert services.chosen("icb", edition="2026").resolution == "BGC"
    # Where nobody has seen the usual drawing in use, one that somebody has.
    assert services.chosen("fire_authority").resolution == "BFC"
    assert services.chosen("lad", edition="2025-12").resolution == "BGC"
