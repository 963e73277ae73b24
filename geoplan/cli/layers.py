"""Commands on layers: compare, check, layers, lookup, rule."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.options import (
    column_options,
    failing_option,
    indicator_option,
    is_raw,
    library,
    raw_option,
    replaced_option,
    shown_option,
    tolerance,
    wards_option,
    weighing_options,
)
from geoplan.cli.speaking import as_csv, as_table, declare, end, say, tell_changes, tell_written, write
from geoplan.errors import ConfigurationError

if TYPE_CHECKING:
    pass

__all__ = ["layers"]


@cli.command()
@click.argument("left")
@click.argument("right")
@weighing_options
@raw_option
@click.option("--format", "form", type=click.Choice(["csv", "json", "text"]), default=None,
              help="Text on the screen and CSV into a file by default.")  # fmt: skip
@click.option("--out", default="", metavar="FILE", help="Write to a file instead of the screen.")
@click.option("--money", is_flag=True, help="What of the left areas' money would lie in each piece: an estimate.")
@shown_option
@replaced_option
@wards_option
@indicator_option
@column_options
def compare(left: str, right: str, form: str | None, out: str, *, money: bool, **asked: Any) -> None:
    """Compare two layers: who is the same, who lies inside whom, who is cut.

    Every pair that meets is a row, drawing artefacts too; the rest of an area is a row with an empty right
    code. Where both are shipped layers or membership tables, or both lookups from the same small areas, tables
    are joined and no line is looked at. JSON adds why each row counts as real or as an artefact. With --money the
    rows are pieces of the left areas whose amounts are known, with the pounds that would go with each if money
    followed people of working age, or people out of work.
    Python: geoplan.compare.
    """
    from geoplan.auditing import comparing
    from geoplan.output.tables import comparison
    from geoplan.output.tables import money as money_tables
    from geoplan.output.text import comparison_lines, layer_lines, money_lines
    from geoplan.schema import Weight

    declare(asked, (left, right), out=out)
    pair = comparing.compare(
        left,
        right,
        atlas=library(asked),
        weight=Weight(asked["weight"]),
        tolerance=tolerance(asked["tolerance"], keep_artefacts=asked["keep_artefacts"]),
        code=asked["code"],
        name=asked["name"],
    )
    for layer in (pair.overlay.left, pair.overlay.right):
        for line in layer_lines.reading_lines(layer):
            say(line, err=True)
    for note in pair.overlay.notes:
        say(f"{note.rule}: {note.message}", err=True)
    for line in layer_lines.unpeopled_lines(pair):
        say(line, err=True)
    tell_changes(pair.overlay.left, pair.overlay.right)
    chosen = form or ("csv" if out else "text")
    if chosen == "text":
        write(money_lines.money_text(pair) if money else comparison_lines.compare_text(pair), out)
    elif chosen == "csv":
        write(as_csv(money_tables.money_table(pair) if money else comparison.compare_table(pair)), out)
    else:
        write(money_tables.money_json(pair) if money else comparison.compare_json(pair), out)


@cli.command()
@click.argument("layer")
@raw_option
@click.option(
    "--format", "form", type=click.Choice(["text", "csv", "json", "geojson"]), default="text", show_default=True
)
@failing_option
@column_options
@shown_option
def check(layer: str, form: str, fail_on: str, **asked: Any) -> None:
    """Tell whether a layer is sound: gaps, overlaps, codes, coordinate system, validity.

    The first line says so and counts what is wrong; islands come last. As GeoJSON each gap and overlap has its
    own outline.
    LAYER is a boundary file, a membership table, a lookup or a catalogue key. Python: geoplan.check.
    """
    from geoplan.auditing import comparing
    from geoplan.commuting.atlas import Atlas
    from geoplan.output.tables import audits
    from geoplan.output.text import layer_lines

    columns = {option: asked[option] for option in ("code", "name", "dissolve")}
    checked, findings = comparing.check(layer, atlas=Atlas(as_of=asked["as_of"], **columns))
    tell_changes(checked)
    if form == "text":
        say(layer_lines.check_text(checked, findings), nl=False)
    elif form == "geojson":
        say(audits.findings_geojson(findings, checked), nl=False)
    else:
        say(as_table(audits.findings_table(findings), form), nl=False)
    end(findings, fail_on)


@cli.command()
@click.argument("key", default="")
@raw_option
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
@click.option(
    "--out",
    default="",
    metavar="FILE",
    help="Write the layer KEY to FILE.gpkg, .geojson, .parquet, .shp.zip or .csv, with whom to credit.",
)
@click.option("--wkt", is_flag=True, help="In CSV the areas with their outlines as text (WKT) instead of the members.")
@click.option(
    "--datapackage",
    default="",
    metavar="FILE",
    help="Write what your own data folder holds as a Data Package (JSON); paths are those in that folder.",
)
@shown_option
def layers(key: str, form: str, out: str, datapackage: str, as_of: date | None, *, wkt: bool) -> None:
    """List the catalogue, and what your data folder holds; with KEY, that layer's areas; with --out, it as a file.

    KEY may be a file of your own too. A CSV holds who belongs to each area, and of a boundary file the areas with
    their outlines; its credits lie beside it as FILE.csv.txt. Python: geoplan.layers, geoplan.layer(KEY).export.
    """  # fmt: skip
    if datapackage:
        _describe(datapackage, alone=not (key or out or wkt))
        return
    if out and form != "text":
        message = "The suffix of --out says how a layer is written: leave out --format."
        raise ConfigurationError(message)
    if out:
        _export(key, out, as_of, wkt=wkt)
        return
    if wkt:
        message = "--wkt is about a CSV file: name one with --out."
        raise ConfigurationError(message)
    from geoplan.commuting.atlas import Atlas
    from geoplan.data import catalogue
    from geoplan.data.kept import holdings
    from geoplan.output.tables import money
    from geoplan.output.text import layer_lines, money_lines
    from geoplan.output.text.kept import holding_lines

    if key:
        atlas = Atlas(as_of=as_of)
        layer = atlas.layer(key)
        tell_changes(layer)
        table = money.areas_with_rates(layer)
        text = layer_lines.layer_text(layer, money_lines.area_lines(layer)) if form == "text" else ""
    else:
        import pandas as pd

        table = pd.DataFrame([vars(entry) for entry in catalogue.catalogue().values()])
        day = as_of or catalogue.default_as_of()
        shipped = layer_lines.catalogue_text(catalogue.catalogue(), day) if form == "text" else ""
        text = shipped and f"{shipped}{holding_lines.held_text(holdings.holdings(readable=True), holdings.damaged())}"
    say(text or as_table(table, form), nl=False)


def _describe(place: str, *, alone: bool) -> None:
    """Write what the user's data folder holds as a Data Package."""
    from geoplan.output.exported.packages import kept_package

    if not alone:
        message = "--datapackage describes your whole data folder: leave out KEY, --out and --wkt."
        raise ConfigurationError(message)
    declare({}, (), datapackage=place)
    write(kept_package(), place)
    tell_written(place, " Its paths are those in your data folder: keep it there, or beside a copy of it.")


