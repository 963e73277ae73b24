"""Model commuting flows from the residents in work and the jobs of each zone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geoplan.commuting.ledger import (
    MERGED,
    SIDES,
    TINY,
    Flags,
    Floats,
    aside_frame,
    aside_note,
    first_of,
    flow_frame,
)
from geoplan.commuting.model import travel
from geoplan.commuting.model.balancing import balanced
from geoplan.errors import ConfigurationError, TableError, refusal
from geoplan.schema import Flows, Note, paragraph

__all__ = ["DECAY_PER_KM", "POWER", "TOTALS", "centres", "modelled"]

NOT_ALLOCATED = "not allocated"
POWER, DECAY_PER_KM = 1.5, 0.04
"""Distance decay d^-POWER exp(-DECAY_PER_KM d), d in kilometres; how it was calibrated stands in SOURCES.md."""
TOTALS = ("residents_in_work_2011", "jobs_2011", "live_and_work_2011")
CENTRES = 4
NEAREST_KM = 1.0
LEAST, LEAST_OWN = 1e-40, 1e-100


def centres(points: pd.DataFrame, *, zone: str = "lad", parts: int = CENTRES) -> pd.DataFrame:
    """Return some centres of each zone, each the mean of an equal number of its postcodes.

    The postcodes of a zone are halved at the median of the axis along which they lie further apart, and halved
    again, so that the centres tell more of where people live than one mean can.

    Parameters
    ----------
    points
        Postcodes with the zone and ``x``, ``y`` (metres, EPSG:27700).
    zone
        Column of the zones.
    parts
        How many centres a zone gets, a power of 2; fewer where it has fewer postcodes.

    Returns
    -------
    pandas.DataFrame
        Zone, ``x`` and ``y``, in the order of the zones. The order of the points changes nothing.
    """
    places, names = pd.factorize(points[zone].astype(str), sort=True)
    order = np.lexsort((points["y"], points["x"], places))
    found = points[["x", "y"]].to_numpy(dtype=float)[order]
    ends = np.searchsorted(places[order], np.arange(len(names) + 1))
    rows = [
        (names[number], *middle)
        for number, (start, end) in enumerate(pairwise(ends))
        for middle in _middles(found[start:end], parts)
    ]
    return pd.DataFrame(rows, columns=[zone, "x", "y"])


def _middles(points: Floats, parts: int) -> list[Floats]:
    if parts < 2 or len(points) < 2:
        return [points.mean(axis=0)]
    axis = int(points.var(axis=0).argmax())
    order = np.lexsort((points[:, 1 - axis], points[:, axis]))
    halves = np.array_split(points[order], 2)
    return [middle for half in halves for middle in _middles(half, parts // 2)]


def modelled(
    totals: pd.DataFrame,
    middles: pd.DataFrame,
    *,
    joins: pd.DataFrame | None = None,
    power: float = POWER,
    decay_per_km: float = DECAY_PER_KM,
    columns: tuple[str, str, str] = TOTALS,
    source: str = "modelled from totals of the Census 2011",
    year: str = "2011",
) -> Flows:
    """Model flows from how many live, work, and do both in each zone.

    Those who live and work in one zone are as given. The others go from zone to zone by a doubly constrained
    gravity model: workers(i, j) = a(i) b(j) sum of d^-power exp(-decay d) over the centres of i and j, where the
    factors a and b make every zone's residents and jobs come out as given, and d is the way by land, bridge or ferry.

    Parameters
    ----------
    totals
        Indexed by zone, with the three columns; zones that lack a figure stay without flows.
    middles
        Centres of the zones as `centres` gives them: zone (first column), ``x``, ``y`` (metres, EPSG:27700).
    joins
        Pairs of zones that touch or are joined over water, as `travel.distances` takes them; without it d is the
        crow's flight.
    power, decay_per_km
        Constants of the distance decay. Distances under 1 km count as 1 km.
    columns
        Residents in work, jobs, and those who live and work in the zone.
    source, year
        What the totals are.

    Returns
    -------
    Flows
        Of kind ``modelled``, in fractions of workers, between every two zones; ``weak`` tells where water or a
        national border lies between them. Where residents and jobs do not sum
        to the same, or a zone has more of one than all others have of the other, the excess is set aside as not
        allocated, with side origin for residents and destination for jobs.

    Raises
    ------
    TableError
        A figure is no number from 0, more live and work in a zone than live or work there, or a zone has no centre.
    ConfigurationError
        The constants are negative.

    Notes
    -----
    The factors come from Furness' sweeps (iterative proportional fitting), and then Newton's steps on the convex
    dual, because sweeps alone take thousands of rounds where zones across a sea hardly meet. Time and memory grow
    with the square of the number of zones: meant for hundreds of zones, not for thousands.

    References
    ----------
    .. [1] A. G. Wilson, "A family of spatial interaction models, and associated developments", Environment and
       Planning A 3, 1971. doi:10.1068/a030001
    """
    if min(power, decay_per_km) < 0 or not np.isfinite([power, decay_per_km]).all():
        message = f"power {power} and decay {decay_per_km} per kilometre must be numbers from 0"
        raise ConfigurationError(message)
    zones = pd.Index(sorted(map(str, totals.index)), dtype=str)
    figures = _figures(totals, columns, source)
    told = figures.index
    kernel, weak = _reach(middles, told, joins, (power, decay_per_km))
    residents, jobs, own = (figures[column].to_numpy() for column in columns)
    matrix, kept, lost = balanced(kernel, residents - own, jobs - own)
    np.fill_diagonal(matrix, own)
    at = zones.get_indexer(told)
    origin, destination = np.nonzero(matrix)
    table = flow_frame(at[origin], at[destination], matrix[origin, destination], zones)
    table = table.assign(weak=weak[origin, destination])
    aside = aside_frame(
        (NOT_ALLOCATED, str(told[k]), side, float(workers[k]))
        for side, workers in zip(SIDES, lost, strict=True)
        for k in np.flatnonzero(workers > TINY * max(kept, 1.0))
    )
    text = f"{source}: these flows are modelled, not counted (decay of distance d^-{power:g} exp(-{decay_per_km:g} d))."
    notes = _model_notes(text, zones.difference(told), aside)
    return Flows(table, zones, aside, source, year, "modelled", notes)


def _figures(totals: pd.DataFrame, columns: tuple[str, str, str], source: str) -> pd.DataFrame:
    """Return the totals of zones that have all three, sorted by zone."""
    missing = [column for column in columns if column not in totals.columns]
    if missing:
        message = refusal(f"{source}: column {missing[0]!r} is missing", hint=f"Found: {list(totals.columns)}.")
        raise TableError(message)
    texts = totals[list(columns)].set_axis(totals.index.astype(str), axis=0).sort_index()
    figures = texts.apply(lambda column: pd.to_numeric(column, errors="coerce")).astype(float)
    given = texts.notna() & (texts.astype(str) != "")
    wrong = (given & ~(np.isfinite(figures) & (figures >= 0))).any(axis=1)
    if wrong.any():
        raise TableError(refusal(f"{source}: totals are no numbers from 0", codes=figures.index[wrong]))
    figures = figures.dropna()
    residents, jobs, own = (figures[column] for column in columns)
    odd = own > np.minimum(residents, jobs)
    if odd.any():
        fault = f"{source}: more live and work in a zone than live or work there"
        raise TableError(refusal(fault, codes=figures.index[odd]))
    if figures.empty or not residents.sum():
        raise TableError(refusal(f"{source}: no zone has residents in work, jobs, and those who are both"))
    return figures


def _reach(
    middles: pd.DataFrame, zones: pd.Index, joins: pd.DataFrame | None, constants: tuple[float, float]
) -> tuple[Floats, Flags]:
    """Return how easily each two zones are reached, and between which of them water or a border lies."""
    number, names = pd.factorize(middles.iloc[:, 0].astype(str), sort=True)
    at = pd.Index(names).get_indexer(zones)
    if (at < 0).any():
        raise TableError(refusal("centres of zones: a zone has none", codes=zones[at < 0]))
    count = np.bincount(number)
    of = csr_array((np.ones(len(number)), (number, np.arange(len(number)))), shape=(len(names), len(number)))[at]
    km, straight = travel.distances(middles, joins)
    weak = travel.barred(zones, of @ (of @ km).T, of @ (of @ straight).T, joins)
    kernel = of @ (of @ _decayed(km, constants)).T
    return _kernel(kernel / np.outer(count[at], count[at])), weak


def _decayed(km: Floats, constants: tuple[float, float]) -> Floats:
    """Return d^-power exp(-decay d), in the place of d."""
    power, decay = constants
    np.maximum(km, NEAREST_KM, out=km)
    reach = np.log(km)
    reach *= -power
    km *= decay
    reach -= km
    return np.exp(reach, out=reach)


def _kernel(kernel: Floats) -> Floats:
    """Make the largest 1, and next to nothing from a zone to itself."""
    np.fill_diagonal(kernel, 0.0)
    largest = kernel.max() or 1.0
    kernel = np.maximum(kernel / largest, LEAST)
    # So little that it only takes what no other zone can.
    np.fill_diagonal(kernel, LEAST_OWN)
    return kernel


def _model_notes(lead: str, bare: pd.Index, aside: pd.DataFrame) -> tuple[Note, ...]:
    said = [f"No figures: {first_of(bare)}, left without flows."] if len(bare) else []
    said += [f"{bare_one} is counted with {main}." for main, bare_one in MERGED.values() if bare_one in bare]
    notes = [Note("GP105", lead, other_codes=tuple(bare), by_design=True, detail=paragraph(*said))]
    if len(aside):
        sums = aside.groupby("side")["workers"].sum()
        residents, jobs = (float(sums.get(side, 0.0)) for side in SIDES)
        message = (
            f"Modelled flows leave {residents:,.0f} residents without a job and {jobs:,.0f} jobs without a resident"
        )
        codes = tuple(sorted(set(aside["code"])))
        notes.append(aside_note(f"{message} ({first_of(codes)}).", aside, by_design=False, codes=codes))
    return tuple(notes)
