"""Open layers, those computed from commuting too, and the commuting itself.

Flows and labour markets are imported where they are asked for: what they need costs a third of a second, and most
layers are made of neither.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from geoplan.data import catalogue, catalogue_file, places
from geoplan.data.atlas import LayerAtlas
from geoplan.data.kept import holdings, opening
from geoplan.data.membership import membership
from geoplan.data.readers import guards, locators
from geoplan.data.shipped import package_data
from geoplan.data.tables import tables
from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import Flows, Layer

if TYPE_CHECKING:
    from geoplan.commuting.labour_markets import LabourMarkets

__all__ = ["Atlas", "Opener", "modelled_flows", "read_flows"]

RUNS = 20
"""Runs from which the stability of labour market areas is told."""
MADE_OF = ("authorities.csv", "centres.csv", "neighbours.csv", "links.csv")
"""What the modelled flows are made of."""
LAYER_COLUMNS = ("code", "name")
"""Columns of layers that a reference may name, which a table of flows does not have."""
YEAR = len("2021")
FLOWS = ("flows",)
"""What is meant in the user's data folder where flows are asked for."""
Opener = Callable[["Atlas", str, str], Layer]
"""Makes a layer that the caller holds, of an atlas and the columns asked for."""


class Atlas(LayerAtlas):
    """An atlas that also opens what is computed from commuting, and what the caller holds in memory."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._held: dict[str, Opener] = {}
        self._flow_tables: dict[str, tables.RawTable] = {}
        self._days: dict[date, Self] = {}
        self._settled: dict[str, tuple[tuple[str, int, int], ...]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Take along what is open, which is not read again elsewhere; points that ship lie there as well."""
        asked = {reference for reference, *_ in (*self._open, *self._files)} | {self.flows_file}
        kept = {name: value for name, value in vars(self).items() if name != "points"}
        return {**kept, "_settled": {reference: self.state(reference) for reference in asked}}

    def on(self, day: date) -> Self:
        """Return the same atlas for another day; the same object each time."""
        if day == self.as_of:
            return self
        if day not in self._days:
            self._days[day] = self._again(as_of=day)
        return self._days[day]

    def hold(self, name: str, opener: Opener) -> None:
        """Put a layer of the caller's own under a name, by which it is then opened like one of the catalogue.

        Parameters
        ----------
        name
            Its key; one that the catalogue does not have.
        opener
            Makes the layer: given this atlas and the columns of codes and names that were asked for.

        Raises
        ------
        ConfigurationError
            If the catalogue has such a key, or the name is taken.
        """
        if not name or name in catalogue.catalogue():
            said = f"{name!r} is a layer of the catalogue" if name else "a layer of your own has no name"
            raise ConfigurationError(refusal(said, hint="Give yours another key."))
        if name in self._held:
            raise ConfigurationError(refusal(f"two layers are both called {name!r}", hint="Give one another key."))
        self._held[name] = opener

    def holding(self, name: str, opener: Opener) -> Self:
        """Return the same atlas with one more layer of the caller's own, which this one does not have; see `hold`.

        What is open here is not opened there again.
        """
        other = self._again()
        other.reference, other.blocks, other.authorities = self.reference, self.blocks, self.authorities
        other._open = ChainMap({}, self._open)  # noqa: SLF001 - of its own class
        other._held = dict(self._held)  # noqa: SLF001 - of its own class
        other.hold(name, opener)
        return other

    def hold_flows(self, raw: tables.RawTable) -> None:
        """Take commuting flows that are in memory in place of the modelled ones.

        Parameters
        ----------
        raw
            Rows with origin, destination and workers; ``file`` is what they are called.
        """
        self._flow_tables[raw.file] = raw
        self.flows_file = raw.file

    def flows_of(self, reference: str, *, zones: pd.Index | None = None) -> Flows:
        """Return flows from a file, or those in memory, brought to zones; see `read_flows`."""
        authorities = self.authorities if zones is not None else None
        if reference in self._flow_tables:
            from geoplan.commuting.flow_tables import odtable

            return odtable.commuting(self._flow_tables[reference], zones=zones, authorities=authorities)
        return read_flows(reference, zones=zones, authorities=authorities)

    def state(self, reference: str) -> tuple[tuple[str, int, int], ...]:
        """Return the state of the files of a reference; see `geoplan.data.atlas.LayerAtlas.state`."""
        if reference in self._settled:
            return self._settled[reference]
        return () if reference in self._held or reference in self._flow_tables else super().state(reference)

    def _again(self, **other_options: Any) -> Self:
        other = super()._again(**other_options)
        other._held, other._flow_tables = self._held, self._flow_tables  # noqa: SLF001 - of its own class
        other._settled = self._settled  # noqa: SLF001 - likewise
        return other

    def _load(self, reference: str, code: str, name: str) -> Layer:
        if reference not in self._held:
            return super()._load(reference, code, name)
        layer = self._held[reference](self, code, name)
        title = reference if layer.title == layer.key else layer.title
        return layer if layer.key == reference else replace(layer, key=reference, title=title)

    def _kept(self, name: str, made: Callable[[], Any]) -> Any:
        """Return what is worked out of the flows, made once for each state of their file."""
        at = (name, self.state(self.flows_file))
        if at not in self._made:
            self._made[at] = made()
        return self._made[at]

    @property
    def flows(self) -> Flows:
        """Commuting between authorities: from the file, or modelled."""
        if not self.flows_file:
            return modelled_flows()
        read = partial(self.flows_of, self.flows_file, zones=self.authorities.table.index)
        found: Flows = self._kept("flows", read)
        return found

    @property
    def markets(self) -> LabourMarkets:
        """Labour market areas of authorities, by the procedure and criteria of the United Kingdom."""
        from geoplan.commuting.labour_markets import delineate

        found: LabourMarkets = self._kept("markets", lambda: delineate(self.flows))
        return found

    @property
    def market_stability(self) -> pd.Series:
        """Authority -> share of runs (0 to 1) in which it stays with its labour market area's core."""
        from geoplan.commuting.robustness import stability

        return self._kept("stability", lambda: stability(self.flows, self.markets, runs=RUNS).zones["stability"])

    @property
    def market_names(self) -> pd.Series:
        """Names of the labour market areas, by area."""
        from geoplan.commuting import markets

        table = self.authorities.table
        names = (table["name"], table["region_code"])
        return self._kept("names", lambda: markets.market_names(self.markets, self.flows, *names))

    def _computed(self, entry: catalogue_file.Entry) -> Layer:
        from geoplan.commuting import markets

        rows = markets.membership_rows(self.markets, self.flows, self.authorities.table)
        described = markets.described(entry, self.flows)
        one = None if self.flows_file in self._flow_tables else opening.held(self.flows_file, FLOWS)
        if one and one.url:
            described = replace(described, source=f"{one.source}, {one.title}", url=one.url, licence=one.licence)
        made_of = [package_data.shipped_path(name) for name in MADE_OF]
        if self.flows_file in self._flow_tables:
            sha256 = self._flow_tables[self.flows_file].sha256
        else:
            own = holdings.path_of(one) if one else locators.parse_reference(self.flows_file)[0]
            sha256 = guards.hash_of([own] if self.flows_file else made_of)
        return membership.from_catalogue(described, rows, self.authorities, as_of=self.as_of, sha256=sha256)


