"""`geoplan.lookup`, `geoplan.profile`, `geoplan.crosswalk`: who covers a place; all of one area; who goes where."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import geopandas as gpd
import pandas as pd

from geoplan.auditing import comparing, place_lookup
from geoplan.auditing.holders.gathering import holders_table
from geoplan.auditing.lookups.postcode_lists import list_looked_up
from geoplan.auditing.profiles import profile as profiling
from geoplan.commuting.atlas import Atlas
from geoplan.data.tables.tables import RawTable, read_lookup
from geoplan.errors import ConfigurationError, UnknownKeyError, refusal
from geoplan.interface.given import frames
from geoplan.interface.given.references import Day, Flows, Layered, atlas_of, taken, weight_of
from geoplan.interface.results import Result, drawn_frame
from geoplan.output.brief import profile as paper
from geoplan.output.summary.profiled.headline import verdict
from geoplan.output.summary.profiled.holder_words import held_sentences
from geoplan.output.summary.profiled.table_seats import seats_table
from geoplan.output.tables import profiles
from geoplan.schema import Weight, assessed

__all__ = ["Profile", "crosswalk", "lookup", "lookup_postcodes", "profile"]

COLUMNS = ("place", "layer", "code", "name", "share", "relation", "certain", "confidence", "status",
           "lead_body", "lead_confidence", "accountable_body")  # fmt: skip


class Profile(Result):
    """All that is known of one area on a day.

    ``table`` has a row for each area that shares ground with it on the day, then for what has ended there, is to come
    or has no known dates: ``layer``, ``title``, ``code``, ``name``; ``relation`` (same boundary, inside one, whole
    inside it, cut, or not assessed), ``share`` (0 to 1) and ``people`` (the weight) of the area; ``lead_body``,
    ``lead_confidence``, ``accountable_body``, ``confidence``, ``status``, ``valid_from``, ``valid_to`` (year, month
    or day) and ``followed_by``.
    """

    _atlas: Atlas
    _told: profiling.Profile

    def __init__(self, atlas: Atlas, area: str, weight: Weight) -> None:
        self._take(_atlas=atlas, _told=profiling.profile(area, atlas=atlas, weight=weight))

    @property
    def name(self) -> str:
        """What the area is called."""
        return self._told.focus.name

    @property
    def as_of(self) -> str:
        """The day (ISO 8601)."""
        return self._told.as_of

    @property
    def people(self) -> float | None:
        """Its residents; None where that is not assessed."""
        return self._told.people

    @property
    def working_age(self) -> float | None:
        """Those of its residents who are aged 16 to 64; None where that is not assessed."""
        return self._told.working_age

    @property
    def partners(self) -> pd.DataFrame:
        """The areas that share ground with it on the day: the first rows of ``table``, without ``followed_by``."""
        return profiles.partners_table(self._told).copy()

    @property
    def timeline(self) -> pd.DataFrame:
        """What ran there, runs and is to come, the earliest first.

        ``layer``, ``title``, ``code``, ``name``, ``lead_body``, ``valid_from``, ``valid_to``, ``status``, ``part``
        (whether only parts of unknown size belonged) and ``followed_by`` (names joined by ";").
        """
        return profiles.timeline_table(self._told)

    @property
    def holders(self) -> pd.DataFrame:
        """Who holds which money and duties on its ground, a row a holder.

        ``stream`` (its key), ``title``, ``kind`` (money or duty), ``status`` (in force, or ended: told as on its last
        day), ``body`` (empty where not known), ``layer``, ``code``, ``name`` (the area whose ground it is held on),
        ``relation``, ``share`` and ``people`` (of the area on it), ``beyond`` (people on it outside the area),
        ``valid_from``, ``valid_to``, ``confidence``, ``source``, ``url`` and ``note``. A row without a relation has
        the people whom no holder covers.
        """
        return holders_table(self._told.held)

    @property
    def table_seats(self) -> pd.DataFrame:
        """Who must sit at its table, a row a body.

        ``body``, ``part`` (lead body, constituent member and the like, joined by ";"), ``holds`` (titles of what it
        holds there, joined by ";"), ``share`` (0 to 1, the largest of the area under it) and ``confidence``.
        """
        return seats_table(self._told)

    @property
    def verdict(self) -> list[str]:
        """How it fits the geographies in force, what cuts it and who holds what there, in sentences."""
        return [*verdict(self._told), *held_sentences(self._told.held, self.name)]

    @property
    def cuts(self) -> pd.Series:
        """People (the weight) in pieces that neither side holds whole, by the key of the geography that cuts it."""
        return pd.Series({cut.layer: cut.people for cut in self._told.cuts}, dtype=float, name="people")

    @property
    def commuting(self) -> pd.Series:
        """How it contains its commuting: residents, jobs, supply, demand, the largest leak, whose flows they are."""
        told = self._told.commuting
        return pd.Series({} if told is None else vars(told), dtype=object)

    @property
    def changes(self) -> list[str]:
        """What is known to change after the day, in sentences."""
        return list(self._told.changes)

    def to_html(self) -> str:
        """Return it as one page that asks nothing of the network: what ``geoplan profile AREA --out FILE.html`` writes.

        Returns
        -------
        str
            HTML, with small maps of each geography side by side.
        """
        return paper.page(self._told, self._atlas.drawn.blocks)

    def _heading(self) -> str:
        people = assessed(self.people)
        size = "people not assessed" if people is None else f"{people:,.0f} people"
        return f"{self._told.title} as of {self.as_of}: {size}"

    def _made_table(self) -> pd.DataFrame:
        return profiles.profile_table(self._told)

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the area itself.

        Returns
        -------
        geopandas.GeoDataFrame
            One row, indexed by code, in EPSG:27700.
        """
        focus = self._told.focus
        return drawn_frame(self._atlas.drawn.layer(focus.layer)).loc[[focus.code]]


