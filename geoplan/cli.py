"""Parse, call, write, exit code: the command line (the only writer)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from geoplan.errors import ConfigurationError, GeoplanError, InputError, OutputError, RunError, escaped
from geoplan.progress import on_terminal

# Everything that costs a second to import is imported inside the commands, so that --help answers at once.
if TYPE_CHECKING:
    from geoplan.atlas import Atlas
    from geoplan.config import Plan
    from geoplan.schema import Finding, Flows, Layer, Tolerance

__all__ = ["cli", "main"]

WEIGHTS = ("people", "working_age", "postcodes", "area")
CRITERIA = (("min", "size"), ("min", "containment"), ("target", "size"), ("target", "containment"))

RAW = "geoplan.raw_csv"
INTERRUPTED = 130
ENDINGS = (click.ClickException, click.exceptions.Exit, click.Abort)
"""What click raises to end a command."""

Command = TypeVar("Command", bound=Callable[..., Any])


class _Refusal(click.ClickException):
    """A refusal of geoplan's, shown as one sentence with its own exit code."""

    def __init__(self, problem: GeoplanError) -> None:
        super().__init__(escaped(str(problem)))
        self.problem = problem

    def show(self, file: Any = None) -> None:
        with suppress(OSError):
            super().show(file)
        sys.exit(self.problem.exit_code)


class _Commands(click.Group):
    """Turns whatever is raised into a sentence and a code at the edge, so that no user sees a stack trace."""

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _edge():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with _edge(), on_terminal():
            return super().invoke(ctx)


@contextmanager
def _edge() -> Iterator[None]:
    ending = None
    try:
        try:
            yield
        except (*ENDINGS, SystemExit) as wanted:
            ending = wanted
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except GeoplanError as problem:
        raise _Refusal(problem) from problem
    except Exception as problem:
        raise _Refusal(_unforeseen(problem)) from problem
    if ending is not None:
        raise ending


def _unforeseen(problem: Exception) -> GeoplanError:
    """Tell what was raised by the screen, which has no file name, from all else; a reader that has gone ends it."""
    if not isinstance(problem, OSError) or problem.filename is not None:
        return RunError("The command", problem)
    _close_screen()
    if isinstance(problem, BrokenPipeError):
        sys.exit(OutputError.exit_code)
    return OutputError(f"the output cannot be written ({problem.strerror or problem}).")