@cache
def modelled_flows() -> Flows:
    """Return the commuting between authorities that a model makes of what ships; worked out once.

    Returns
    -------
    Flows
        See `geoplan.commuting.gravity.modelled`.
    """
    from geoplan.commuting.model import gravity

    totals = package_data.shipped_table("authorities.csv").set_index("lad_code")
    figures = totals[list(gravity.TOTALS)].apply(pd.to_numeric)
    middles = package_data.shipped_table("centres.csv").astype({"x": float, "y": float})
    return gravity.modelled(figures, middles, joins=package_data.shipped_joins())


def read_flows(
    reference: str, *, zones: pd.Index | None = None, authorities: places.Authorities | None = None
) -> Flows:
    """Read a file of commuting flows.

    Parameters
    ----------
    reference
        CSV, Excel or Parquet file, or ``KEY@EDITION`` for flows in the user's data folder;
        ``?origin=X&destination=Y&workers=Z`` names columns.
    zones
        Codes the flows are brought to; without them every code is a zone.
    authorities
        The reference: retired codes are brought to their successors by it, and authorities recognised however they
        are written, where they are the zones.

    Returns
    -------
    Flows
        See `geoplan.commuting.flow_tables.odtable.commuting`.

    Raises
    ------
    InputError
        If the file cannot be read or used.
    """
    from geoplan.commuting.flow_tables import odtable

    columns = {
        name: heading for name, heading in locators.columns_asked(reference).items() if name not in LAYER_COLUMNS
    }
    one = opening.held(reference, FLOWS)
    raw = opening.table_of(one) if one else tables.read_flows(reference)
    counted = _census(one) if one else {}
    return odtable.commuting(raw, columns=columns, zones=zones, authorities=authorities, **counted)


def _census(one: holdings.Holding) -> dict[str, str]:
    """Say whose flows they are that were fetched: those of a census."""
    year = one.edition[:YEAR]
    return {"source": f"Census {year}, {one.name}", "year": year, "kind": "census"}
