"""Commands on who belongs to a scheme: membership show, import, edit, check."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from geoplan.cli.edge import cli
from geoplan.cli.options import day_option, failing_option, raw_option, shown_option
from geoplan.cli.speaking import as_csv, as_table, declare, end, places_of, say, tell_written, write
from geoplan.errors import ConfigurationError, InputError, refusal

if TYPE_CHECKING:
    from datetime import date

    from geoplan.commuting.atlas import Atlas
    from geoplan.data.catalogue_file import Entry
    from geoplan.data.membership.own.importing import Answers, Brought
    from geoplan.data.membership.own.names import Proposal
    from geoplan.data.membership.own.rows import Said
    from geoplan.data.membership.own.steps import Members

__all__ = ["membership"]

accept_option = click.option("--accept", multiple=True, metavar="OLD=NEW",
                             help="What a name that is not exact means; or none, and of an area new.")  # fmt: skip
answers_option = click.option("--answers", default="", metavar="FILE",
                              help="The same in a table: the columns written and meant.")  # fmt: skip
source_option = click.option("--source", default="", metavar="TEXT", help="Who says so: kept with every row.")
dry_option = click.option("--dry-run", is_flag=True, help="Tell what would change, and keep nothing.")


@cli.group()
def membership() -> None:
    """Correct who belongs to a SCHEME: look at it, bring the authoritative table, move an authority, check.

    SCHEME is a key of the catalogue with a membership table, such as connect_to_work. What you bring or correct is kept
    on this computer with its source, takes the place of what ships in every command, and is called "yours" everywhere;
    --shipped, or GEOPLAN_SHIPPED=1, sets it aside. Python: geoplan.membership.
    """


@membership.command()
@click.argument("scheme")
@click.option("--area", default="", metavar="AREA", help="Only this area, by name or id.")
@click.option("--out", default="", metavar="FILE", help="Write the whole table: .csv or .xlsx, which import takes.")
@raw_option
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
@shown_option
def show(scheme: str, area: str, out: str, form: str, as_of: date | None) -> None:
    """Show the members of a SCHEME: areas, leads, authorities, days, confidence, source, and whose each row is.

    On the screen those in force; as CSV, JSON or in a file every row, past ones and those to come too. Give the file
    to a colleague: `geoplan membership import SCHEME FILE` takes what is yours from it, with its sources. Python:
    geoplan.membership.
    """
    from geoplan.commuting.atlas import Atlas
    from geoplan.data.membership.own import rows as own_rows
    from geoplan.data.membership.own.editing import find_area
    from geoplan.data.membership.own.schemes import scheme_of
    from geoplan.data.membership.own.steps import members
    from geoplan.output.text.memberships import membership_lines
    from geoplan.output.workbook import lists

    entry = scheme_of(scheme)
    if out and not out.lower().endswith((".csv", ".xlsx")) and out != "-":
        raise ConfigurationError(refusal(f"{Path(out).name} ends in neither .csv nor .xlsx"))
    declare({}, (), out=out)
    table, day = members(entry.table), Atlas(as_of=as_of).as_of
    rows = table.rows
    if area:
        names = rows.drop_duplicates("area_id").set_index("area_id")["area_name"].to_dict()
        rows = rows[rows["area_id"] == find_area(area, names, entry.key)]
    if out.lower().endswith(".xlsx"):
        write(lists.list_xlsx(rows, as_of=day.isoformat(), title="Membership"), out)
    elif out:
        write(as_csv(rows), out)
    elif form != "text":
        say(as_table(rows, form), nl=False)
    else:
        held = rows.loc[rows.index.intersection(own_rows.in_force(table.rows, entry, day))]
        say(membership_lines.members_text(table, held if len(held) else rows, entry), nl=False)
    if out:
        tell_written(out)


@membership.command("import")
@click.argument("scheme")
@click.argument("file")
@source_option
@click.option("--whole", is_flag=True, help="The table is all of the scheme: areas that it does not name are gone.")
@accept_option
@answers_option
@click.option("--propose", default="", metavar="FILE", help="Write names that are not exact as a table for --answers.")
@click.option("--yes", is_flag=True, help="Keep it without asking; names that are not exact are never guessed.")
@dry_option
@day_option
def bring(scheme: str, file: str, **asked: Any) -> None:
    """Bring the authoritative table of a SCHEME: CSV or Excel, names or codes.

    One row an authority, or several authorities in one cell, between commas, "and" or line breaks; with areas, and if
    there are any lead (accountable) bodies and days. Titles above, notes below and merged cells are understood. The
    table takes the place of the areas that it names; the others stay. A name that is not exact is proposed with the
    nearest and must be confirmed, at the terminal or with --accept or --answers; else nothing is kept (exit code 3).
    Python: geoplan.membership.
    """
    from geoplan.data.membership.own.schemes import answers_given, answers_of, proposal_table, scheme_of
    from geoplan.data.tables.membership_rows import MOST_MEMBERS
    from geoplan.data.tables.tables import read_rows

    entry = scheme_of(scheme)
    declare({}, (file, asked["answers"]), **places_of("", propose=asked["propose"]))
    answers = {**(answers_given(asked["answers"]) if asked["answers"] else {}), **answers_of(asked["accept"])}
    raw = read_rows(file, most=MOST_MEMBERS)
    said = _said(asked["source"] or raw.file)
    atlas, now = _opened(entry, asked["as_of"])
    found = _brought(raw, entry, now, atlas, said, answers, whole=asked["whole"])
    while found.proposals and _at_terminal() and not asked["propose"]:
        answers = {**answers, **_asked(found.proposals)}
        found = _brought(raw, entry, now, atlas, said, answers, whole=asked["whole"])
    for sentence in found.said:
        say(f"{raw.file}: {sentence}", err=True)
    if found.proposals:
        if asked["propose"]:
            write(as_csv(proposal_table(found.proposals)), asked["propose"])
            say(f"Written: {asked['propose']}. Fill in its column 'meant'.", err=True)
        _refuse(found.proposals, raw.file)
    told = _tell_changes(entry, now, found.members, atlas)
    if not found.handed_over and not asked["whole"]:
        _tell_others(entry, now, found, atlas)
    did = f"{raw.file} brought: {told}"
    _kept(entry, now, found.members, did, said, atlas, dry=asked["dry_run"], sure=asked["yes"])


@membership.command()
@click.argument("scheme")
@click.option("--move", multiple=True, metavar="AUTHORITY", help="Into the area of --to, out of where it is.")
@click.option("--add", multiple=True, metavar="AUTHORITY", help="Into the area of --to, and stays where it is.")
@click.option("--remove", multiple=True, metavar="AUTHORITY", help="Out of the area it is in.")
@click.option("--to", default="", metavar="AREA", help="The area, by name or id.")
@click.option("--new", is_flag=True, help="The area of --to is a new one.")
@click.option("--lead", multiple=True, metavar="AREA=BODY", help="The body that leads an area.")
@click.option("--from", "since", default="", metavar="DATE", help="First day on which it is so; without it was always.")
@source_option
@click.option("--undo", is_flag=True, help="Take the last step back.")
@click.option("--reset", is_flag=True, help="Back to what ships; --undo takes that back too.")
@dry_option
@day_option
def edit(scheme: str, *, undo: bool, reset: bool, **asked: Any) -> None:
    """Correct a SCHEME without a file: move, add or remove an authority, or say who leads.

    Each step is kept with its source and day. Names must be exact; the nearest are told. Python: geoplan.membership.
    """
    from geoplan.data.days import parse_day
    from geoplan.data.membership.own import steps
    from geoplan.data.membership.own.editing import Correction, corrected
    from geoplan.data.membership.own.schemes import scheme_of

    entry = scheme_of(scheme)
    parse_day(asked["since"], end=False)
    correction = Correction(
        move=asked["move"], add=asked["add"], remove=asked["remove"], to=asked["to"], new=asked["new"],
        lead=tuple(map(_lead_of, asked["lead"])), since=asked["since"],
    )  # fmt: skip
    if undo + reset + (not correction.is_empty) > 1:
        raise ConfigurationError(refusal("--undo, --reset and corrections are not done in one step"))
    if undo:
        _undone(entry, dry=asked["dry_run"])
        return
    atlas, now = _opened(entry, asked["as_of"])
    if reset:
        after, did, said = steps.shipped_members(entry.table), "back to what ships", _said("geoplan")
    else:
        if not asked["source"] and not correction.is_empty:
            hint = "Say it with --source, such as --source 'letter of the department, 3 March 2026'."
            raise ConfigurationError(refusal("a correction needs a source", hint=hint))
        said = _said(asked["source"])
        after, did = corrected(now, entry, correction, atlas.authorities, as_of=atlas.as_of, said=said)
    _tell_changes(entry, now, after, atlas)
    say(f"{did[0].upper()}{did[1:]}.")
    _kept(entry, now, after, did, said, atlas, dry=asked["dry_run"], sure=True)


@membership.command()
@click.argument("scheme")
@click.argument("file", default="")
@accept_option
@answers_option
@click.option("--whole", is_flag=True, help="FILE is all of the scheme.")
@raw_option
@click.option("--format", "form", type=click.Choice(["text", "csv", "json"]), default="text", show_default=True)
@failing_option
@shown_option
def check(scheme: str, file: str, form: str, fail_on: str, **asked: Any) -> None:
    """Check the members of a SCHEME in force, or those that FILE would make, by the rules GP401 to GP405.

    Authorities in no area or in several, names that are not known, areas in pieces, members that nobody confirmed.
    Nothing is kept. Python: geoplan.check.
    """
    from geoplan.auditing import comparing
    from geoplan.commuting.atlas import Atlas
    from geoplan.data.membership.own.schemes import answers_given, answers_of, scheme_of
    from geoplan.data.membership.own.steps import members
    from geoplan.data.tables.membership_rows import MOST_MEMBERS
    from geoplan.data.tables.tables import read_rows
    from geoplan.output.tables import audits
    from geoplan.output.text import layer_lines
    from geoplan.output.text.memberships import membership_lines

    entry = scheme_of(scheme)
    atlas, table, notes = Atlas(as_of=asked["as_of"]), members(entry.table), []
    if file:
        answers = {**(answers_given(asked["answers"]) if asked["answers"] else {}), **answers_of(asked["accept"])}
        raw = read_rows(file, most=MOST_MEMBERS)
        found = _brought(raw, entry, table, atlas, _said(raw.file), answers, whole=asked["whole"])
        table, notes = found.members, [membership_lines.proposal_note(one, raw.file) for one in found.proposals]
    layer, findings = comparing.check_members(entry, table, atlas, notes)
    if form == "text":
        say(layer_lines.check_text(layer, findings), nl=False)
    else:
        say(as_table(audits.findings_table(findings), form), nl=False)
    end(findings, fail_on)


def _opened(entry: Entry, as_of: date | None) -> tuple[Atlas, Members]:
    from geoplan.commuting.atlas import Atlas
    from geoplan.data.membership.own.steps import kept_members

    return Atlas(as_of=as_of), kept_members(entry.table)


def _said(source: str) -> Said:
    from datetime import date

    from geoplan.data.membership.own.rows import Said

    return Said(source, date.today())  # noqa: DTZ011 - the day where the user is


def _brought(
    raw: Any, entry: Entry, now: Members, atlas: Atlas, said: Said, answers: Answers, *, whole: bool
) -> Brought:
    from geoplan.data.membership.own import importing

    return importing.brought(
        raw, entry, now, atlas.authorities, as_of=atlas.as_of, said=said, answers=answers, whole=whole
    )


def _at_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _asked(proposals: Sequence[Proposal]) -> dict[str, str]:
    """Ask at the terminal what each name means."""
    from geoplan.data.membership.own.importing import NEW, NONE
    from geoplan.output.text.memberships.membership_lines import proposal_text

    found = {}
    for one in proposals:
        say(proposal_text(one), err=True)
        for number, name in enumerate(one.nearest, 1):
            say(f"  {number}  {name}", err=True)
        word = NEW if one.what == "area" else NONE
        wanted = f"Number, exact name, {word!r}, or nothing to stop"
        answer = str(click.prompt(wanted, default="", show_default=False, err=True)).strip()
        if not answer:
            raise InputError(refusal(f"{one.written!r} was not confirmed, and nothing is kept"))
        chosen = int(answer) - 1 if answer.isdecimal() else -1
        found[f"{one.what} {one.written}"] = one.nearest[chosen] if 0 <= chosen < len(one.nearest) else answer
    return found


def _refuse(proposals: Sequence[Proposal], file: str) -> None:
    from geoplan.data.membership.own.importing import NEW
    from geoplan.output.text.memberships.membership_lines import proposal_text

    for one in proposals:
        say(proposal_text(one), err=True)
    first = proposals[0]
    near = first.nearest[0] if first.nearest else "NAME"
    is_both = len({one.what for one in proposals if one.written == first.written}) > 1
    written = f"{first.what} {first.written}" if is_both else first.written
    new = f" (an area of its own: '{first.written}={NEW}')" if first.what == "area" else ""
    hint = f"Confirm each: --accept '{written}={near}'{new}, or write them to a table with --propose FILE."
    names = "1 name is" if len(proposals) == 1 else f"{len(proposals)} names are"
    raise InputError(refusal(f"{file}: {names} not exact, and nothing is kept", hint=hint))


def _tell_changes(entry: Entry, now: Members, after: Members, atlas: Atlas) -> str:
    from geoplan.data.membership.own.differences import differences, summed_up
    from geoplan.output.text.memberships.membership_lines import difference_text

    found = differences(now, after, entry, atlas.as_of)
    say(difference_text(found, entry), nl=False)
    return summed_up(found)


def _tell_others(entry: Entry, now: Members, found: Brought, atlas: Atlas) -> None:
    from geoplan.data.membership.own import rows as own_rows
    from geoplan.output.text.memberships.membership_lines import stay_text

    held = now.rows.loc[own_rows.in_force(now.rows, entry, atlas.as_of)]
    say(stay_text(now, held[~held["area_id"].isin(found.named)]), nl=False)


def _kept(
    entry: Entry, now: Members, after: Members, did: str, said: Said, atlas: Atlas, *, dry: bool, sure: bool
) -> None:
    """Keep members, unless they are as before, and tell what the rules say of them."""
    from geoplan.auditing import comparing
    from geoplan.data.membership.own import steps

    _, findings = comparing.check_members(entry, after, atlas)
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}" if findings else "no findings"
    say(f"Rules GP401 to GP405: {count}." + (f" geoplan membership check {entry.key} lists them." if findings else ""))
    if steps.are_alike(now, after):
        say("Nothing to keep: it is so already.")
    elif dry:
        say("Nothing was kept: this was a dry run.")
    else:
        if not sure and _at_terminal():
            click.confirm("Keep it?", abort=True, err=True)
        steps.keep(after, did=did, source=said.source, day=said.day)
        now_is = "Kept as yours" if after.are_yours else "Nothing is yours now"
        say(f"{now_is}. geoplan membership edit {entry.key} --undo takes it back.")


def _undone(entry: Entry, *, dry: bool) -> None:
    from geoplan.data.membership.own import steps
    from geoplan.schema.wording import when

    kept = steps.steps(entry.table)
    last = kept[-1] if dry and kept else steps.undo(entry.table)
    left = kept[:-1]
    now = f"In force is now: {left[-1].title}." if left else "In force is now what ships."
    say(f"{'Would be taken back' if dry else 'Taken back'}: {last.title} (kept {when(last.kept_on)}). {now}")


def _lead_of(pair: str) -> tuple[str, str]:
    area, equals, body = (part.strip() for part in pair.partition("="))
    if not (equals and area and body):
        raise ConfigurationError(refusal(f"--lead {pair!r} is not AREA=BODY, such as 'Suffolk=Suffolk County Council'"))
    return area, body
