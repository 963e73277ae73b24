"""Where the templates of briefs are read from, and how what they show is escaped."""

from __future__ import annotations

from functools import cache

import jinja2

from geoplan.schema import wording

__all__ = ["environment"]


@cache
def environment() -> jinja2.Environment:
    """Return where briefs have their templates from; whatever these show is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("geoplan.output.brief"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["amount"] = wording.amount
    environment.filters["percent"] = wording.percent
    return environment
