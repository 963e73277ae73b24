"""`geoplan.layer`, `check`, `layers` and `membership`: a geography opened, its faults, its members, all that ship."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cached_property

import geopandas as gpd
import pandas as pd

from geoplan.analysis import overlay
from geoplan.analysis.money import per_head
from geoplan.analysis.networks.seating import at_the_table
from geoplan.auditing import comparing
from geoplan.commuting.atlas import Atlas
from geoplan.data import catalogue
from geoplan.data.membership.own.schemes import scheme_of
from geoplan.data.membership.own.steps import members
from geoplan.errors import carefully
from geoplan.interface.given.references import Day, Layered, atlas_of, day_of, renamed, taken
from geoplan.interface.given.sheets import Sheet, area_sheets, ground_sheets
from geoplan.interface.results import Result, drawn_frame, sheets_of
from geoplan.output.exported import files
from geoplan.output.exported.credits import MARK
from geoplan.output.tables.audits import findings_table
from geoplan.schema import BRITISH_NATIONAL_GRID, REST, Finding, Severity, layer_wording, wording
from geoplan.schema import Layer as SchemaLayer
from geoplan.writing import files as written
from geoplan.writing import places

__all__ = ["Check", "Layer", "check", "layer", "layers", "membership"]


class Layer(Result):
    """One geography: its areas, what they are made of, and what reading it could not settle.

    ``table`` is indexed by ``code``: ``name``; ``people``, ``working_age``, ``postcodes`` (numbers) and ``area_m2``
    (square metres) where known, missing where not assessed; ``confidence``; and what the layer adds. Where amounts of
    money or places are known: ``amount_total`` (pounds in all), ``amount_per_year`` (pounds a year), ``amount_period``,
    ``amount_source``, ``amount_note``, ``places`` and ``places_source``. Columns of your own table or boundary file
    that are the same for all rows of an area stand there too, under their headings.
    """

    _atlas: Atlas
    _reference: str
    _opened: SchemaLayer

    def __init__(self, atlas: Atlas, reference: str) -> None:
        self._take(_atlas=atlas, _reference=reference, _opened=atlas.layer(reference))

    @property
    def key(self) -> str:
        """What it is called: the key in the catalogue, the name of its file, or the key given for a frame."""
        return self._opened.key

    @property
    def title(self) -> str:
        """What it is called for people."""
        return self._opened.title

    @property
    def as_of(self) -> str:
        """The day whose members are shown (ISO 8601); empty where the layer has no days."""
        return self._opened.as_of

    @property
    def source(self) -> str:
        """Where it comes from."""
        return self._opened.source.citation

    @property
    def money(self) -> pd.DataFrame:
        """What areas are given per head, one row for each area of which an amount or places are known.

        Indexed by ``code``: ``name``, the columns of money as in ``table``, ``working_age`` and ``out_of_work``
        (people; the latter are counted in England only), ``total_per_working_age``, ``total_per_out_of_work``,
        ``per_year_per_working_age`` and ``per_year_per_out_of_work`` (pounds a head), ``places_per_1000_out_of_work``
        and ``confidence`` of the members. What is missing is not assessed.
        """
        return per_head(self._opened)

    def _heading(self) -> str:
        said = ", ".join(filter(None, (self._opened.edition, self._opened.resolution)))
        areas = wording.plural(len(self._opened.areas), "area")
        return f"{self.key}: {self.title}, {areas}{f', {said}' if said else ''}"

    def _made_table(self) -> pd.DataFrame:
        return pd.DataFrame(self._opened.areas.drop(columns="geometry", errors="ignore"))

    @cached_property
    def _checked(self) -> tuple[Finding, ...]:
        return comparing.check(self._reference, atlas=self._atlas)[1]

    def _found(self) -> tuple[Finding, ...]:
        return self._checked

    @property
    def bodies(self) -> pd.DataFrame:
        """Who leads each area or sits at its table, plain members apart, one row each.

        ``layer``, ``code`` and ``name`` (the area), ``body``, ``lad`` (code of an authority, of either tier; empty for
        other bodies), ``tier``, ``role`` (lead, accountable, constituent, member, non-constituent or partner; the last
        two are not in the area), ``source`` and ``confidence``. Without rows where the layer has no such table.
        """
        return at_the_table(self._opened)

    @property
    def assignment(self) -> pd.Series:
        """Which area each block or authority belongs to: a Series of area codes, named by the layer's key.

        Indexed by ``block``: codes of the shipped blocks, which are authorities (LAD) or the parts of those that
        health boundaries split, or the small areas of a lookup. What belongs to several areas stands with the one
        that has most of it. Of an outside drawing, authorities by where most of their people live, told by postcodes.
        """
        return self._assignment.copy()

    @cached_property
    def _assignment(self) -> pd.Series:
        parts = _drawn_parts(self._opened, self._atlas) if self._opened.parts is None else self._opened.parts
        ranked = parts.assign(share=parts["share"].fillna(0.5)).sort_values(
            ["block", "share", "code"], ascending=[True, False, True], kind="stable"
        )
        first = ranked.drop_duplicates("block").set_index("block")["code"]
        return first.rename(self.key)

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the areas with their outlines.

        Returns
        -------
        geopandas.GeoDataFrame
            ``table`` with ``geometry`` in EPSG:27700. Outlines of shipped layers are indicative: from postcodes.

        Raises
        ------
        ConfigurationError
            If the layer is a lookup of small areas, which has no outlines.
        """
        return drawn_frame(self._atlas.drawn.layer(self._reference))

    def export(self, path: str | os.PathLike[str], *, wkt: bool = False) -> None:
        """Write the layer to a file that others read, with source, licence and edition inside it.

        Parameters
        ----------
        path
            Name of the file, which tells the format: ``.gpkg``, ``.parquet`` and ``.shp.zip`` in EPSG:27700,
            ``.geojson`` in degrees (EPSG:4326), or ``.csv``, beside which the credits are written as ``.csv.txt``.
        wkt
            Whether CSV holds the areas with outlines as WKT; by default it holds who belongs to each area, where
            that is known.

        Raises
        ------
        ConfigurationError
            If the suffix is another, the layer has no outlines, or the file would be one that it is read from; or
            where the credits of a CSV belong lies a file that geoplan did not write.
        OutputError
            If it cannot be written.
        """
        out = os.fspath(path)
        beside = {"credits": f"{out}.txt"} if files.form_of(out) == ".csv" else {}
        places.check({"path": out, **beside}, places.inputs_of([self._reference, *self._atlas.files]))
        for place in beside.values():
            places.check_beside(place, MARK)
        shown = self._opened if beside and not wkt else self._atlas.drawn.layer(self._reference)
        blocks, names = self._atlas.blocks, self._atlas.authorities.table["name"]
        made = files.export(shown, out, as_of=self._atlas.as_of.isoformat(), blocks=blocks, names=names, wkt=wkt)
        for place, content in made.items():
            written.write(content, place)

    @property
    def drawn_by(self) -> tuple[SchemaLayer, Atlas]:
        """The layer behind it, and where its blocks are."""
        return self._opened, self._atlas

    def _sheets(self) -> list[Sheet]:
        return area_sheets(self.to_geodataframe(), *self.drawn_by, title=layer_wording.short(self._opened))

    def put_into(self, atlas: Atlas) -> str:
        """Put it where another atlas opens it, and return by which name; its day and columns stay."""
        shipped = self.key in catalogue.catalogue()
        if shipped and self._atlas.as_of == atlas.as_of:
            return self._reference
        name = f"{self.key}@{self._atlas.as_of.isoformat()}" if shipped else self.key

        def opened(wanted: Atlas, _code: str, _name: str) -> SchemaLayer:
            mine = self._atlas.drawn if wanted.geometry else self._atlas.undrawn
            found = mine.layer(self._reference)
            return replace(found, key=name, title=f"{found.title} ({self._atlas.as_of})") if shipped else found

        atlas.hold(name, opened)
        return name


