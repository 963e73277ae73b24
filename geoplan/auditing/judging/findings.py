"""Rules with codes; measures become findings with stable ids."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from geoplan.analysis.artefacts import resolution_limit
from geoplan.analysis.cutting import Cuts, cuts
from geoplan.analysis.verdicts import real_shares
from geoplan.auditing.judging.rules import RULES, WHOSE
from geoplan.errors import Refusal
from geoplan.schema import (
    REST,
    Basis,
    Finding,
    Layer,
    Note,
    Overlay,
    Relation,
    Severity,
    Tolerance,
    assessed,
    in_parts,
    layer_wording,
    wording,
)

__all__ = ["finding_id", "from_notes", "from_pair", "not_run"]


def finding_id(code: str, layer: str, area: str, other_layer: str, other_codes: Iterable[str], spot: str = "") -> str:
    """Return the stable id of a finding: a hash of its rule and of the layer and area codes it names.

    Parameters
    ----------
    code, layer, area, other_layer, other_codes
        As in `geoplan.schema.Finding`; the order of ``other_codes`` does not matter.
    spot
        As in `geoplan.schema.Note`.

    Returns
    -------
    str
        Twelve hexadecimal digits.

    Examples
    --------
    >>> finding_id("GP301", "icb", "E1", "lad", ["B", "A"]) == finding_id("GP301", "icb", "E1", "lad", ["A", "B"])
    True
    """
    text = "|".join([code, layer, area, other_layer, *sorted(other_codes), *([f"at {spot}"] if spot else [])])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def from_notes(layer: Layer, notes: Sequence[Note]) -> list[Finding]:
    """Turn what loading and checking noted about one layer into findings.

    Parameters
    ----------
    layer
        The layer the notes are about.
    notes
        From its loading, coverage and contiguity.

    Returns
    -------
    list of Finding
        With each rule's severity, or information where the note says that it is by design.
    """
    return [
        Finding(
            id=finding_id(note.rule, layer.key, note.code, "", note.other_codes, note.spot),
            rule=note.rule,
            severity=Severity.INFO if note.by_design else RULES[note.rule].severity,
            layer=layer.key,
            code=note.code,
            name=note.name or layer.title,
            other_layer="",
            other_codes=note.other_codes,
            measure=note.measure,
            value=note.value,
            unit=note.unit,
            lead=note.lead,
            evidence=note.evidence,
            detail=note.detail,
            advice=note.advice,
            in_table=note.in_table,
            shape=note.shape,
        )
        for note in notes
    ]


def not_run(layer: str, what: str, why: str) -> Finding:
    """Return the finding that a check could not run (GP901).

    Parameters
    ----------
    layer
        Key of the layer concerned.
    what, why
        The check, and the reason in words; a refusal's hint is the advice.

    Returns
    -------
    Finding
        An error.
    """
    reason, advice = (why.sentence, why.hint) if isinstance(why, Refusal) else (why, "")
    return Finding(
        id=finding_id("GP901", layer, what, "", ()), rule="GP901", severity=Severity.ERROR, layer=layer, code="",
        name=layer, other_layer="", other_codes=(), measure="", value=None, unit="",
        lead=f"{what} could not run: {reason}", advice=advice,
    )  # fmt: skip


def from_pair(
    overlay: Overlay, relations: pd.DataFrame, *, tolerance: Tolerance, outside: Collection[str] = ()
) -> list[Finding]:
    """Turn the relations of a layer's areas to another layer into findings.

    Parameters
    ----------
    overlay, relations
        From `geoplan.analysis.overlay.overlay` and `geoplan.analysis.relations.relate`.
    tolerance
        The one they were made with.
    outside
        Left codes of which nothing is said, from `geoplan.analysis.extent.outside`.

    Returns
    -------
    list of Finding
        GP105, GP301 to GP305. Gaps only count where the right layer should cover everyone.
    """
    pair = _Pair(overlay, relations, tolerance)
    found = []
    for code, row in relations.iterrows():
        if code not in outside:
            found += pair.findings(str(code), row)
    return [*found, *pair.artefacts(), *pair.editions()]


NAMED = 4
"""Partners that a message names one by one."""


@dataclass(frozen=True, eq=False)
class _Pair:
    """Wording of what one overlay shows."""

    overlay: Overlay
    relations: pd.DataFrame
    tolerance: Tolerance

    @cached_property
    def shares(self) -> pd.DataFrame:
        """Shares without artefacts, worked out once a pair."""
        return real_shares(self.overlay)

    @cached_property
    def cuts(self) -> Cuts:
        """The pieces that neither side holds whole."""
        return cuts(self.overlay, tolerance=self.tolerance)

    @cached_property
    def touching(self) -> dict[str, int]:
        """How many left areas touch each right one."""
        touched = self.shares[self.shares.max(axis=1) > self.tolerance.of(self.overlay.basis) + 1e-9]
        return dict(touched.groupby(level="right").size())

    @cached_property
    def amounts(self) -> dict[tuple[str, str], float]:
        """The weight of every pair and rest."""
        return dict(self.overlay.table[self._column()])

    @cached_property
    def portions(self) -> dict[tuple[str, str], float]:
        """The left share of every pair and rest."""
        column = "left_area_share" if self.overlay.weight == "area" else "left_people_share"
        return dict(self.overlay.table[column])

    def findings(self, code: str, row: pd.Series) -> list[Finding]:
        """Return who is left out, and how the area is cut, made up or almost the same; where nobody lives, nothing."""
        relation, partners = Relation(row["relation"]), row["partners"]
        if code in self.overlay.unpeopled:
            return []
        left_out = relation in {Relation.UNCOVERED, Relation.PARTLY_COVERED} and self.overlay.right.exhaustive
        found = [self._left_out(code, partners)] if left_out else []
        if code in self.cuts.partners:
            found.append(self._cut(code, relation, partners))
        elif not left_out:
            other = self._whole_ones(code, relation, partners) or self._one_to_one(code, relation, partners)
            found += [other] if other else []
        return found

    def _cut(self, code: str, relation: Relation, partners: tuple[str, ...]) -> Finding:
        """Return that borders of the other layer run through an area."""
        cut = self.cuts.partners[code]
        verb, works = self._tense("cut", "was cut"), self._works_with(code, partners)
        others = self._beside_cut(code, relation, [other for other in partners if other not in cut])
        long, brief = (
            "; ".join([f"{verb} by {self._some([named(code, other) for other in cut])}", *others])
            for named in (self._share_text, self._share_words)
        )
        right = wording.inside_a_sentence(self.overlay.right.title)
        lead = f"{self._name(code)}, set against {right}: {long}{self._estimated()}."
        # To reach beyond the only area it meets, into none of a layer that need not cover everyone, is no fault.
        mild = relation is not Relation.STRADDLES and len(partners) == 1 and not self.overlay.right.exhaustive
        made = self._made(code, "GP301", partners, lead, self.cuts.by_area[code], mild=mild)
        detail = f"{works}. No single body answers for all of it."
        return replace(made, detail=detail, in_table=f"{brief[0].upper()}{brief[1:]}. {works}.")

    def _beside_cut(self, code: str, relation: Relation, held: Sequence[str]) -> list[str]:
        """Name the partners that do not cut an area, and what of it is in none."""
        said = []
        if held:
            whole = self._tense("lies whole inside", "lay whole inside")
            verb = whole if relation is Relation.NESTED else self._tense("holds", "held")
            said.append(f"{verb} {self._names(held)}")
        rest = self._amount(code, REST)
        if rest is None or rest > 0:
            said.append(f"{self._amount_text(code, REST)} in none")
        return said

    def _works_with(self, code: str, partners: tuple[str, ...]) -> str:
        """Say with how many areas of the other layer one has to work, and how much the largest covers."""
        right = self.overlay.right
        bodies = (
            f"{len(partners)} {layer_wording.many(right)}" if len(partners) > 1 else f"one {layer_wording.one(right)}"
        )
        whose = WHOSE[str(self.overlay.weight)]
        largest = self.portions.get((code, partners[0]), float("nan"))
        verb, covers = self._tense("Works", "Worked"), self._tense("covers", "covered")
        if pd.isna(largest):
            return f"{verb} with {bodies}; how much of it each {covers} is not known"
        which = "the largest" if len(partners) > 1 else "which"
        joined = f"; {which} {covers}" if len(partners) > 1 else f", {which} {covers}"
        return f"{verb} with {bodies}{joined} {wording.percent(largest)} of its {whose}"

    def _names(self, codes: Sequence[str]) -> str:
        return self._some([self.overlay.right.name(other) for other in codes])

    def _some(self, texts: Sequence[str]) -> str:
        more = [f"{len(texts) - NAMED} more"] if len(texts) > NAMED else []
        return wording.listed([*texts[:NAMED], *more])

    @cached_property
    def past(self) -> bool:
        """Whether one of the layers has ended and the other has not: a matter of the past, not to act on."""
        return (self.overlay.left.status == "ended") != (self.overlay.right.status == "ended")

    def _tense(self, now: str, then: str) -> str:
        return then if self.past else now

    def _total_right(self, other: str) -> float | None:
        column = "area_m2" if self.overlay.weight == "area" else str(self.overlay.weight)
        return assessed(self.overlay.right.areas[column].get(other))

    def _one_to_one(self, code: str, relation: Relation, partners: tuple[str, ...]) -> Finding | None:
        """Return that two areas meet only each other, and one of them reaches beyond the other."""
        if len(partners) != 1 or relation is Relation.COTERMINOUS or self.touching.get(partners[0], 0) != 1:
            return None
        share = self.shares.loc[(code, partners[0])]
        if share.min() < 0.5:
            return None
        theirs = self.overlay.right.name(partners[0])
        rest = (
            f"and {theirs} ({self.overlay.right.title}) meet only each other but differ: "
            f"{share['left_share']:.1%} of the first lies in the second, {share['right_share']:.1%} of the second "
            f"in the first{self._estimated()}."
        )
        sides = [self._people(code), self._total_right(partners[0])]
        shared = self._amount(code, partners[0])
        known = shared is not None and None not in sides
        beyond = max(side for side in sides if side is not None) - (shared or 0.0) if known else None
        made = self._made(code, "GP302", partners, f"{self._name(code)} {rest}", beyond)
        return replace(made, in_table=f"{self._bare(code)} {rest}")

    def _left_out(self, code: str, partners: tuple[str, ...]) -> Finding:
        where = "outside every area" if partners else "in no area"
        rest = f"live {where} of {self.overlay.right.title}, which should cover them."
        lead, in_table = (
            f"{self._amount_text(code, REST)} of {name} {rest}" for name in (self._name(code), self._bare(code))
        )
        made = self._made(code, "GP305", partners, lead, self._amount(code, REST))
        return replace(made, in_table=in_table, detail=self._begins(code))

    def _begins(self, code: str) -> str:
        """Tell what is known to begin in the other layer for authorities of an area."""
        left, right = self.overlay.left, self.overlay.right
        members = set(str(left.areas["members"].get(code, "")).split(";")) if "members" in left.areas else set()
        told = [change.text for change in right.changes if change.authorities & members]
        return f"Known to change: {'; '.join(told[:NAMED])}." if told else ""

    def _whole_ones(self, code: str, relation: Relation, partners: tuple[str, ...]) -> Finding | None:
        """Return that an area holds several areas of the other layer, all of them whole."""
        if len(partners) < 2 or relation not in {Relation.CONTAINS, Relation.PARTLY_COVERED}:
            return None
        rest = "" if relation is Relation.CONTAINS else f"; {self._amount_text(code, REST)} in none"
        lead = (
            f"{self._name(code)} holds {len(partners)} whole areas of {self.overlay.right.title}: "
            f"{self._names(partners)}{rest}."
        )
        detail = f"Nothing is cut, but there are {len(partners)} bodies to work with."
        return replace(self._made(code, "GP303", partners, lead, self._people(code)), detail=detail)

    def artefacts(self) -> list[Finding]:
        """Return one finding for all pieces that exist only in the drawing."""
        false = self.overlay.table[self.overlay.table["artefact"].astype(bool)]
        if false.empty:
            return []
        outside = false.index.get_level_values("right") == REST
        amount = float(false[self._column()].sum())
        texts = [self._pieces_text(false[~outside])] if not outside.all() else []
        texts += [self._coast_text(false[outside])] if outside.any() else []
        lead, detail = in_parts([*texts, "They are not counted as mismatches."])
        return [replace(self._made("", "GP304", (), lead, amount), detail=detail)]

    def _pieces_text(self, pieces: pd.DataFrame) -> str:
        count = "piece is a drawing artefact" if len(pieces) == 1 else "pieces are drawing artefacts"
        limit = resolution_limit(self.overlay)
        widest = pieces["width_m"].max()
        size = f"no wider than {widest:,.0f} m" if widest >= 0 else "with postcodes only"
        reach = f"within the {limit:,.0f} m by which the drawings may differ"
        return (
            f"{len(pieces):,} {count} between {self.overlay.left.title} and {self.overlay.right.title}, {size} "
            f"{reach} ({self._with_unit(float(pieces[self._column()].sum()))}{self._estimated()})."
        )

    def _coast_text(self, rests: pd.DataFrame) -> str:
        count = "one area lie" if len(rests) == 1 else f"{len(rests):,} areas lie"
        return (
            f"Coastal artefact: {self._with_unit(float(rests[self._column()].sum()))}{self._estimated()} of {count} "
            f"outside the drawn coast or outer edge of {self.overlay.right.title} and stay with their own area."
        )

    def editions(self) -> list[Finding]:
        """Return a finding where the two layers are of different days, resolutions or small areas."""
        left, right = self.overlay.left, self.overlay.right
        texts = []
        if left.as_of and right.as_of and left.as_of != right.as_of:
            texts.append(
                f"{left.title} is shown as on {left.as_of} ({left.status}), {right.title} as on {right.as_of} "
                f"({right.status}){layer_wording.together(left, right, self.overlay.table.index)}."
            )
        if self.overlay.basis is not Basis.CODES and left.resolution_m != right.resolution_m:
            texts.append(
                f"{left.title} ({left.resolution or 'resolution unknown'}) and {right.title} "
                f"({right.resolution or 'resolution unknown'}) are drawn differently; borders that are the same on "
                "the ground differ on paper."
            )
        texts += [text for note in self.overlay.notes for text in note.sentences]
        if not texts:
            return []
        lead, detail = in_parts(texts)
        return [replace(self._made("", "GP105", (), lead, None), detail=detail)]

    def _made(
        self,
        code: str,
        rule_code: str,
        partners: tuple[str, ...],
        lead: str,
        people: float | None,
        *,
        mild: bool = False,
    ) -> Finding:
        left, right = self.overlay.left.key, self.overlay.right.key
        evidence = {
            other: {
                "name": self.overlay.right.name(other),
                "people": self._amount(code, other),
                "share": assessed(self.portions.get((code, other))),
                "cut": other in self.cuts.partners.get(code, ()),
            }
            for other in partners
        }
        return Finding(
            id=finding_id(rule_code, left, code, right, partners),
            rule=rule_code,
            severity=Severity.INFO if mild or self.past else RULES[rule_code].severity,
            layer=left,
            code=code,
            name=self.overlay.left.name(code) if code else self.overlay.left.title,
            other_layer=right,
            other_codes=partners,
            measure=str(self.overlay.weight),
            value=people,
            unit="m2" if self.overlay.weight == "area" else str(self.overlay.weight),
            lead=lead,
            evidence={"partners": evidence, "basis": str(self.overlay.basis)},
        )

    def _name(self, code: str) -> str:
        return f"{self._bare(code)} ({self.overlay.left.title})"

    def _bare(self, code: str) -> str:
        return self.overlay.left.name(code)

    def _column(self) -> str:
        return "area_m2" if self.overlay.weight == "area" else "people"

    def _people(self, code: str) -> float | None:
        return assessed(self.overlay.totals["weight"].get(code))

    def _amount(self, code: str, other: str) -> float | None:
        return assessed(self.amounts.get((code, other), 0.0))

    def _amount_text(self, code: str, other: str) -> str:
        amount = self._amount(code, other)
        if amount is None:
            return "a part of unknown size (not assessed)"
        return f"{self._with_unit(amount)}{self._estimated()}"

    def _with_unit(self, amount: float) -> str:
        return wording.counted(amount, str(self.overlay.weight))

    def _share_text(self, code: str, other: str) -> str:
        """Name a partner with what the area shares with it."""
        amount = self._amount(code, other)
        return self._share_words(code, other, "" if amount is None else f"{self._with_unit(amount)}, ")

    def _share_words(self, code: str, other: str, amount: str = "") -> str:
        """Name a partner with the share of the area that lies in it."""
        name, share = self.overlay.right.name(other), self.portions.get((code, other), float("nan"))
        said = "a part of unknown size, not assessed" if pd.isna(share) else f"{amount}{wording.percent(share)} of it"
        return f"{name} ({said})"

    def _estimated(self) -> str:
        return "" if self.overlay.basis is Basis.CODES else " (estimate from postcodes)"
