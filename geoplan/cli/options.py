"""Options that several commands share, and what they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from geoplan.errors import ConfigurationError

if TYPE_CHECKING:
    from geoplan.commuting.atlas import Atlas
    from geoplan.schema import Tolerance

__all__ = [
    "CRITERIA",
    "column_options",
    "configuration",
    "counting_option",
    "criteria_options",
    "day_option",
    "failing_option",
    "flows_option",
    "form_option",
    "graph_option",
    "indicator_option",
    "is_raw",
    "library",
    "out_option",
    "raw_option",
    "replaced_option",
    "replacements",
    "shown_option",
    "tolerance",
    "wards_option",
    "weighing_options",
    "workers_options",
]

WEIGHTS = (
    "people", "working_age", "postcodes", "area", "employment_deprived", "income_deprived", "disabled", "most_deprived",
)  # fmt: skip
CRITERIA = (("min", "size"), ("min", "containment"), ("target", "size"), ("target", "containment"))
RAW = "geoplan.raw_csv"
Command = TypeVar("Command", bound=Callable[..., Any])


def _as_of(_: click.Context, __: click.Parameter, value: str) -> date | None:
    from geoplan.data.catalogue import day_asked

    return day_asked(value) if value else None


def _note_raw(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
    context.meta[RAW] = value


def _set_aside(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - as click calls it
    if value:
        from geoplan.data.kept.folder import shipped_only

        context.with_resource(shipped_only())


def _count_by(context: click.Context, _: click.Parameter, value: str) -> None:
    if value:
        from geoplan.data.kept.folder import POPULATION_VARIABLE, setting

        context.with_resource(setting(POPULATION_VARIABLE, value))


def _options(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


day_option = click.option("--as-of", callback=_as_of, default="", metavar="DATE",
                      help="Day whose members are shown, or today; by default the data's, 2026-04-01.")  # fmt: skip
shipped_option = click.option(
    "--shipped", is_flag=True, expose_value=False, callback=_set_aside,
    help="Leave out members and outlines that you keep (geoplan membership, fetch); also GEOPLAN_SHIPPED=1.",
)  # fmt: skip
population_option = click.option(
    "--population", default="", expose_value=False, callback=_count_by, metavar="KEY@EDITION",
    help="Estimates of people that you fetched, where not the newest; also GEOPLAN_POPULATION.",
)  # fmt: skip
shown_option = _options(day_option, shipped_option, population_option)
replaced_option = click.option(
    "--replace", "replace", multiple=True, metavar="KEY=FILE",
    help="Your own whole membership table, or scenario:NAME, in place of a shipped one; may be repeated.",
)  # fmt: skip
column_options = _options(
    click.option("--code", default="", metavar="COLUMN", help="Column of codes; of a lookup, its small areas'."),
    click.option("--name", default="", metavar="COLUMN", help="Column of the areas' names."),
    click.option(
        "--dissolve", is_flag=True, help="Join rows of a boundary file that have the same code into one area."
    ),
)
weighing_options = _options(
    click.option("--weight", type=click.Choice(WEIGHTS), default="people", show_default=True, help="What is counted."),
    click.option(
        "--tolerance", type=float, default=None, metavar="SHARE",
        help="Share ignored; by default 0 where codes decide and 0.005 where geometry or postcodes do.",
    ),
    click.option("--keep-artefacts", is_flag=True, help="Count pieces that exist only in the drawing as real."),
)  # fmt: skip
counting_option = click.option(
    "--weight", type=click.Choice([each for each in WEIGHTS if each not in {"postcodes", "area"}]), default="people",
    show_default=True, help="What is counted.",
)  # fmt: skip
flows_option = click.option("--flows", default="", metavar="FILE",
                           help="Commuting flows of your own (CSV, Parquet) instead of the modelled ones.")  # fmt: skip
wards_option = click.option("--wards", default="", metavar="FILE",
                           help="Boundary file of wards, or lookup to wards, that parts are counted by.")  # fmt: skip
indicator_option = click.option(
    "--indicator", default="", metavar="FILE",
    help="Figures of your own by authority, block or small area: FILE?value=COLUMN&kind=count|rate"
         "&of=people|working_age&unit=TEXT&source=TEXT&year=YYYY&modelled=yes&small_areas=FILE, the last for small "
         "areas: where they lie.",
)  # fmt: skip
failing_option = click.option(
    "--fail-on", type=click.Choice(["error", "warning", "info", "never"]), default="never", show_default=True,
    help="End with exit code 1 when there is a finding at or above this.",
)  # fmt: skip
raw_option = click.option(
    "--raw-csv", is_flag=True, expose_value=False, callback=_note_raw,
    help="In CSV leave text as it is that a spreadsheet takes for a formula; by default ' stands before it.",
)  # fmt: skip
form_option = click.option(
    "--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True
)
out_option = click.option("--out", default="", metavar="FILE", help="Write to a file instead of the screen.")
graph_option = click.option("--graph", default="", metavar="FILE",
                      help="Also write the network itself: .graphml, .gexf or .json (node-link).")  # fmt: skip


_workers_options = _options(
    click.option("--workers", type=int, default=None, metavar="N",
                 help="Processes on this machine among which the work is spread; same answers."),
    click.option("--scheduler", default="", metavar="ADDRESS",
                 help="Dask scheduler among whose workers it is, such as tcp://10.0.0.5:8786."),
)  # fmt: skip


def workers_options(command: Command) -> Command:
    """Let a command's work be done by workers, where they are asked for."""

    @_workers_options
    @wraps(command)
    def run(*arguments: Any, workers: int | None, scheduler: str, **asked: Any) -> Any:
        if workers is not None or scheduler:
            from geoplan.interface.given.workers import workers as working

            click.get_current_context().with_resource(working(workers, scheduler=scheduler))
        return command(*arguments, **asked)

    return cast("Command", run)


