"""`geoplan.fetch`, `geoplan.held`: official data fetched into the user's folder, and what lies there."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from geoplan.data.kept import holdings
from geoplan.data.kept.holdings import Holding
from geoplan.errors import ConfigurationError, refusal

__all__ = ["fetch", "held"]

COLUMNS = (
    "kind", "key", "edition", "resolution", "title", "rows", "kept_on", "source", "url", "licence", "version", "sha256",
)  # fmt: skip


def fetch(
    *keys: str,
    edition: str = "",
    resolution: str = "",
    again: bool = False,
    service: str = "",
    key: str = "",
    code: str = "",
    name: str = "",
    offline: bool = False,
) -> pd.DataFrame:
    """Fetch official boundaries, lookups, flows and figures into the user's data folder.

    Parameters
    ----------
    *keys
        Such as ``"lad"``, ``"icb@2023-04"`` or ``"lad@2024-12:BGC"``.
    edition
        Of which month or year, as ``2025-05`` or ``2024``; the newest by default.
    resolution
        ``BFC`` (full), ``BGC`` (20 m), ``BSC`` (200 m) or ``BUC`` (500 m); 20 m by default where that is known.
    again
        Whether the server is asked if it has changed what is held, which is fetched anew where it has.
    service
        A layer of another ArcGIS feature service, a collection of OGC API Features, or an archive of the portal with
        a postcode directory (``…/items/ID/data``), by its address.
    key
        What to call the layer of ``service``.
    code, name
        Columns of codes and names of ``service``, where they cannot be found.
    offline
        Whether the network is not to be used; what is held is still found.

    Returns
    -------
    pandas.DataFrame
        A row a file, indexed by ``reference``, by which `geoplan.layer` opens it: ``kind``, ``key``, ``edition``,
        ``resolution``, ``title``, ``rows``, ``kept_on`` (ISO 8601), ``source``, ``url``, ``licence``, ``version``,
        ``sha256``, and ``new``: whether it was fetched now.

    Raises
    ------
    UnknownKeyError
        If no service is known for a key; the nearest keys are named.
    ConfigurationError
        If there is no such edition or resolution, or arguments contradict each other.
    NetworkError
        If a server cannot be reached or does not answer.
    InputError
        If what it gives cannot be used; nothing of it is kept.
    """
    from geoplan.data.portal import client, fetching

    if bool(service) != bool(key) or (service and keys) or not (service or keys):
        hint = 'Write geoplan.fetch("lad"), or geoplan.fetch(service="https://...", key="my_areas").'
        raise ConfigurationError(refusal("keys are to be fetched, or one service under a key", hint=hint))
    with client.offline(wanted=offline):
        if service:
            done = [fetching.fetch_own(fetching.Own(service, key, edition, code, name), again=again)]
        else:
            shared = client.Client()
            options = {"edition": edition, "resolution": resolution}
            done = [fetching.fetch(each, **options, again=again, client=shared) for each in keys]
    table = _table([one.holding for one in done])
    return table.assign(new=[one.new for one in done])


def held(*, kind: str = "", key: str = "") -> pd.DataFrame:
    """List what the user's data folder holds.

    Parameters
    ----------
    kind
        Only ``boundaries``, ``lookup``, ``flows``, ``figures``, ``postcodes`` or ``membership``.
    key
        Only what has this key.

    Returns
    -------
    pandas.DataFrame
        As of `fetch`, without ``new``; by kind, key, edition from the newest on, and resolution from the finest on.

    Raises
    ------
    InputError
        If a manifest in the folder cannot be read.
    """
    return _table(holdings.holdings(kind=kind, key=key))


def _table(found: Iterable[Holding]) -> pd.DataFrame:
    rows = [{"reference": one.reference, **{column: getattr(one, column) for column in COLUMNS}} for one in found]
    return pd.DataFrame(rows, columns=["reference", *COLUMNS]).set_index("reference")
