"""What an audit is asked and what it answers."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from geoplan.analysis import agreement, cutting, extent
from geoplan.auditing.judging.baseline import Applied
from geoplan.data.choice import Choice
from geoplan.data.focus import Focus
from geoplan.schema import Finding, Layer, Overlay, Rank, Relation, Source, Tolerance, Weight
from geoplan.schema.indicators import Indicator
from geoplan.schema.need import Need, england
from geoplan.schema.people import AS_SHIPPED, Estimates
from geoplan.schema.standing import STANDING_OF, Standing

if TYPE_CHECKING:
    from geoplan.analysis.networks import correspondence
    from geoplan.commuting.atlas import Atlas
    from geoplan.commuting.self_containment import Contained

__all__ = ["DEFAULT_PAIRS", "AuditResult", "Configuration", "Pair"]

DEFAULT_PAIRS = (
    ("connect_to_work", "icb_2026"),
    ("connect_to_work", "icb"),
    ("connect_to_work", "lhb"),
    ("connect_to_work", "combined_authority"),
    ("connect_to_work", "lsip_2025"),
    ("combined_authority", "icb_2026"),
    ("utla", "icb_2026"),
    ("utla", "icb"),
    ("lad", "icb_2026"),
    ("lad", "icb"),
)


@dataclass(frozen=True)
class Configuration:
    """What to audit.

    Parameters
    ----------
    pairs
        Pairs of layers to overlay, each in both directions.
    layers
        Layers to check by themselves; those of the pairs are checked in any case.
    focus
        Only findings about this area: a code, a name, a scheme's area id, or ``layer:name``.
    as_of
        Day whose members are shown; None is the catalogue's own day.
    weight
        What is counted.
    rank
        Whether findings of the same severity stand in the order of what they measure, or of the people out of work.
    tolerance
        Shares below which layers agree.
    replacements
        Catalogue key -> membership table of the user's own that stands in for the shipped one.
    flows
        File of commuting flows; empty for the modelled ones between authorities.
    wards
        Boundary file of wards or lookup to wards that parts of authorities are counted by; empty for none.
    indicator
        Table of an indicator of the user's own, with what is said of it; empty for none.
    named
        Name -> layer of the user's own choice, as pairs and layers call them.
    code, name
        Columns of the files among the layers; empty where they can be found.
    dissolve
        Whether rows of a boundary file with the same code are joined.
    """

    pairs: tuple[tuple[str, str], ...] = DEFAULT_PAIRS
    layers: tuple[str, ...] = ()
    focus: str = ""
    as_of: date | None = None
    weight: Weight = Weight.PEOPLE
    rank: Rank = Rank.PEOPLE
    tolerance: Tolerance = field(default_factory=Tolerance)
    replacements: Mapping[str, str] = field(default_factory=dict)
    flows: str = ""
    wards: str = ""
    indicator: str = ""
    named: Mapping[str, Choice] = field(default_factory=dict)
    code: str = ""
    name: str = ""
    dissolve: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The layers it names, each once."""
        return tuple(dict.fromkeys([*self.layers, *itertools.chain.from_iterable(self.pairs)]))

    @classmethod
    def of_layers(cls, keys: Sequence[str], **options: Any) -> Configuration:
        """Configure every pair of the given layers; one alone is only checked."""
        keys = tuple(dict.fromkeys(keys))
        return cls(pairs=tuple(itertools.combinations(keys, 2)), layers=tuple(keys), **options)


@dataclass(frozen=True, eq=False)
class Pair:
    """One direction of a comparison.

    Parameters
    ----------
    overlay, relations
        From `geoplan.analysis.overlay.overlay` and `geoplan.analysis.relations.relate`.
    tolerance
        The one they were made with.
    money
        What of the left areas' money would lie in each piece, from `geoplan.analysis.money.spread`; None where nothing
        is known of it.
    indicator
        Of the user's own, whose sums stand in the overlay; None without one.
    """

    overlay: Overlay
    relations: pd.DataFrame
    tolerance: Tolerance = field(default_factory=Tolerance)
    money: pd.DataFrame | None = None
    indicator: Indicator | None = None

    @property
    def keys(self) -> tuple[str, str]:
        """Left and right layer key."""
        return self.overlay.left.key, self.overlay.right.key

    @cached_property
    def blocks(self) -> tuple[correspondence.Block, ...]:
        """The smallest groupings on which the two layers agree; found when first asked for."""
        from geoplan.analysis.networks import correspondence

        return tuple(
            correspondence.common_blocks(correspondence.correspondence(self.overlay, tolerance=self.tolerance))
        )

    @cached_property
    def cuts(self) -> cutting.Cuts:
        """The pieces in which the two layers overlap only in part."""
        return cutting.cuts(self.overlay, tolerance=self.tolerance)

    @cached_property
    def standing(self) -> Mapping[str, Standing]:
        """Code of every left area -> how it stands to the right layer, in the word that all outputs use."""
        told = {str(code): STANDING_OF[Relation(each)] for code, each in self.relations["relation"].items()}
        return {code: Standing.OUTSIDE if code in self.outside else each for code, each in told.items()}

    @cached_property
    def outside(self) -> frozenset[str]:
        """The left areas that the comparison says nothing about; see `geoplan.analysis.extent.outside`."""
        return extent.outside(self.overlay.left, self.overlay.right, self.relations)

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """The pair's line in audit.json: counts of relations, agreement and number of common blocks."""
        relation = self.relations["relation"]
        counted = relation[~relation.index.isin(self.outside)]
        counts = counted.value_counts()
        alike = agreement.agreement(self.overlay)
        return {
            "left": self.overlay.left.key,
            "right": self.overlay.right.key,
            "basis": str(self.overlay.basis),
            "areas": len(relation),
            **{str(each): int(counts.get(each, 0)) for each in Relation},
            "outside_extent": len(relation) - len(counted),
            "cut_areas": len(self.cuts.by_area),
            "cut_people": self.cuts.total,
            "homogeneity": alike["homogeneity"],
            "completeness": alike["completeness"],
            "v_measure": alike["v_measure"],
            "blocks": len(self.blocks),
        }