def _close_screen() -> None:
    """Let what is still held for the screen go nowhere, instead of failing again when Python ends."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="geoplan")
def cli() -> None:
    """Audit cluster and partnership boundaries.

    LEFT, RIGHT and LAYER are a catalogue key (geoplan layers), a boundary file (GeoPackage, Shapefile, zipped
    Shapefile, GeoJSON, GeoParquet; FILE#LAYER for a layer inside it), a membership table of your own (CSV or Excel:
    area_id or area_name, and authority codes or names), a lookup (CSV, Excel or Parquet with one row a small area)
    or a table of postcodes; FILE#COLUMN for the column of the areas, such as lookup.csv#ICB24CD. Columns of one file
    are named in it: FILE?code=REF&name=TITLE, of flows FILE?origin=HOME&destination=WORK&workers=N.

    Exit codes: 0 done; 1 findings at or above --fail-on; 2 usage or configuration; 3 input unreadable, or an asked
    area not found; 4 could not run or write.

    An output is never an input or another output of the same run; --out - is the screen.
    """


def main() -> None:
    """Run the command line."""
    _open_screen()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8")
    cli()


def _open_screen() -> None:
    """Give a process whose screen was closed one that takes nothing, before a file gets its number."""
    if sys.stdout is None:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 1)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - open while the process is
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115 - likewise


def _as_of(_: click.Context, __: click.Parameter, value: str) -> date | None:
    from geoplan.catalogue import day_asked

    return day_asked(value) if value else None


def _note_raw(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
    context.meta[RAW] = value


def _options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_shown = click.option("--as-of", callback=_as_of, default="", metavar="DATE",
                      help="Day whose members are shown, or today; by default the data's, 2026-04-01.")  # fmt: skip
_replaced = click.option(
    "--replace", "replace", multiple=True, metavar="KEY=FILE",
    help="Your own whole membership table in place of a shipped one; may be repeated.",
)  # fmt: skip
_columns = _options(
    click.option("--code", default="", metavar="COLUMN", help="Column of codes; of a lookup, its small areas'."),
    click.option("--name", default="", metavar="COLUMN", help="Column of the areas' names."),
    click.option(
        "--dissolve", is_flag=True, help="Join rows of a boundary file that have the same code into one area."
    ),
)
_weighing = _options(
    click.option("--weight", type=click.Choice(WEIGHTS), default="people", show_default=True, help="What is counted."),
    click.option(
        "--tolerance", type=float, default=None, metavar="SHARE",
        help="Share ignored; by default 0 where codes decide and 0.005 where geometry or postcodes do.",
    ),
    click.option("--keep-artefacts", is_flag=True, help="Count pieces that exist only in the drawing as real."),
)  # fmt: skip
_flows_file = click.option("--flows", default="", metavar="FILE",
                           help="Commuting flows of your own (CSV, Parquet) instead of the modelled ones.")  # fmt: skip
_failing = click.option(
    "--fail-on", type=click.Choice(["error", "warning", "info", "never"]), default="never", show_default=True,
    help="End with exit code 1 when there is a finding at or above this.",
)  # fmt: skip

_raw = click.option(
    "--raw-csv", is_flag=True, expose_value=False, callback=_note_raw,
    help="In CSV leave text as it is that a spreadsheet takes for a formula; by default ' stands before it.",
)  # fmt: skip
_form = click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
_out = click.option("--out", default="", metavar="FILE", help="Write to a file instead of the screen.")
_graph = click.option("--graph", default="", metavar="FILE",
                      help="Also write the network itself: .graphml, .gexf or .json (node-link).")  # fmt: skip


@cli.command()
@click.argument("config", default="", required=False)
@click.option("--layers", default="", metavar="K,K", help="Audit every pair of these layers instead of the default.")
@click.option("--focus", default="", metavar="AREA", help="Only findings about one area: code, name or LAYER:NAME.")
@click.option("--out", default="", metavar="DIR", help="Folder for the files.  [default: geoplan-audit]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv", "sarif", "junit"]),
    default="text",
    show_default=True,
    help="What is printed; the files are written in any case.",
)
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "info", "never"]),
    default=None,
    help="End with exit code 1 when there is a finding at or above this.  [default: never]",
)
@click.option(
    "--baseline", default="", metavar="FILE", help="Known findings, which are kept quiet while they do not grow."
)
@click.option("--against", default="", metavar="FILE", help="audit.json of an earlier audit: say what changed since.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that write the areas of a configuration.",
)
@click.option("--fresh", is_flag=True, help="Write every area anew, also those an earlier run finished.")
@_raw
@_shown
@_replaced
@_flows_file
@_weighing
@_columns
def audit(config: str, **asked: Any) -> None:
    """Audit partnership geographies against each other.

    With no CONFIG: the shipped Connect to Work areas against ICBs, health boards, combined authorities and
    skills areas, authorities against ICBs, and how they fit commuting. CONFIG is a geoplan.toml (geoplan init
    writes one): layers, pairs, areas that get files of their own, severities, baseline. Writes findings.csv,
    audit.json, audit.xlsx, audit.gpkg, map.html and brief.html; of lookups, which have no outlines, no map, no
    brief and no GeoPackage. Python: geoplan.audit.run, geoplan.batch.run.
    """  # fmt: skip
    from geoplan import batch, outputs, report

    plan = _plan(config, asked)
    below = ("areas", "index.html") if plan.focus else ()
    names = (*plan.files, *below, *(("changes.csv",) if plan.against else ()))
    if plan.against:
        outputs.refuse_unfinished(Path(plan.against))
    outputs.check_folder("--out", plan.folder, names, outputs.inputs_of(_read_by(plan, config)))
    done = batch.run(plan, jobs=asked["jobs"], resume=not asked["fresh"])
    artifact = Path(config).name if config else "geoplan.toml"
    files = batch.audit_files(done, plan.files, artifact=artifact, fail_on=plan.fail_on, raw=_is_raw())
    outputs.write_folder(Path(plan.folder), {**files, **batch.area_files(done)})
    result = done.result
    printed = {
        "text": lambda: report.summary_text(result, sorted(files), asked["out"] or Path(plan.folder).name),
        "json": lambda: _printed(batch, done, files, "audit.json"),
        "csv": lambda: _printed(batch, done, files, "findings.csv", raw=_is_raw()),
        "sarif": lambda: _printed(batch, done, files, "audit.sarif", artifact=artifact),
        "junit": lambda: _printed(batch, done, files, "audit.junit.xml", fail_on=plan.fail_on),
    }
    for line in report.row_lines(result.layers.values()):
        _say(line, err=True)
    _say(printed[asked["form"]](), nl=False)
    if asked["form"] == "text":
        if done.versus is not None:
            _say("\n".join([done.versus.sentence, *done.versus.notes]))
        if done.areas:
            told, lost = len(done.areas) - len(done.lost), len(done.lost)
            _say(f"Areas: {told} told, {lost} failed; open {Path(plan.folder).name}/index.html.")
    for area in done.lost:
        _say(f"{area.place} could not be told: {area.failure}", err=True)
    if done.lost:
        sys.exit(InputError.exit_code)
    _end(result.findings, plan.fail_on)


def _printed(batch: Any, done: Any, files: Mapping[str, bytes], name: str, **options: Any) -> str:
    """Return a format as text: that of the file, if it was written, else made now."""
    made = files if name in files else batch.audit_files(done, [name], **options)
    return made[name].decode()


def _plan(config: str, asked: Mapping[str, Any]) -> Plan:
    """Make the plan of a configuration file, or of the options, and let options have the last word."""
    from dataclasses import replace

    from geoplan import config as configuring

    if config:
        options = ("layers", "focus", "replace", "flows", "as_of", "code", "name", "dissolve")
        given = [name for name in options if asked[name]]
        if given:
            option = given[0].replace("_", "-")
            message = f"--{option} and a configuration exclude each other: write it into {Path(config).name}."
            raise ConfigurationError(message)
        plan = configuring.load(Path(config))
    else:
        plan = configuring.Plan(audit=_configuration(asked))
    changes = {
        "folder": asked["out"],
        "fail_on": asked["fail_on"],
        "baseline": asked["baseline"],
        "against": asked["against"],
    }
    return replace(plan, raw_csv=_is_raw(), **{name: value for name, value in changes.items() if value})


@cli.command("map")
@click.argument("layers", nargs=-1)
@click.option("--focus", default="", metavar="AREA", help="Show one area: code, name or LAYER:NAME.")
@click.option("--png", is_flag=True, help="A picture for papers instead of a page.")
@click.option(
    "--tiles",
    type=click.Choice(["", "osm"]),
    default="",
    metavar="osm",
    help="Fetch background tiles from OpenStreetMap when the page is open; without it nothing is asked for.",
)
@click.option(
    "--out", default="", metavar="FILE", help="Where to write: .html or .png.  [default: geoplan-map.html or .png]"
)
@_shown
@_replaced
@_flows_file
@_weighing
@_columns
def draw(layers: tuple[str, ...], tiles: str, **asked: Any) -> None:
    """Draw LAYERS on one page, or of the default audit: compared in pairs, with what their borders cut.

    The first two are shaded against each other, the borders of the others lie over them; with --focus, the area's
    partners in the last layer are coloured and named. A picture takes at most three layers. The page needs no
    network and no other file. Python: geoplan.webmap.page, geoplan.plot.png.
    """  # fmt: skip
    from geoplan import audit as auditing

    place = _map_file(asked["out"], png=asked["png"])
    picture = asked["png"] or place.lower().endswith(".png")
    if picture and tiles:
        message = "--tiles puts a background behind a page, and a picture has none: leave out --tiles, or draw a page."
        raise ConfigurationError(message)
    _declare(asked, layers, out=place)
    configured = _configuration({**asked, "layers": ",".join(layers)})
    result = auditing.run(configured, geometry=True)
    _tell_changes(*result.layers.values())
    if picture:
        from geoplan import plot

        _write(plot.png(result), place)
    else:
        from geoplan import webmap

        _write(webmap.page(result, tiles=tiles, outlined=True), place)
    _tell_written(place)


def _tell_written(place: str, more: str = "") -> None:
    from geoplan import outputs

    if not outputs.is_stream(place):
        _say(f"Written: {place}.{more}")


def _map_file(out: str, *, png: bool) -> str:
    """Return where a map goes; the suffix of a file says what it is."""
    from geoplan import outputs

    place = out or ("geoplan-map.png" if png else "geoplan-map.html")
    path = Path(place)
    if outputs.is_stream(place):
        return place
    suffix = path.suffix.lower()
    if suffix not in {".html", ".png"}:
        message = f"{path.name} ends in neither .html nor .png: a map is a page (.html) or a picture (.png)."
        raise ConfigurationError(message)
    if png and suffix != ".png":
        message = (
            f"{path.name} is the name of a page, and --png asks for a picture: leave out --png, or end it in .png."
        )
        raise ConfigurationError(message)
    return place


@cli.command()
@click.option("--out", default="geoplan.toml", show_default=True, metavar="FILE", help="Where to write it.")
def init(out: str) -> None:
    """Write a configuration to start from, with a comment on every line.

    A file that is there already is left alone. Python: geoplan.config.TEMPLATE.
    """
    from geoplan import outputs
    from geoplan.config import TEMPLATE
    from geoplan.sources import stands

    _declare({}, (), out=out)
    if not outputs.is_stream(out) and stands(Path(out)):
        message = f"{out} is there already; remove it, or choose another name with --out."
        raise ConfigurationError(message)
    _write(TEMPLATE, out)
    _tell_written(out, f" Then: geoplan audit {out}")


@cli.command()
@click.argument("action", type=click.Choice(["write", "update", "check"]))
@click.argument("config", default="", required=False)
@click.option(
    "--file", default="", metavar="FILE", help="The baseline.  [default: that of CONFIG, geoplan-baseline.json]"
)
@click.option("--reason", default="not given", metavar="TEXT", help="Why the findings are accepted.")
@click.option("--owner", default="", metavar="WHO", help="Who answers for that.")
@click.option("--expires", default="", metavar="DATE", help="Day after which they count again.")
def baseline(action: str, config: str, file: str, **given: str) -> None:
    """Record findings that are known, so that audits tell only what is new or worse.

    write records every error and warning of the audit of CONFIG (or of the default audit); update takes out what is
    gone, adds what is new and takes today's measures, keeping reasons, owners and days; check lists what the baseline
    keeps quiet, what has grown, and which entries are unused or expired, with exit code 1 if anything is new, grown,
    unused or expired. Python: geoplan.baseline.made, updated, applied.
    """  # fmt: skip
    from dataclasses import replace

    from geoplan import baseline as known
    from geoplan import batch, report, sources
    from geoplan import config as configuring
    from geoplan.catalogue import day_asked
    from geoplan.schema import Severity

    plan = configuring.load(Path(config)) if config else configuring.Plan()
    path = Path(file or plan.baseline or "geoplan-baseline.json")
    asked = replace(
        plan, baseline=str(path) if action == "check" else "", against="", focus=(), files=("findings.csv",)
    )
    if action != "check":
        _declare({}, _read_by(replace(plan, baseline=""), config), file=str(path))
    done = batch.run(asked)
    result, judged = done.result, done.result.known
    serious = [finding for finding in result.findings if finding.severity is not Severity.INFO]
    if action == "check":
        assert judged is not None  # noqa: S101 - the plan has a baseline
        _say(report.findings_text(judged.findings), nl=False)
        _say(report.quiet_text(judged), nl=False)
        if serious or judged.unused or judged.expired:
            sys.exit(1)
        return
    if given["expires"]:
        day_asked(given["expires"])
    if action == "write" and sources.stands(path):
        message = f"{path.name} is there already: geoplan baseline update keeps its reasons."
        raise ConfigurationError(message)
    entries = known.made(serious, **given)
    if action == "update":
        entries = known.updated(known.read(sources.read_document(path), path.name), serious)
    _write(known.written(entries), str(path))
    _say(f"{path.name}: {len(entries)} findings recorded.")


def _configuration(asked: Mapping[str, Any]) -> Any:
    from geoplan.audit import Configuration
    from geoplan.schema import Weight

    options: dict[str, Any] = {
        "focus": asked["focus"],
        "as_of": asked["as_of"],
        "weight": Weight(asked["weight"]),
        "tolerance": _tolerance(asked["tolerance"], keep_artefacts=asked["keep_artefacts"]),
        "replacements": _replacements(asked["replace"]),
        "flows": asked["flows"],
        "code": asked["code"],
        "name": asked["name"],
        "dissolve": asked["dissolve"],
    }
    keys = [key.strip() for key in asked["layers"].split(",") if key.strip()]
    if asked["layers"] and not keys:
        message = "--layers names no layer."
        raise ConfigurationError(message)
    return Configuration.of_layers(keys, **options) if keys else Configuration(**options)


def _tolerance(share: float | None, *, keep_artefacts: bool) -> Tolerance:
    from geoplan.schema import Tolerance

    if share is None:
        return Tolerance(keep_artefacts=keep_artefacts)
    return Tolerance(codes=share, drawn=share, keep_artefacts=keep_artefacts)


def _replacements(pairs: Sequence[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        key, equals, file = pair.partition("=")
        if not equals or not key or not file:
            message = f"--replace {pair!r} is not KEY=FILE, such as connect_to_work=annex_d.csv."
            raise ConfigurationError(message)
        found[key] = file
    return found


def _end(findings: Sequence[Finding], fail_on: str) -> None:
    from geoplan.grading import counts_against

    if any(counts_against(finding, fail_on) for finding in findings):
        sys.exit(1)


@cli.command()
@click.argument("left")
@click.argument("right")
@_weighing
@_raw
@click.option("--format", "form", type=click.Choice(["csv", "json", "text"]), default=None,
              help="Text on the screen and CSV into a file by default.")  # fmt: skip
@click.option("--out", default="", metavar="FILE", help="Write to a file instead of the screen.")
@_shown
@_replaced
@_columns
def compare(left: str, right: str, form: str | None, out: str, **asked: Any) -> None:
    """Compare two layers: who is the same, who lies inside whom, who is cut.

    Every pair that meets is a row, drawing artefacts too; the rest of an area is a row with an empty right
    code. Where both are shipped layers or membership tables, or both lookups from the same small areas, tables
    are joined and no line is looked at. JSON adds why each row counts as real or as an artefact.
    Python: geoplan.audit.compare.
    """
    from geoplan import audit as auditing
    from geoplan import report
    from geoplan.schema import Weight

    _declare(asked, (left, right), out=out)
    pair = auditing.compare(
        left,
        right,
        atlas=_library(asked),
        weight=Weight(asked["weight"]),
        tolerance=_tolerance(asked["tolerance"], keep_artefacts=asked["keep_artefacts"]),
        code=asked["code"],
        name=asked["name"],
    )
    for layer in (pair.overlay.left, pair.overlay.right):
        for line in report.reading_lines(layer):
            _say(line, err=True)
    for note in pair.overlay.notes:
        _say(f"{note.rule}: {note.message}", err=True)
    for line in report.unpeopled_lines(pair):
        _say(line, err=True)
    _tell_changes(pair.overlay.left, pair.overlay.right)
    chosen = form or ("csv" if out else "text")
    if chosen == "text":
        _write(report.compare_text(pair), out)
    else:
        table = _csv(report.compare_table(pair)) if chosen == "csv" else report.compare_json(pair)
        _write(table, out)


@cli.command()
@click.argument("layer")
@_raw
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "json", "geojson"]), default="text", show_default=True
)
@_failing
@_columns
@_shown
def check(layer: str, form: str, fail_on: str, **asked: Any) -> None:
    """Tell whether a layer is sound: gaps, overlaps, codes, coordinate system, validity.

    The first line says so and counts what is wrong; islands come last. As GeoJSON each gap and overlap has its
    own outline.
    LAYER is a boundary file, a membership table, a lookup or a catalogue key. Python: geoplan.audit.check.
    """
    from geoplan import audit as auditing
    from geoplan import report
    from geoplan.atlas import Atlas

    columns = {option: asked[option] for option in ("code", "name", "dissolve")}
    checked, findings = auditing.check(layer, atlas=Atlas(as_of=asked["as_of"], **columns))
    _tell_changes(checked)
    if form == "text":
        _say(report.check_text(checked, findings), nl=False)
    elif form == "geojson":
        _say(report.findings_geojson(findings, checked), nl=False)
    else:
        _say(_table(report.findings_table(findings), form), nl=False)
    _end(findings, fail_on)


@cli.command()
@click.argument("key", default="")
@_raw
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
@_shown
def layers(key: str, form: str, as_of: date | None) -> None:
    """List the catalogue; with KEY, that layer's areas.

    Python: geoplan.catalogue.catalogue and geoplan.atlas.Atlas.layer.
    """
    from geoplan import catalogue, report

    if key:
        from geoplan.atlas import Atlas

        layer = Atlas(as_of=as_of).layer(key)
        _tell_changes(layer)
        table = layer.areas.reset_index().drop(columns="geometry", errors="ignore")
        text = report.layer_text(layer) if form == "text" else ""
    else:
        import pandas as pd

        table = pd.DataFrame([vars(entry) for entry in catalogue.catalogue().values()])
        day = as_of or catalogue.default_as_of()
        text = report.catalogue_text(catalogue.catalogue(), day) if form == "text" else ""
    _say(text or _table(table, form), nl=False)


@cli.command()
@click.argument("place", nargs=-1, required=True)
@_raw
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
@_shown
@_replaced
def lookup(place: tuple[str, ...], form: str, **asked: Any) -> None:
    """List every partnership that covers PLACE: a postcode, an authority or an area.

    Python: geoplan.atlas.lookup.
    """
    import json

    from geoplan import atlas, report

    found = atlas.lookup(" ".join(place), atlas=_library(asked))
    if form == "json":
        areas, partners = (json.loads(report.table_json(table)) for table in (found.areas, found.partners))
        said = {"place": found.title, "areas": areas, "partners": partners, "changes": found.changes}
        said |= {"remarks": found.remarks}
        _say(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        if form == "csv":
            _say("".join(f"{sentence}\n" for sentence in (*found.remarks, *found.changes)), nl=False, err=True)
        text = report.lookup_text(found) if form == "text" else _csv(found.areas)
        _say(text, nl=False)


@cli.command()
@click.argument("code", default="")
def rule(code: str) -> None:
    """Explain a rule: what it means, why it matters, what to do; without CODE, list all.

    Python: geoplan.findings.rule.
    """
    from geoplan import findings, report

    chosen = [findings.rule(code)] if code else list(findings.RULES.values())
    _say(report.rule_text(chosen, whole=bool(code)), nl=False)


@cli.command()
@click.argument("left")
@click.argument("right")
@click.argument("more", nargs=-1)
@_weighing
@_form
@_raw
@_out
@_graph
@_shown
@_replaced
@_columns
def blocks(left: str, right: str, more: tuple[str, ...], form: str, out: str, graph: str, **asked: Any) -> None:
    """Find common blocks: the smallest groupings on which two or more layers agree.

    Biggest first, with the overlaps that tie the largest together: cutting the weakest would break it in two.
    Python: geoplan.alignment.blocks.
    """
    from geoplan import alignment, netreport
    from geoplan.schema import Weight

    netreport.check_suffix(graph)
    _declare(asked, (left, right, *more), **_places(out, graph=graph))
    atlas = _library(asked)
    found = alignment.blocks(
        left,
        right,
        *more,
        atlas=atlas,
        weight=Weight(asked["weight"]),
        tolerance=_tolerance(asked["tolerance"], keep_artefacts=asked["keep_artefacts"]),
        code=asked["code"],
        name=asked["name"],
    )
    _tell_changes(*(atlas.layer(one, code=asked["code"], name=asked["name"]) for one in (left, right, *more)))
    printed = {
        "text": lambda: netreport.blocks_text(found),
        "json": lambda: netreport.blocks_json(found),
        "csv": lambda: _csv(netreport.blocks_table(found)),
    }
    _write_with_graph(printed[form](), out, found.graph, graph)


@cli.command()
@click.argument("layer")
@_form
@_raw
@_out
@_graph
@_shown
@_replaced
@_columns
def contiguity(layer: str, form: str, out: str, graph: str, **asked: Any) -> None:
    """Tell which areas of a layer are in pieces, and what holds the others together.

    Bridges, tunnels and ferries join, and are named where an area is one only by them; so are the authorities
    whose leaving would split it, and pieces wholly surrounded by one other area. Of a boundary file the
    polygons are the pieces. Python: geoplan.alignment.contiguity.
    """
    from geoplan import alignment, netreport

    netreport.check_suffix(graph)
    _declare(asked, (layer,), **_places(out, graph=graph))
    atlas = _library(asked)
    found = alignment.contiguity(layer, atlas=atlas, code=asked["code"], name=asked["name"])
    _tell_changes(atlas.layer(layer, code=asked["code"], name=asked["name"]))
    printed = {
        "text": lambda: netreport.contiguity_text(found),
        "json": lambda: netreport.contiguity_json(found),
        "csv": lambda: _csv(netreport.contiguity_table(found)),
    }
    _write_with_graph(printed[form](), out, found.graph, graph)


@cli.command()
@click.argument("left")
@click.argument("right")
@click.option(
    "--goal",
    type=click.Choice(["clean", "nest", "whole"]),
    default=None,
    help="clean (default): of two areas that meet one lies inside the other; nest: each lies inside one; "
    "whole: each is made of whole ones.",
)
@click.option(
    "--pair", default="", metavar="A=B", help="Make one left area, by code or name, the same as one right one."
)
@_form
@_raw
@_out
@click.option("--layer", default="", metavar="FILE", help="Also write what moves as a map layer (.geojson).")
@_shown
@_replaced
@_columns
def realign(left: str, right: str, goal: str | None, pair: str, form: str, out: str, layer: str, **asked: Any) -> None:
    """Find the fewest authorities, then people, whose move would make LEFT agree with RIGHT.

    Both must be made of authorities: catalogue keys or membership tables. No area is emptied or falls into more
    pieces than today; what cannot be reached is named with the reason. Python: geoplan.alignment.realign.
    """
    from geoplan import alignment, netreport
    from geoplan.realignment import Goal

    netreport.check_suffix(layer, (".geojson", ".json"))
    _declare(asked, (left, right), **_places(out, layer=layer))
    wanted = _pair_of(pair)
    if wanted and goal:
        message = "--goal and --pair cannot be had together: a pair is a goal of its own."
        raise ConfigurationError(message)
    chosen = Goal.PAIR if wanted else Goal(goal or "clean")
    atlas = _library(asked)
    found = alignment.realign(left, right, goal=chosen, pair=wanted, atlas=atlas)
    _tell_changes(atlas.layer(left), atlas.layer(right))
    printed = {
        "text": lambda: netreport.realign_text(found),
        "json": lambda: netreport.realign_json(found),
        "csv": lambda: _csv(netreport.moves_table(found)),
    }
    if layer:
        _write(netreport.moves_geojson(found), layer)
    _write(printed[form](), out)


def _pair_of(text: str) -> tuple[str, str] | None:
    left, equals, right = text.partition("=")
    if text and not (equals and left.strip() and right.strip()):
        message = f"--pair {text!r} is not A=B, such as ctw-suffolk=E54000023."
        raise ConfigurationError(message)
    return (left.strip(), right.strip()) if text else None


_criteria = _options(
    click.option("--min-size", type=float, default=3500.0, show_default=True, metavar="N",
                 help="Working residents below which no area passes."),
    click.option("--min-containment", type=float, default=0.667, show_default=True, metavar="S",
                 help="Self-containment that suffices from the target size on."),
    click.option("--target-size", type=float, default=25000.0, show_default=True, metavar="N",
                 help="Working residents from which the smallest self-containment suffices."),
    click.option("--target-containment", type=float, default=0.75, show_default=True, metavar="S",
                 help="Self-containment that an area of the smallest size needs."),
)  # fmt: skip


@cli.command("labour-markets")
@click.argument("flows", default="", required=False)
@click.option(
    "--zones", default="", metavar="LAYER",
    help="Layer whose areas are the zones, by code or, of authorities, by name; others are refused.",
)  # fmt: skip
@click.option(
    "--method",
    type=click.Choice(["uk", "istat"]),
    default="uk",
    show_default=True,
    help="Whether a whole area dissolves at a time, or one zone leaves it.",
)
@click.option(
    "--test",
    type=click.Choice(["validity", "line"]),
    default="validity",
    show_default=True,
    help="Published form of the criterion.",
)
@click.option(
    "--rest",
    type=click.Choice(["package", "summed"]),
    default=None,
    help="With --method istat, what is left of an area a zone has left: package (default), scored by its lowest pair "
    "of one flow and one zone, as LabourMarketAreas does, so that it nearly always falls apart; summed, by its "
    "totals, as published, and always so with --test line.",
)
@_criteria
@click.option("--contiguous", is_flag=True, help="Move pieces cut off from the rest of their area; authorities only.")
@click.option("--trail", is_flag=True, help="Add every step to the JSON.")
@click.option(
    "--runs",
    type=click.IntRange(min=0, max=10_000),
    default=20,
    show_default=True,
    metavar="N",
    help="Runs with shuffled order and flows drawn anew, for the stability; 0 for none.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=2**32 - 1),
    default=1,
    show_default=True,
    metavar="N",
    help="Seed of the runs.",
)
@_form
@_raw
@_out
@_shown
@_replaced
@_columns
def labour_markets(flows: str, form: str, out: str, **asked: Any) -> None:
    """Find labour market areas: groups of zones in which most who live there work there.

    FLOWS is a CSV or Parquet file with origin, destination and workers, as the census has it; without one the
    modelled flows between authorities are taken. Each zone has its stability: the share of runs in which it stays
    with the core of its area. Python: geoplan.commuting.delineated.
    """  # fmt: skip
    from geoplan import commutereport, commuting
    from geoplan.labour_markets import Criteria

    _declare(asked, (flows, asked["zones"]), out=out)
    criteria = Criteria(*(asked[f"{one}_{two}"] for one, two in CRITERIA))
    told = commuting.delineated(
        flows, atlas=_library(asked), criteria=criteria,
        rest=asked["rest"] or "",
        **{name: asked[name] for name in ("zones", "method", "test", "contiguous", "trail", "runs", "seed")},
    )  # fmt: skip
    _tell_notes(told.flows)
    printed = {
        "text": lambda: commutereport.markets_text(told),
        "json": lambda: commutereport.markets_json(told),
        "csv": lambda: _csv(commutereport.markets_table(told)),
    }
    _write(printed[form](), out)


@cli.command()
@click.argument("layer")
@_flows_file
@_criteria
@click.option("--matrix", default="", metavar="FILE", help="Also write the workers between the areas as CSV.")
@_form
@_raw
@_out
@_shown
@_replaced
@_columns
def containment(layer: str, form: str, out: str, matrix: str, **asked: Any) -> None:
    """Score the areas of LAYER as labour markets: who works where they live, and where the others go.

    Supply is the share of working residents who work in their area, demand the share of its jobs that they fill;
    also named are the largest leaks and the labour market areas that the layer's boundaries cut. Without --flows
    the commuting between authorities is modelled. Python: geoplan.commuting.containment.
    """
    from geoplan import commutereport, commuting
    from geoplan.labour_markets import Criteria

    _declare(asked, (layer,), **_places(out, matrix=matrix))
    criteria = Criteria(*(asked[f"{one}_{two}"] for one, two in CRITERIA))
    told = commuting.containment(
        layer, atlas=_library(asked), criteria=criteria, code=asked["code"], name=asked["name"]
    )
    _tell_notes(told.flows)
    _tell_changes(told.layer)
    printed = {
        "text": lambda: commutereport.containment_text(told),
        "json": lambda: commutereport.containment_json(told),
        "csv": lambda: _csv(commutereport.containment_table(told)),
    }
    if matrix:
        _write(_csv(commutereport.matrix_table(told)), matrix)
    _write(printed[form](), out)


def _tell_notes(flows: Flows) -> None:
    for note in flows.notes if flows.kind != "modelled" else ():
        _say(f"{note.rule}: {note.message}", err=True)


def _tell_changes(*layers: Layer) -> None:
    """Say on the side what is known to change in the layers shown after their day, and how their rows were used."""
    from geoplan import report

    for line in [*report.change_lines(layers), *report.row_lines(layers)]:
        _say(line, err=True)


def _say(text: str, *, nl: bool = True, err: bool = False) -> None:
    from geoplan import outputs

    outputs.say(f"{text}\n" if nl else text, err=err)


def _write(content: str | bytes, out: str) -> None:
    from geoplan import outputs

    outputs.write(content, out)


def _declare(asked: Mapping[str, Any], references: Iterable[str], **given: str) -> None:
    """Refuse outputs that would destroy an input or each other, before any work."""
    from geoplan import outputs

    read = [*references, *_replacements(asked.get("replace", ())).values(), asked.get("flows", "")]
    outputs.check({f"--{option}": place for option, place in given.items()}, outputs.inputs_of(read))


def _places(out: str, **more: str) -> dict[str, str]:
    """Return the places of a command's outputs: the main one, by default the screen, and others if asked for."""
    return {"out": out, **{option: place for option, place in more.items() if place}}


