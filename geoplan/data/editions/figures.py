"""Figures of former authorities brought to those of today: summed where that is exact, refused where it is not."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from geoplan.data.editions.codes import DIVIDED, Former
from geoplan.data.editions.forward import Forward, brought_forward
from geoplan.errors import InputError, refusal
from geoplan.schema.indicators import Kind
from geoplan.schema.wording import listed, number_of

__all__ = ["figures_forward"]

NAMED = 3


def figures_forward(
    values: pd.Series, kind: Kind, known: Collection[str], where: str, retired: Mapping[str, Former]
) -> tuple[pd.Series, dict[str, tuple[str, ...]], list[str]]:
    """Bring figures of former authorities to codes that are known.

    Parameters
    ----------
    values
        By code.
    kind
        Counts of authorities that were merged are summed; rates cannot be.
    known
        Codes that need not be brought forward.
    where
        File and column, for refusals.
    retired
        What became of former authorities.

    Returns
    -------
    values : pandas.Series
        By code, former ones only where they were divided; missing where one of those summed is.
    divided : dict of str to tuple of str
        Former code -> codes that it was all of together.
    said : list of str
        What was brought forward.

    Raises
    ------
    InputError
        A rate is of authorities that were merged, a former authority is missing from a sum, stands beside its
        successor, or was divided so that nobody knows its shares.
    """
    forward = brought_forward(values.index, known, retired)
    _refuse(forward, values.index, kind, where, retired)
    target = pd.Series(values.index, index=values.index).replace(dict(forward.now))
    summed = values.groupby(target.to_numpy(), sort=False)
    whole = summed.sum().where(summed.count() == summed.size())
    whole.index = whole.index.astype(values.index.dtype).rename(values.index.name)
    divided = {code: new for code, new in forward.divided.items() if code in set(values.index)}
    return whole, divided, _told(forward)


def _refuse(forward: Forward, given: pd.Index, kind: Kind, where: str, retired: Mapping[str, Former]) -> None:
    """Refuse what cannot be brought forward exactly and would not be seen."""
    shares = [code for code in forward.divided if not retired[code].whole]
    beside = [old for old, new in forward.now.items() if new in given]
    merged = [old for old, new in forward.now.items() if list(forward.now.values()).count(new) > 1]
    lost = sorted({old for missing in forward.lacking.values() for old in missing})
    faults = {
        f"{where} holds former authorities that were {DIVIDED}, and nothing tells their shares": (
            shares, f"Give figures of {_names(shares, forward.divided)}."),
        f"{where} holds former authorities beside those that followed them": (beside, "Take the rows of one edition."),
        f"{where}: of former authorities that were merged others are missing": (
            lost, "Give all of them, or figures of today's authorities."),
        f"{where} holds rates of former authorities that were merged, which have no sum": (
            merged if kind is Kind.RATE else [], "Give counts, or rates of today's authorities."),
    }  # fmt: skip
    for what, (codes, hint) in faults.items():
        if codes:
            raise InputError(refusal(what, codes=codes, hint=hint))


def _names(codes: Sequence[str], divided: Mapping[str, tuple[str, ...]]) -> str:
    return listed(sorted({new for code in codes for new in divided[code]}))


def _told(forward: Forward) -> list[str]:
    """Say which codes were brought to which, and of how many a few homes passed elsewhere."""
    if not forward.now:
        return []
    pairs = [f"{old} to {new}" for old, new in forward.now.items()]
    named = listed([*pairs[:NAMED], *([f"{len(pairs) - NAMED} more"] if len(pairs) > NAMED else [])])
    few = number_of(len(forward.nearly), "of them", "of them")
    nearly = f"; of the ground of {few} a little passed elsewhere" if forward.nearly else ""
    codes = number_of(len(pairs), "code has ended and was", "codes have ended and were")
    return [f"{codes} brought to the authority that followed: {named}{nearly}."]
