"""Commands on networks: blocks, contiguity, crosswalk, realign."""

from __future__ import annotations

from typing import Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.options import (
    column_options,
    counting_option,
    form_option,
    graph_option,
    library,
    out_option,
    raw_option,
    replaced_option,
    shown_option,
    tolerance,
    weighing_options,
)
from geoplan.cli.speaking import as_csv, declare, places_of, tell_changes, write, write_with_graph
from geoplan.errors import ConfigurationError

__all__ = []


@cli.command()
@click.argument("left")
@click.argument("right")
@click.argument("more", nargs=-1)
@weighing_options
@form_option
@raw_option
@out_option
@graph_option
@shown_option
@replaced_option
@column_options
def blocks(left: str, right: str, more: tuple[str, ...], form: str, out: str, graph: str, **asked: Any) -> None:
    """Find common blocks: the smallest groupings on which two or more layers agree.

    Biggest first, with the overlaps that tie the largest together: cutting the weakest would break it in two.
    Python: geoplan.blocks.
    """
    from geoplan.output.tables import graphs, networks
    from geoplan.output.text import network_lines
    from geoplan.planning.aligning import common_blocks
    from geoplan.schema import Weight

    graphs.check_suffix(graph)
    declare(asked, (left, right, *more), **places_of(out, graph=graph))
    atlas = library(asked)
    found = common_blocks.blocks(
        left,
        right,
        *more,
        atlas=atlas,
        weight=Weight(asked["weight"]),
        tolerance=tolerance(asked["tolerance"], keep_artefacts=asked["keep_artefacts"]),
        code=asked["code"],
        name=asked["name"],
    )
    tell_changes(*(atlas.layer(one, code=asked["code"], name=asked["name"]) for one in (left, right, *more)))
    printed = {
        "text": lambda: network_lines.blocks_text(found),
        "json": lambda: networks.blocks_json(found),
        "csv": lambda: as_csv(networks.blocks_table(found)),
    }
    write_with_graph(printed[form](), out, found.graph, graph)


@cli.command()
@click.argument("layers", nargs=-1, required=True, metavar="LAYER...")
@click.option("--focus", default="", metavar="AREA", help="Only the authorities of this area.")
@form_option
@raw_option
@out_option
@shown_option
@replaced_option
@column_options
def crosswalk(layers: tuple[str, ...], focus: str, form: str, out: str, **asked: Any) -> None:
    """List authorities by geography: which area of each LAYER every authority is in.

    As text, authorities that go the same way everywhere share a line; as CSV each has its row and each layer its
    column. "(part)" stands after areas that hold only a part of the authority. Python: geoplan.crosswalk.
    """
    from geoplan.auditing import comparing
    from geoplan.output.tables import cells
    from geoplan.output.text import network_lines

    declare(asked, layers, **places_of(out))
    found = comparing.authorities_by_geography(
        layers, atlas=library(asked), focus=focus, code=asked["code"], name=asked["name"]
    )
    printed = {
        "text": lambda: network_lines.crosswalk_text(found),
        "json": lambda: cells.table_json(found),
        "csv": lambda: as_csv(found),
    }
    write(printed[form](), out)


