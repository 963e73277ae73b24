"""What a drawn overlap counts for, and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.analysis.artefacts import is_main, resolution_limit
from geoplan.schema import REST, Basis, Overlay

__all__ = ["real_shares", "reasons", "share_ranges"]


_ENDS = tuple((side, end) for side in ("left", "right") for end in ("least", "most"))


def real_shares(overlay: Overlay) -> pd.DataFrame:
    """Return the shares that verdicts rest on: without artefacts, of what is not artefact.

    Ground in an artefact belongs, on the ground, to the area's true partner; leaving it out of the
    denominators too keeps a sliver from making two drawings of the same area differ.

    Parameters
    ----------
    overlay
        With artefacts marked.

    Returns
    -------
    pandas.DataFrame
        ``left_share`` and ``right_share`` (0 to 1) for every row of the overlay that is no artefact; parts
        of unknown size count as one half of their block.
    """
    false = overlay.table["artefact"].reindex(overlay.nominal.index).eq(other=True).to_numpy()
    shares = overlay.nominal[["left_share", "right_share"]]
    if not false.any() and not overlay.edge:
        return shares
    real = shares[~false].copy()
    for side in ("left", "right"):
        lost = shares[false].groupby(level=side)[f"{side}_share"].sum()
        if side == "right" and overlay.edge:
            lost = lost.add(pd.Series(overlay.edge), fill_value=0.0)
        kept = 1 - lost.reindex(real.index.get_level_values(side)).fillna(0.0).to_numpy()
        real[f"{side}_share"] /= np.where(kept > 0, kept, 1.0)
    return real


def share_ranges(overlay: Overlay) -> pd.DataFrame:
    """Bound the shares that verdicts rest on.

    Parameters
    ----------
    overlay
        With artefacts marked.

    Returns
    -------
    pandas.DataFrame
        As from `real_shares`, with ``left_least``, ``left_most``, ``right_least`` and ``right_most``: the shares
        themselves, but where parts of unknown size decide all that sizes and arrangement allow.
    """
    shares = real_shares(overlay)
    ranges = shares.assign(**{f"{side}_{end}": shares[f"{side}_share"] for side, end in _ENDS})
    if overlay.bounds is not None:
        known = overlay.bounds.reindex(ranges.index.intersection(overlay.bounds.index))
        ranges.loc[known.index, known.columns] = known
    return ranges


def reasons(overlay: Overlay) -> pd.Series:
    """Say for every row why it counts as real or as an artefact.

    Parameters
    ----------
    overlay
        With artefacts marked.

    Returns
    -------
    pandas.Series
        A few words for each row of the table.
    """
    limit, main = resolution_limit(overlay), is_main(overlay)
    rest = overlay.table.index.get_level_values("right") == REST
    widths, false = overlay.table["width_m"].to_numpy(), overlay.table["artefact"].to_numpy(dtype=bool)
    labels = overlay.basis is Basis.LABELS
    across = pd.Series(widths).map("{:,.0f} m".format).to_numpy(dtype=object)
    metres = f"the {limit:,.0f} m by which the drawings may differ"
    unpeopled = overlay.table.index.isin(overlay.unpeopled, level="left")
    cases: list[tuple[np.ndarray | bool, np.ndarray | str]] = [
        (unpeopled & ~false, "by area: nobody lives there"),
        (overlay.basis is Basis.CODES, "made of the same blocks"),
        (limit <= 0, "resolution not known: taken as real"),
        (false & rest, f"outside the drawn coast or outer edge: what lies beyond {metres} is within the tolerance"),
        (false & labels, f"its postcodes lie within {metres} of the drawn border"),
        (false, across + f" at its widest, within {metres}"),
        (main, "holds half of one of the two areas or more"),
        (rest & np.isnan(widths) & (not labels), "holds nobody, or too few to matter"),
        (labels, f"postcodes lie beyond {metres}"),
        (widths > limit, across + f" wide or more, beyond {metres}"),
    ]
    chosen = np.select(
        [np.broadcast_to(case, len(widths)) for case, _ in cases],
        [np.broadcast_to(np.asarray(text, dtype=object), len(widths)) for _, text in cases],
        default="counted as real",
    )
    return pd.Series(chosen, index=overlay.table.index, name="reason", dtype=str)
