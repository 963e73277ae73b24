"""`geoplan.compare` and `geoplan.changes`: two layers, or two editions of one, set against each other."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

import geopandas as gpd
import pandas as pd

from geoplan.auditing import comparing
from geoplan.auditing.editions import versions
from geoplan.auditing.judging import findings
from geoplan.auditing.judging.funding import funded
from geoplan.auditing.results import Pair
from geoplan.commuting.atlas import Atlas
from geoplan.interface.given.references import Day, Layered, Tolerated, atlas_of, taken, tolerance_of, weight_of
from geoplan.interface.given.sheets import Sheet, area_sheets
from geoplan.interface.results import Result, drawn_frame, refuse_undrawn
from geoplan.output.tables.audits import findings_table
from geoplan.output.tables.comparison import compare_table
from geoplan.output.tables.money import money_table
from geoplan.output.tables.pieces import pieces_table
from geoplan.schema import BRITISH_NATIONAL_GRID, Finding, layer_wording, wording
from geoplan.schema.standing import LOOKS, Standing

__all__ = ["Comparison", "changes", "compare", "cut_sheets", "pieces_of"]

PIECES = {"cut": ("overlap", "GP301", Standing.CUT), "rest": ("none", "GP305", Standing.NONE)}
"""Kind of piece -> how it is drawn, the rule that tells of it, and the word for it."""


class Comparison(Result):
    """The left layer's view of the right one.

    ``table`` has the rows of ``geoplan compare --format csv``: a row for every two areas that meet, drawing artefacts
    too, and one for the rest of a left area with an empty ``right_code``: ``left_code``, ``left_name``,
    ``right_code``, ``right_name``, ``area_m2`` (square metres, EPSG:27700), ``left_area_share``, ``right_area_share``
    (0 to 1), ``people`` (the chosen weight), ``left_people_share``, ``right_people_share`` (0 to 1), ``width_m``
    (metres; missing where codes or labels decide), ``artefact`` (whether it is drawn, not real) and ``relation`` (of
    the left area). What is missing is not assessed.
    """

    _pair: Pair
    _atlas: Atlas
    _references: tuple[str, str]

    def __init__(self, pair: Pair, atlas: Atlas, references: tuple[str, str]) -> None:
        self._take(_pair=pair, _atlas=atlas, _references=references)

    def _heading(self) -> str:
        counts = Counter(LOOKS[standing].term for standing in self._pair.standing.values())
        said = ", ".join(f"{count} {term}" for term, count in counts.most_common())
        return f"{self._pair.keys[0]} with {self._pair.keys[1]}: {said}"

    def _made_table(self) -> pd.DataFrame:
        return compare_table(self._pair)

    def _found(self) -> list[Finding]:
        pair = self._pair
        found = findings.from_pair(pair.overlay, pair.relations, tolerance=pair.tolerance, outside=pair.outside)
        funds = (funded(finding, pair.overlay, pair.cuts, pair.money) for finding in found)
        return sorted(funds, key=lambda finding: finding.gravity)

    @property
    def summary(self) -> pd.Series:
        """The pair's line in audit.json: counts of areas by relation, ``cut_areas``, ``cut_people`` (the weight),
        ``homogeneity``, ``completeness`` and ``v_measure`` (0 to 1), and the number of common ``blocks``.
        """  # noqa: D205 - one thing
        return pd.Series(dict(self._pair.summary), dtype=object, name=" with ".join(self._pair.keys))

    @property
    def relations(self) -> pd.DataFrame:
        """How each left area stands to the right layer, one row an area.

        ``code``, ``name``, ``relation`` (coterminous, nested, contains, straddles, partly_covered, uncovered: the
        first that holds, by two one-sided containments; docs/method/overlay.md), ``standing`` (the same in plain
        words), ``partners`` (tuple of right codes, the largest share first) and ``rest_share`` (0 to 1, of the left
        area in no right one; missing where not assessed).
        """
        related = self._pair.relations
        names = self._pair.overlay.left.areas["name"].reindex(related.index)
        standing = [LOOKS[self._pair.standing[str(code)]].term for code in related.index]
        told = related[["relation", "partners", "rest_share"]].assign(name=names, standing=standing)
        told["relation"] = told["relation"].astype(str)
        return told.rename_axis("code").reset_index()[
            ["code", "name", "relation", "standing", "partners", "rest_share"]
        ]

    @property
    def money(self) -> pd.DataFrame:
        """What of each left area's money would lie in each right area, if it followed people: an estimate.

        The rows of ``geoplan compare --money --format csv``, for the left areas whose amount or places are known; empty
        where none is: ``left_code``, ``left_name``, ``amount_total`` (pounds in all), ``amount_per_year`` (pounds a
        year, never made of the former), ``amount_period``, ``amount_note``, ``amount_source``, ``places``,
        ``right_code``, ``right_name`` (empty for what lies in none), ``cut``; ``working_age`` and
        ``working_age_share`` (0 to 1, of the left area), with the pounds, pounds a year and places that go with them:
        ``estimated_total``, ``estimated_per_year``, ``estimated_places``; and the same by people out of work
        (``out_of_work``, ``estimated_total_by_need`` and so on), which are counted in England only. The pieces of an
        area sum to its amount, but where right areas overlap. What is missing is not assessed.
        """
        return money_table(self._pair)

    @cached_property
    def _drawn(self) -> Pair:
        left, right = (self._atlas.drawn.layer(reference) for reference in self._references)
        for layer in (left, right):
            refuse_undrawn(layer)
        return replace(self._pair, overlay=replace(self._pair.overlay, left=left, right=right))

    @property
    def pieces(self) -> gpd.GeoDataFrame:
        """Where the two cut each other: ground that is neither a whole left nor a whole right area (EPSG:27700).

        Columns of ``table``, with ``kind`` (``cut``; ``rest``: what no right area covers; ``artefact``: drawn, not
        real), ``left_layer``, ``right_layer``, ``counted`` (the weight in ``people``) and ``drawn_whole`` (whether
        blocks of which only a part belongs are drawn whole). A `ConfigurationError` says that there are no outlines.
        """
        return pieces_of(self._drawn, self._atlas)

    def to_geodataframe(self) -> gpd.GeoDataFrame:
        """Return the left areas with how they stand to the right layer.

        Returns
        -------
        geopandas.GeoDataFrame
            Indexed by ``code``: ``name``, ``relation``, ``standing``, ``partners``, ``rest_share`` and ``geometry``
            in EPSG:27700.

        Raises
        ------
        ConfigurationError
            If a layer is a lookup of small areas, which has no outlines.
        """
        drawn = drawn_frame(self._drawn.overlay.left)
        told = self.relations.set_index("code")
        return gpd.GeoDataFrame(told, geometry=drawn.geometry.reindex(told.index), crs=BRITISH_NATIONAL_GRID)

    def _sheets(self) -> list[Sheet]:
        areas = self.to_geodataframe()
        areas["partners"] = [self._partner_names(codes) for codes in areas["partners"]]
        looks = [str(self._pair.standing.get(str(code), Standing.OUTSIDE)) for code in areas.index]
        left = layer_wording.short(self._pair.overlay.left)
        sheets = area_sheets(areas, self._drawn.overlay.left, self._atlas, looks, left)
        return [*sheets, *cut_sheets(self._drawn, self._atlas, self._found())]

    def _partner_names(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._pair.overlay.right.name(code) for code in codes)


def cut_sheets(pair: Pair, atlas: Atlas, found: Iterable[Finding], *, shown: bool = True) -> list[Sheet]:
    """Return pieces as they are drawn, cut ones and those in none apart, without those that are not real.

    Parameters
    ----------
    pair
        One direction of a comparison, with outlines.
    atlas
        Where its blocks are.
    found
        Findings, of which those of the pair tell what is found in its pieces.
    shown
        Whether a map shows them before anybody asks.

    Returns
    -------
    list of Sheet
        Of cut pieces, and of ground in none, where there is any.
    """
    pieces, said = pieces_of(pair, atlas), _messages(pair, found)
    title = " / ".join(layer_wording.short(layer) for layer in (pair.overlay.left, pair.overlay.right))
    made = []
    for kind, (look, rule, standing) in PIECES.items():
        here = pieces[(pieces["kind"] == kind) & pieces.geometry.notna()]
        looks = ["part" if whole else look for whole in here["drawn_whole"]]
        told = here.assign(message=[said.get((rule, code), "") for code in here["left_code"]])
        counted = wording.UNITS[str(pair.overlay.weight)]
        made.append(Sheet(told, looks, f"{title}: {LOOKS[standing].term}", shown, counted))
    return [sheet for sheet in made if len(sheet.frame)]


def _messages(pair: Pair, found: Iterable[Finding]) -> dict[tuple[str, str], str]:
    own = (each for each in found if (each.layer, each.other_layer) == pair.keys)
    return {(each.rule, each.code): each.message for each in own}


def pieces_of(pair: Pair, atlas: Atlas) -> gpd.GeoDataFrame:
    """Return the pieces of a drawn comparison as a GeoDataFrame (EPSG:27700)."""
    table = pieces_table(pair, atlas.drawn.blocks).drop(columns="comparison")
    return gpd.GeoDataFrame(table, geometry="geometry", crs=BRITISH_NATIONAL_GRID)


def compare(
    left: Layered,
    right: Layered,
    *,
    weight: str = "people",
    tolerance: Tolerated = None,
    keep_artefacts: bool = False,
    as_of: Day = "",
    code: str = "",
    name: str = "",
    wards: str | os.PathLike[str] = "",
    indicator: str | os.PathLike[str] = "",
) -> Comparison:
    """Compare two layers: who is the same, who lies inside whom, who is cut.

    Parameters
    ----------
    left, right
        Catalogue keys, paths, GeoDataFrames, DataFrames of members or of a lookup, Series of areas by code, or
        layers; see `geoplan.layer`. Frames are called ``left`` and ``right``.
    weight
        What is counted: people, working_age, postcodes or area (then no postcodes are loaded); employment_deprived,
        income_deprived, disabled or most_deprived (people in need; missing where nobody counts them).
    tolerance
        Share ignored (0 to below 0.5); by default 0 where codes decide, 0.005 where geometry or postcodes do.
    keep_artefacts
        Whether pieces that exist only in the drawing count as real.
    as_of
        Day whose members are shown; the data's own by default.
    code, name
        Columns of files and frames, where they cannot be found; of two frames with different columns open each with
        `geoplan.layer` first.
    wards
        Boundary file of wards, or lookup to wards, that parts of authorities whose wards are known are counted by.
    indicator
        Figures of your own by authority, block or small area, as `FILE?value=COLUMN&kind=count&source=TEXT&year=YYYY`;
        for rates ``kind=rate&of=people`` or ``working_age``; for small areas ``&small_areas=FILE`` says where they lie.

    Returns
    -------
    Comparison
        With ``table``, ``summary``, ``relations``, ``findings``, ``money``, ``pieces``, ``to_geodataframe``,
        ``explore`` and ``plot``.

    Raises
    ------
    UnknownKeyError
        If a layer is not known; the nearest keys are named.
    InputError
        If a file or frame cannot be used.
    ConfigurationError
        If an option has a value that it cannot have.

    Notes
    -----
    Where both are made of the same blocks, tables are joined and no line is looked at; else outlines in EPSG:27700
    are overlaid and postcodes weigh the pieces; docs/method/overlay.md.

    Examples
    --------
    >>> import geoplan
    >>> geoplan.compare("lhb", "connect_to_work")
    <Comparison lhb with connect_to_work: 5 inside one, 1 same boundary, 1 cut>
    """
    atlas = atlas_of(as_of=as_of, code=code, name=name, wards=wards, indicator=indicator)
    one, two = taken(left, atlas, "left"), taken(right, atlas, "right")
    pair = comparing.compare(
        one, two, atlas=atlas, weight=weight_of(weight),
        tolerance=tolerance_of(tolerance, keep_artefacts=keep_artefacts),
    )  # fmt: skip
    return Comparison(pair, atlas, (one, two))


def changes(
    old: Layered,
    new: Layered,
    *,
    weight: str = "people",
    tolerance: Tolerated = None,
    keep_artefacts: bool = False,
    as_of: Day = "",
    code: str = "",
    name: str = "",
    wards: str | os.PathLike[str] = "",
) -> pd.DataFrame:
    """Tell what changed between two editions of a layer: who is new, gone, merged, split, redrawn.

    Parameters
    ----------
    old, new
        As of `compare`. Frames are called ``old`` and ``new``.
    weight, tolerance, keep_artefacts, as_of, code, name, wards
        As of `compare`.

    Returns
    -------
    pandas.DataFrame
        A row for each area, those that changed most first. ``change``: new, gone, merged, split, redrawn, recoded,
        renamed or unchanged. ``old_code``, ``old_name``, ``new_code``, ``new_name``: one that ended has no new code,
        one that began no old one. ``other_codes``, ``other_names`` (tuples): areas of the other edition with which it
        shares ground besides. ``people_old``, ``people_new``, ``people_lost``, ``people_gained`` (the weight; missing
        where not assessed), ``area_old_m2``, ``area_new_m2``, ``area_lost_m2``, ``area_gained_m2`` (square metres,
        EPSG:27700), all without drawing artefacts. ``took_effect`` (ISO day), ``order`` and ``passed`` (whole, nearly
        whole or divided) of changes to authorities that are known. ``attrs["findings"]`` is a frame of what is to be
        said of each area that changed (GP601), with the columns of findings.csv.

    Raises
    ------
    UnknownKeyError
        If a layer is not known; the nearest keys are named.
    InputError
        If a file or frame cannot be used.
    ConfigurationError
        If an option has a value that it cannot have.

    Notes
    -----
    An area goes on under its code, under its name where each holds most of the other, or on the same ground;
    docs/method/editions.md.

    Examples
    --------
    >>> import geoplan
    >>> found = geoplan.changes("icb", "icb_2026")
    >>> int((found["new_code"] == "").sum()), int((found["old_code"] == "").sum())
    (12, 6)
    """
    atlas = atlas_of(as_of=as_of, code=code, name=name, wards=wards)
    one, two = taken(old, atlas, "old"), taken(new, atlas, "new")
    found = versions.changed_editions(
        one, two, atlas=atlas, weight=weight_of(weight),
        tolerance=tolerance_of(tolerance, keep_artefacts=keep_artefacts),
    )  # fmt: skip
    table = found.table.assign(change=found.table["change"].map(str))
    table.attrs["findings"] = findings_table(found.findings)
    return table
