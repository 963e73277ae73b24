"""Tell a drawing artefact from a real mismatch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import shapely

from geoplan.schema import Basis, Overlay, Tolerance

__all__ = ["mark", "real_shares", "width_m"]


def mark(overlay: Overlay, *, tolerance: Tolerance) -> Overlay:
    """Give every pair its width and say which pairs exist only in the drawing.

    Two drawings of the same border at different resolutions leave slivers between them. A pair is such an
    artefact when its widest piece is no wider than the resolutions of the two layers together. Artefacts
    stay in the table, with their people. Nothing is marked where codes or labels decide.

    Parameters
    ----------
    overlay
        From `geoplan.overlay.overlay`.
    tolerance
        With ``keep_artefacts`` widths are given and nothing is marked.

    Returns
    -------
    Overlay
        With ``width_m`` (metres) and ``artefact`` filled.

    Notes
    -----
    A true piece narrower than the drawings' resolution cannot be told from an artefact: use a more detailed
    edition where such a piece would matter. Width rather than share or people decides, because a sliver of
    200 m through a town holds postcodes (docs/method.md, section 1).
    """
    if overlay.basis is not Basis.GEOMETRY or overlay.pieces is None or overlay.pieces.empty:
        return overlay
    limit = (overlay.left.resolution_m or 0.0) + (overlay.right.resolution_m or 0.0)
    widths = pd.Series(
        [width_m(shape, enough=limit) for shape in overlay.pieces.to_numpy()], index=overlay.pieces.index
    )
    table = overlay.table.copy()
    table["width_m"] = widths.reindex(table.index)
    narrow = (table["width_m"] <= limit).to_numpy(dtype=bool)
    table["artefact"] = narrow & (limit > 0) & (not tolerance.keep_artefacts)
    return replace(overlay, table=table)


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
    if not false.any():
        return shares
    real = shares[~false].copy()
    for side in ("left", "right"):
        lost = shares[false].groupby(level=side)[f"{side}_share"].sum()
        kept = 1 - lost.reindex(real.index.get_level_values(side)).fillna(0.0).to_numpy()
        real[f"{side}_share"] /= np.where(kept > 0, kept, 1.0)
    return real


def width_m(shape: shapely.Geometry, *, enough: float = np.inf) -> float:
    """Return the width of the widest part of a polygon: twice the radius of its largest inscribed circle.

    Parameters
    ----------
    shape
        Polygon, MultiPolygon or GeometryCollection, in metres; what is not a polygon has no width.
    enough
        Width beyond which a lower bound is answer enough; the bound is twice area by perimeter.

    Returns
    -------
    float
        Metres; where more than ``enough``, possibly less than the true width.

    Examples
    --------
    >>> round(width_m(shapely.box(0, 0, 10, 3)), 2)
    3.0
    >>> width_m(shapely.box(0, 0, 10, 4), enough=1) > 1
    True
    """
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    area, length = shapely.area(parts), shapely.length(parts)
    parts, area, length = parts[area > 0], area[area > 0], length[area > 0]
    if not len(parts):
        return 0.0
    widest = float((2 * area / length).max())
    if widest > enough:
        return widest
    # No circle fits that has more area than the part itself.
    possible = parts[2 * np.sqrt(area / np.pi) > widest]
    finest = max(widest / 50, 1e-3)
    circles = shapely.length(shapely.maximum_inscribed_circle(possible, tolerance=finest)) * 2
    return max(widest, float(circles.max(initial=0.0)))
