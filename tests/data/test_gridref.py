"""Grid references."""

from __future__ import annotations

import pytest

from geoplan.data.gridref import grid_reference, grid_square


@pytest.mark.parametrize(("x", "y", "reference"), [
    (651_409, 313_177, "TG 514 131"),  # Caister water tower, from OS's guide to coordinate systems
    (530_024, 180_396, "TQ 300 803"),  # Nelson's Column
    (216_666, 771_288, "NN 166 712"),  # Ben Nevis
    (447_800, 1_141_400, "HU 478 414"),  # Lerwick
    (90_100, 10_600, "SV 901 106"),  # Hugh Town, Scilly
    (244_100, 372_500, "SH 441 725"),  # Ynys Môn
    (400_000, 1_200_000, "HP 000 000"),
])  # fmt: skip
def test_known_places(x, y, reference):
    assert grid_reference(x, y) == reference


def test_figures_are_cut_off_and_never_rounded_into_the_next_square():
    assert grid_reference(499_999.99, 399_999.99) == "SK 999 999"
    assert grid_square(499_999.99, 399_999.99) == "SK9999"


def test_beyond_the_letters_there_is_none():
    assert grid_reference(-1_000_001, 0) == ""
    assert grid_reference(0, 2_000_001) == ""
