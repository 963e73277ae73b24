"""Batch audits: one configuration, many areas, known findings, an earlier audit; shared work, resumable."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import msgpack

from geoplan.auditing import audit, focused, opening
from geoplan.auditing.config import Plan
from geoplan.auditing.judging import findings
from geoplan.auditing.judging.baseline import Entry, applied
from geoplan.auditing.judging.baseline import read as read_baseline
from geoplan.auditing.judging.grading import graded
from geoplan.auditing.profiles.area_figures import area_figures
from geoplan.auditing.profiles.profile import opened_all
from geoplan.auditing.results import AuditResult
from geoplan.auditing.versus import Scope, Versus, compared, read_audit, refuse_unlike
from geoplan.commuting.atlas import Atlas
from geoplan.data import cache as kept
from geoplan.data.membership.own.steps import state
from geoplan.data.readers import documents
from geoplan.errors import GeoplanError, InputError, carefully, refusal
from geoplan.progress import each
from geoplan.schema import Finding
from geoplan.spreading.spread import spread
from geoplan.spreading.versions import program

__all__ = ["AREA_FILES", "DRAWN", "Area", "Batch", "Telling", "areas_of", "gathered", "judged", "slug"]

AREA_FILES = ("brief.html", "brief.docx", "map.html", "findings.csv")
"""What each area of a batch gets."""
DRAWN = ("map.html", "brief.html", "brief.docx", "audit.gpkg")
KIND = "area"
LONGEST_FOLDER = 80


@dataclass(frozen=True)
class Area:
    """One area of a batch.

    Parameters
    ----------
    place
        As it was asked for, ``layer:code`` where it stands for every area of a layer.
    folder
        Where its files go, below the output folder.
    name, layer
        What it is called, and the title of its layer.
    counts
        Findings by severity; empty where the area failed.
    files
        Name -> content.
    failure
        Why it could not be told; empty where it could.
    ground
        Its layer's key and its code, which no two areas share.
    figures
        From `geoplan.auditing.profiles.area_figures.area_figures`; empty where the area failed.
    blocks
        The shipped blocks it is made of.
    """

    place: str
    folder: str
    name: str
    layer: str
    counts: Mapping[str, int]
    files: Mapping[str, bytes]
    failure: str = ""
    ground: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Batch:
    """What a batch audit came to.

    Parameters
    ----------
    result
        The whole audit: its findings are graded, and those that the baseline keeps quiet are left out; with one
        (GP901) for each area that could not be told.
    versus
        What changed since an earlier audit; None without one.
    areas
        In the order asked for.
    """

    result: AuditResult
    versus: Versus | None
    areas: tuple[Area, ...]

    @property
    def lost(self) -> tuple[Area, ...]:
        """The areas that could not be told."""
        return tuple(area for area in self.areas if area.failure)


@dataclass(frozen=True)
class Telling:
    """How an audit is written: given by those who write, since auditing knows no medium.

    Parameters
    ----------
    record
        Of an audit, all of it as text; what differs in it differs in its files.
    files
        Of the audit of one area, and whether cells stay as they are, name -> content.
    """

    record: Callable[[AuditResult], str]
    files: Callable[[AuditResult, bool], dict[str, bytes]]


def gathered(
    plan: Plan,
    telling: Telling,
    *,
    today: date | None = None,
    resume: bool = True,
    atlas: Atlas | None = None,
) -> Batch:
    """Run a configuration: every layer is read once, every pair overlaid once, every area told from that.

    Parameters
    ----------
    plan
        From `geoplan.auditing.config.load`.
    telling
        How the areas asked for are written.
    today
        Day by which entries of the baseline expire; by default the machine's.
    resume
        Whether areas that an earlier run finished, with the same inputs and parameters, are taken from the cache.
    atlas
        Where to open layers, with outlines where files are to be drawn; by default a new one.

    Returns
    -------
    Batch
        The whole audit and every area. An area that cannot be told is a finding; the others are told.

    Raises
    ------
    GeoplanError
        If the whole audit cannot run: a layer cannot be opened, or the baseline or the earlier audit read.
    """
    known_file, earlier_file = Path(plan.baseline), Path(plan.against)
    entries = read_baseline(documents.read_document(known_file), known_file.name) if plan.baseline else []
    earlier = read_audit(documents.read_document(earlier_file), earlier_file.name) if plan.against else None
    drawn = any(name in DRAWN for name in plan.files) or bool(plan.focus)
    atlas = atlas or opening.atlas_for(plan.audit, geometry=drawn)
    if earlier is not None:
        # Before the work is done.
        focus = opening.focus_of(plan.audit, atlas)
        refuse_unlike(audit.parameters(plan.audit, atlas), focus, earlier, earlier_file.name)
    result = judged(audit.run(plan.audit, geometry=drawn, atlas=atlas, lenient=True), plan)
    found = result.findings
    if earlier is not None:
        result = replace(result, changes=compared(found, earlier, earlier_file.name, result=result).by_id)
    if plan.baseline:
        day = today or date.today()  # noqa: DTZ011
        known = applied(found, entries, today=day, file=known_file.name, looked_at=_looked_at(result))
        result = replace(result, known=known, findings=known.told)
    places = areas_of(plan.focus, result)
    areas = _housed(_areas(places, _Told(result, atlas, telling, plan.raw_csv), resume=resume))
    failed = [_failed(area) for area in areas if area.failure]
    result = replace(result, findings=(*failed, *result.findings))
    if earlier is None:
        return Batch(result, None, areas)
    versus = compared([*failed, *found], earlier, earlier_file.name, result=result)
    return Batch(replace(result, changes=versus.by_id), versus, areas)


def judged(result: AuditResult, plan: Plan) -> AuditResult:
    """Grade the findings of an audit, and note by what settings of a plan."""
    asked = {**result.parameters, "rules": [asdict(setting) for setting in plan.settings]}
    return replace(result, findings=graded(result.findings, plan.settings), parameters=asked)


def _looked_at(result: AuditResult) -> Callable[[Entry], bool]:
    """Return whether an audit could have found what an entry of a baseline records."""
    scope = Scope.of(result)
    return lambda entry: result.focus is None and scope.covers(entry.rule, entry.layer, entry.other_layer)


def _failed(area: Area) -> Finding:
    return findings.not_run(area.place, f"The audit of {area.place}", area.failure)


def areas_of(asked: Iterable[str], result: AuditResult) -> list[str]:
    """Return the areas that a configuration asks for one by one.

    Parameters
    ----------
    asked
        Codes, names, ``LAYER:NAME``, or ``LAYER:*`` for every area of a layer of the audit.
    result
        Of the whole audit.

    Returns
    -------
    list of str
        Each once, in the order asked for and then of the codes; ``LAYER:*`` of a layer that is not audited stays, to
        be told as an area that is not there.
    """
    places: list[str] = []
    for place in asked:
        key, _, rest = place.partition(":")
        every = rest == "*" and key in result.layers
        places += [f"{key}:{code}" for code in result.layers[key].areas.index] if every else [place]
    return list(dict.fromkeys(places))


@dataclass(frozen=True, eq=False)
class _Told:
    """What all areas are told from."""

    result: AuditResult
    atlas: Atlas
    telling: Telling
    raw: bool


def _areas(places: list[str], told: _Told, *, resume: bool) -> Iterator[Area]:
    """Tell areas, but take those that an earlier run finished from the cache."""
    if not places:
        return
    print_of = _fingerprint(told.result, told.atlas, told.telling) if resume else ""
    # Opened before it is shared: the geographies that areas are told by, too.
    opened_all(told.atlas)
    keys = {place: hashlib.sha256(f"{print_of}|{told.raw}|{place}".encode()).hexdigest() for place in places}
    known = {place: found for place in places if print_of and (found := _known(keys[place], place))}
    made = spread(_area, [place for place in places if place not in known], told)
    for place in each(places, "Telling areas", len(places)):
        area = known.get(place) or next(made)
        if print_of and place not in known and not area.failure:
            kept.store(KIND, keys[place], msgpack.packb(dict(vars(area))), keep_others=True)
        yield area


def _known(key: str, place: str) -> Area | None:
    content = kept.load(KIND, key)
    return None if content is None else _unpacked(content, place)


def _area(told: _Told, place: str) -> Area:
    """Tell one area, or why it cannot be told."""
    try:
        with carefully(f"The audit of {place}"):
            return _made(place, told)
    except GeoplanError as problem:
        return Area(place, "", place, "", {}, {}, str(problem))


def _made(place: str, told: _Told) -> Area:
    result = told.result
    key, _, rest = place.partition(":")
    if rest == "*":
        raise InputError(refusal(f"{key} is not audited", hint=f"Audited: {', '.join(result.layers)}."))
    own = focused.focused(result, place, told.atlas)
    assert own.focus is not None  # noqa: S101 - focused by its name
    counts = dict.fromkeys(("error", "warning", "info"), 0)
    for finding in own.findings:
        counts[str(finding.severity)] += 1
    files = told.telling.files(own, told.raw)
    title = own.layers[own.focus.layer].title if own.focus.layer in own.layers else own.focus.layer
    ground, held = f"{own.focus.layer}:{own.focus.code}", tuple(sorted(own.focus.blocks))
    figures = area_figures(own, own.focus)
    return Area(place, "", own.focus.name, title, counts, files, ground=ground, figures=figures, blocks=held)


def _unpacked(content: memoryview, place: str) -> Area | None:
    """Return an area from the cache; none from an entry that is not about this one, or holds other files."""
    try:
        area = Area(**msgpack.unpackb(content))
        area = replace(area, blocks=tuple(area.blocks))
    except (ValueError, TypeError, msgpack.UnpackException):
        return None
    as_told = area.place == place and not area.folder and not area.failure and set(area.files) == set(AREA_FILES)
    return area if as_told and all(isinstance(each, bytes) for each in area.files.values()) else None


def _housed(areas: Iterable[Area]) -> tuple[Area, ...]:
    """Give every area a folder of its own: by layer, code and name, with a hash where these are cut or alike."""
    areas = tuple(areas)
    grounds = {area.ground: f"{area.ground}-{area.name}" for area in areas if not area.failure}
    plain = {ground: slug(text) for ground, text in grounds.items()}
    hashed = {
        ground: f"{name[:LONGEST_FOLDER]}-{hashlib.sha256(ground.encode()).hexdigest()[:12]}"
        for ground, name in plain.items()
    }
    alike = Counter(plain.values())
    folders = {
        ground: name if alike[name] == 1 and len(name) <= LONGEST_FOLDER else hashed[ground]
        for ground, name in plain.items()
    }
    if len(set(folders.values())) < len(folders):
        folders = hashed
    return tuple(replace(area, folder=folders.get(area.ground, "")) for area in areas)


def slug(text: str) -> str:
    """Return a name that any file system takes.

    Examples
    --------
    >>> slug("connect_to_work:ctw/dorset-Dorset and BCP (Bournemouth)")
    'connect_to_work-ctw-dorset-dorset-and-bcp-bournemouth'
    """
    return re.sub(r"[^a-z0-9_]+", "-", text.casefold()).strip("-")


def _fingerprint(result: AuditResult, atlas: Atlas, telling: Telling) -> str:
    """Hash all that an area's files depend on: the audit, what it read, the data that ships and the code."""
    digest = hashlib.sha256(_code().encode())
    digest.update(telling.record(result).encode())
    digest.update(repr(sorted(result.changes.items())).encode())
    digest.update(repr([(str(file), atlas.state(file)) for file in atlas.files]).encode())
    digest.update(repr(state()).encode())
    for layer in result.layers.values():
        digest.update(f"{layer.key} {layer.resolution}".encode())
        digest.update(layer.areas.drop(columns="geometry", errors="ignore").to_csv().encode())
    for key, pair in ((str(pair.keys), pair) for pair in result.pairs):
        digest.update(key.encode())
        digest.update(pair.overlay.table.to_csv().encode())
    return digest.hexdigest()


@cache
def _code() -> str:
    """Hash the program, the data that ships and the libraries: what others wrote is no result of these."""
    # One that is found twice on the path is still one.
    libraries = sorted({f"{each.name} {each.version}" for each in distributions()})
    return hashlib.sha256("".join([program(), *libraries]).encode()).hexdigest()