def _read_by(plan: Plan, config: str) -> list[str]:
    """Return references to all that the audit of a plan reads."""
    asked = plan.audit
    named = [choice.source for choice in asked.named.values()]
    own = [key for key in asked.keys if key not in asked.named]
    return [*own, *named, *asked.replacements.values(), asked.flows, plan.baseline, plan.against, config]


def _write_with_graph(text: str, out: str, network: Any, graph: str) -> None:
    from geoplan import netreport

    if graph:
        _write(netreport.graph_text(network, Path(graph).suffix), graph)
    _write(text, out)


def _library(asked: Mapping[str, Any]) -> Atlas:
    from geoplan.atlas import Atlas

    return Atlas(
        as_of=asked["as_of"],
        replacements=_replacements(asked["replace"]),
        flows=asked.get("flows", ""),
        code=asked.get("code", ""),
        name=asked.get("name", ""),
        dissolve=asked.get("dissolve", False),
    )


def _csv(table: Any) -> str:
    from geoplan import report

    return report.table_csv(table, raw=_is_raw())


def _is_raw() -> bool:
    """Tell whether --raw-csv was asked for: what it means is the same for every table of a command."""
    return bool(click.get_current_context().meta.get(RAW))


def _table(table: Any, form: str) -> str:
    from geoplan import report

    return report.table_json(table) if form == "json" else _csv(table)