@dataclass(frozen=True, eq=False)
class AuditResult:
    """Everything an audit found.

    Parameters
    ----------
    layers
        Key -> layer, in the order audited.
    pairs
        Every comparison, in both directions.
    findings
        Most serious first, then by people.
    focus
        The area the findings are about, or None.
    as_of
        The day asked for (ISO).
    parameters
        What the audit was asked, in JSON types.
    blocks
        The shipped blocks, with geometry where it was loaded.
    fit
        Which of the shipped geographies that cover much of the country fits into which, from
        `geoplan.analysis.agreement.fit_matrix` with titles for keys; None where particular layers or an area were
        asked for.
    contained
        Layer key -> how self-contained its areas are, for partnerships in force, files of the user's own, the
        layer of the focus, and with flows of the user's own for every partnership.
    stability
        Authority code -> share of runs (0 to 1) in which it stays with the core of its labour market area; None
        where these were not worked out.
    changes
        Finding id -> ``new``, ``grown``, ``shrunk`` or ``unchanged`` since an earlier audit; empty without one.
    known
        What a baseline did: the findings it keeps quiet are not among ``findings``; None without one.
    indicator
        Of the user's own, whose values stand in blocks and areas; None without one.
    atlas
        Where its layers were opened, for what is told of the focus beside the audit; None of a result put together
        without one.
    """

    layers: Mapping[str, Layer]
    pairs: tuple[Pair, ...]
    findings: tuple[Finding, ...]
    focus: Focus | None
    as_of: str
    parameters: Mapping[str, Any]
    blocks: pd.DataFrame
    fit: pd.DataFrame | None = None
    contained: Mapping[str, Contained] = field(default_factory=dict)
    stability: pd.Series | None = None
    changes: Mapping[str, str] = field(default_factory=dict)
    known: Applied | None = None
    indicator: Indicator | None = None
    atlas: Atlas | None = None

    @cached_property
    def asked(self) -> tuple[Pair, ...]:
        """Each comparison once, in the direction that was asked for first."""
        kept: dict[frozenset[str], Pair] = {}
        for pair in self.pairs:
            kept.setdefault(frozenset(pair.keys), pair)
        return tuple(kept.values())

    @property
    def everything(self) -> tuple[Finding, ...]:
        """All findings, also those a baseline keeps quiet: what is so does not depend on what is known."""
        if self.known is None:
            return self.findings
        return tuple(sorted((*self.findings, *self.known.suppressed), key=lambda finding: finding.gravity))

    @property
    def quiet(self) -> str:
        """The sentence about what a baseline keeps quiet; empty without one."""
        return "" if self.known is None else self.known.sentence

    @cached_property
    def weighed(self) -> Mapping[str, Layer]:
        """Key -> layer, in the order audited; drawn ones have the people that comparing them estimated."""
        found = {pair.keys[0]: pair.overlay.left for pair in reversed(self.pairs)}
        return {
            key: found[key] if layer.parts is None and key in found else layer for key, layer in self.layers.items()
        }

    @property
    def undrawn(self) -> tuple[str, ...]:
        """Keys of the layers without outlines of their own or of shipped blocks: lookups from small areas."""
        return tuple(key for key, layer in self.layers.items() if layer.blocks is not None)

    @property
    def indicative(self) -> bool:
        """Whether outlines are shown that ship, which are drawn from postcodes."""
        return any(layer.indicative for layer in self.layers.values())

    @property
    def weight(self) -> Weight:
        """What was counted."""
        return Weight(self.parameters.get("weight", Weight.PEOPLE))

    @property
    def rank(self) -> Rank:
        """By what findings of the same severity are put in order."""
        return Rank(self.parameters.get("rank", Rank.PEOPLE))

    @property
    def estimates(self) -> Estimates:
        """By which estimates people are counted."""
        return self.atlas.reference.estimates if self.atlas else AS_SHIPPED

    @property
    def fetched(self) -> tuple[tuple[str, Source], ...]:
        """What the outlines and the people of the blocks come from, where the user fetched them, with which it is."""
        if self.atlas is None:
            return ()
        used = self.atlas.reference
        outlines = used.outlines.sources if used.outlines else ()
        return (*(("outlines", one) for one in outlines), *(("people", one) for one in used.counted_by))

    @property
    def nation(self) -> Need:
        """The people out of work in all of England, whose rate stands beside others."""
        return Need.of(england(self.blocks))

    @property
    def tolerance(self) -> Tolerance:
        """Shares below which layers agree."""
        kept = bool(self.parameters.get("keep_artefacts", False))
        return Tolerance(**self.parameters.get("tolerance", {}), keep_artefacts=kept)
