"""Arrangements as layers, each audited as any layer is and set against the audit of today's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from geoplan.auditing import audit
from geoplan.auditing.judging.leakage import MARKETS
from geoplan.auditing.results import AuditResult, Configuration
from geoplan.commuting.atlas import Atlas
from geoplan.data.tables.membership_rows import understood
from geoplan.data.tables.tables import RawTable
from geoplan.planning.designing.asked import Asked
from geoplan.planning.designing.units import Units
from geoplan.planning.scenarios.fates import Fates, set_against
from geoplan.planning.scenarios.measures import area_table, partners
from geoplan.planning.scenarios.whatif import pairs_of
from geoplan.schema import Layer, Severity, Source, Weight

__all__ = ["KEY", "Arrangement", "Audited", "audited", "beside", "others_of"]

KEY = "clusters"
"""What every arrangement is called in its audit, so that the findings of two can be set against each other."""


@dataclass(frozen=True, eq=False)
class Arrangement:
    """Units in clusters, today's or an alternative, that can be opened as a layer.

    Parameters
    ----------
    title
        What it is called everywhere.
    units
        The building units.
    assignment
        Code of a unit -> code of its cluster; units in no cluster are left out.
    names
        Code of a cluster -> its name.
    source
        Where it comes from.
    edition
        Of what; ``designed`` for alternatives.
    one, many
        What one of its areas, and several of them, are called inside a sentence.
    """

    title: str
    units: Units
    assignment: pd.Series
    names: Mapping[str, str]
    source: Source
    edition: str = "designed"
    one: str = "cluster"
    many: str = "clusters"

    @property
    def members(self) -> pd.DataFrame:
        """A membership table, which every command reads as a layer.

        ``area_id``, ``area_name``, ``lad_code``, ``block`` (empty where all of the authority belongs).
        """
        rows = [
            (area, self.names[area], block.partition(".")[0], block)
            for code, blocks in zip(self.units.codes, self.units.blocks, strict=True)
            if (area := self.assignment.get(code)) is not None
            for block in sorted(blocks)
        ]
        table = pd.DataFrame(rows, columns=["area_id", "area_name", "lad_code", "block"])
        split = table["block"] != table["lad_code"]
        return table.assign(block=table["block"].where(split, "")).sort_values(["area_id", "lad_code", "block"])

    def layer(self, atlas: Atlas, key: str = KEY) -> Layer:
        """Open it by the rules of membership tables.

        Parameters
        ----------
        atlas
            With or without outlines.
        key
            Of the layer.

        Returns
        -------
        Layer
            With the status of a file of the user's own.
        """
        members = self.members
        numbered = members.set_axis(pd.RangeIndex(1, len(members) + 1, name="row"))
        made = atlas.of_membership(understood(RawTable(numbered, key, None, "")))
        return replace(made, title=self.title, one=self.one, many=self.many, source=self.source, edition=self.edition)


@dataclass(frozen=True, eq=False)
class Audited:
    """An arrangement audited as any layer.

    Parameters
    ----------
    arrangement
        What was audited.
    result
        The audit, with outlines; the arrangement is its layer `KEY`.
    areas
        Code of a cluster -> ``name``, ``units`` (how many), ``people``, ``out_of_work`` (people; None where not
        counted), ``pieces``, ``supply`` (self-containment, 0 to 1), and ``partners`` and ``cut_people`` (of those whom
        the objective counts) by the key of the other layer; in JSON types, None for what is not assessed.
    fates
        What becomes of the findings of today's arrangement; None where there is none.
    """

    arrangement: Arrangement
    result: AuditResult
    areas: Mapping[str, Mapping[str, Any]]
    fates: Fates | None = None

    @property
    def layer(self) -> Layer:
        """The arrangement as a layer, with outlines."""
        return self.result.layers[KEY]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings of each severity there are."""
        found = Counter(finding.severity for finding in self.result.findings)
        return {str(each): found[each] for each in Severity}

    @property
    def rules(self) -> dict[str, int]:
        """How many findings of each rule there are."""
        return dict(sorted(Counter(finding.rule for finding in self.result.findings).items()))

    @property
    def partners(self) -> dict[str, float | None]:
        """Key of the other layer -> how many of its areas a cluster has to work with, on average."""
        return {pair.keys[1]: partners(pair)["mean"] for pair in self.result.pairs if pair.keys[0] == KEY}


def others_of(asked: Asked, units: Units, atlas: Atlas) -> tuple[str, ...]:
    """Return the layers that arrangements are audited against.

    Parameters
    ----------
    asked
        The plan.
    units
        Its building units.
    atlas
        Where to open layers.

    Returns
    -------
    tuple of str
        Those that clusters are to follow or to nest in; where there are none, what the start is set against in the
        default audit, as far as it meets the units.
    """
    named = [key for one in asked.objectives for key in one.layers]
    if chosen := dict.fromkeys([*named, *asked.constraints.nest_in]):
        return tuple(chosen)
    ground = frozenset().union(*units.blocks)
    known = dict.fromkeys(key for pair in pairs_of(asked.start) for key in pair if key != asked.start)
    return tuple(key for key in known if _meets(atlas.layer(key), ground))


def _meets(layer: Layer, ground: frozenset[str]) -> bool:
    return layer.parts is not None and not ground.isdisjoint(layer.parts["block"])


def audited(arrangement: Arrangement, others: Sequence[str], atlas: Atlas, weight: Weight = Weight.PEOPLE) -> Audited:
    """Audit an arrangement against other layers.

    Parameters
    ----------
    arrangement
        What is audited.
    others
        References to the layers it is set against, from `others_of`.
    atlas
        Where to open them, with outlines.
    weight
        What is counted.

    Returns
    -------
    Audited
        As ``geoplan audit`` does it with the membership table of the arrangement; set against nothing yet.

    Raises
    ------
    GeoplanError
        If a layer cannot be opened.
    """
    for key in (*others, MARKETS):
        # Opened before it is held with an arrangement, so that it is opened once for all of them.
        atlas.layer(key)
    atlas = atlas.holding(KEY, lambda other, _code, _name: arrangement.layer(other))
    pairs = tuple((KEY, key) for key in others)
    asked = Configuration(pairs=pairs, layers=(KEY,), as_of=atlas.as_of, flows=atlas.flows_file, weight=weight)
    result = audit.run(asked, atlas=atlas, geometry=True)
    return Audited(arrangement, result, _areas(arrangement, result, atlas))


def beside(told: Audited, today: Audited | None) -> Audited:
    """Return an audit set against that of today's arrangement, where there is one."""
    if today is None:
        return told
    return replace(told, fates=Fates(today.result, told.result, set_against(today.result, told.result)))


def _areas(arrangement: Arrangement, result: AuditResult, atlas: Atlas) -> dict[str, dict[str, Any]]:
    units = arrangement.units
    area = arrangement.assignment.reindex(units.codes).to_numpy()
    count = pd.Series(area).value_counts()
    told = area_table(result, KEY, atlas.authorities, result.contained.get(KEY))
    return {code: {**figures, "units": int(count[code])} for code, figures in told.items()}