def configuration(asked: Mapping[str, Any]) -> Any:
    """Return what the options of an audit ask for as its configuration."""
    from geoplan.auditing.results import Configuration
    from geoplan.schema import Rank, Weight

    options: dict[str, Any] = {
        "focus": asked["focus"],
        "as_of": asked["as_of"],
        "weight": Weight(asked["weight"]),
        "rank": Rank(asked.get("rank") or Rank.PEOPLE),
        "tolerance": tolerance(asked["tolerance"], keep_artefacts=asked["keep_artefacts"]),
        "replacements": replacements(asked["replace"]),
        "flows": asked["flows"],
        "wards": asked["wards"],
        "indicator": asked.get("indicator", ""),
        "code": asked["code"],
        "name": asked["name"],
        "dissolve": asked["dissolve"],
    }
    keys = [key.strip() for key in asked["layers"].split(",") if key.strip()]
    if asked["layers"] and not keys:
        message = "--layers names no layer."
        raise ConfigurationError(message)
    return Configuration.of_layers(keys, **options) if keys else Configuration(**options)


def tolerance(share: float | None, *, keep_artefacts: bool) -> Tolerance:
    """Return the tolerances: a share asked for holds for codes and drawn layers, none means the defaults."""
    from geoplan.schema import Tolerance

    if share is None:
        return Tolerance(keep_artefacts=keep_artefacts)
    return Tolerance(codes=share, drawn=share, keep_artefacts=keep_artefacts)


def replacements(pairs: Sequence[str]) -> dict[str, str]:
    """Return the file in the place of each layer, by key, from pairs written KEY=FILE."""
    found = {}
    for pair in pairs:
        key, equals, file = pair.partition("=")
        if not equals or not key or not file:
            message = f"--replace {pair!r} is not KEY=FILE, such as connect_to_work=annex_d.csv."
            raise ConfigurationError(message)
        found[key] = file
    return found


criteria_options = _options(
    click.option("--min-size", type=float, default=3500.0, show_default=True, metavar="N",
                 help="Working residents below which no area passes."),
    click.option("--min-containment", type=float, default=0.667, show_default=True, metavar="S",
                 help="Self-containment that suffices from the target size on."),
    click.option("--target-size", type=float, default=25000.0, show_default=True, metavar="N",
                 help="Working residents from which the smallest self-containment suffices."),
    click.option("--target-containment", type=float, default=0.75, show_default=True, metavar="S",
                 help="Self-containment that an area of the smallest size needs."),
)  # fmt: skip


def library(asked: Mapping[str, Any]) -> Atlas:
    """Return the atlas from which a command opens its layers."""
    from geoplan.commuting.atlas import Atlas

    return Atlas(
        as_of=asked["as_of"],
        replacements=replacements(asked["replace"]),
        flows=asked.get("flows", ""),
        wards=asked.get("wards", ""),
        indicator=asked.get("indicator", ""),
        code=asked.get("code", ""),
        name=asked.get("name", ""),
        dissolve=asked.get("dissolve", False),
    )


def is_raw() -> bool:
    """Tell whether --raw-csv was asked for: what it means is the same for every table of a command."""
    return bool(click.get_current_context().meta.get(RAW))
