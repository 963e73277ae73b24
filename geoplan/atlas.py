"""Open layers by catalogue key, boundary file or membership table; find areas and places in them."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
import shapely

from geoplan import catalogue, flows, layers, lookups, markets, membership, places, sources, tables, wording
from geoplan.errors import AmbiguousError, ConfigurationError, UnknownAreaError, UnknownKeyError, carefully, refusal
from geoplan.keys import plain_name
from geoplan.labour_markets import LabourMarkets, delineate, stability
from geoplan.network import affiliations, authority_of
from geoplan.schema import Flows, Layer
from geoplan.whereabouts import whereabouts

__all__ = ["Atlas", "Choice", "Focus", "LayerAtlas", "Place", "blocks_of", "lookup", "modelled_flows", "read_flows"]

_Key = tuple[str, str, str, tuple[tuple[str, int, int], ...]]

MOSTLY = 0.5
"""Share of its postcodes from which a block is ground of a drawn area."""

AUTHORITIES = ("lad", "utla")
GOVERNING = (*AUTHORITIES, "combined_authority")
"""Layers of what governs a place: of areas of one name theirs comes before partnerships, forces and statistics."""
NOT_IN_FORCE = {"ended", "proposed", "not yet in force"}
MOST_UNLIKE = 4
"""Areas of one name and other ground that a sentence lists."""

RUNS = 20
"""Runs from which the stability of labour market areas is told."""

LAYER_COLUMNS = ("code", "name")
"""Columns of layers that a reference may name, which a table of flows does not have."""

POSTCODE = re.compile(r"([A-Z]{1,2}\d[A-Z\d]?) ?(\d[A-Z]{2})", re.IGNORECASE)


@dataclass(frozen=True)
class Focus:
    """The area an audit is about.

    Parameters
    ----------
    layer, code, name
        The area.
    blocks
        The shipped blocks it is made of; of a drawn area those with half or more of their postcodes inside.
    also
        Other areas of the same name, as ``layer:code``.
    drawn
        Whether it is an area of a boundary file, to which its blocks are only near.
    unlike
        Those of ``also`` that have other ground.
    read_as
        A sentence where what was asked for is another name of it; else empty.
    """

    layer: str
    code: str
    name: str
    blocks: frozenset[str]
    also: tuple[str, ...] = ()
    drawn: bool = False
    unlike: tuple[str, ...] = ()
    read_as: str = ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """Sentences on how the area was chosen: by another name, or among several of one name with other ground."""
        others = wording.listed(self.unlike[:MOST_UNLIKE], "or")
        more = f" (and {len(self.unlike) - MOST_UNLIKE} more)" if len(self.unlike) > MOST_UNLIKE else ""
        chosen = f"Other ground has the same name, and LAYER:CODE chooses it: {others}{more}." if others else ""
        return tuple(filter(None, (self.read_as, chosen)))


@dataclass(frozen=True)
class Choice:
    """A layer under a name of the user's own, with what its source does not say.

    Parameters
    ----------
    source
        Catalogue key or file.
    kind
        ``boundaries``, ``membership`` or ``lookup``, which the source must then be; empty for any.
    code, name
        Columns of a file; empty where they can be found.
    title, edition, resolution_m, overlap
        Stand in for the layer's own where given.
    """

    source: str
    kind: str = ""
    code: str = ""
    name: str = ""
    title: str = ""
    edition: str = ""
    resolution_m: float | None = None
    overlap: bool | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Columns of a file."""
        return {"code": self.code, "name": self.name}

    def applied(self, layer: Layer, key: str) -> Layer:
        """Return the layer under its new name, with what was given for it."""
        kind = "boundaries" if layer.parts is None else "membership" if layer.blocks is None else "lookup"
        if self.kind not in {"", kind}:
            message = refusal(f"{Path(self.source).name} is not {self.kind} but {kind}", hint=f"See layer {key}.")
            raise ConfigurationError(message)
        given = {"title": self.title, "edition": self.edition}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value}
        if self.resolution_m is not None:
            changes.update(resolution_m=self.resolution_m, resolution=f"{self.resolution_m:g} m, as configured")
        if self.overlap is not None:
            changes["overlap"] = self.overlap
        return replace(layer, key=key, **changes)


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
        File of commuting flows between authorities, of which some layers are made; empty for the modelled ones.
    named
        Name -> layer of the user's own choice; such names come before the catalogue's.
    code, name
        Columns of every file for which no others are given.
    dissolve
        Whether rows of a boundary file with the same code are joined.
    """

    def __init__(
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
    ) -> None:
        self.as_of = as_of or catalogue.default_as_of()
        self.geometry = geometry
        self.replacements = dict(replacements or {})
        self.flows_file = flows
        self.named = dict(named or {})
        self.code = code
        self.name = name
        self.dissolve = dissolve
        for key in self.replacements:
            catalogue.entry(key)
        self._open: dict[_Key, Layer] = {}
        self._files: dict[_Key, Layer] = {}
        self._made: dict[Any, Any] = {}

    @cached_property
    def blocks(self) -> pd.DataFrame:
        """The shipped blocks, with geometry where layers are to be drawn."""
        return sources.shipped_blocks(geometry=self.geometry)

    @cached_property
    def authorities(self) -> places.Authorities:
        """The reference for membership tables."""
        return places.shipped_authorities(self.blocks)

    @cached_property
    def drawn(self) -> Self:
        """The same atlas with outlines."""
        if self.geometry:
            return self
        return self._with_outlines(wanted=True)

    @cached_property
    def undrawn(self) -> Self:
        """The same atlas without outlines."""
        if not self.geometry:
            return self
        return self._with_outlines(wanted=False)

    def _with_outlines(self, *, wanted: bool) -> Self:
        """Return the same atlas with or without outlines; boundary files, which are outlines, are not read again."""
        other = type(self)(
            as_of=self.as_of, geometry=wanted, replacements=self.replacements, flows=self.flows_file,
            named=self.named, code=self.code, name=self.name, dissolve=self.dissolve,
        )  # fmt: skip
        other._files, other._made = self._files, self._made  # noqa: SLF001 - of its own class
        return other

    @cached_property
    def points(self) -> pd.DataFrame:
        """The postcode points (block, x, y in EPSG:27700); two million rows."""
        return sources.postcode_points(columns=("block", "x", "y"))

    def whereabouts(self, places: np.ndarray) -> list[str]:
        """Say where points (x and y, EPSG:27700) lie: grid reference and nearest postcode.

        Parameters
        ----------
        places
            Array of x and y.

        Returns
        -------
        list of str
            See `geoplan.whereabouts.whereabouts`.
        """
        postcodes = sources.postcode_points(columns=("postcode", "lad", "x", "y")) if len(places) else pd.DataFrame()
        return whereabouts(places, postcodes, self.authorities.table["name"])

    def layer(self, reference: str, *, code: str = "", name: str = "") -> Layer:
        """Open a layer.

        Parameters
        ----------
        reference
            A catalogue key, a boundary file (``#layer`` for a layer inside it), a membership table or a lookup from
            small areas (CSV, Excel or Parquet, ``#column`` for the areas' codes); ``?code=X&name=Y`` names columns
            of this file.
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
        columns = {} if reference in catalogue.catalogue() else sources.columns_asked(reference)
        reference = sources.without_columns(reference)
        asked = (reference, columns.get("code") or code or self.code, columns.get("name") or name or self.name)
        at = (*asked, self.state(reference))
        if at in self._files:
            return self._files[at]
        if at not in self._open:
            with carefully(f"Reading {Path(sources.parse_reference(reference)[0]).name}"):
                layer = self._load(*asked)
            store = self._files if layer.parts is None else self._open
            store[at] = layer
            return layer
        return self._open[at]

    @property
    def files(self) -> tuple[str, ...]:
        """References to the files of the user's own that stand for layers or flows."""
        named = (choice.source for choice in self.named.values())
        return tuple(filter(None, (*named, *self.replacements.values(), self.flows_file)))

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
        if source in catalogue.catalogue() and source not in self.replacements.values():
            computed = catalogue.entry(source).table == catalogue.COMPUTED
            source = self.flows_file if computed else ""
        if not source or not _looks_like_file(source):
            return ()
        found = sources.with_sidecars(sources.parse_reference(source)[0])
        stats = [(path.name, path.stat()) for path in found if path.is_file()]
        return tuple((name, each.st_size, each.st_mtime_ns) for name, each in stats)

    def _load(self, reference: str, code: str, name: str) -> Layer:
        if choice := self.named.get(reference):
            own = choice.source == reference
            layer = self._open_source(reference, code, name) if own else self.layer(choice.source, **choice.columns)
            return choice.applied(layer, reference)
        return self._open_source(reference, code, name)

    def _open_source(self, reference: str, code: str, name: str) -> Layer:
        if reference in self.replacements:
            entry = catalogue.entry(reference)
            return self._user_table(self.replacements[reference], entry)
        if reference in catalogue.catalogue() or not _looks_like_file(reference):
            return self._shipped(catalogue.entry(reference))
        if tables.holds_lookup(reference):
            raw_table = tables.read_lookup(reference)
            return lookups.from_raw(raw_table, self.authorities, as_of=self.as_of, code=code, name=name)
        if tables.is_table(sources.parse_reference(reference)[0]):
            return self._user_table(reference, None)
        raw = sources.read_boundaries(reference)
        names = self.authorities.name
        retired = {
            old: " and ".join(f"{names(code)} ({code})" for code in successors if code)
            for old, (_, _, successors, _) in self.authorities.retired.items()
        }
        options: dict[str, Any] = {"code": code or None, "name": name or None, "dissolve": self.dissolve}
        return layers.from_raw(raw, retired=retired, **options)

    def _shipped(self, entry: catalogue.Entry) -> Layer:
        if entry.table == catalogue.COMPUTED:
            return self._computed(entry)
        file = f"membership/{entry.table}.csv"
        return membership.from_catalogue(
            entry, sources.shipped_table(file), self.authorities, as_of=self.as_of,
            sha256=sources.hash_of([sources.shipped_path(file)]),
        )  # fmt: skip

    def _computed(self, entry: catalogue.Entry) -> Layer:
        """Make a layer that no table holds; what it is made of is known to those who know how."""
        message = refusal(f"{entry.key} is computed, and nobody here knows how", hint="Open it with geoplan.layer.")
        raise ConfigurationError(message)

    def _user_table(self, reference: str, entry: catalogue.Entry | None) -> Layer:
        raw = tables.read_membership(reference)
        made = membership.from_user_table(
            raw.frame, raw.file, self.authorities, as_of=self.as_of, sha256=raw.sha256, stands_for=entry
        )
        return replace(made, notes=(*tables.understood_notes(raw.file, raw.said), *made.notes))

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
        order = [prefix] if keyed else list(dict.fromkeys([*at_hand, *GOVERNING, *catalogue.catalogue()]))
        opened = [at_hand.get(key) or self.undrawn.layer(key) for key in order]
        opened = [layer for layer in opened if layer.blocks is None]
        # "Hull" and "Blackburn" are authorities before they are travel to work areas; "North West" is a region.
        known = self.authorities
        named = known.named(wanted) or ([] if known.grouped(wanted) else known.begun(wanted))
        alias = named if any(layer.key in AUTHORITIES for layer in opened) else []
        found = [(layer, code) for layer in opened for code in _matches(layer, wanted, alias)]
        found.sort(key=lambda at: (at[0].key not in at_hand, at[0].status in NOT_IN_FORCE))
        if not found:
            found = self._by_other_name(wanted, opened)
        if not found:
            raise UnknownAreaError(_unknown(place, wanted, opened, self.authorities))
        layer, code = found[0]
        read_as = "" if _matches(layer, wanted) else f"{wanted} is read as {layer.name(code)} ({code})."
        twins = [c for one, c in found if one is layer]
        if len(twins) > 1:
            listed = "; ".join(f"{c} {layer.name(c)}" for c in twins)
            message = f"{place!r} fits several areas of {layer.key}: {listed}. Give the code."
            raise AmbiguousError(message)
        ground = self._inside(layer, code) if layer.parts is None else blocks_of(layer, code)
        unlike = [f"{one.key}:{c}" for one, c in found[1:] if one.parts is not None and blocks_of(one, c) != ground]
        also = tuple(f"{one.key}:{c}" for one, c in found[1:])
        drawn = layer.parts is None
        return Focus(layer.key, code, layer.name(code), ground, also, drawn, tuple(unlike), read_as)

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


class Atlas(LayerAtlas):
    """An atlas that also opens what is computed from commuting."""

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
        known = self.authorities
        read = partial(read_flows, self.flows_file, zones=known.table.index, authorities=known)
        found: Flows = self._kept("flows", read)
        return found

    @property
    def markets(self) -> LabourMarkets:
        """Labour market areas of authorities, by the procedure and criteria of the United Kingdom."""
        found: LabourMarkets = self._kept("markets", lambda: delineate(self.flows))
        return found

    @property
    def market_stability(self) -> pd.Series:
        """Authority -> share of runs (0 to 1) in which it stays with its labour market area's core."""
        return self._kept("stability", lambda: stability(self.flows, self.markets, runs=RUNS).zones["stability"])

    @property
    def market_names(self) -> pd.Series:
        """Names of the labour market areas, by area."""
        table = self.authorities.table
        names = (table["name"], table["region_code"])
        return self._kept("names", lambda: markets.market_names(self.markets, self.flows, *names))

    def _computed(self, entry: catalogue.Entry) -> Layer:
        rows = markets.membership_rows(self.markets, self.flows, self.authorities.table)
        described = markets.described(entry, self.flows)
        made_of = [sources.shipped_path(name) for name in ("authorities.csv", "centres.csv")]
        sha256 = sources.hash_of([sources.parse_reference(self.flows_file)[0]] if self.flows_file else made_of)
        return membership.from_catalogue(described, rows, self.authorities, as_of=self.as_of, sha256=sha256)


@cache
def modelled_flows() -> Flows:
    """Return the commuting between authorities that a model makes of what ships; worked out once.

    Returns
    -------
    Flows
        See `geoplan.flows.modelled`.
    """
    totals = sources.shipped_table("authorities.csv").set_index("lad_code")
    figures = totals[list(flows.TOTALS)].apply(pd.to_numeric)
    middles = sources.shipped_table("centres.csv").astype({"x": float, "y": float})
    return flows.modelled(figures, middles)


def read_flows(
    reference: str, *, zones: pd.Index | None = None, authorities: places.Authorities | None = None
) -> Flows:
    """Read a file of commuting flows.

    Parameters
    ----------
    reference
        CSV, Excel or Parquet file; ``?origin=X&destination=Y&workers=Z`` names columns.
    zones
        Codes the flows are brought to; without them every code is a zone.
    authorities
        The reference: retired codes are brought to their successors by it, and authorities recognised however they
        are written, where they are the zones.

    Returns
    -------
    Flows
        See `geoplan.flows.commuting`.

    Raises
    ------
    InputError
        If the file cannot be read or used.
    """
    columns = {name: heading for name, heading in sources.columns_asked(reference).items() if name not in LAYER_COLUMNS}
    raw = tables.read_flows(reference)
    return flows.commuting(raw, columns=columns, zones=zones, authorities=authorities)


def _looks_like_file(reference: str) -> bool:
    path = reference.partition("#")[0].partition("?")[0]
    return "/" in path or "\\" in path or "." in path or sources.stands(Path(path))


def _unknown(place: str, wanted: str, opened: Iterable[Layer], known: places.Authorities) -> str:
    """Say that no area is called so, and what may have been meant."""
    if former := known.code(wanted) if known.code(wanted) in known.retired else known.former(wanted):
        name, ended, successors, _ = known.retired[former]
        today = wording.listed([f"{known.name(code)} ({code})" for code in successors])
        return f"There is no area called {place!r}: {name} ({former}) ended on {ended}. Ask for {today}."
    begun = [f"{known.official_name(code)} ({code})" for code in known.beginnings(wanted)]
    names = {str(n): None for layer in opened for n in layer.areas["name"]}
    near = begun or difflib.get_close_matches(wanted, list(names), n=3, cutoff=0.6)
    hint = f" Nearest: {', '.join(near)}." if near else " geoplan layers lists what there is."
    return f"There is no area called {place!r}.{hint} Areas of lookups from other small areas cannot be asked for."


def _matches(layer: Layer, wanted: str, alias: Collection[str] = ()) -> list[str]:
    """Return the areas of a layer that bear a code or a name; of authorities also those with another name like it."""
    for code in (wanted, wanted.upper()):
        if code in layer.areas.index:
            return [code]
    plain = plain_name(wanted)
    named = [str(c) for c, n in layer.areas["name"].items() if plain_name(str(n)) == plain]
    return named or [code for code in alias if layer.key in AUTHORITIES and code in layer.areas.index]


def blocks_of(layer: Layer, code: str) -> frozenset[str]:
    """Return the shipped blocks that an area of a layer of blocks is made of; none for other small areas."""
    assert layer.parts is not None  # noqa: S101 - only layers of blocks are searched
    if layer.blocks is not None:
        return frozenset()
    return frozenset(layer.parts.loc[layer.parts["code"] == code, "block"])


@dataclass(frozen=True, eq=False)
class Place:
    """What `lookup` found.

    Parameters
    ----------
    title
        The place in words.
    areas
        Frame with layer, code, name, share (of the place's people, missing where a part of unknown size
        belongs), confidence (of the place's own membership, ``mixed`` where its authorities differ) and status.
    partners
        Frame with code and name of the authorities outside the place, and ``shared``, the number of
        partnerships now in force that each is in with it; most first.
    changes
        Sentences on what is known to change after the day shown and concerns the place, one a layer.
    remarks
        Sentences on how the place was chosen.
    """

    title: str
    areas: pd.DataFrame
    partners: pd.DataFrame
    changes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def lookup(place: str, *, atlas: Atlas | None = None) -> Place:
    """Find every partnership that covers a postcode, an authority or an area.

    Parameters
    ----------
    place
        A postcode, or what `Atlas.find` accepts.
    atlas
        Where to open layers; a new one by default.

    Returns
    -------
    Place
        Its areas in the order of the catalogue.

    Raises
    ------
    UnknownKeyError
        If there is no such place; names the nearest.
    """
    atlas = atlas or Atlas()
    remarks: tuple[str, ...] = ()
    if match := POSTCODE.fullmatch(place.strip()):
        title, blocks = _postcode(f"{match[1]} {match[2]}".upper(), atlas)
    else:
        focus = atlas.find(place)
        title, blocks, remarks = f"{focus.name} ({focus.layer} {focus.code})", focus.blocks, focus.remarks
    people = atlas.blocks["people"].reindex(sorted(blocks))
    opened = [atlas.layer(key) for key in catalogue.catalogue()]
    found = [row for layer in opened for row in _covering(layer, people)]
    columns = ["layer", "code", "name", "share", "confidence", "status"]
    areas = pd.DataFrame(found, columns=columns)
    changes = tuple(_coming(opened, areas["layer"], blocks))
    return Place(title, areas, _partners(opened, blocks, atlas), changes, remarks)


def _coming(opened: Iterable[Layer], around: pd.Series, blocks: frozenset[str]) -> Iterator[str]:
    """Tell what is known to change for a place: in layers around it, and by areas still to come."""
    here = {authority_of(block) for block in blocks}
    for layer in opened:
        told = [change for change in layer.changes if change.authorities or layer.key in set(around)]
        if said := wording.known_changes(replace(layer, changes=tuple(told)), authorities=here):
            yield said


def _partners(opened: Iterable[Layer], blocks: frozenset[str], atlas: Atlas) -> pd.DataFrame:
    here = {authority_of(block) for block in blocks}
    graph = affiliations(layer for layer in opened if layer.status == "in force")
    bodies = {body for code in here if code in graph for body in graph.adj[code]}
    shared = Counter(code for body in bodies for code in graph.adj[body] if code not in here)
    ranked = sorted(shared.items(), key=lambda at: (-at[1], at[0]))
    rows = [(code, atlas.authorities.name(code), count) for code, count in ranked]
    return pd.DataFrame(rows, columns=["code", "name", "shared"])


def _postcode(postcode: str, atlas: Atlas) -> tuple[str, frozenset[str]]:
    points = sources.postcode_points([postcode[0]], columns=("postcode", "block"))
    block = points.loc[(points["postcode"] == postcode).to_numpy(), "block"]
    if block.empty:
        message = f"The postcode {postcode} is not in the directory of November 2025."
        raise UnknownKeyError(message)
    authority = atlas.authorities.name(str(block.iloc[0]).partition(".")[0])
    return f"{postcode} in {authority}", frozenset([str(block.iloc[0])])


def _covering(layer: Layer, people: pd.Series) -> list[tuple[str, str, str, float, str, str]]:
    assert layer.parts is not None  # noqa: S101 - the catalogue's layers are made of blocks
    parts = layer.parts[layer.parts["block"].isin(people.index)]
    held = parts["share"] * people.reindex(parts["block"]).to_numpy()
    shares = held.groupby(parts["code"]).agg(lambda each: each.sum(skipna=False)) / people.sum()
    ranked = shares.sort_values(ascending=False, kind="stable", na_position="last")
    return [
        (
            layer.key,
            str(code),
            layer.name(code),
            float(share),
            membership.common(parts["confidence"][parts["code"] == code]),
            layer.status,
        )
        for code, share in ranked.items()
    ]