@cli.command()
@click.argument("layer")
@form_option
@raw_option
@out_option
@graph_option
@shown_option
@replaced_option
@column_options
def contiguity(layer: str, form: str, out: str, graph: str, **asked: Any) -> None:
    """Tell which areas of a layer are in pieces, and what holds the others together.

    Bridges, tunnels and ferries join, and are named where an area is one only by them; so are the authorities
    whose leaving would split it, and pieces wholly surrounded by one other area. Of a boundary file the
    polygons are the pieces. Python: geoplan.contiguity.
    """
    from geoplan.output.tables import graphs, networks
    from geoplan.output.text import network_lines
    from geoplan.planning.aligning import pieces

    graphs.check_suffix(graph)
    declare(asked, (layer,), **places_of(out, graph=graph))
    atlas = library(asked)
    found = pieces.contiguity(layer, atlas=atlas, code=asked["code"], name=asked["name"])
    tell_changes(atlas.layer(layer, code=asked["code"], name=asked["name"]))
    printed = {
        "text": lambda: network_lines.contiguity_text(found),
        "json": lambda: networks.contiguity_json(found),
        "csv": lambda: as_csv(networks.contiguity_table(found)),
    }
    write_with_graph(printed[form](), out, found.graph, graph)


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
@counting_option
@form_option
@raw_option
@out_option
@click.option("--layer", default="", metavar="FILE", help="Also write what moves as a map layer (.geojson).")
@shown_option
@replaced_option
@column_options
def realign(left: str, right: str, goal: str | None, pair: str, form: str, out: str, layer: str, **asked: Any) -> None:
    """Find the fewest authorities, then people, whose move would make LEFT agree with RIGHT.

    Both must be made of authorities: catalogue keys or membership tables. No area is emptied or falls into more
    pieces than today; what cannot be reached is named with the reason. --weight counts who moves and who is cut
    otherwise; which moves are fewest rests on people. Python: geoplan.realign.
    """
    from geoplan.analysis.networks.alignment_problem import Goal
    from geoplan.output.tables import graphs, networks
    from geoplan.output.text import network_lines
    from geoplan.planning.aligning import realigning
    from geoplan.schema import Weight

    graphs.check_suffix(layer, (".geojson", ".json"))
    declare(asked, (left, right), **places_of(out, layer=layer))
    wanted = _pair_of(pair)
    if wanted and goal:
        message = "--goal and --pair cannot be had together: a pair is a goal of its own."
        raise ConfigurationError(message)
    chosen = Goal.PAIR if wanted else Goal(goal or "clean")
    atlas = library(asked)
    found = realigning.realign(left, right, goal=chosen, pair=wanted, atlas=atlas, weight=Weight(asked["weight"]))
    tell_changes(atlas.layer(left), atlas.layer(right))
    printed = {
        "text": lambda: network_lines.realign_text(found),
        "json": lambda: networks.realign_json(found),
        "csv": lambda: as_csv(networks.moves_table(found)),
    }
    if layer:
        write(networks.moves_geojson(found), layer)
    write(printed[form](), out)


def _pair_of(text: str) -> tuple[str, str] | None:
    left, equals, right = text.partition("=")
    if text and not (equals and left.strip() and right.strip()):
        message = f"--pair {text!r} is not A=B, such as ctw-suffolk=E54000023."
        raise ConfigurationError(message)
    return (left.strip(), right.strip()) if text else None


@cli.command("need-runs")
@click.argument("layer")
@click.option(
    "--small-areas", default="", metavar="FILE",
    help="Outlines of small areas of your own, or a lookup from them to authorities or from postcodes.",
)  # fmt: skip
@click.option("--worst", default="", metavar="FILE", help="Codes of the worst of them: a table, FILE?code=COLUMN.")
@form_option
@raw_option
@out_option
@shown_option
@replaced_option
@column_options
def need_runs(layer: str, small_areas: str, worst: str, form: str, out: str, **asked: Any) -> None:
    """Find runs of deprived neighbours, and which of them the borders of LAYER cut.

    Of authorities in each of which a fifth or more live in the most deprived tenth of small areas; with --small-areas
    and --worst of small areas that touch, where outlines are given, or of authorities in each of which a fifth or more
    live in the worst, by a lookup. Python: geoplan.need_runs.
    """
    from geoplan.data.readers import locators
    from geoplan.data.tables.code_lists import codes_listed
    from geoplan.interface.given.small_runs import all_runs
    from geoplan.output.tables import cells
    from geoplan.output.text import network_lines

    declare(asked, (layer, small_areas, locators.without_columns(worst)), **places_of(out))
    atlas = library(asked)
    found = all_runs(layer, small_areas, codes_listed(worst) if worst else (), atlas)
    printed = {
        "text": lambda: network_lines.runs_text(found, atlas.layer(layer)),
        "json": lambda: cells.table_json(found),
        "csv": lambda: as_csv(found),
    }
    write(printed[form](), out)