class Check(Result):
    """What is wrong with a layer; ``table`` and ``findings`` are the same rows, as in findings.csv."""

    _atlas: Atlas
    _reference: str
    _findings: tuple[Finding, ...]

    def __init__(self, atlas: Atlas, reference: str) -> None:
        found = comparing.check(reference, atlas=atlas)[1]
        self._take(_atlas=atlas, _reference=reference, _findings=found)

    @property
    def layer(self) -> Layer:
        """The layer as it was read."""
        return Layer(self._atlas, self._reference)

    @property
    def sound(self) -> bool:
        """Whether there is no error: what the first line of ``geoplan check`` says."""
        return not any(finding.severity is Severity.ERROR for finding in self._findings)

    def _heading(self) -> str:
        counts = pd.Series([str(finding.severity) for finding in self._findings], dtype=str).value_counts()
        said = ", ".join(f"{counts.get(each, 0)} {each}" for each in Severity)
        return f"{self.layer.key}: {'sound' if self.sound else 'not sound'}; {said}"

    def _made_table(self) -> pd.DataFrame:
        return findings_table(self._findings)

    def _found(self) -> tuple[Finding, ...]:
        return self._findings

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the findings with their ground.

        Returns
        -------
        geopandas.GeoDataFrame
            The columns of ``findings`` and ``geometry`` in EPSG:27700: the gap or overlap itself, else the area;
            missing for what has no ground.

        Raises
        ------
        ConfigurationError
            If the layer is a lookup of small areas, which has no outlines.
        """
        areas = self.layer.to_geodataframe().geometry
        grounds = [each.shape if each.shape is not None else areas.get(each.code) for each in self._findings]
        shapes = gpd.GeoSeries(grounds, crs=BRITISH_NATIONAL_GRID, dtype="geometry")
        return gpd.GeoDataFrame(self.table, geometry=shapes, crs=BRITISH_NATIONAL_GRID)

    def _sheets(self) -> list[Sheet]:
        return [*sheets_of(self.layer), *ground_sheets(self._findings)]


def _drawn_parts(drawn: SchemaLayer, atlas: Atlas) -> pd.DataFrame:
    """Tell by postcodes in which drawn area most people of each authority live."""
    with carefully(f"Telling which authorities lie in {drawn.key}"):
        over = overlay.overlay(atlas.drawn.layer("lad"), drawn, blocks=atlas.drawn.blocks, points=atlas.points)
    shares = over.table["left_people_share"].rename_axis(["block", "code"]).rename("share").reset_index()
    return shares[(shares["code"] != REST) & (shares["share"] > 0)]


def layer(
    ref: Layered, *, key: str = "", code: str = "", name: str = "", as_of: Day = "", dissolve: bool = False
) -> Layer:
    """Open a layer.

    Parameters
    ----------
    ref
        A catalogue key (``"icb_2026"``, see `layers`); a boundary file, membership table or lookup by its path,
        with ``#layer`` or ``#column`` for a part of it and ``?code=X&name=Y`` for its columns; ``scenario:NAME`` or
        ``scenario:FILE``, a layer as changes make it (see `geoplan.whatif`), with ``#layer`` for one of several; a
        GeoDataFrame of
        areas in any CRS that is stated, or a GeoSeries indexed by code; a DataFrame of members (area_id or
        area_name, and codes or names of authorities) or of a lookup (small areas to areas); or a Series of areas
        indexed by code.
    key
        What to call it in tables and findings; ``layer`` for a frame by default.
    code, name
        Columns of codes and names, where they cannot be found.
    as_of
        Day whose members are shown (``YYYY-MM-DD``, ``today`` or a date); the data's own by default.
    dissolve
        Whether rows of outlines with the same code are joined into one area.

    Returns
    -------
    Layer
        With ``table``, ``findings``, ``assignment``, ``to_geodataframe``, ``explore`` and ``plot``. What was given
        is not changed.

    Raises
    ------
    UnknownKeyError
        If there is no such layer; the nearest keys are named.
    InputError
        If a file or frame cannot be used: its CRS is unknown, codes are missing or repeated, there is no polygon.
    ConfigurationError
        If the key is one of the catalogue.

    See Also
    --------
    geoplan.check : What is wrong with a layer.

    Examples
    --------
    >>> import geoplan
    >>> geoplan.layer("lhb").table["name"].head(2).tolist()
    ['Betsi Cadwaladr University Health Board', 'Powys Teaching Health Board']
    """
    atlas = atlas_of(as_of=as_of, code=code, name=name, dissolve=dissolve)
    taken_as = taken(ref, atlas, key or "layer")
    return Layer(atlas, renamed(taken_as, atlas, key) if key else taken_as)


def layers(*, as_of: Day = "") -> pd.DataFrame:
    """List the layers that ship.

    Parameters
    ----------
    as_of
        Day for which ``status_on_day`` is told; the data's own by default.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``key``: ``title``, ``group``, ``status_on_day`` (in force, ended, not yet in force, proposed, date
        not known or reference), ``extent`` (letters of countries), ``edition``, ``in_force_from``, ``in_force_to``
        (ISO 8601), ``confidence``, ``source`` and ``licence``.

    Raises
    ------
    ConfigurationError
        If the day is none.
    """
    day = day_of(as_of) or catalogue.default_as_of()
    columns = (
        "key",
        "title",
        "group",
        "extent",
        "edition",
        "in_force_from",
        "in_force_to",
        "confidence",
        "source",
        "licence",
    )
    entries = catalogue.catalogue().values()
    table = pd.DataFrame([{name: getattr(entry, name) for name in columns} for entry in entries]).set_index("key")
    table.insert(2, "status_on_day", [catalogue.status_on(entry, day) for entry in entries])
    return table


def membership(scheme: str) -> pd.DataFrame:
    """Return who belongs to a scheme: what ships, with what you keep in its place.

    Parameters
    ----------
    scheme
        Key of the catalogue with a membership table, such as ``connect_to_work``.

    Returns
    -------
    pandas.DataFrame
        One row an authority, or a body at the table, of an area, past ones and those to come too; all text, with the
        columns of a membership table, ``whose`` (``shipped`` or ``yours``) and ``kept_on`` (ISO 8601). The environment
        variable GEOPLAN_SHIPPED sets what is yours aside.

    Raises
    ------
    UnknownKeyError
        If the catalogue has no such key.
    ConfigurationError
        If it has no table, or two.

    Examples
    --------
    >>> import geoplan
    >>> geoplan.membership("lhb").loc[0, ["area_name", "lad_name", "whose"]].tolist()
    ['Betsi Cadwaladr University Health Board', 'Isle of Anglesey', 'shipped']
    """
    return members(scheme_of(scheme).table).rows.copy()


def check(
    ref: Layered, *, key: str = "layer", code: str = "", name: str = "", as_of: Day = "", dissolve: bool = False
) -> Check:
    """Tell whether a layer is sound: gaps, overlaps, codes, coordinate system, validity.

    Parameters
    ----------
    ref
        Any reference to a layer; see `geoplan.layer`.
    key
        What a frame is called in findings.
    code, name
        Columns of codes and names, where they cannot be found.
    as_of
        Day whose members are shown; the data's own by default.
    dissolve
        Whether rows of outlines with the same code are joined into one area.

    Returns
    -------
    Check
        With ``sound``, ``findings``, ``layer``, ``to_geodataframe``, ``explore`` and ``plot``.

    Raises
    ------
    UnknownKeyError
        If there is no such layer; the nearest keys are named.
    InputError
        If it cannot be read or used at all.

    Examples
    --------
    >>> import geoplan
    >>> geoplan.check("lhb").sound
    True
    """
    atlas = atlas_of(as_of=as_of, code=code, name=name, dissolve=dissolve)
    return Check(atlas, taken(ref, atlas, key))