def profile(
    area: str,
    *,
    as_of: Day = "",
    flows: Flows = None,
    indicator: str | os.PathLike[str] = "",
    weight: str = "people",
) -> Profile:
    """Tell all that is known of one area.

    Parameters
    ----------
    area
        A code, a name, a scheme's area id, or ``layer:name``.
    as_of
        Day whose members are shown; the data's own by default.
    flows
        Commuting flows between authorities (a frame or a file) in place of the modelled ones.
    indicator
        Figures of your own by authority, block or small area, as `FILE?value=COLUMN&kind=count&source=TEXT&year=YYYY`;
        for rates ``kind=rate&of=people`` or ``working_age``; for small areas ``&small_areas=FILE`` says where they lie.
    weight
        What partners and cuts are counted in: people, working_age, employment_deprived, income_deprived, disabled or
        most_deprived.

    Returns
    -------
    Profile
        With ``table``, ``partners``, ``holders``, ``table_seats``, ``verdict``, ``timeline``, ``people``,
        ``working_age``, ``commuting``, ``cuts``, ``changes``.

    Raises
    ------
    UnknownAreaError
        If there is no such area; the nearest are named.
    ConfigurationError
        If partners cannot be counted so.

    Examples
    --------
    >>> import geoplan
    >>> told = geoplan.profile("Nottingham")
    >>> told.timeline.loc[told.timeline["code"] == "csp-07a", "followed_by"].item()
    'Nottingham and Nottinghamshire (extended vintage)'
    """
    counted = weight_of(weight)
    if counted in {Weight.AREA, Weight.POSTCODES}:
        raise ConfigurationError(refusal(f"partners cannot be counted in {counted}", hint="Count people."))
    return Profile(atlas_of(as_of=as_of, flows=flows, indicator=indicator), area, counted)