def _export(key: str, out: str, as_of: date | None, *, wkt: bool) -> None:
    """Write a layer in the format that the suffix names."""
    from geoplan.commuting.atlas import Atlas
    from geoplan.output.exported import files
    from geoplan.output.exported.credits import MARK
    from geoplan.writing import places

    if not key:
        message = "--out writes one layer: name its KEY, or a file of your own."
        raise ConfigurationError(message)
    beside = {"credits": f"{out}.txt"} if files.form_of(out) == ".csv" else {}
    declare({}, (key,), out=out, **beside)
    for place in beside.values():
        places.check_beside(place, MARK)
    atlas = Atlas(as_of=as_of)
    layer = atlas.layer(key) if beside and not wkt else atlas.drawn.layer(key)
    tell_changes(layer)
    made = files.export(
        layer, out, as_of=atlas.as_of.isoformat(),
        blocks=atlas.blocks, names=atlas.authorities.table["name"], wkt=wkt, raw=is_raw(),
    )  # fmt: skip
    for place, content in made.items():
        write(content, place)
        tell_written(place)


@cli.command()
@click.argument("place", nargs=-1)
@click.option(
    "--file",
    default="",
    metavar="FILE",
    help="A list of postcodes, addresses or coordinates (CSV, Excel, Parquet): every row is looked up in the LAYERs.",
)
@click.option("--postcode", default="", metavar="COLUMN", help="Of the list: the column of postcodes or addresses.")
@click.option(
    "--coordinates",
    default="",
    metavar="X,Y",
    help="Of the list: its columns of easting and northing, or of longitude and latitude.",
)
@click.option("--epsg", type=int, default=None, metavar="NUMBER", help="Of the list: the system of its coordinates.")
@click.option("--out", default="", metavar="FILE", help="Of the list: where to write, .csv or .xlsx.")
@raw_option
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "csv", "json"]),
    default=None,
    help="Text by default; of a list CSV, and text tells only how many were found.",
)
@shown_option
@replaced_option
@wards_option
def lookup(place: tuple[str, ...], form: str | None, **asked: Any) -> None:
    """List every partnership that covers PLACE: a postcode, an authority or an area.

    With the body that leads each and how sure that is; of an authority also where it sits at the table of an area it
    is not in. With --file every row of a list gets the code and name of its area in each LAYER (by default all that
    are in force), and what is not found is counted. Python: geoplan.lookup, geoplan.lookup_postcodes.
    """  # fmt: skip
    if asked["file"]:
        _lookup_list(place, form, asked)
    else:
        _lookup_place(place, form or "text", asked)


