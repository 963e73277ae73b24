"""Rules with codes; measures become findings with stable ids."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from geoplan import wording
from geoplan.artefacts import real_shares, resolution_limit
from geoplan.errors import UnknownKeyError
from geoplan.relations import Cuts, cuts
from geoplan.schema import REST, Basis, Finding, Layer, Note, Overlay, Relation, Severity, Tolerance, assessed

__all__ = ["RULES", "Rule", "finding_id", "from_notes", "from_pair", "not_run", "rule"]


@dataclass(frozen=True)
class Rule:
    """A rule an audit can speak by: what it means, why it matters, what to do."""

    code: str
    title: str
    severity: Severity
    means: str
    matters: str
    action: str


_WHOSE = {"people": "residents", "working_age": "residents aged 16 to 64", "postcodes": "postcodes", "area": "ground"}
_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO

RULES: dict[str, Rule] = {
    r.code: r
    for r in (
        Rule("GP101", "geometry repaired", _INFO,
             "A polygon of the file crossed or touched itself and was made valid; the area this changed is given.",
             "Invalid polygons make overlaps come out wrong without a word.",
             "Ask the publisher for a valid edition, or check that the change of area is negligible."),
        Rule("GP102", "coordinate system missing or changed", _INFO,
             "The file was in another coordinate system than EPSG:27700, or stated none and it could only be one.",
             "Areas and distances are right only on the British National Grid.",
             "State the coordinate system in the file."),
        Rule("GP103", "code missing or twice", _ERROR,
             "A row of the file has no code, or two rows have the same.",
             "People would be lost or counted twice, so such a file is refused.",
             "Correct the codes, or name the right column with --code."),
        Rule("GP104", "code unknown or retired", _WARNING,
             "A code belongs to an authority that has been abolished or recoded.",
             "Tables of different years do not join without a word.",
             "Replace it by today's code, which the message names."),
        Rule("GP105", "editions or resolutions mixed", _INFO,
             "The two layers are drawn at different resolutions, are of different dates, lie apart by the same "
             "distance everywhere, or come from lookups whose small areas or figures differ.",
             "Borders that are the same on the ground then differ on paper.",
             "Compare editions of the same date and resolution where you can."),
        Rule("GP106", "not read as it stands", _WARNING,
             "A file of your own has titles, notes, totals, merged cells or an encoding that had to be understood, a "
             "key written in several ways, a name that stands for several authorities, a status that is none of the "
             "known words, or rows that are not in force on the day shown; the message says how it was read.",
             "What is counted is then not what a glance at the table shows.",
             "Check that it was read as you mean it, or write it plainly: headings first, each key in one way."),
        Rule("GP107", "table contradicts itself", _ERROR,
             "The name beside an authority's code is another authority's, or one id of an area has several names.",
             "Only one of the two can be meant, and the people of the other are then in the wrong place.",
             "Correct the rows that the message names."),
        Rule("GP108", "download cut short", _ERROR,
             "The server that gave the file says in it that there were more areas than it gives at a time.",
             "Areas are missing, and their people with them.",
             "Download the whole layer as a file, or in portions, and join them."),
        Rule("GP201", "gap", _ERROR,
             "Ground between the areas of one layer belongs to none of them.",
             "People who live there are in no partnership.",
             "Settle whom the ground belongs to; if it is a lake or another country's, ignore it."),
        Rule("GP202", "overlap", _ERROR,
             "Ground belongs to two areas of one layer.",
             "People who live there are counted and served twice, or by neither.",
             "Settle which area is responsible."),
        Rule("GP203", "area in pieces", _INFO,
             "An area is drawn in several pieces.",
             "Islands are no fault; an inland exclave can be.",
             "Look at it on the map."),
        Rule("GP204", "part of the reference not covered", _ERROR,
             "A layer that should cover everyone in its countries does not; of a lookup, whose purpose is not known, "
             "this is information.",
             "Whoever lives in the rest has no partnership to go to.",
             "See the GP401 findings for the authorities concerned."),
        Rule("GP301", "cut", _WARNING,
             "An area is cut: it shares a piece with an area of the other layer that neither of them holds whole. The "
             "value is the people in its cut pieces. Information where one of the two layers has ended, or where the "
             "area lies partly in one area and partly in none of a layer that need not cover everyone.",
             "One plan has to be agreed with several bodies, none of which answers for the whole.",
             "Agree a lead for each part, align the boundary, or plan jointly; geoplan compare lists the parts."),
        Rule("GP302", "not coterminous though one-to-one", _WARNING,
             "Two areas meet only each other and share most of their people, yet one reaches beyond the other.",
             "They look the same in a list but do not serve the same people.",
             "Find out whether the rest is meant, or a drawing at the coast."),
        Rule("GP303", "several partners", _INFO,
             "An area is made up of several whole areas of the other layer.",
             "It has several bodies to work with, but no border is cut.",
             "No boundary needs to move."),
        Rule("GP304", "artefacts only", _INFO,
             "Pieces that exist only because two drawings of one border differ.",
             "Without this they would be read as mismatches.",
             "None needed; --keep-artefacts shows them as real."),
        Rule("GP305", "people not allocated", _ERROR,
             "People of an area live in no area of the other layer, which should cover them.",
             "Totals by the other layer will miss them.",
             "Check the membership of the other layer."),
        Rule("GP401", "authority in none", _ERROR,
             "An authority inside the scheme's countries is in none of its areas, though the scheme covers all.",
             "Its residents have no partnership to go to.",
             "Check the membership table against the scheme's own list."),
        Rule("GP402", "authority in several", _ERROR,
             "An authority is in more than one area of a scheme; by design in some, and then information.",
             "Responsibility and money are counted twice or left to the other.",
             "Settle it, or mark the rows as parts of the authority."),
        Rule("GP403", "authority not known", _ERROR,
             "A row of the table names an authority that is not known; information where what the row has is only the "
             "beginning of a name.",
             "Its people are missing from every figure.",
             "Correct the code or the name."),
        Rule("GP404", "partnership not contiguous", _WARNING,
             "The authorities of a partnership do not all touch; where a listed bridge, tunnel or ferry joins "
             "them, this is information.",
             "Travel and shared services cross somebody else's area.",
             "Check that the membership is meant."),
        Rule("GP405", "membership not confirmed", _INFO,
             "The table's source names the area but not every member, so members were read from its name or "
             "inferred.",
             "A wrong member makes wrong findings.",
             "Check with the lead body; audit with your own table by --replace KEY=FILE."),
        Rule("GP501", "not self-contained", _WARNING,
             "An area would not pass as a labour market area: too few of those who live there work there, or too few "
             "of its jobs are done by those who live there. Information where commuting is modelled.",
             "Help into work needs employers, transport and training outside the area.",
             "Plan with the areas its workers go to: geoplan containment lists them."),
        Rule("GP502", "largest leak", _INFO,
             "The area to which most of an area's working residents go, where that is a tenth of them or more.",
             "That neighbour's employers are part of its labour market.",
             "Agree a shared offer to employers with it."),
        Rule("GP503", "labour market area cut by the boundary", _INFO,
             "An area within which people commute lies on both sides of a partnership's boundary.",
             "Neighbours who look for the same jobs are served by different bodies.",
             "Let the bodies on either side share vacancies and referrals."),
        Rule("GP901", "a check could not run", _ERROR,
             "A check that was asked for could not be made; the message says why.",
             "Silence would look like a clean result.",
             "Mend what the message names and run again."),
        Rule("GP902", "baseline entry unused or expired", _INFO,
             "An entry of the baseline has no finding any more, or its day has passed.",
             "A baseline that nobody tends hides what comes later.",
             "Take the entry out, or give it a new reason and day: geoplan baseline update."),
        Rule("GP903", "known findings kept quiet", _INFO,
             "The baseline records findings that have not grown since; lists and counts leave them out.",
             "They are accepted for now, not mended.",
             "audit.json lists them all, marked known; geoplan baseline check names them with their reasons."),
    )
}  # fmt: skip


def rule(code: str) -> Rule:
    """Return a rule by its code.

    Parameters
    ----------
    code
        Such as ``GP301``, ``gp301`` or ``301``.

    Returns
    -------
    Rule
        With its meaning, why it matters and what to do.

    Raises
    ------
    UnknownKeyError
        Naming the known codes.
    """
    full = f"GP{code.upper().removeprefix('GP')}"
    if full not in RULES:
        message = f"There is no rule {code!r}. Known: {', '.join(RULES)}."
        raise UnknownKeyError(message)
    return RULES[full]


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
            message=note.message,
            evidence=note.evidence,
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
        The check, and the reason in words.

    Returns
    -------
    Finding
        An error.
    """
    return Finding(
        id=finding_id("GP901", layer, what, "", ()), rule="GP901", severity=Severity.ERROR, layer=layer, code="",
        name=layer, other_layer="", other_codes=(), measure="", value=None, unit="",
        message=f"{what} could not run: {why}",
    )  # fmt: skip


