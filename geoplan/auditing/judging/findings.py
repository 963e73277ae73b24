"""Rules with codes; measures become findings with stable ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import pandas as pd

from geoplan.analysis import extent
from geoplan.analysis.artefacts import resolution_limit
from geoplan.analysis.cutting import Cuts, cuts
from geoplan.analysis.networks import crosswalk
from geoplan.auditing.judging.pair_words import NAMED, PairWords, finding_id
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
    in_parts,
    layer_wording,
    paragraph,
    wording,
)

__all__ = ["finding_id", "from_notes", "from_pair", "not_run"]


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
            need=note.need,
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
    overlay: Overlay,
    relations: pd.DataFrame,
    *,
    tolerance: Tolerance,
    outside: Collection[str] = (),
    cut: Cuts | None = None,
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
    cut
        From `geoplan.analysis.cutting.cuts`; worked out where it is not at hand.

    Returns
    -------
    list of Finding
        GP105, GP301 to GP305. Gaps only count where the right layer should cover everyone.
    """
    pair = _Pair(overlay, relations, tolerance, cut or cuts(overlay, tolerance=tolerance))
    found = []
    for code, row in relations.iterrows():
        if code not in outside:
            found += pair.findings(str(code), row)
    return [*found, *pair.artefacts(), *pair.editions()]


class _Pair(PairWords):
    """Wording of what one overlay shows."""

    @cached_property
    def by_authority(self) -> dict[str, str]:
        """Which authorities of each cut area go with which partner, in words."""
        goes = crosswalk.sides(self.overlay.left, self.overlay.right, self.cuts.partners)
        return {code: crosswalk.in_words(rows) for code, rows in goes.items()}

    def findings(self, code: str, row: pd.Series) -> list[Finding]:
        """Return who is left out, and how the area is cut, made up or almost the same; where nobody lives, nothing."""
        relation, partners = Relation(row["relation"]), row["partners"]
        if code in self.overlay.unpeopled:
            return []
        left_out = relation in {Relation.UNCOVERED, Relation.PARTLY_COVERED} and self.overlay.right.exhaustive
        found = [self._left_out(code, partners)] if left_out else []
        found += [] if left_out else self._may_be_left_out(code, partners)
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
        goes = f"By authority: {said}." if (said := self.by_authority.get(code)) else ""
        detail = paragraph(f"{works}. No single body answers for all of it.", goes)
        return replace(made, detail=detail, in_table=f"{wording.capital(brief)}. {works}.")

    def _beside_cut(self, code: str, relation: Relation, held: Sequence[str]) -> list[str]:
        """Name the partners that do not cut an area, and what of it is in none."""
        said = []
        if held:
            whole = self._tense("lies whole inside", "lay whole inside")
            verb = whole if relation is Relation.NESTED else self._tense("holds", "held")
            said.append(f"{verb} {self._names(held)}")
        rest = self._amount(code, REST)
        if rest is None or rest > 0:
            said.append(f"{self._amount_text(code, REST)} {layer_wording.not_found(self.overlay.right)}")
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

    def _one_to_one(self, code: str, relation: Relation, partners: tuple[str, ...]) -> Finding | None:
        """Return that two areas meet only each other, and one of them reaches beyond the other."""
        settled = relation in {Relation.COTERMINOUS, Relation.NOT_ASSESSED}
        if len(partners) != 1 or settled or self.touching.get(partners[0], 0) != 1:
            return None
        share = self.shares.loc[(code, partners[0])]
        bounds = self.overlay.bounds
        if share.min() < 0.5 or (bounds is not None and (code, partners[0]) in bounds.index):
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
        if code in self.abroad and self._amount(code, REST) is not None:
            return self._abroad(code, partners)
        where = "outside every area" if partners else "in no area"
        rest = f"live {where} of {self.overlay.right.title}, which should cover them."
        lead, in_table = (
            f"{self._amount_text(code, REST)} of {name} {rest}" for name in (self._name(code), self._bare(code))
        )
        amount = self._amount(code, REST)
        made = self._made(code, "GP305", partners, lead, amount, mild=amount is None)
        return replace(made, in_table=in_table, detail=self._begins(code))

    def _begins(self, code: str) -> str:
        """Tell what is known to begin in the other layer for authorities of an area."""
        left, right = self.overlay.left, self.overlay.right
        members = set(str(left.areas["members"].get(code, "")).split(";")) if "members" in left.areas else set()
        told = [change.text for change in right.changes if change.authorities & members]
        return f"Known to change: {'; '.join(told[:NAMED])}." if told else ""

    @cached_property
    def abroad(self) -> Mapping[str, str]:
        """Left areas of which all that is in no right area lies in countries where the right layer does not exist."""
        return extent.abroad(self.overlay.left, self.overlay.right)

    def _abroad(self, code: str, partners: tuple[str, ...]) -> Finding:
        where = wording.listed(wording.countries(self.abroad[code]))
        rest = f"live in {where}, where there are no {layer_wording.many(self.overlay.right)}."
        lead, in_table = (
            f"{self._amount_text(code, REST)} of {name} {rest}" for name in (self._name(code), self._bare(code))
        )
        made = self._made(code, "GP305", partners, lead, self._amount(code, REST), mild=True)
        return replace(made, in_table=in_table)

    def _may_be_left_out(self, code: str, partners: tuple[str, ...]) -> list[Finding]:
        """Return that parts of unknown size may leave somebody out, as nobody knows."""
        right = self.overlay.right
        row = (code, REST)
        open_ = self.overlay.bounds is not None and row in self.overlay.bounds.index
        if not right.exhaustive or not open_ or self._amount(code, REST) is not None:
            return []
        rest = f"lives outside every area of {right.title} could not be assessed: parts of unknown size decide."
        lead, in_table = (f"Whether anybody of {name} {rest}" for name in (self._name(code), self._bare(code)))
        return [replace(self._made(code, "GP305", partners, lead, None, mild=True), in_table=in_table)]

    def _whole_ones(self, code: str, relation: Relation, partners: tuple[str, ...]) -> Finding | None:
        """Return that an area holds several areas of the other layer, all of them whole."""
        of_wholes = {Relation.CONTAINS, Relation.PARTLY_COVERED, Relation.NOT_KNOWN}
        if len(partners) < 2 or relation not in of_wholes:
            return None
        none = layer_wording.not_found(self.overlay.right)
        rest = "" if relation is Relation.CONTAINS else f"; {self._amount_text(code, REST)} {none}"
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