def _lookup_place(place: tuple[str, ...], form: str, asked: dict[str, Any]) -> None:
    import json

    from geoplan.auditing import place_lookup
    from geoplan.output.summary import seats
    from geoplan.output.tables import cells
    from geoplan.output.text import lookup_lines

    if not place:
        message = "No place was named: give a postcode, a code or a name, or a list with --file."
        raise ConfigurationError(message)
    if any(asked[each] for each in ("postcode", "out", "coordinates")) or asked["epsg"] is not None:
        message = "--postcode, --coordinates, --epsg and --out are for lists: name one with --file."
        raise ConfigurationError(message)
    found = place_lookup.lookup(" ".join(place), atlas=library(asked))
    if form == "json":
        areas, partners = (json.loads(cells.table_json(table)) for table in (found.areas, found.partners))
        said = {"place": found.title, "areas": areas, "partners": partners, "changes": found.changes}
        said |= {"seats": json.loads(cells.table_json(found.seats)), "remarks": found.remarks}
        said |= {"not_in_force": found.absent, "later_editions": found.editions}
        say(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        if form == "csv":
            beside = (*found.remarks, *found.days, *found.changes, *seats.seat_sentences(found.seats))
            say("".join(f"{sentence}\n" for sentence in beside), nl=False, err=True)
        text = lookup_lines.lookup_text(found) if form == "text" else as_csv(found.areas)
        say(text, nl=False)


def _lookup_list(layers: tuple[str, ...], form: str | None, asked: dict[str, Any]) -> None:
    from geoplan.auditing.lookups.postcode_lists import list_looked_up
    from geoplan.data.tables.tables import read_lookup
    from geoplan.output.text import lookup_lines
    from geoplan.output.workbook import lists

    out, is_book = asked["out"], asked["out"].lower().endswith(".xlsx")
    if out and out != "-" and not out.lower().endswith((".csv", ".xlsx")):
        message = f"{Path(out).name} ends in neither .csv nor .xlsx: a list is written as CSV or as an Excel workbook."
        raise ConfigurationError(message)
    if out and form:
        message = "The suffix of --out says how a list is written: leave out --format."
        raise ConfigurationError(message)
    declare(asked, (asked["file"], *layers), out=out)
    atlas = library(asked)
    chosen = {"column": asked["postcode"], "coordinates": asked["coordinates"], "epsg": asked["epsg"]}
    found = list_looked_up(read_lookup(asked["file"]), layers, atlas=atlas, **chosen)
    tell_changes(*found.layers)
    if form == "text":
        say(lookup_lines.list_text(found), nl=False)
        return
    say(lookup_lines.list_text(found), nl=False, err=not out or out == "-")
    day = atlas.as_of.isoformat()
    content = lists.list_xlsx(found.table, as_of=day) if is_book else as_table(found.table, form or "csv")
    write(content, out or "-")
    tell_written(out or "-")


@cli.command()
@click.argument("code", default="")
def rule(code: str) -> None:
    """Explain a rule: what it means, why it matters, what to do; without CODE, list all.

    Python: geoplan.rules.
    """
    from geoplan.auditing.judging import rules
    from geoplan.output.text import lookup_lines

    chosen = [rules.rule(code)] if code else list(rules.RULES.values())
    say(lookup_lines.rule_text(chosen, whole=bool(code)), nl=False)
