"""The command on one area: profile."""

from __future__ import annotations

from typing import Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.options import (
    counting_option,
    flows_option,
    indicator_option,
    library,
    out_option,
    raw_option,
    replaced_option,
    shown_option,
)
from geoplan.cli.speaking import as_csv, declare, write

__all__ = []


@cli.command()
@click.argument("area", nargs=-1, required=True)
@counting_option
@flows_option
@indicator_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "json", "html"]),
    default=None,
    help="What is written.  [default: text; html for a file that ends in .html]",
)
@raw_option
@out_option
@shown_option
@replaced_option
def profile(area: tuple[str, ...], weight: str, form: str | None, out: str, **asked: Any) -> None:
    """Tell all that is known of one AREA: a name, a code, or LAYER:NAME.

    Its partners in each geography with share, fit and lead body, its people, how it contains its commuting, what cuts
    it, what is known to change, who holds which money and duties on its ground and must sit at the table, and a
    timeline of what ran there, when it ended and what followed. The timeline is of the schemes that ship. With --out
    FILE.html it is one page with small maps, which prints on two sheets. Without --flows the commuting between
    authorities is modelled. With --weight partners and cuts are counted in people in need. Python: geoplan.profile.
    """
    from geoplan.auditing.profiles import profile as profiling
    from geoplan.output.brief import profile as paper
    from geoplan.output.tables import profiles
    from geoplan.output.text import profile_lines
    from geoplan.schema import Weight

    declare(asked, (), out=out)
    atlas = library(asked)
    found = profiling.profile(" ".join(area), atlas=atlas, weight=Weight(weight))
    printed = {
        "text": lambda: profile_lines.profile_text(found),
        "json": lambda: profiles.profile_json(found),
        "csv": lambda: as_csv(profiles.profile_rows(found)),
        "html": lambda: paper.page(found, atlas.drawn.blocks),
    }
    write(printed[form or ("html" if out.lower().endswith((".html", ".htm")) else "text")](), out)
