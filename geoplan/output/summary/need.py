"""Need in sentences: of one area beside England, and of all areas of a geography."""

from __future__ import annotations

import pandas as pd

from geoplan.analysis.networks.deprivation import DEPRIVED_SHARE, rates
from geoplan.auditing.need import need_table
from geoplan.auditing.results import AuditResult
from geoplan.schema import layer_wording, paragraph, wording
from geoplan.schema.need import Need

__all__ = ["area_need", "need_sentence"]


def area_need(area: pd.Series, england: pd.DataFrame) -> str:
    """Say who in an area is out of work, and which share lives in the most deprived tenth of small areas.

    Parameters
    ----------
    area
        With `geoplan.schema.NEED_COLUMNS`, as a row of a layer's areas.
    england
        One row with the same columns.

    Returns
    -------
    str
        A sentence with the rates of England beside; that it is not assessed where nobody counts all of the area.
    """
    known = pd.DataFrame([area])
    need, nation = Need.of(known), Need.of(england)
    if need.rate is None or nation.rate is None:
        return f"Who is out of work there is {wording.NOT_ASSESSED}: they are counted in England only."
    own, whole = (wording.percent(rates(each)["most_deprived_share"].iloc[0]) for each in (known, england))
    return (
        f"Out of work are {wording.rounded(need.out_of_work)}, {need.rate:.1%} of those aged 16 to 64 (England "
        f"{nation.rate:.1%}); {own} of all live in the most deprived tenth of small areas (England {whole})."
    )


def need_sentence(result: AuditResult) -> str:
    """Say of the first geography audited, or of the focus, how its need stands beside that of England.

    Parameters
    ----------
    result
        Of an audit.

    Returns
    -------
    str
        Sentences; empty where nobody in need is counted there.
    """
    table = need_table(result)
    if table.empty:
        return ""
    if result.focus is not None:
        own = table[(table["layer"] == result.focus.layer) & (table["code"] == result.focus.code)]
        told = [paragraph(area_need(row, table.iloc[:1]), _parted_words(row)) for _, row in own.iterrows()]
        return paragraph(*told[:1])
    first = next(iter(result.layers.values()))
    return _layer_words(table[table["layer"] == first.key], table.iloc[0], layer_wording.many(first))


def _layer_words(areas: pd.DataFrame, nation: pd.Series, many: str) -> str:
    known = areas[areas["most_deprived_share"].notna()]
    above = known[known["most_deprived_share"] > nation["most_deprived_share"]]
    if known.empty:
        return ""
    worst = known.loc[known["most_deprived_share"].idxmax()]
    share = wording.percent(nation["most_deprived_share"])
    said = (
        f"In {len(above)} of {len(known)} {many} more than England's {share} live in its most deprived tenth of small "
        f"areas, the most in {worst['name']} ({wording.percent(worst['most_deprived_share'])})."
    )
    cut = known[known["parted"] != ""]
    if cut.empty:
        return said
    verb = wording.number_of(len(cut), "has a border", "have borders")
    return paragraph(said, f"{verb} between authorities in each of which {DEPRIVED_SHARE:.0%} or more do.")


def _parted_words(row: pd.Series) -> str:
    if not row["parted"]:
        return ""
    pairs = row["parted"].split("; ")
    more = [f"{len(pairs) - wording.NAMED_ROWS} more"] if len(pairs) > wording.NAMED_ROWS else []
    listed = wording.listed([*pairs[: wording.NAMED_ROWS], *more])
    return f"Its border parts authorities in each of which {DEPRIVED_SHARE:.0%} or more do: {listed}."
