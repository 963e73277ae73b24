"""Commands on the user's own data: fetch."""

from __future__ import annotations

from typing import Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.speaking import say
from geoplan.errors import ConfigurationError, GeoplanError

__all__ = ["fetch"]


@cli.command()
@click.argument("keys", nargs=-1, metavar="KEY...")
@click.option("--edition", default="", metavar="EDITION",
              help="Of which month or year, such as 2025-05 or 2024; by default the newest.")  # fmt: skip
@click.option("--resolution", type=click.Choice(["BFC", "BGC", "BSC", "BUC"], case_sensitive=False), default=None,
              help="Full, 20 m, 200 m or 500 m; by default 20 m where that is known.")  # fmt: skip
@click.option("--again", is_flag=True,
              help="Ask whether what is held has changed, and fetch it anew where it has.")  # fmt: skip
@click.option("--service", default="", metavar="URL",
              help="A layer of another ArcGIS or OGC API Features service, or an archive of postcodes.")  # fmt: skip
@click.option("--as", "own_key", default="", metavar="KEY", help="What to call the layer of --service.")
@click.option("--code", default="", metavar="COLUMN", help="Of --service: column of codes.")
@click.option("--name", default="", metavar="COLUMN", help="Of --service: column of the areas' names.")
@click.option("--offline", is_flag=True, help="Use no network: refuse what is not held.")
def fetch(keys: tuple[str, ...], **asked: Any) -> None:
    """Fetch official boundaries, lookups, flows and figures into your data folder.

    KEY is one that `geoplan fetch` without a KEY lists, such as lad, icb or lsoa_to_icb; KEY@EDITION or
    KEY@EDITION:RESOLUTION says which. What is held is not fetched again. Layers are then opened as KEY@EDITION
    everywhere, flows with --flows KEY@EDITION; `geoplan layers` lists what is held. Nothing is kept of a fetch that
    fails; one that was cut off goes on where it stopped. Python: geoplan.fetch.
    """
    import logging

    from geoplan.data.portal import client, fetching
    from geoplan.output.text.kept import holding_lines

    if bool(asked["service"]) != bool(asked["own_key"]) or (asked["service"] and keys):
        message = "--service URL and --as KEY go together, without other keys."
        raise ConfigurationError(message)
    if (asked["code"] or asked["name"]) and not asked["service"]:
        message = "--code and --name are for --service: columns of other services are known."
        raise ConfigurationError(message)
    if not keys and not asked["service"]:
        from geoplan.data.portal import services

        say(holding_lines.services_text(services.sources()), nl=False)
        return
    # Of questions put again nothing is said: either there is an answer, or a refusal says so.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    with client.offline(wanted=asked["offline"]):
        if asked["service"]:
            own = fetching.Own(asked["service"], asked["own_key"], asked["edition"], asked["code"], asked["name"])
            say(holding_lines.outcome_text(fetching.fetch_own(own, again=asked["again"])), nl=False)
            return
        shared = client.Client()
        options = {"edition": asked["edition"], "resolution": asked["resolution"] or "", "again": asked["again"]}
        for number, key in enumerate(keys, 1):
            try:
                outcome = fetching.fetch(key, **options, client=shared)
            except GeoplanError:
                if later := keys[number:]:
                    say(f"Not tried after {key} failed: {', '.join(later)}.", err=True)
                raise
            say(holding_lines.outcome_text(outcome), nl=False)
