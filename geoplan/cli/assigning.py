"""The command on files too large to hold: assign."""

from __future__ import annotations

from typing import Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.options import (
    column_options,
    is_raw,
    library,
    raw_option,
    replaced_option,
    shown_option,
    wards_option,
    workers_options,
)
from geoplan.cli.speaking import declare, say, tell_changes, tell_written

__all__ = ["assign"]


@cli.command()
@click.argument("points")
@click.argument("layers", nargs=-1, required=True, metavar="LAYER...")
@click.option("--out", required=True, metavar="FILE", help="Where to write: .parquet or .csv.")
@click.option("--names", is_flag=True, help="The names of areas beside their codes; always there of small areas.")
@click.option(
    "--coordinates", default="", metavar="X,Y",
    help="Columns of easting and northing, or of longitude and latitude.",
)  # fmt: skip
@click.option("--epsg", type=int, default=None, metavar="NUMBER", help="The system of the coordinates.")
@click.option("--summarise", is_flag=True,
              help="Write how many rows each area has, and of points each piece, not the rows.")  # fmt: skip
@click.option("--sum", "sums", multiple=True, metavar="COLUMN",
              help="A column to sum; of small areas shared out by ground. May be repeated.")  # fmt: skip
@click.option("--by", multiple=True, metavar="COLUMN", help="A column whose values are counted apart; may be repeated.")
@click.option("--memory", type=float, default=None, metavar="GB",
              help="The most memory to take; 1, or what detailed outlines need. It changes no byte.")  # fmt: skip
@raw_option
@shown_option
@replaced_option
@wards_option
@column_options
@workers_options
def assign(points: str, layers: tuple[str, ...], out: str, **asked: Any) -> None:
    """Assign millions of points to the areas of LAYERs: one pass, in bounded memory.

    POINTS is GeoParquet, Parquet with columns of coordinates, or CSV, here or at a URL. Every row gets the code of its
    area in each LAYER, several joined by ";"; all its columns stay. Where POINTS holds small areas instead, each share
    of one in an area is a row; with --summarise each area is, with the small areas wholly and partly in it, their
    ground and what is summed. Pieces, the ground that one combination of areas has, are counted of points alone: what
    two layers cut off one small area may or may not be the same ground. LAYER may be all (every layer in force,
    shipped or fetched) or all-editions. Broken off, the same command goes on where it stood. Python: geoplan.assign.
    """
    from geoplan.auditing.assigning import work
    from geoplan.data.streams.origins import is_remote
    from geoplan.output.assigned.lines import assigned_text
    from geoplan.writing.assigned import write_assigned

    files = [each for each in layers if each not in {work.ALL, work.ALL_EDITIONS}]
    declare(asked, files if is_remote(points) else [points, *files], out=out)
    options = {each: asked[each] for each in ("coordinates", "epsg", "names", "summarise", "sums", "by")}
    prepared = work.work_of(points, layers, atlas=library(asked), memory_gb=asked["memory"], **options)
    tell_changes(*prepared.layers.values())
    done = write_assigned(prepared, out, raw=is_raw())
    say(assigned_text(prepared.file, done.tally, prepared.said, done.resumed), nl=False, err=True)
    tell_written(out)
