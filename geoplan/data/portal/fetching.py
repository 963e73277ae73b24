"""Fetch what a key means into the user's folder: whole, checked like a file of the user's own, or not at all."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from geoplan.data.drawn.columns import clean_names, codes_of_names, find_columns
from geoplan.data.drawn.drawn_layers import from_raw
from geoplan.data.kept import holdings, opening
from geoplan.data.kept.holdings import Holding
from geoplan.data.portal import arcgis, archives, directories, nomis, ogc, services
from geoplan.data.portal.client import VARIABLE, Client, is_offline
from geoplan.data.portal.fetched import Fetched
from geoplan.errors import ConfigurationError, InputError, NetworkError, NoServiceError, Refusal, carefully, refusal
from geoplan.schema import BRITISH_NATIONAL_GRID

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Outcome", "Own", "fetch", "fetch_own"]

LATEST = "latest"
"""Edition of what has another state every month under the same address; it is kept under the day that it tells."""
INSTEAD = "instead of"
"""Fact of a holding: the drawing in whose stead it was fetched, which the server did not have."""
MOST_NAMED = 4
REFERENCE = re.compile(r"(?P<key>[^@:]+)(?:@(?P<edition>[^:]+))?(?::(?P<resolution>\w+))?")


@dataclass(frozen=True)
class Outcome:
    """What a fetch came to.

    Parameters
    ----------
    holding
        What is held now.
    new
        Whether it was fetched now, not found to be held.
    questions
        How often servers were asked.
    untried
        Whether nobody has seen this address in use.
    gone
        Drawings in whose stead it was fetched, which the server does not have.
    """

    holding: Holding
    new: bool
    questions: int
    untried: bool = False
    gone: tuple[str, ...] = ()


@dataclass(frozen=True)
class Own:
    """A service that the user names.

    Parameters
    ----------
    url
        Address of a layer.
    key
        What to call it.
    edition
        Of which day, month or year it is; the day of its last edit, else today's, where empty.
    code, name
        Columns of codes and names; found where empty.
    """

    url: str
    key: str
    edition: str = ""
    code: str = ""
    name: str = ""


def fetch(
    reference: str, *, edition: str = "", resolution: str = "", again: bool = False, client: Client | None = None
) -> Outcome:
    """Fetch one file of the table of services, unless it is held.

    Parameters
    ----------
    reference
        A key, or ``KEY@EDITION``, or ``KEY@EDITION:RESOLUTION``.
    edition, resolution
        Where the reference names none; see `services.chosen`.
    again
        Whether the server is asked if it has changed what is held already; where it has, it is fetched anew.
    client
        Asks; a new one by default.

    Returns
    -------
    Outcome
        What is held, and at what cost.

    Raises
    ------
    UnknownKeyError
        If no service is known for the key.
    ConfigurationError
        If there is no such edition or resolution.
    NoServiceError
        If the server has none of the addresses; what else of the key may be fetched is named.
    NetworkError
        If the server cannot be reached or does not answer.
    InputError
        If what it gives cannot be used; nothing is kept then.
    OutputError
        If it cannot be kept.

    Notes
    -----
    Where no resolution is named and the server has not the usual one, the next of the same edition is fetched, and is
    what the next run finds held.
    """
    key, edition, resolution = _taken_apart(reference, edition, resolution)
    rows = services.choices(key, edition=edition, resolution=resolution.upper())
    client = client or Client()
    asked_before = client.asked
    source, held = _first_held(rows)
    if held and not again and _is_sound(held):
        return Outcome(held, new=False, questions=0)
    _refuse_offline(source)
    with carefully(f"Fetching {source.title}"):
        source, kept = _first_there(client, rows, held if again else None)
    gone = tuple(one.resolution for one in rows[: rows.index(source)])
    untried = source.confidence == services.UNTRIED
    return Outcome(kept, new=kept is not held, questions=client.asked - asked_before, untried=untried, gone=gone)


def _first_held(rows: Sequence[services.Source]) -> tuple[services.Source, Holding | None]:
    """Return the best row and what is held of it, or was fetched in its stead because it was not there."""
    best = rows[0]
    for one in rows:
        held = _held(one)
        if held and (one is best or (INSTEAD, best.resolution) in held.about):
            return one, held
    return best, None


def _first_there(
    client: Client, rows: Sequence[services.Source], held: Holding | None
) -> tuple[services.Source, Holding]:
    """Fetch the best drawing of an edition that the server has; of one that was named there is no other."""
    for number, one in enumerate(rows):
        instead = ((INSTEAD, rows[0].resolution),) if number else ()
        try:
            return one, _fetched(client, one, held if held and held.resolution == one.resolution else None, instead)
        except NoServiceError as error:
            if number == len(rows) - 1:
                raise _with_others(error, one, tried=rows) from error
    raise AssertionError


def _with_others(error: NoServiceError, source: services.Source, tried: Sequence[services.Source]) -> NoServiceError:
    """Add to a refusal what else of the same key may be fetched."""
    asked = {f"{one.key}@{one.edition}:{one.resolution}" for one in tried}
    others = [one for one in services.beside(source) if one not in asked][:MOST_NAMED]
    said = error.why if isinstance(error.why, Refusal) else refusal(error.why)
    more = f"Try geoplan fetch {' or '.join(others)}." if others else ""
    return NoServiceError(refusal(said.sentence.rstrip("."), hint=" ".join(filter(None, (more, said.hint)))))


def fetch_own(own: Own, *, again: bool = False, client: Client | None = None) -> Outcome:
    """Fetch a layer of a service that the user names.

    Parameters
    ----------
    own
        Where it is, and what to call it.
    again
        Whether it is fetched where the same state of it is held.
    client
        Asks; a new one by default.

    Returns
    -------
    Outcome
        What is held, and at what cost.

    Raises
    ------
    NetworkError
        If the server cannot be reached or does not answer.
    InputError
        If what it gives cannot be used; nothing is kept then.
    ConfigurationError
        If the key cannot be the name of a file.
    OutputError
        If it cannot be kept.
    """
    client = client or Client()
    asked_before = client.asked
    holdings.path_of(Holding("boundaries", own.key, own.edition or "today"))
    way = _own_collection if ogc.is_collection(own.url) else _own_directory if archives.is_item(own.url) else _own_layer
    with carefully(f"Fetching {own.key}"):
        kept, new = way(client, own, again=again)
    return Outcome(kept, new=new, questions=client.asked - asked_before)


def _refuse_offline(source: services.Source) -> None:
    if is_offline():
        message = refusal(
            f"{source.title} would have to be fetched, but the network is not to be used",
            hint=f"Leave out --offline, or unset {VARIABLE}.",
        )
        raise NetworkError(message)


def _own_layer(client: Client, own: Own, *, again: bool) -> tuple[Holding, bool]:
    """Fetch a layer of an ArcGIS feature service, unless the same state of it is held."""
    url = own.url.rstrip("/")
    service = arcgis.described(client, url)
    kind = "boundaries" if service.is_drawn else "lookup"
    said = str(service.told.get("copyrightText") or "")
    blank = Holding(kind, own.key, own.edition or service.edited[:10] or _today(), "", service.title, "", url, said)
    held = holdings.holding(kind, own.key, edition=blank.edition, readable=True)
    if held and not again and held.url == url and _same_state(held, service.version):
        return held, False
    return _kept(client, service, blank, own.code, own.name), True


def _own_collection(client: Client, own: Own, *, again: bool) -> tuple[Holding, bool]:
    """Fetch a collection of OGC API Features, unless it was fetched today; such servers tell no state."""
    url = own.url.rstrip("/")
    blank = Holding("boundaries", own.key, own.edition or _today(), url=url)
    held = holdings.holding("boundaries", own.key, edition=blank.edition, readable=True)
    if held and not again and held.url == url and _is_sound(held):
        return held, False
    told = ogc.collection(client, url)
    blank = replace(blank, title=str(told.get("title") or told["id"]), licence=str(told.get("attribution") or ""))
    drawn, columns = _drawn(ogc.read(client, url, told), blank, own.code, own.name)
    about = (("code", columns[0]), ("name", columns[1]))
    return holdings.keep(_stamped(blank, rows=len(drawn), about=about), _table_filler(drawn)), True


def _own_directory(client: Client, own: Own, *, again: bool) -> tuple[Holding, bool]:
    """Fetch an archive with a postcode directory, unless the same state of it is held."""
    held = holdings.holding("postcodes", own.key, edition=own.edition, readable=True)
    same = None if again or held is None or held.url != own.url else held
    kept = _directory(client, Holding("postcodes", own.key, own.edition, url=own.url), same)
    return kept, kept is not held


def _held(source: services.Source) -> Holding | None:
    """Return what is held of a row of the table; of the latest edition the newest."""
    edition = "" if source.edition == LATEST else source.edition
    held = holdings.holding(source.kind, source.key, edition=edition, resolution=source.resolution, readable=True)
    return held if held and held.resolution == source.resolution else None


def _taken_apart(reference: str, edition: str, resolution: str) -> tuple[str, str, str]:
    found = REFERENCE.fullmatch(reference.strip())
    if found is None:
        message = refusal(f"{reference!r} is no key", hint="Write KEY, KEY@EDITION or KEY@EDITION:RESOLUTION.")
        raise ConfigurationError(message)
    for option, beside in (("edition", edition), ("resolution", resolution)):
        inside = found[option]
        if inside and beside and inside != beside:
            raise ConfigurationError(refusal(f"{reference} and {option} {beside} contradict each other"))
    return found["key"], found["edition"] or edition, found["resolution"] or resolution


def _is_sound(held: Holding) -> bool:
    """Tell whether the file of a holding is as it was kept; where it is not, it is fetched again."""
    try:
        holdings.sound(held)
    except InputError:
        return False
    return True


def _same_state(held: Holding, version: str) -> bool:
    return bool(version) and held.version == version and _is_sound(held)


def _fetched(
    client: Client, source: services.Source, held: Holding | None, instead: tuple[tuple[str, str], ...]
) -> Holding:
    """Fetch a row of the table, unless the server says that what is held is the same."""
    blank = Holding(
        source.kind, source.key, source.edition, source.resolution, source.title, source.publisher, source.url,
        source.licence, about=instead,
    )  # fmt: skip
    if source.protocol == "nomis":
        return _of_nomis(client, source, blank)
    if source.protocol == services.ITEM:
        return _directory(client, blank, held, source.rows)
    service = arcgis.described(client, source.url)
    if held and _same_state(held, service.version):
        return held
    _refuse_other_count(source.title, source.rows, service.count)
    if source.edition == LATEST:
        blank = replace(blank, edition=service.edited[:10] or _today())
    return _kept(client, service, blank, source.code, source.name)


def _of_nomis(client: Client, source: services.Source, blank: Holding) -> Holding:
    """Fetch figures, or a table of flows, and keep them; such servers tell no state but the date of figures."""
    if source.kind == "flows":
        frame = nomis.flows(client, source.url, source.title)
    else:
        frame, day = nomis.figures(client, source.url, source.title)
        blank = replace(blank, edition=day if source.edition == LATEST else source.edition, version=day)
    _refuse_other_count(source.title, source.rows, len(frame))
    about = (("columns", ", ".join(map(str, frame.columns))),)
    return holdings.keep(_stamped(blank, rows=len(frame), about=about), _table_filler(frame))


def _directory(client: Client, blank: Holding, held: Holding | None, rows: str = "") -> Holding:
    """Fetch an archive with a postcode directory and keep the columns that are needed, unless that state is held."""
    item = archives.described(client, blank.url)
    if held and _same_state(held, item.version):
        return held
    title = blank.title or item.title or blank.key
    blank = replace(blank, title=title, edition=blank.edition or item.changed[:10] or _today())
    pattern = blank.url.partition("#")[2] or directories.USUAL
    with archives.archive(client, blank.url, title, item.size) as packed, TemporaryDirectory(dir=packed.parent) as made:
        table = Path(made) / "directory.parquet"
        with archives.opened(packed, pattern, title) as opener:
            count = directories.write_directory(opener, table, title)
        _refuse_other_count(title, rows, count)
        about = (("columns", ", ".join(directories.COLUMNS)),)
        stamped = _stamped(blank, rows=count, version=item.version, about=about)
        return holdings.keep(stamped, lambda path: _copy(table, path))


def _copy(table: Path, path: Path) -> None:
    shutil.copyfile(table, path)


def _refuse_other_count(title: str, rows: str, count: int) -> None:
    if rows and int(rows) != count:
        message = refusal(
            f"{title}: the server has {count:,} rows where {int(rows):,} are known",
            hint="It may be another edition under the same address; --service and --as fetch it as it is.",
        )
        raise InputError(message)


def _kept(client: Client, service: arcgis.Service, blank: Holding, code: str, name: str) -> Holding:
    """Read a layer, check it like a file of the user's own, and keep it."""
    found = arcgis.read(client, service, [column for column in (code, name) if column])
    rows, fill = len(found.frame), _table_filler(found.frame)
    about: tuple[tuple[str, str], ...] = (("columns", ", ".join(map(str, found.frame.columns))),)
    if found.geometry is not None:
        drawn, columns = _drawn(found, blank, code, name)
        fill, about = _table_filler(drawn), (("code", columns[0]), ("name", columns[1]))
    stamped = _stamped(blank, rows=rows, version=service.version, about=about)
    kept = holdings.keep(stamped, fill)
    arcgis.forget(found)
    return kept


