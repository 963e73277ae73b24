"""The words: what every floor speaks of, the columns each table must have, and how both are said."""

from geoplan.schema.checks import (
    BLOCK_MEASURES,
    OVERLAY_COLUMNS,
    PART_COLUMNS,
    SET_ASIDE_COLUMNS,
    check_areas,
    check_blocks,
    check_flows,
    check_overlay,
    check_parts,
    require_columns,
)
from geoplan.schema.frames import (
    Flows,
    Layer,
    Overlay,
)
from geoplan.schema.records import (
    FINDING_COLUMNS,
    Change,
    Finding,
    Note,
    RowsRead,
    Source,
)
from geoplan.schema.words import (
    BRITISH_NATIONAL_GRID,
    REST,
    Basis,
    Relation,
    Severity,
    Tolerance,
    Weight,
    assessed,
)

__all__ = [
    "BLOCK_MEASURES",
    "BRITISH_NATIONAL_GRID",
    "FINDING_COLUMNS",
    "OVERLAY_COLUMNS",
    "PART_COLUMNS",
    "REST",
    "SET_ASIDE_COLUMNS",
    "Basis",
    "Change",
    "Finding",
    "Flows",
    "Layer",
    "Note",
    "Overlay",
    "Relation",
    "RowsRead",
    "Severity",
    "Source",
    "Tolerance",
    "Weight",
    "assessed",
    "check_areas",
    "check_blocks",
    "check_flows",
    "check_overlay",
    "check_parts",
    "require_columns",
]
