"""What a layer of a GeoPackage consists of: its table, its rules of style."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

__all__ = ["DATASET", "GEOMETRY", "Rule", "Table"]

GEOMETRY = "geom"
DATASET = {"VERSION": "1.2"}
"""The version that programs of some years ago still read without a warning."""


@dataclass(frozen=True)
class Rule:
    """One line of a layer's legend: a title, which rows it stands for, and how they are drawn."""

    label: str
    condition: str
    symbol: Mapping[str, str] | None = None
    shown: bool = True
    inside: tuple[Rule, ...] = ()


@dataclass(frozen=True, eq=False)
class Table:
    """One layer of the file."""

    name: str
    about: str
    frame: pd.DataFrame
    shape: str = "MultiPolygon"
    rules: tuple[Rule, ...] = field(default=())

    @property
    def drawn(self) -> bool:
        """Whether it holds geometry."""
        return "geometry" in self.frame.columns
