"""What commuting tables call those who do not travel between two zones, and the rows of a table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from geoplan.commuting.ledger import Floats, Ints

__all__ = [
    "BY_DESIGN",
    "COMPOSITE",
    "COUNTRY",
    "DIVIDED",
    "ELSEWHERE",
    "ENDING",
    "HOME",
    "HOME_OR_NO_FIXED",
    "INDICATOR",
    "NOT_STATED",
    "NOWHERE",
    "PLACE",
    "PSEUDO",
    "PSEUDO_CODE",
    "SMALL",
    "UNKNOWN",
    "End",
    "Rows",
    "Settled",
    "as_written",
]

HOME, HOME_OR_NO_FIXED = "home", "home or no fixed place"
NOT_IN_WORK = "not in work"
NOT_STATED = "not stated"
ELSEWHERE = "another country of the United Kingdom"
UNKNOWN = "unknown zone"
DIVIDED = "retired code with several successors"
PSEUDO = {"OD0000001": HOME, "OD0000002": "offshore", "OD0000003": "no fixed place", "OD0000004": "abroad"}
"""Census 2011: destinations that are no places."""
INDICATOR = {"1": HOME_OR_NO_FIXED, "2": "offshore or abroad", "3": "", "-8": NOT_IN_WORK}
"""Census 2021: place of work indicator, empty for a workplace that the table names."""
NOWHERE = re.compile(r"|-\d+|9{6,}|X{3,}", re.IGNORECASE)
PSEUDO_CODE = re.compile(r"OD\d+", re.IGNORECASE)
COUNTRY = re.compile(r"[ENSW]92\d{6}")
COMPOSITE = re.compile(r"\s*[,;+]\s*")
BY_DESIGN = {*PSEUDO.values(), *INDICATOR.values(), ELSEWHERE, "pseudo-destination"}
SMALL = (
    r"(lower|upper)_tier_local_authorit(y|ies)|(middle|lower)_layer_super_output_areas?|output_areas?|regions?|"
    r"countr(y|ies)|(merged_)?local_authorit(y|ies)"
)
PLACE = r"(area|place|zone|location|local_authority|[lu]tla|lad|msoa|lsoa|oa|region|country)"
ENDING = r"(_(code|cd))?"


@dataclass(frozen=True, eq=False)
class End:
    """One side of every row: its codes, and the place of each row's code among them."""

    codes: list[str]
    at: Ints


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of a file that hold workers.

    ``indicator`` is None where the file has no column that says what kind of workplace it is.
    """

    file: str
    origin: End
    destination: End
    indicator: End | None
    workers: Floats


@dataclass(frozen=True, eq=False)
class Settled:
    """What becomes of each code: its zone, or why it has none.

    ``composite`` has the zones of a composite code that lies in several; all of it goes to the first.
    """

    zone: dict[str, str]
    reason: dict[str, str]
    retired: dict[str, str]
    composite: dict[str, tuple[str, ...]]


def as_written(end: End, kept: Mapping[str, str]) -> End:
    """Return the side with other codes in place of some."""
    codes = sorted({kept.get(code, code) for code in end.codes})
    place = {code: n for n, code in enumerate(codes)}
    return End(codes, np.array([place[kept.get(code, code)] for code in end.codes], dtype=np.int64)[end.at])
