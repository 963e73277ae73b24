"""What one overlay shows, in the numbers and the words that findings are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from geoplan.analysis.cutting import Cuts
from geoplan.analysis.verdicts import real_shares
from geoplan.auditing.judging.rules import RULES
from geoplan.schema import Basis, Finding, Overlay, Severity, Tolerance, assessed, wording

__all__ = ["NAMED", "PairWords", "finding_id"]

NAMED = 4
"""Partners that a message names one by one."""


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


@dataclass(frozen=True, eq=False)
class PairWords:
    """The shares, amounts and names of one overlay, as findings say them.

    Parameters
    ----------
    overlay, relations
        From `geoplan.analysis.overlay.overlay` and `geoplan.analysis.relations.relate`.
    tolerance
        The one they were made with.
    cuts
        The pieces that neither side holds whole.
    """

    overlay: Overlay
    relations: pd.DataFrame
    tolerance: Tolerance
    cuts: Cuts

    @cached_property
    def shares(self) -> pd.DataFrame:
        """Shares without artefacts, worked out once a pair."""
        return real_shares(self.overlay)

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
        return assessed(self.overlay.right.areas[self.overlay.weight.column].get(other))

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
            return f"{self._unknown} ({wording.NOT_ASSESSED})"
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
        said = (
            f"{self._unknown}, {wording.NOT_ASSESSED}" if pd.isna(share) else f"{amount}{wording.percent(share)} of it"
        )
        return f"{name} ({said})"

    @property
    def _unknown(self) -> str:
        """Why a piece cannot be counted: nobody counts people in need everywhere, or a part is of unknown size."""
        weight = self.overlay.weight
        return f"{wording.UNITS[str(weight)]} not counted there" if weight.is_need else "a part of unknown size"

    def _estimated(self) -> str:
        return "" if self.overlay.basis is Basis.CODES else " (estimate from postcodes)"
