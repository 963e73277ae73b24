"""Commands on commuting: labour-markets, containment."""

from __future__ import annotations

from typing import Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.options import (
    CRITERIA,
    column_options,
    criteria_options,
    flows_option,
    form_option,
    library,
    out_option,
    raw_option,
    replaced_option,
    shown_option,
)
from geoplan.cli.speaking import as_csv, declare, places_of, tell_changes, tell_notes, write

__all__ = []


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
@criteria_options
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
@form_option
@raw_option
@out_option
@shown_option
@replaced_option
@column_options
def labour_markets(flows: str, form: str, out: str, **asked: Any) -> None:
    """Find labour market areas: groups of zones in which most who live there work there.

    FLOWS is a CSV or Parquet file with origin, destination and workers, as the census has it; without one the
    modelled flows between authorities are taken. Each zone has its stability: the share of runs in which it stays
    with the core of its area. Python: geoplan.labour_markets.
    """  # fmt: skip
    from geoplan.commuting import delineated
    from geoplan.commuting.criteria import Criteria
    from geoplan.output.tables import commuting
    from geoplan.output.text import commuting_lines

    declare(asked, (flows, asked["zones"]), out=out)
    criteria = Criteria(*(asked[f"{one}_{two}"] for one, two in CRITERIA))
    told = delineated.delineated(
        flows, atlas=library(asked), criteria=criteria,
        rest=asked["rest"] or "",
        **{name: asked[name] for name in ("zones", "method", "test", "contiguous", "trail", "runs", "seed")},
    )  # fmt: skip
    tell_notes(told.flows)
    printed = {
        "text": lambda: commuting_lines.markets_text(told),
        "json": lambda: commuting.markets_json(told),
        "csv": lambda: as_csv(commuting.markets_table(told)),
    }
    write(printed[form](), out)


@cli.command()
@click.argument("layer")
@flows_option
@criteria_options
@click.option("--matrix", default="", metavar="FILE", help="Also write the workers between the areas as CSV.")
@form_option
@raw_option
@out_option
@shown_option
@replaced_option
@column_options
def containment(layer: str, form: str, out: str, matrix: str, **asked: Any) -> None:
    """Score the areas of LAYER as labour markets: who works where they live, and where the others go.

    Supply is the share of working residents who work in their area, demand the share of its jobs that they fill;
    also named are the largest leaks and the labour market areas that the layer's boundaries cut. Without --flows
    the commuting between authorities is modelled. Python: geoplan.containment.
    """
    from geoplan.commuting import self_containment
    from geoplan.commuting.criteria import Criteria
    from geoplan.output.tables import commuting
    from geoplan.output.text import commuting_lines

    declare(asked, (layer,), **places_of(out, matrix=matrix))
    criteria = Criteria(*(asked[f"{one}_{two}"] for one, two in CRITERIA))
    told = self_containment.containment(
        layer, atlas=library(asked), criteria=criteria, code=asked["code"], name=asked["name"]
    )
    tell_notes(told.flows)
    tell_changes(told.layer)
    printed = {
        "text": lambda: commuting_lines.containment_text(told),
        "json": lambda: commuting.containment_json(told),
        "csv": lambda: as_csv(commuting.containment_table(told)),
    }
    if matrix:
        write(as_csv(commuting.matrix_table(told)), matrix)
    write(printed[form](), out)