def from_pair(
    overlay: Overlay, relations: pd.DataFrame, *, tolerance: Tolerance, outside: Collection[str] = ()
) -> list[Finding]:
    """Turn the relations of a layer's areas to another layer into findings.

    Parameters
    ----------
    overlay, relations
        From `geoplan.overlay.overlay` and `geoplan.relations.relate`.
    tolerance
        The one they were made with.
    outside
        Left codes of which nothing is said, from `geoplan.extent.outside`.

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
        text = (
            f"{self._name(code)}, set against {right}: {long}{self._estimated()}. {works}. "
            "No single body answers for all of it."
        )
        # To reach beyond the only area it meets, into none of a layer that need not cover everyone, is no fault.
        mild = relation is not Relation.STRADDLES and len(partners) == 1 and not self.overlay.right.exhaustive
        made = self._made(code, "GP301", partners, text, self.cuts.by_area[code], mild=mild)
        return replace(made, short=f"{brief[0].upper()}{brief[1:]}. {works}.")

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
        bodies = f"{len(partners)} {wording.many(right)}" if len(partners) > 1 else f"one {wording.one(right)}"
        whose = _WHOSE[str(self.overlay.weight)]
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
        text = (
            f"{self._name(code)} and {theirs} ({self.overlay.right.title}) meet only each other but differ: "
            f"{share['left_share']:.1%} of the first lies in the second, {share['right_share']:.1%} of the second "
            f"in the first{self._estimated()}."
        )
        sides = [self._people(code), self._total_right(partners[0])]
        shared = self._amount(code, partners[0])
        known = shared is not None and None not in sides
        beyond = max(side for side in sides if side is not None) - (shared or 0.0) if known else None
        return self._made(code, "GP302", partners, text, beyond)

    def _left_out(self, code: str, partners: tuple[str, ...]) -> Finding:
        where = "outside every area" if partners else "in no area"
        text = (
            f"{self._amount_text(code, REST)} of {self._name(code)} live {where} of "
            f"{self.overlay.right.title}, which should cover them."
        )
        return self._made(code, "GP305", partners, text, self._amount(code, REST))

    def _whole_ones(self, code: str, relation: Relation, partners: tuple[str, ...]) -> Finding | None:
        """Return that an area holds several areas of the other layer, all of them whole."""
        if len(partners) < 2 or relation not in {Relation.CONTAINS, Relation.PARTLY_COVERED}:
            return None
        rest = "" if relation is Relation.CONTAINS else f"; {self._amount_text(code, REST)} in none"
        text = (
            f"{self._name(code)} holds {len(partners)} whole areas of {self.overlay.right.title}: "
            f"{self._names(partners)}{rest}. Nothing is cut, but there are {len(partners)} bodies to work with."
        )
        return self._made(code, "GP303", partners, text, self._people(code))

    def artefacts(self) -> list[Finding]:
        """Return one finding for all pieces that exist only in the drawing."""
        false = self.overlay.table[self.overlay.table["artefact"].astype(bool)]
        if false.empty:
            return []
        outside = false.index.get_level_values("right") == REST
        amount = float(false[self._column()].sum())
        texts = [self._pieces_text(false[~outside])] if not outside.all() else []
        texts += [self._coast_text(false[outside])] if outside.any() else []
        text = f"{' '.join(texts)} They are not counted as mismatches."
        return [self._made("", "GP304", (), text, amount)]

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
                f"({right.status}): they were never in force together as shown."
            )
        if self.overlay.basis is not Basis.CODES and left.resolution_m != right.resolution_m:
            texts.append(
                f"{left.title} ({left.resolution or 'resolution unknown'}) and {right.title} "
                f"({right.resolution or 'resolution unknown'}) are drawn differently; borders that are the same on "
                "the ground differ on paper."
            )
        texts += [note.message for note in self.overlay.notes]
        return [self._made("", "GP105", (), " ".join(texts), None)] if texts else []

    def _made(
        self,
        code: str,
        rule_code: str,
        partners: tuple[str, ...],
        text: str,
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
            message=text,
            evidence={"partners": evidence, "basis": str(self.overlay.basis)},
        )

    def _name(self, code: str) -> str:
        return f"{self.overlay.left.name(code)} ({self.overlay.left.title})"

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
