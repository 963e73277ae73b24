"""Open layers by catalogue key, boundary file or membership table; find areas in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import shapely

from geoplan.data import catalogue, catalogue_file, places
from geoplan.data.choice import Choice
from geoplan.data.drawn import drawn_layers
from geoplan.data.focus import Focus, blocks_of, in_part, shares_of
from geoplan.data.kept import holdings, opening
from geoplan.data.membership import membership, ward_counts
from geoplan.data.membership.shipped_layers import shipped_layer
from geoplan.data.membership.small_areas import lookups, placing
from geoplan.data.named_areas import AUTHORITIES, NOT_IN_FORCE, by_short_name, matches, unknown_area
from geoplan.data.official.outlines import Reference, read_blocks
from geoplan.data.readers import locators, vector
from geoplan.data.readers.drivers import RawLayer
from geoplan.data.readers.formats import parts
from geoplan.data.scenarios import applying, reading
from geoplan.data.scenarios.scenario import Scenario, asked_of, is_scenario, named_as
from geoplan.data.shipped import package_data
from geoplan.data.tables import headings, indicators, membership_rows, outlines, tables
from geoplan.data.whereabouts import whereabouts
from geoplan.errors import AmbiguousError, ConfigurationError, UnknownAreaError, carefully, refusal
from geoplan.schema import Layer, wording
from geoplan.schema.indicators import Indicator

__all__ = ["LayerAtlas"]

_Key = tuple[str, str, str, tuple[tuple[str, int, int], ...]]
MOSTLY = 0.5
"""Share of its postcodes from which a block is ground of a drawn area."""
GOVERNING = (*AUTHORITIES, "combined_authority")
"""Layers of what governs a place: of areas of one name theirs comes before partnerships, forces and statistics."""


class LayerAtlas:
    """Opens layers by catalogue key, boundary file or membership table, each once.

    Parameters
    ----------
    as_of
        Day whose members are shown; None is the catalogue's own day.
    geometry
        Whether shipped layers get their outlines.
    replacements
        Catalogue key -> membership table that stands in for the shipped one.
    flows
        File of commuting flows between authorities; empty for those that the user keeps, else the modelled ones.
    wards
        Boundary file of wards or lookup to wards, by which parts of authorities are counted whose wards are known.
    indicator
        Table of an indicator of the user's own, as `geoplan.data.tables.indicators.read_indicator` takes it.
    named
        Name -> layer of the user's own choice; such names come before the catalogue's.
    code, name
        Columns of every file for which no others are given.
    dissolve
        Whether rows of a boundary file with the same code are joined.
    scenario
        Changes to be applied to the layers that it names, which stay under their own names.
    """

    def __init__(  # noqa: PLR0913 - all that layers may be opened with
        self,
        *,
        as_of: date | None = None,
        geometry: bool = False,
        replacements: Mapping[str, str] | None = None,
        flows: str = "",
        named: Mapping[str, Choice] | None = None,
        code: str = "",
        name: str = "",
        dissolve: bool = False,
        scenario: Scenario | None = None,
        wards: str = "",
        indicator: str = "",
    ) -> None:
        self.as_of = as_of or catalogue.default_as_of()
        self.geometry = geometry
        self.replacements = dict(replacements or {})
        self.flows_file, self.wards_file, self.indicator_file = flows or opening.commuting(), wards, indicator
        self.named = dict(named or {})
        self.code, self.name, self.dissolve = code, name, dissolve
        self.scenario = scenario
        for key in self.replacements:
            catalogue.entry(key)
        self._open: MutableMapping[_Key, Layer] = {}
        self._files: dict[_Key, Layer] = {}
        self._made: dict[Any, Any] = {}

    @cached_property
    def reference(self) -> Reference:
        """The blocks as they ship or with the user's official outlines, and what these are."""
        return read_blocks(geometry=self.geometry)

    @cached_property
    def blocks(self) -> pd.DataFrame:
        """The shipped blocks, with geometry where layers are to be drawn, and with the user's own indicator."""
        blocks = self.reference.blocks
        return blocks if self._indicated is None else blocks.join(self._indicated[1])

    @cached_property
    def _indicated(self) -> tuple[Indicator, pd.DataFrame] | None:
        if not self.indicator_file:
            return None
        blocks = self.reference.blocks.drop(columns="geometry", errors="ignore")
        known = places.shipped_authorities(blocks)
        with carefully(f"Reading {self._called(locators.without_columns(self.indicator_file))}"):
            return indicators.read_indicator(self.indicator_file, blocks, known, self._placed, self.as_of)

    def _placed(self, reference: str) -> pd.DataFrame:
        """Tell where the small areas of a lookup or boundary file lie."""
        plain = LayerAtlas(as_of=self.as_of, geometry=True)
        layer = plain.layer(reference)
        points = plain.points if layer.parts is None else None
        return placing.homes_of(layer, points, plain.authorities, plain.blocks)

    @property
    def indicator(self) -> Indicator | None:
        """The user's own indicator, whose values stand in the blocks; None without one."""
        return None if self._indicated is None else self._indicated[0]

    @cached_property
    def authorities(self) -> places.Authorities:
        """The reference for membership tables."""
        known = places.shipped_authorities(self.blocks)
        if not self.wards_file:
            return known
        plain = LayerAtlas(as_of=self.as_of, geometry=True)
        layer = plain.layer(self.wards_file)
        return replace(known, wards=ward_counts.held_by(layer, plain.points if layer.parts is None else None))

    @cached_property
    def drawn(self) -> Self:
        """The same atlas with outlines."""
        if self.geometry:
            return self
        return self._again(geometry=True)

    @cached_property
    def undrawn(self) -> Self:
        """The same atlas without outlines."""
        if not self.geometry:
            return self
        return self._again(geometry=False)

    @cached_property
    def unchanged(self) -> Self:
        """The same atlas without the changes of a scenario."""
        return self if self.scenario is None else self._again(scenario=None)

    def changed_by(self, scenario: Scenario) -> Self:
        """Return the same atlas with the changes of a scenario."""
        return self._again(scenario=scenario)

    def _again(self, **other_options: Any) -> Self:
        """Return the same atlas with other options; boundary files are not read again, nor is what is made of flows."""
        options: dict[str, Any] = {
            "as_of": self.as_of, "geometry": self.geometry, "replacements": self.replacements,
            "flows": self.flows_file, "named": self.named, "code": self.code, "name": self.name,
            "dissolve": self.dissolve, "scenario": self.scenario, "wards": self.wards_file,
            "indicator": self.indicator_file,
        }  # fmt: skip
        other = type(self)(**{**options, **other_options})
        other._files, other._made = self._files, self._made  # noqa: SLF001 - of its own class
        return other

    @cached_property
    def points(self) -> pd.DataFrame:
        """The postcode points (block, x, y in EPSG:27700); two million rows."""
        return package_data.postcode_points(columns=("block", "x", "y"))

    def whereabouts(self, places: np.ndarray) -> list[str]:
        """Say where points (x and y, EPSG:27700) lie: grid reference and nearest postcode.

        Parameters
        ----------
        places
            Array of x and y.

        Returns
        -------
        list of str
            See `geoplan.data.whereabouts.whereabouts`.
        """
        postcodes = (
            package_data.postcode_points(columns=("postcode", "lad", "x", "y")) if len(places) else pd.DataFrame()
        )
        return whereabouts(places, postcodes, self.authorities.table["name"])

    def layer(self, reference: str, *, code: str = "", name: str = "") -> Layer:
        """Open a layer.

        Parameters
        ----------
        reference
            A catalogue key; ``KEY@EDITION``, or a key that only the user's data folder has; a boundary file
            (``#layer`` for a layer inside it), a membership table or a lookup from small areas (CSV, Excel or
            Parquet, ``#column`` for the areas' codes); ``?code=X&name=Y`` names columns of this file.
        code, name
            Columns of a boundary file, or those of a lookup's small areas and of the names of its areas, where the
            reference names none; those of the atlas by default, else found by themselves where one fits.

        Returns
        -------
        Layer
            The same object for the same arguments, as long as no file it is read from changes.

        Raises
        ------
        UnknownKeyError
            If it is neither a known key nor looks like a file; names the nearest keys.
        InputError
            If the file cannot be read or used.
        """
        columns = {} if reference in catalogue.catalogue() else locators.columns_asked(reference)
        reference = locators.without_columns(reference)
        asked = (reference, columns.get("code") or code or self.code, columns.get("name") or name or self.name)
        at = (*asked, self.state(reference))
        if at in self._files:
            return self._files[at]
        if at not in self._open:
            with carefully(f"Reading {self._called(reference)}"):
                layer = self._load(*asked)
                if self.scenario is not None and reference in self.scenario.layers:
                    layer = self.applied(self.scenario, reference, layer).layer
            store = self._files if layer.parts is None else self._open
            store[at] = layer = self.reference.describe(layer)
            return layer
        return self._open[at]

    def applied(self, scenario: Scenario, reference: str, layer: Layer) -> applying.Applied:
        """Apply to an open layer the changes of a scenario; see `geoplan.data.scenarios.applying.apply`."""
        return applying.apply(scenario, reference, layer, self.authorities)

    @staticmethod
    def _called(reference: str) -> str:
        return reference if is_scenario(reference) else Path(locators.parse_reference(reference)[0]).name

    @property
    def files(self) -> tuple[str, ...]:
        """References to the files of the user's own that stand for layers or flows."""
        named = (choice.source for choice in self.named.values())
        options = (self.flows_file, self.wards_file, *indicators.files_of(self.indicator_file))
        return tuple(filter(None, (*named, *self.replacements.values(), *options)))

    def state(self, reference: str) -> tuple[tuple[str, int, int], ...]:
        """Return name, size and time of change of each file that a reference is read from; nothing of shipped layers.

        Parameters
        ----------
        reference
            As for `layer`.

        Returns
        -------
        tuple
            It differs when a file has changed.
        """
        choice = self.named.get(reference)
        source = choice.source if choice else self.replacements.get(reference, reference)
        if is_scenario(source):
            return self._state_of_scenario(source)
        if source in catalogue.catalogue() and source not in self.replacements.values():
            computed = catalogue.entry(source).table == catalogue_file.COMPUTED
            source = self.flows_file if computed else ""
        if one := opening.held(source, opening.ANY):
            return parts.state_of([holdings.path_of(one)])
        if not source or not locators.looks_like_file(source):
            return ()
        return parts.state_of(parts.with_sidecars(locators.parse_reference(source)[0]))

    def _state_of_scenario(self, reference: str) -> tuple[tuple[str, int, int], ...]:
        """Return the state of the file of a scenario and of what it changes."""
        file = reading.scenario_file(asked_of(reference)[0])
        own = () if file is None else parts.state_of([file])
        beneath = reading.scenario_of(reference)[1] if own else ""
        return own if is_scenario(self.replacements.get(beneath, beneath)) else (*own, *self.state(beneath))

    def _replaced(self, reference: str, key: str) -> Layer:
        """Open the table that is given in the place of a shipped layer, or the layer as a scenario changes it."""
        if not is_scenario(reference):
            return self._user_table(reference, catalogue.entry(key))
        scenario, base = reading.scenario_of(reference, key)
        if base != key:
            said = f"{reference} changes {base}, and cannot stand for {key}"
            raise ConfigurationError(refusal(said, hint=f"Write {base}={reference}."))
        others = {other: source for other, source in self.replacements.items() if other != key}
        return self.applied(scenario, key, self._again(scenario=None, replacements=others).layer(key)).layer

    def _changed(self, reference: str) -> Layer:
        """Open the layer that a scenario makes, as one of its own."""
        scenario, base = reading.scenario_of(reference)
        made = self.applied(scenario, base, self.unchanged.layer(base)).layer
        name, wanted = asked_of(reference)
        return applying.as_scenario(made, scenario, named_as(Path(name).name, wanted), as_of=self.as_of.isoformat())

    def _load(self, reference: str, code: str, name: str) -> Layer:
        if choice := self.named.get(reference):
            own = choice.source == reference
            layer = self._open_source(reference, code, name) if own else self.layer(choice.source, **choice.columns)
            return choice.applied(layer, reference)
        return self._open_source(reference, code, name)

    def _open_source(self, reference: str, code: str, name: str) -> Layer:
        if is_scenario(reference):
            return self._changed(reference)
        if reference in self.replacements:
            return self._replaced(self.replacements[reference], reference)
        if reference not in catalogue.catalogue() and (one := opening.held(reference)):
            return self._of_holding(one, reference, code, name)
        if reference in catalogue.catalogue() or not locators.looks_like_file(reference):
            return self._shipped(catalogue.entry(reference))
        return self._read(reference, code, name)

    def _read(self, reference: str, code: str, name: str) -> Layer:
        outlined = outlines.holds_outlines(reference)
        if not outlined and headings.holds_lookup(reference):
            return self.of_lookup(tables.read_lookup(reference), code, name)
        if not outlined and tables.is_table(locators.parse_reference(reference)[0]):
            return self._user_table(reference, None)
        read = outlines.read_outlines if outlined else vector.read_boundaries
        return self.of_boundaries(read(reference), code, name)

    def _of_holding(self, one: holdings.Holding, reference: str, code: str, name: str) -> Layer:
        """Open what lies in the user's data folder, and say where it comes from."""
        if one.kind == "boundaries":
            return opening.titled(self.of_boundaries(opening.raw_of(one), "code", "name"), one, reference)
        return opening.titled(self.of_lookup(opening.table_of(one, reference), code, name), one, reference)

    def of_boundaries(self, raw: RawLayer, code: str = "", name: str = "") -> Layer:
        """Make a layer of outlines as they were read; see `geoplan.data.drawn.drawn_layers.from_raw`."""
        options: dict[str, Any] = {"code": code or None, "name": name or None, "dissolve": self.dissolve}
        return drawn_layers.from_raw(raw, authorities=self.authorities, **options)

    def of_lookup(self, raw: tables.RawTable, code: str = "", name: str = "") -> Layer:
        """Make a layer of a lookup as it was read; see `geoplan.data.membership.small_areas.lookups.from_raw`."""
        return lookups.from_raw(raw, self.authorities, as_of=self.as_of, code=code, name=name)

    def of_membership(self, raw: tables.RawTable, entry: catalogue_file.Entry | None = None) -> Layer:
        """Make a layer of members, from `geoplan.data.tables.membership_rows.understood`; ``entry`` is replaced."""
        made = membership.from_user_table(
            raw.frame, raw.file, self.authorities, as_of=self.as_of, sha256=raw.sha256, stands_for=entry
        )
        return replace(made, notes=(*tables.understood_notes(raw.file, raw.said), *made.notes))

    def _shipped(self, entry: catalogue_file.Entry) -> Layer:
        if entry.table == catalogue_file.COMPUTED:
            return self._computed(entry)
        plain = not (self.geometry or self.wards_file or self.indicator_file) and self.reference.is_shipped
        return shipped_layer(entry, self.authorities, self.as_of, plain=plain)

    def _computed(self, entry: catalogue_file.Entry) -> Layer:
        """Make a layer that no table holds; what it is made of is known to those who know how."""
        message = refusal(f"{entry.key} is computed, and nobody here knows how", hint="Open it with geoplan.layer.")
        raise ConfigurationError(message)

    def _user_table(self, reference: str, entry: catalogue_file.Entry | None) -> Layer:
        return self.of_membership(membership_rows.read_membership(reference), entry)

    def find(self, place: str, first: Iterable[Layer] = ()) -> Focus:
        """Find an area by code, name or scheme area id, in layers at hand and in those of the catalogue.

        Parameters
        ----------
        place
            Code, name, or ``layer:code`` or ``layer:name``.
        first
            Layers to look in before the rest of the catalogue, also boundary files and tables of the user's own.

        Returns
        -------
        Focus
            The first that fits, of layers at hand, then of those in force, authorities of any tier before all else;
            others of the same name stand in ``also``.
            Where no area is called so, the authority that is known by that name.

        Raises
        ------
        UnknownAreaError
            With the nearest names.
        AmbiguousError
            If one layer has several areas of that name, or it stands for several authorities.
        """
        at_hand = {layer.key: layer for layer in first}
        prefix, _, rest = place.partition(":")
        keyed = bool(rest) and (prefix in at_hand or prefix in catalogue.catalogue())
        wanted = rest.strip() if keyed else place.strip()
        order = [prefix] if keyed else list(dict.fromkeys([*at_hand, *GOVERNING, *catalogue.own()]))
        opened = [at_hand.get(key) or self.undrawn.layer(key) for key in order]
        opened = [layer for layer in opened if layer.blocks is None]
        # "Hull" and "Blackburn" are authorities before they are travel to work areas; "North West" is a region.
        known = self.authorities
        named = known.named(wanted) or ([] if known.grouped(wanted) else known.begun(wanted))
        alias = named if any(layer.key in AUTHORITIES for layer in opened) else []
        found = [(layer, code) for layer in opened for code in matches(layer, wanted, alias)]
        found.sort(key=lambda at: (at[0].key not in at_hand, at[0].status in NOT_IN_FORCE))
        found = found or by_short_name(wanted, opened) or self._by_other_name(wanted, opened)
        if not found:
            raise UnknownAreaError(unknown_area(place, wanted, opened, self.authorities))
        layer, code = found[0]
        read_as = "" if matches(layer, wanted) else f"{wanted} is read as {layer.name(code)} ({code})."
        twins = [c for one, c in found if one is layer]
        if len(twins) > 1:
            listed = "; ".join(f"{c} {layer.name(c)}" for c in twins)
            message = f"{place!r} fits several areas of {layer.key}: {listed}. Give the code."
            raise AmbiguousError(message)
        ground = self._inside(layer, code) if layer.parts is None else blocks_of(layer, code)
        unlike = [f"{one.key}:{c}" for one, c in found[1:] if one.parts is not None and blocks_of(one, c) != ground]
        also = tuple(f"{one.key}:{c}" for one, c in found[1:])
        drawn, part = layer.parts is None, () if layer.parts is None else in_part(shares_of(layer, code))
        counted = ward_counts.counted_words(layer, code, self.wards_file)
        return Focus(layer.key, code, layer.name(code), ground, also, drawn, tuple(unlike), read_as, part, counted)

    def _by_other_name(self, wanted: str, opened: Iterable[Layer]) -> list[tuple[Layer, str]]:
        """Find the authority, or the area that is a group of authorities, that is known by another name or code."""
        known = self.authorities
        codes = known.meant(wanted)
        groups = known.grouped(wanted) or known.grouped(known.spelled_out(wanted))
        wider = [layer for layer in opened if layer.parts is not None]
        if not codes and groups:
            codes = [group.code for group in groups if group.code]
            if not any(code in layer.areas.index for layer in wider for code in codes):
                names = [known.name(code) for code in groups[0].districts]
                message = f"{wanted!r} stands for {len(names)} authorities: {wording.listed(names)}. Give one of them."
                raise AmbiguousError(message)
        return [(layer, code) for layer in wider for code in codes if code in layer.areas.index]

    def _inside(self, layer: Layer, code: str) -> frozenset[str]:
        """Return the shipped blocks with half or more of their postcodes inside a drawn area."""
        shape = layer.areas.at[code, "geometry"]
        west, south, east, north = shape.bounds
        points = self.points
        near = points[points["x"].between(west, east) & points["y"].between(south, north)]
        shapely.prepare(shape)
        held = near["block"][shapely.contains_xy(shape, near["x"].to_numpy(), near["y"].to_numpy())].value_counts()
        shares = held / points["block"].value_counts().reindex(held.index)
        return frozenset(str(block) for block in shares.index[shares >= MOSTLY])
