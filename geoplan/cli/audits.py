"""Commands that audit: audit, baseline, init."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.options import (
    column_options,
    configuration,
    flows_option,
    indicator_option,
    is_raw,
    raw_option,
    replaced_option,
    shown_option,
    wards_option,
    weighing_options,
    workers_options,
)
from geoplan.cli.speaking import declare, end, read_by, say, tell_written, write
from geoplan.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from geoplan.auditing.batch import Batch
    from geoplan.auditing.config import Plan

__all__ = []


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
    "--rank",
    type=click.Choice(["people", "need"]),
    default=None,
    help="Order of findings of one severity: by what they measure, or by people out of work.  [default: people]",
)
@click.option("--fresh", is_flag=True, help="Write every area anew, also those an earlier run finished.")
@raw_option
@shown_option
@replaced_option
@flows_option
@wards_option
@indicator_option
@weighing_options
@column_options
@workers_options
def audit(config: str, **asked: Any) -> None:
    """Audit partnership geographies against each other.

    With no CONFIG: the shipped Connect to Work areas against ICBs, health boards, combined authorities and
    skills areas, authorities against ICBs, and how they fit commuting. CONFIG is a geoplan.toml (geoplan init
    writes one): layers, pairs, areas that get files of their own, severities, baseline. Writes findings.csv,
    audit.json, audit.xlsx, audit.gpkg, map.html, brief.html and, to edit, brief.docx; of lookups, which have no
    outlines, no map, no brief and no GeoPackage. Python: geoplan.audit.
    """  # fmt: skip
    from geoplan.output import media
    from geoplan.output.text import audit_lines, layer_lines
    from geoplan.writing import folders, places

    plan = _plan(config, asked)
    below = ("areas", "index.html") if plan.focus else ()
    names = (*plan.files, *below, *(("changes.csv",) if plan.against else ()))
    if plan.against:
        folders.refuse_unfinished(Path(plan.against))
    places.check_folder("--out", plan.folder, names, places.inputs_of(read_by(plan, config)))
    # Labour markets come last; those of a configuration may not come at all.
    with nullcontext() if config else _kernels_ahead():
        done = media.run(plan, resume=not asked["fresh"])
    artifact = Path(config).name if config else "geoplan.toml"
    files = media.audit_files(done, plan.files, artifact=artifact, fail_on=plan.fail_on, raw=is_raw())
    folders.write_folder(Path(plan.folder), {**files, **media.area_files(done)})
    result = done.result
    printed = {
        "text": lambda: audit_lines.summary_text(result, sorted(files), asked["out"] or Path(plan.folder).name),
        "json": lambda: _printed(done, files, "audit.json"),
        "csv": lambda: _printed(done, files, "findings.csv", raw=is_raw()),
        "sarif": lambda: _printed(done, files, "audit.sarif", artifact=artifact),
        "junit": lambda: _printed(done, files, "audit.junit.xml", fail_on=plan.fail_on),
    }
    for line in layer_lines.row_lines(result.layers.values()):
        say(line, err=True)
    say(printed[asked["form"]](), nl=False)
    if asked["form"] == "text":
        if done.versus is not None:
            say("\n".join([done.versus.sentence, *done.versus.notes]))
        if done.areas:
            told, lost = len(done.areas) - len(done.lost), len(done.lost)
            say(f"Areas: {told} told, {lost} failed; open {Path(plan.folder).name}/index.html.")
    for area in done.lost:
        say(f"{area.place} could not be told: {area.failure}", err=True)
    if done.lost:
        sys.exit(InputError.exit_code)
    end(result.findings, plan.fail_on)


def _kernels_ahead() -> AbstractContextManager[None]:
    """Compile beside the audit what a machine's first run must for its labour markets."""
    from geoplan.engine.delineating import compiled
    from geoplan.engine.first_run import compiled_ahead

    return compiled_ahead(compiled)


def _printed(done: Batch, files: Mapping[str, bytes], name: str, **options: Any) -> str:
    """Return a format as text: that of the file, if it was written, else made now."""
    from geoplan.output import media

    made = files if name in files else media.audit_files(done, [name], **options)
    return made[name].decode()


def _plan(config: str, asked: Mapping[str, Any]) -> Plan:
    """Make the plan of a configuration file, or of the options, and let options have the last word."""
    from dataclasses import replace

    from geoplan.auditing import config as configuring

    if config:
        options = (
            "layers",
            "focus",
            "replace",
            "flows",
            "wards",
            "indicator",
            "as_of",
            "code",
            "name",
            "dissolve",
            "rank",
        )
        given = [name for name in options if asked[name]]
        if given:
            option = given[0].replace("_", "-")
            message = f"--{option} and a configuration exclude each other: write it into {Path(config).name}."
            raise ConfigurationError(message)
        plan = configuring.load(Path(config))
    else:
        plan = configuring.Plan(audit=configuration(asked))
    changes = {
        "folder": asked["out"],
        "fail_on": asked["fail_on"],
        "baseline": asked["baseline"],
        "against": asked["against"],
    }
    return replace(plan, raw_csv=is_raw(), **{name: value for name, value in changes.items() if value})


@cli.command()
@click.option("--out", default="geoplan.toml", show_default=True, metavar="FILE", help="Where to write it.")
def init(out: str) -> None:
    """Write a configuration to start from, with a comment on every line.

    A file that is there already is left alone. Python: geoplan.auditing.config.TEMPLATE.
    """
    from geoplan.auditing.config import TEMPLATE
    from geoplan.data.readers.guards import stands
    from geoplan.writing import places

    declare({}, (), out=out)
    if not places.is_stream(out) and stands(Path(out)):
        message = f"{out} is there already; remove it, or choose another name with --out."
        raise ConfigurationError(message)
    write(TEMPLATE, out)
    tell_written(out, f" Then: geoplan audit {out}")


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
    unused or expired. Python: geoplan.audit, with baseline.
    """  # fmt: skip
    from dataclasses import replace

    from geoplan.auditing import config as configuring
    from geoplan.auditing.judging import baseline as known
    from geoplan.data.catalogue import day_asked
    from geoplan.data.readers import documents, guards
    from geoplan.output import media
    from geoplan.output.text import lines
    from geoplan.schema import Severity

    plan = configuring.load(Path(config)) if config else configuring.Plan()
    path = Path(file or plan.baseline or "geoplan-baseline.json")
    asked = replace(
        plan, baseline=str(path) if action == "check" else "", against="", focus=(), files=("findings.csv",)
    )
    if action != "check":
        declare({}, read_by(replace(plan, baseline=""), config), file=str(path))
    done = media.run(asked)
    result, judged = done.result, done.result.known
    serious = [finding for finding in result.findings if finding.severity is not Severity.INFO]
    if action == "check":
        assert judged is not None  # noqa: S101 - the plan has a baseline
        say(lines.findings_text(judged.findings), nl=False)
        say(lines.quiet_text(judged), nl=False)
        if serious or judged.unused or judged.expired:
            sys.exit(1)
        return
    if given["expires"]:
        day_asked(given["expires"])
    if action == "write" and guards.stands(path):
        message = f"{path.name} is there already: geoplan baseline update keeps its reasons."
        raise ConfigurationError(message)
    entries = known.made(serious, **given)
    if action == "update":
        entries = known.updated(known.read(documents.read_document(path), path.name), serious)
    write(known.written(entries), str(path))
    say(f"{path.name}: {len(entries)} findings recorded.")
