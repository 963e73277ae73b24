"""Cells of documents that list authorities: exact names are taken, of others the nearest are proposed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.data.membership.own.names import exactly, nearest, parted_by
from geoplan.data.places import shipped_authorities
from geoplan.data.shipped.package_data import shipped_blocks

KNOWN = shipped_authorities(shipped_blocks())
PARTED = parted_by(KNOWN)
NAMES = sorted(KNOWN.table["name"])


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("", []),
        ("Leeds", ["Leeds"]),
        ("Cornwall and Isles of Scilly", ["Cornwall", "Isles of Scilly"]),
        ("Dorset, Bournemouth, Christchurch\nand Poole", ["Dorset", "Bournemouth, Christchurch and Poole"]),
        ("Bristol, City of, Bath & North East Somerset", ["Bristol, City of", "Bath & North East Somerset"]),
        ("City of London, Camden", ["City of London", "Camden"]),
        ("Camden and City of London", ["Camden", "City of London"]),
        ("Kingston upon Hull, City of and East Riding of Yorkshire",
         ["Kingston upon Hull, City of", "East Riding of Yorkshire"]),
        ("Devon, Plymouth and Torbay", ["Devon", "Plymouth", "Torbay"]),
        ("Swindn, Wiltshire", ["Swindn", "Wiltshire"]),
        ("Bournmouth, Christchurch and Poole, Dorset", ["Bournmouth, Christchurch and Poole", "Dorset"]),
        ("E06000023; E06000022", ["E06000023", "E06000022"]),
    ],
)  # fmt: skip
def test_a_cell_is_parted_where_names_end(cell: str, names: list[str]) -> None:
    assert PARTED(cell) == names


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8, unique=True), st.sampled_from([", ", "\n", "; "]))
def test_whatever_is_listed_is_found_again(names: list[str], between: str) -> None:
    assert [code for name in PARTED(between.join(names)) for code in exactly(name, KNOWN)] == [
        code for name in names for code in exactly(name, KNOWN)
    ]


@pytest.mark.parametrize("written", ["Bath", "N Somerset", "Swindn", "Newcastle", "Christchurch", ""])
def test_what_is_not_exact_means_nothing(written: str) -> None:
    assert exactly(written, KNOWN) == ()


def test_a_county_means_its_districts_and_a_former_whole_authority_the_one_of_today() -> None:
    assert len(exactly("Oxfordshire County Council", KNOWN)) == 5
    assert exactly("Shepway", KNOWN) == exactly("Folkestone and Hythe", KNOWN) == ("E07000112",)


def test_the_likeliest_is_proposed_first() -> None:
    assert nearest("Swindn", KNOWN)[0] == "Swindon"
    assert nearest("Christchurch", KNOWN)[0] == "Bournemouth, Christchurch and Poole"
    assert set(nearest("Newcastle", KNOWN)[:2]) == {"Newcastle upon Tyne", "Newcastle-under-Lyme"}
