"""Commands that plan: whatif, plan, workshop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.options import (
    configuration,
    flows_option,
    is_raw,
    raw_option,
    replaced_option,
    shown_option,
    wards_option,
    weighing_options,
    workers_options,
)
from geoplan.cli.speaking import say, tell_written, write

__all__ = []


@cli.command()
@click.argument("changes")
@click.option("--layers", default="", metavar="K,K", help="Audit every pair of these layers, before and after.")
@click.option("--focus", default="", metavar="AREA", help="Only findings about one area: code, name or LAYER:NAME.")
@click.option("--out", default="", metavar="DIR", help="Folder for the files of the audit after the changes.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="What is printed; with --out files are written in any case.",
)  # fmt: skip
@raw_option
@shown_option
@replaced_option
@flows_option
@wards_option
@weighing_options
def whatif(changes: str, out: str, form: str, **asked: Any) -> None:
    """Try CHANGES out: what they would mend, and what they would make worse.

    CHANGES is a table (CSV, Excel: action, layer, area, authority, to) or TOML, or the name of a scenario that
    ships (geoplan layers lists them). Actions hold in order: move an authority, or a part of one, to an area; merge
    areas into one; split authorities off an area; new, dissolve, rename. With layer lad or utla they change
    councils. Without --layers each changed layer is set against those of the default audit. With --out the files of
    the audit after the changes are written, with a map that switches between before, after and difference.
    Python: geoplan.whatif.
    """  # fmt: skip
    from geoplan.data.scenarios.reading import read_scenario
    from geoplan.output import media
    from geoplan.output.tables import outcomes
    from geoplan.output.text import outcome_lines
    from geoplan.planning.scenarios import whatif as planning
    from geoplan.writing import folders, places

    keys = [key.strip() for key in asked["layers"].split(",") if key.strip()]
    options = {**asked, "code": "", "name": "", "dissolve": False}
    if out:
        read = (changes, *keys, *(pair.partition("=")[2] for pair in asked["replace"]), asked["flows"])
        places.check_folder("--out", out, media.WHATIF_FILES, places.inputs_of(read))
    scenario = read_scenario(changes)
    chosen = planning.configured(scenario, configuration(options), chosen=bool(keys))
    found = planning.whatif(scenario, chosen, geometry=bool(out))
    files = media.whatif_files(found, raw=is_raw()) if out else {}
    if out:
        folders.write_folder(Path(out), files)
    for said in found.warnings if form == "json" else ():
        say(f"Warning: {said}", err=True)
    printed = {
        "text": lambda: outcome_lines.outcome_text(found, sorted(files), Path(out).name),
        "json": lambda: outcomes.whatif_json(found),
    }
    say(printed[form](), nl=False)


@cli.command()
@click.argument("config")
@click.option("--out", default="", metavar="DIR", help="Folder for the files.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="What is printed; with --out files are written in any case.",
)  # fmt: skip
@raw_option
@workers_options
def plan(config: str, out: str, form: str) -> None:
    """Design clusters that fit, by a plan in CONFIG.

    CONFIG is TOML: building units, how many clusters, what is weighed (people in cut pieces against layers,
    self-containment of commuting, balance, change from today, border between areas; people = "employment_deprived"
    counts those out of work instead of all) and what every arrangement keeps. Several clearly different alternatives
    are found, each with proof or gap, audited as any layer and set beside today's arrangement; constraints that
    contradict each other are named. With --out a brief with maps side by side, a page that switches between today and
    every alternative, and a workbook are written, and each alternative as a membership table, which every command
    reads as a layer. Python: geoplan.plan.
    """
    from geoplan.output import media
    from geoplan.output.tables.designs import designs_json
    from geoplan.output.text.design_lines import designs_text
    from geoplan.planning.designing import asked, designs
    from geoplan.progress import phase
    from geoplan.writing import folders, places

    wanted = asked.load(Path(config))
    if out:
        read = places.inputs_of((config, *asked.references(wanted)))
        places.check_folder("--out", out, media.plan_names(wanted.alternatives), read)
    with phase("Designing clusters"):
        made = designs.plan(wanted)
    if made.conflict is not None and form == "json":
        say(designs_json(made), nl=False)
    found = designs.answered(made)
    files = media.plan_files(found, raw=is_raw()) if out else {}
    if files:
        folders.write_folder(Path(out), files)
    printed = {
        "text": lambda: designs_text(found, sorted(files), Path(out).name),
        "json": lambda: designs_json(found),
    }
    say(printed[form](), nl=False)


@cli.command()
@click.argument("config", default="")
@click.option(
    "--out", default="geoplan-workshop.html", show_default=True, metavar="FILE", help="Where to write the page."
)
def workshop(config: str, out: str) -> None:
    """Write a page on which areas are redrawn by hand, with scores that change at once.

    With no CONFIG: the authorities of England and Wales in Connect to Work areas, against health boards and combined
    authorities. CONFIG is a plan as for geoplan plan; its start is what is redrawn, its constraints are watched. The
    page opens from disk and asks nobody for anything: move authorities between clusters, undo, set two arrangements
    side by side, share one by a link or a file, and take the moves out as a table for geoplan whatif.
    Python: geoplan.workshop.
    """
    from geoplan.output.workshop.webpage import page
    from geoplan.planning import workshop as planning
    from geoplan.planning.designing import asked
    from geoplan.progress import phase
    from geoplan.writing import places

    wanted = asked.load(Path(config)) if config else planning.DEFAULT
    read = (config, wanted.start, wanted.flows, *(key for one in wanted.objectives for key in one.layers))
    places.check({"--out": out}, places.inputs_of(read))
    with phase("Gathering the workshop"):
        made = page(planning.gathered(wanted))
    write(made, out)
    tell_written(out)