def lookup(
    place: str | Iterable[str], *, as_of: Day = "", errors: str = "raise", wards: str | os.PathLike[str] = ""
) -> pd.DataFrame:
    """Find every partnership that covers a postcode, an authority or an area, or each of many of them.

    Parameters
    ----------
    place
        A postcode, a code, a name or ``layer:name``; or many of them.
    as_of
        Day whose members are shown; the data's own by default.
    errors
        What is done where a place is not known: ``raise``; or ``report``: it has no rows and stands in ``attrs``.
    wards
        Boundary file of wards, or lookup to wards, that parts of authorities whose wards are known are counted by.

    Returns
    -------
    pandas.DataFrame
        A row for every area that covers a place, in the order of the places and then of the catalogue: ``place`` (as
        given), ``layer`` (its key), ``code``, ``name``, ``share`` (0 to 1, of the place's people; missing where a part
        of unknown size decides), ``relation`` (inside one, same boundary, whole inside it, cut, not assessed),
        ``certain`` (whether it surely reaches the place: how two parts of one authority lie to each other is not
        known), ``confidence`` (of the membership: exact, high, medium, low or mixed), ``status``
        on that day (in force, reference, proposed, or date not known), ``lead_body`` with ``lead_confidence`` and
        ``accountable_body`` (empty where not known); what was not in force has no row.
        ``attrs["unknown"]`` maps each place that is not known to the sentence that says so; ``attrs["seats"]`` has a
        frame for each authority that sits at the table of areas it is not in; ``attrs["remarks"]`` has what is said of
        how a place was chosen, of what held it on other days only and of what is known to change.

    Raises
    ------
    UnknownKeyError
        If a place is not known; the nearest are named.
    AmbiguousError
        If a name fits several areas of one layer.
    ConfigurationError
        If ``errors`` is neither of the two, or what was given is no text and no list of texts.

    Examples
    --------
    >>> import geoplan
    >>> found = geoplan.lookup(["Barnsley", "Powys"])
    >>> found.loc[found["layer"] == "connect_to_work", ["place", "name"]].values.tolist()
    [['Barnsley', 'South Yorkshire'], ['Powys', 'Mid Wales']]
    """
    if errors not in {"raise", "report"}:
        raise ConfigurationError(refusal(f"errors is {errors!r}", hint="Known: raise, report."))
    atlas = atlas_of(as_of=as_of, wards=wards)
    unknown: dict[str, str] = {}
    remarks: dict[str, tuple[str, ...]] = {}
    seats: dict[str, pd.DataFrame] = {}
    rows = []
    for each in dict.fromkeys(_places(place)):
        try:
            found = place_lookup.lookup(each, atlas=atlas)
        except UnknownKeyError as problem:
            if errors == "raise":
                raise
            unknown[each] = str(problem)
            continue
        remarks[each] = (*found.remarks, *found.days, *found.changes)
        if len(found.seats):
            seats[each] = found.seats
        rows.append(found.areas.assign(place=each)[list(COLUMNS)])
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=list(COLUMNS))
    table.attrs = {"unknown": unknown, "remarks": {each: list(said) for each, said in remarks.items() if said}}
    table.attrs["seats"] = seats
    return table