def _stamped(blank: Holding, *, about: tuple[tuple[str, str], ...], **facts: Any) -> Holding:
    return replace(blank, kept_on=_today(), about=(*about, *blank.about), **facts)


def _today() -> str:
    return date.today().isoformat()  # noqa: DTZ011 - the day where the user is


def _table_filler(frame: pd.DataFrame) -> Callable[[Path], None]:
    def fill(path: Path) -> None:
        frame.to_parquet(path, index=False)

    return fill


def _drawn(found: Fetched, blank: Holding, code: str, name: str) -> tuple[pd.DataFrame, tuple[str, str]]:
    """Return outlines under the columns ``code`` and ``name``, after the checks that any boundary file passes."""
    import geopandas as gpd

    published = gpd.GeoDataFrame(found.frame, geometry=found.geometry, crs=BRITISH_NATIONAL_GRID)
    code, name = find_columns(published, code=code or None, name=name or None, where=blank.name)
    codes = published[code] if code else codes_of_names(clean_names(published[name], published[name]))
    others = published.drop(columns=list({code, name} - {""}))
    others = others.rename(columns={column: f"{column}_published" for column in ("code", "name") if column in others})
    others.insert(0, "code", codes)
    others.insert(1, "name", published[name])
    from_raw(opening.raw_of(blank, others), code="code", name="name")
    return others, (code, name)
