"""How well given areas contain their labour market: self-containment, leaks, labour market areas they cut."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from geoplan.commuting.criteria import Criteria, validity
from geoplan.commuting.flows import shares_by_people
from geoplan.commuting.model import certainty
from geoplan.errors import InputError, refusal
from geoplan.schema import REST, Flows, Layer

__all__ = ["Containment", "contain", "cut_markets", "membership_of"]

ROUNDING = 1e-9
WEAK_SHARE = 0.5
AREA_COLUMNS = ("size", "jobs", "live_and_work", "supply", "demand", "validity", "passes")
LEAK_COLUMNS = ("code", "direction", "other", "workers", "share", "weak", "rival")


@dataclass(frozen=True, eq=False)
class Containment:
    """How self-contained the areas of a layer are.

    Parameters
    ----------
    areas
        Frame indexed by code: ``size`` (residents in work), ``jobs``, ``live_and_work`` (workers), ``supply``
        and ``demand`` (self-containment, 0 to 1), ``validity`` and ``passes`` (would it do as a labour market
        area). Shares are missing where nobody lives, or works, there; all is where flows know of neither.
    leaks
        Frame with `LEAK_COLUMNS`: for each area what it sends to every other (``direction`` out, ``share`` of
        its residents in work) and gets from it (in, of its jobs), most first; other ``""`` is ground in no
        area of the layer. ``weak``: at least half of these workers are modelled across water or a national border.
        ``rival``: the error of the model could make it the largest of that direction, or another one in its place.
    between
        Frame indexed by ``(origin, destination)`` with ``workers``: the flow matrix between the areas, ``""``
        for ground in none.
    apportioned
        Zones that lie in several areas, or partly in none, whose workers were shared by people.
    criteria
        By which ``validity`` was told.
    """

    areas: pd.DataFrame
    leaks: pd.DataFrame
    between: pd.DataFrame
    apportioned: tuple[str, ...]
    criteria: Criteria


def membership_of(layer: Layer, blocks: pd.DataFrame, zones: pd.Index) -> pd.DataFrame:
    """Tell to which areas of a layer the zones of a commuting table belong.

    Parameters
    ----------
    layer
        Of shipped blocks, where zones are authorities; or a lookup whose small areas are the zones.
    blocks
        The shipped blocks, indexed by ``block``, with ``lad`` and ``people``.
    zones
        Codes of the zones.

    Returns
    -------
    pandas.DataFrame
        ``zone``, ``area`` and ``share`` (0 to 1, of the zone's people; missing where a part is of unknown size).

    Raises
    ------
    InputError
        If the layer is a drawing, or holds none of the zones.
    """
    if layer.parts is None:
        message = refusal(
            f"{layer.key} is a drawing, which does not say which zones of the commuting table its areas hold",
            hint="Give a membership table of authorities, or a lookup from the zones to the areas.",
        )
        raise InputError(message)
    shares = shares_by_people(layer, blocks if layer.blocks is None else layer.blocks)
    known = shares[shares["zone"].isin(zones)].reset_index(drop=True)
    if known.empty:
        message = refusal(
            f"{layer.key} holds none of the zones of the commuting table",
            codes=zones,
            hint="Layers of authorities need flows between authorities; other zones need a lookup of theirs.",
        )
        raise InputError(message)
    return known


def contain(
    flows: Flows, membership: pd.DataFrame, *, codes: pd.Index | None = None, criteria: Criteria | None = None
) -> Containment:
    """Score given areas as labour markets.

    Parameters
    ----------
    flows
        Workers between zones.
    membership
        ``zone``, ``area`` and ``share`` from `membership_of`.
    codes
        The areas, in the order wanted; by default those of ``membership``, sorted.
    criteria
        What an area must reach; by default the United Kingdom's.

    Returns
    -------
    Containment
        Areas that hold a part of unknown size, or of which flows know nobody, are not assessed: all their measures
        are missing. Workers of a zone in several areas are shared by people at both ends; those who live and work
        in one such zone are taken to stay on their side, which makes these areas look a little more self-contained
        than they are.

    References
    ----------
    docs/method/labour-markets.md; Coombes & Bond 2008, Travel-to-Work Areas: the 2007 review.
    """
    criteria = criteria or Criteria()
    index = pd.Index(sorted(membership["area"].unique())) if codes is None else codes
    shares = _shares(membership, index, flows.zones)
    held = _with_rest(shares)
    matrix = _gathered(held, _matrix(flows))
    weak = _gathered(held, _matrix(flows, weak=True))
    own = matrix.diagonal()[: len(index)]
    size, jobs = (shares @ totals.to_numpy() for totals in (flows.residents, flows.jobs))
    areas = pd.DataFrame({"size": size, "jobs": jobs, "live_and_work": own}, index=index.rename("code"))
    areas["supply"] = areas["live_and_work"] / areas["size"].where(areas["size"] > 0)
    areas["demand"] = areas["live_and_work"] / areas["jobs"].where(areas["jobs"] > 0)
    areas["validity"] = validity(own, size, jobs, criteria)
    areas["passes"] = (areas["validity"] >= 1 - ROUNDING).astype("boolean")
    vague = index.isin(membership.loc[membership["share"].isna(), "area"])
    # Flows may count a zone with another, such as the City of London with Westminster: nothing of it is known.
    unknown = (areas["size"] <= 0) & (areas["jobs"] <= 0)
    areas.loc[vague | unknown] = pd.NA
    labels = [*map(str, index), REST]
    between = _between(matrix, labels)
    leaks = _leaks(between, areas, _between(weak, labels), modelled=flows.kind == "modelled")
    whole = membership.groupby("zone")["share"].max()
    split = tuple(sorted(map(str, whole.index[whole < 1 - ROUNDING])))
    return Containment(areas, leaks, between, split, criteria)


def _shares(membership: pd.DataFrame, index: pd.Index, zones: pd.Index) -> sparse.csr_array:
    """Return areas by zones: the share of each zone that each area holds."""
    rows, columns = index.get_indexer(membership["area"]), zones.get_indexer(membership["zone"])
    known = (rows >= 0) & (columns >= 0)
    values = membership["share"].fillna(0.0).to_numpy(dtype=float)[known]
    return sparse.csr_array((values, (rows[known], columns[known])), shape=(len(index), len(zones)))


def _with_rest(shares: sparse.csr_array) -> sparse.csr_array:
    """Add a last row with the share of each zone that no area holds."""
    rest = np.clip(1.0 - shares.sum(axis=0), 0.0, 1.0)
    rest[rest < ROUNDING] = 0.0
    return sparse.vstack([shares, sparse.csr_array(rest[np.newaxis, :])]).tocsr()


def _matrix(flows: Flows, *, weak: bool = False) -> sparse.csr_array:
    """Return the flows from zone to zone, all of them or those that are weak."""
    shape = (len(flows.zones), len(flows.zones))
    workers, (origin, destination) = flows.table["workers"].to_numpy(dtype=float), flows.ends
    if weak:
        kept = flows.weak
        workers, origin, destination = workers[kept], origin[kept], destination[kept]
    return sparse.csr_array((workers, (origin, destination)), shape=shape)


def _gathered(held: sparse.csr_array, trips: sparse.csr_array) -> sparse.csr_array:
    """Gather trips between zones into trips between areas; who lives and works in one zone stays on one side."""
    own = trips.diagonal()
    travelling = trips - sparse.diags_array(own)
    return sparse.csr_array(held @ travelling @ held.T + sparse.diags_array(held @ own))


def _between(matrix: sparse.csr_array, codes: list[str]) -> pd.DataFrame:
    cells = matrix.tocoo()
    labels = np.array(codes, dtype=object)
    frame = pd.DataFrame({"origin": labels[cells.row], "destination": labels[cells.col], "workers": cells.data})
    frame = frame[frame["workers"] > ROUNDING]
    return frame.set_index(["origin", "destination"]).sort_index()


def _leaks(between: pd.DataFrame, areas: pd.DataFrame, weak: pd.DataFrame, *, modelled: bool) -> pd.DataFrame:
    shaky = weak["workers"].reindex(between.index, fill_value=0.0)
    table = between.assign(weak=shaky >= WEAK_SHARE * between["workers"]).reset_index()
    table = table[table["origin"] != table["destination"]]
    ways = []
    for direction, own, other, total in (
        ("out", "origin", "destination", "size"),
        ("in", "destination", "origin", "jobs"),
    ):
        told = table[own].isin(areas.index[areas["size"].notna()])
        leak = table[told].rename(columns={own: "code", other: "other"})
        share = leak["workers"].to_numpy() / areas[total].reindex(leak["code"]).to_numpy()
        ways.append(leak.assign(direction=direction, share=share, rival=False)[list(LEAK_COLUMNS)])
    order = {"out": 0, "in": 1}
    leaks = pd.concat(ways, ignore_index=True)
    leaks = leaks.assign(way=leaks["direction"].map(order))
    leaks = leaks.sort_values(["code", "way", "workers", "other"], ascending=[True, True, False, True])
    leaks = leaks.drop(columns="way").reset_index(drop=True)
    if modelled:
        workers, rival = leaks["workers"].to_numpy(), np.zeros(len(leaks), dtype=bool)
        for rows in leaks[leaks["other"] != REST].groupby(["code", "direction"], sort=False).groups.values():
            rival[rows] = certainty.rivals(workers[rows])
        leaks["rival"] = rival
    return leaks


def cut_markets(
    flows: Flows, markets: Mapping[str, str] | pd.Series, membership: pd.DataFrame, *, tolerance: float = 0.005
) -> pd.DataFrame:
    """Find the labour market areas that the boundaries of a layer cut, with the commuters who cross them.

    Parameters
    ----------
    flows
        Workers between zones.
    markets
        Zone -> labour market area, such as `geoplan.commuting.labour_markets.LabourMarkets.assignment`.
    membership
        ``zone``, ``area`` and ``share`` from `membership_of`.
    tolerance
        Parts with no larger share of the market's residents in work do not count.

    Returns
    -------
    pandas.DataFrame
        Indexed by market: ``residents`` (workers living in it), ``parts`` (tuple of (area, workers living
        there), most first, ``""`` for ground in no area), ``crossing`` (workers who live and work in the
        market, on different sides of the boundary), most crossing first, and ``weak`` (at least half of these are
        modelled across water or a national border). Markets in one area, or outside the layer, are left out.
    """
    assigned = pd.Series(markets).reindex(flows.zones)
    market, names = pd.factorize(assigned, sort=True)
    codes = pd.Index(sorted(membership["area"].unique()))
    held = _with_rest(_shares(membership, codes, flows.zones))
    inside = market >= 0
    home = sparse.csr_array(
        (flows.residents.to_numpy()[inside], (np.flatnonzero(inside), market[inside])), shape=(len(market), len(names))
    )
    living = (held @ home).toarray()
    crossing, weak = (_crossing(_matrix(flows, weak=way), held, market, len(names)) for way in (False, True))
    labels = [*map(str, codes), REST]
    rows = []
    for number, name in enumerate(names):
        total = float(living[:, number].sum())
        kept = [(labels[n], float(living[n, number])) for n in np.flatnonzero(living[:, number] > tolerance * total)]
        if len(kept) > 1:
            kept.sort(key=lambda at: (-at[1], at[0]))
            shaky = bool(crossing[number] > 0 and weak[number] >= WEAK_SHARE * crossing[number])
            rows.append((str(name), total, tuple(kept), float(crossing[number]), shaky))
    table = pd.DataFrame(rows, columns=["market", "residents", "parts", "crossing", "weak"]).set_index("market")
    return table.sort_values("crossing", ascending=False, kind="stable")


def _crossing(matrix: sparse.csr_array, held: sparse.csr_array, market: np.ndarray, count: int) -> np.ndarray:
    """Return for each market the workers who live and work in it, in different areas."""
    trips = matrix.tocoo()
    within = (market[trips.row] == market[trips.col]) & (market[trips.row] >= 0) & (trips.row != trips.col)
    origin, destination, workers = trips.row[within], trips.col[within], trips.data[within]
    by_zone = sparse.csr_array(held.T)
    together = np.asarray((by_zone[origin] * by_zone[destination]).sum(axis=1)).ravel()
    return np.bincount(market[origin], weights=workers * np.clip(1.0 - together, 0.0, 1.0), minlength=count)