def lookup_postcodes(
    table: str | os.PathLike[str] | pd.DataFrame,
    *refs: Layered,
    column: str = "",
    coordinates: tuple[str, str] | None = None,
    epsg: int | None = None,
    as_of: Day = "",
    wards: str | os.PathLike[str] = "",
) -> pd.DataFrame:
    """Look up every row of a list of postcodes, addresses or coordinates: which area of each layer it lies in.

    Parameters
    ----------
    table
        CSV, Excel or Parquet file, or a frame.
    *refs
        Layers made of authorities, or drawn, each as for `geoplan.layer`; by default those that `geoplan.lookup`
        tells of.
    column
        The column of postcodes, or of addresses with one in each; found where one fits.
    coordinates
        The columns of x and y (easting and northing, longitude and latitude); found by their headings where no column
        holds postcodes.
    epsg
        Number of their coordinate system, such as 27700; None where headings or values tell it.
    as_of
        Day whose members are shown; the data's own by default.
    wards
        Boundary file of wards, or lookup to wards, that parts of authorities whose wards are known are counted by.

    Returns
    -------
    pandas.DataFrame
        A row a row of the table, in its order, indexed by ``row`` as a spreadsheet numbers them: its columns, then
        ``read_as`` (the postcode, or easting and northing), ``status`` (found, not known, not a postcode, not a
        coordinate, outside the United Kingdom, empty) and for each layer
        ``KEY_code``, ``KEY_name`` and ``KEY_share``: 1 where the postcode is surely in the area, "not known" where the
        area holds only a part of its authority. Several areas are joined by ";". Where a column of the table has such
        a name, a number stands behind it. ``attrs["columns"]`` are the column of postcodes, or those of coordinates.

    Raises
    ------
    InputError
        If no column holds postcodes and no two coordinates, or several do and differ, their coordinate system cannot
        be told, or a file cannot be read.
    ConfigurationError
        If a layer is a lookup from other small areas, or postcodes and coordinates are asked for at once.

    Examples
    --------
    >>> import geoplan, pandas as pd
    >>> clients = pd.DataFrame({"id": [1, 2], "address": ["1 High Street, BA1 0AA", "no fixed abode"]})
    >>> found = geoplan.lookup_postcodes(clients, "icb_2026", column="address")
    >>> found[["read_as", "status", "icb_2026_code"]].to_numpy().tolist()
    [['BA1 0AA', 'found', 'E54000040'], ['', 'not a postcode', '']]
    """
    atlas = atlas_of(as_of=as_of, wards=wards)
    raw = _raw_list(table) if isinstance(table, pd.DataFrame) else read_lookup(os.fspath(table))
    held = [taken(each, atlas, f"layer_{n}") for n, each in enumerate(refs, start=1)]
    pair = ",".join(coordinates or ())
    told = list_looked_up(raw, held, atlas=atlas, column=column, coordinates=pair, epsg=epsg)
    told.table.attrs = {"columns": told.columns}
    return told.table


def _raw_list(table: pd.DataFrame) -> RawTable:
    """Return a frame as a table is read from a file, with the rows at its ends that hold nothing too."""
    raw = frames.raw_table(table, "the table")
    every = pd.RangeIndex(1, len(table) + 1, name="row")
    return raw if len(raw.frame) == len(table) else replace(raw, frame=raw.frame.astype(object).reindex(every))


def crosswalk(*refs: Layered, focus: str = "", as_of: Day = "", code: str = "", name: str = "") -> pd.DataFrame:
    """Tabulate which areas of each geography every authority is in.

    Parameters
    ----------
    *refs
        Layers made of authorities, each as for `geoplan.layer`.
    focus
        Only the authorities of this area, named as for `geoplan.lookup`; all by default.
    as_of
        Day whose members are shown; the data's own by default.
    code, name
        Columns of files and frames, where they cannot be found.

    Returns
    -------
    pandas.DataFrame
        A row an authority: ``code``, ``name`` and a column for each layer with the names of the areas it is in, joined
        by "; ", with "(part)" after those that hold only a part of it; empty where it is in none.

    Raises
    ------
    ConfigurationError
        If no layer is given, or one is drawn or a lookup from small areas.
    GeoplanError
        If a layer cannot be opened, or there is no such area.

    Examples
    --------
    >>> import geoplan
    >>> table = geoplan.crosswalk("connect_to_work", "icb_2026", focus="South Midlands")
    >>> table.loc[table["name"] == "Luton", ["connect_to_work", "icb_2026"]].to_numpy().tolist()
    [['South Midlands', 'Central East']]
    """
    if not refs:
        raise ConfigurationError(refusal("no layer was given", hint='Such as geoplan.crosswalk("lad", "icb_2026").'))
    atlas = atlas_of(as_of=as_of, code=code, name=name)
    held = [taken(each, atlas, f"layer_{n}") for n, each in enumerate(refs, start=1)]
    return comparing.authorities_by_geography(held, atlas=atlas, focus=focus)


def _places(given: Any) -> list[str]:
    """Return one place or many as a list, refusing what is no text."""
    if isinstance(given, str):
        return [given]
    hint = "Give a postcode, code or name, or a list or column of them."
    if not isinstance(given, Iterable) or isinstance(given, pd.DataFrame):
        raise ConfigurationError(refusal(f"a {type(given).__name__} is no place", hint=hint))
    places = list(given)
    for each in places:
        if not isinstance(each, str):
            raise ConfigurationError(refusal(f"{each!r} among the places is no text", hint=hint))
    return places
