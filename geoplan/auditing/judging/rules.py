"""The rules: what each code means, why it matters, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from geoplan.errors import UnknownKeyError
from geoplan.schema import Severity, wording

__all__ = ["RULES", "WHOSE", "Rule", "rule"]


@dataclass(frozen=True)
class Rule:
    """A rule an audit can speak by: what it means, why it matters, what to do."""

    code: str
    title: str
    severity: Severity
    means: str
    matters: str
    action: str


WHOSE = {
    **wording.UNITS,
    "people": "residents",
    "working_age": "residents aged 16 to 64",
    "area": "ground",
}
_ERROR, _WARNING, _INFO = Severity.ERROR, Severity.WARNING, Severity.INFO
RULES: dict[str, Rule] = {
    r.code: r
    for r in (
        Rule("GP101", "geometry repaired", _INFO,
             "A polygon of the file crossed or touched itself and was made valid; the area this changed is given.",
             "Invalid polygons make overlaps come out wrong without a word.",
             "Ask the publisher for a valid edition, or check that the change of area is negligible."),
        Rule("GP102", "coordinate system missing or changed", _INFO,
             "The file was in another coordinate system than EPSG:27700, or stated none and it could only be one.",
             "Areas and distances are right only on the British National Grid.",
             "State the coordinate system in the file."),
        Rule("GP103", "code missing or twice", _ERROR,
             "A row of the file has no code, or two rows have the same.",
             "People would be lost or counted twice, so such a file is refused.",
             "Correct the codes, or name the right column with --code."),
        Rule("GP104", "code unknown or retired", _WARNING,
             "A code belongs to an authority that has been abolished or recoded.",
             "Tables of different years do not join without a word.",
             "Replace it by today's code, which the message names."),
        Rule("GP105", "editions or resolutions mixed", _INFO,
             "The two layers are drawn at different resolutions, are of different dates, lie apart by the same "
             "distance everywhere, or come from lookups whose small areas or figures differ; or codes of one file "
             "never were in force on one day.",
             "Borders that are the same on the ground then differ on paper.",
             "Compare editions of the same date and resolution where you can."),
        Rule("GP106", "not read as it stands", _WARNING,
             "Members of a scheme are yours in place of what ships, or a file of "
             "your own has titles, notes, totals, merged cells or an encoding that had to be understood, a "
             "key written in several ways, a name that stands for several authorities, a status that is none of the "
             "known words, rows that are not in force on the day shown, or a column that varies within areas or is "
             "called like one of geoplan's; the message says how it was read.",
             "What is counted is then not what a glance at the table shows.",
             "Check that it was read as you mean it, or write it plainly: headings first, each key in one way."),
        Rule("GP107", "table contradicts itself", _ERROR,
             "The name beside an authority's code is another authority's, one id of an area has several names, or one "
             "area several amounts of money.",
             "Only one of the two can be meant: people are in the wrong place, or an amount is not assessed.",
             "Correct the rows that the message names."),
        Rule("GP108", "download cut short", _ERROR,
             "The server that gave the file says in it that there were more areas than it gives at a time.",
             "Areas are missing, and their people with them.",
             "Download the whole layer as a file, or in portions, and join them."),
        Rule("GP201", "gap", _ERROR,
             "Ground between the areas of one layer belongs to none of them.",
             "People who live there are in no partnership.",
             "Settle whom the ground belongs to; if it is a lake or another country's, ignore it."),
        Rule("GP202", "overlap", _ERROR,
             "Ground belongs to two areas of one layer.",
             "People who live there are counted and served twice, or by neither.",
             "Settle which area is responsible."),
        Rule("GP203", "area in pieces", _INFO,
             "An area is drawn in several pieces.",
             "Islands are no fault; an inland exclave can be.",
             "Look at it on the map."),
        Rule("GP204", "part of the reference not covered", _ERROR,
             "A layer that should cover everyone in its countries does not; of a lookup, whose purpose is not known, "
             "this is information.",
             "Whoever lives in the rest has no partnership to go to.",
             "See the GP401 findings for the authorities concerned."),
        Rule("GP301", "cut", _WARNING,
             "An area is cut: it shares a piece with an area of the other layer that neither of them holds whole. The "
             "value is the people in its cut pieces. Information where one of the two layers has ended, or where the "
             "area lies partly in one area and partly in none of a layer that need not cover everyone. Where the "
             "area's amount of money is known, the message says how much of it goes with the pieces: an estimate.",
             "One plan has to be agreed with several bodies, none of which answers for the whole.",
             "Agree a lead for each part, align the boundary, or plan jointly; geoplan compare lists the parts."),
        Rule("GP302", "not coterminous though one-to-one", _WARNING,
             "Two areas meet only each other and share most of their people, yet one reaches beyond the other.",
             "They look the same in a list but do not serve the same people.",
             "Find out whether the rest is meant, or a drawing at the coast."),
        Rule("GP303", "several partners", _INFO,
             "An area is made up of several whole areas of the other layer.",
             "It has several bodies to work with, but no border is cut.",
             "No boundary needs to move."),
        Rule("GP304", "artefacts only", _INFO,
             "Pieces that exist only because two drawings of one border differ.",
             "Without this they would be read as mismatches.",
             "None needed; --keep-artefacts shows them as real."),
        Rule("GP305", "people not allocated", _ERROR,
             "People of an area live in no area of the other layer, which should cover them.",
             "Totals by the other layer will miss them.",
             "Check the membership of the other layer."),
        Rule("GP401", "authority in none", _ERROR,
             "An authority inside the scheme's countries is in none of its areas, though the scheme covers all.",
             "Its residents have no partnership to go to.",
             "Check the membership table against the scheme's own list."),
        Rule("GP402", "authority in several", _ERROR,
             "An authority is in more than one area of a scheme; by design in some, and then information.",
             "Responsibility and money are counted twice or left to the other.",
             "Settle it, or mark the rows as parts of the authority."),
        Rule("GP403", "authority not known", _ERROR,
             "A row of the table names an authority that is not known; information where what the row has is only the "
             "beginning of a name.",
             "Its people are missing from every figure.",
             "Correct the code or the name."),
        Rule("GP404", "partnership not contiguous", _WARNING,
             "The authorities of a partnership do not all touch; where a listed bridge, tunnel or ferry joins "
             "them, this is information.",
             "Travel and shared services cross somebody else's area.",
             "Check that the membership is meant."),
        Rule("GP405", "membership not confirmed", _INFO,
             "The table's source names the area but not every member, so members were read from its name or "
             "inferred.",
             "A wrong member makes wrong findings.",
             "Check with the lead body; audit with your own table by --replace KEY=FILE."),
        Rule("GP501", "not self-contained", _WARNING,
             "An area would not pass as a labour market area: too few of those who live there work there, or too few "
             "of its jobs are done by those who live there. Information where commuting is modelled.",
             "Help into work needs employers, transport and training outside the area.",
             "Plan with the areas its workers go to: geoplan containment lists them."),
        Rule("GP502", "largest leak", _INFO,
             "The area to which most of an area's working residents go, where that is a tenth of them or more; several "
             "where the error of modelled commuting could change which.",
             "That neighbour's employers are part of its labour market.",
             "Agree a shared offer to employers with it."),
        Rule("GP503", "labour market area cut by the boundary", _INFO,
             "An area within which people commute lies on both sides of a partnership's boundary.",
             "Neighbours who look for the same jobs are served by different bodies.",
             "Let the bodies on either side share vacancies and referrals."),
        Rule("GP601", "changed since another edition", _WARNING,
             "An area of a layer is new, gone, merged, split or redrawn between the two editions that geoplan changes "
             "compares. The value is the people on the ground that it lost or gained. Information where only its code "
             "or its name differs.",
             "Figures, contracts and memberships of the old edition do not hold for it.",
             "Bring tables that name it to the new edition, and audit the partnerships that it belongs to again."),
        Rule("GP901", "a check could not run", _ERROR,
             "A check that was asked for could not be made; the message says why.",
             "Silence would look like a clean result.",
             "Mend what the message names and run again."),
        Rule("GP902", "baseline entry unused or expired", _INFO,
             "An entry of the baseline has no finding any more, or its day has passed.",
             "A baseline that nobody tends hides what comes later.",
             "Take the entry out, or give it a new reason and day: geoplan baseline update."),
        Rule("GP903", "known findings kept quiet", _INFO,
             "The baseline records findings that have not grown since; lists and counts leave them out.",
             "They are accepted for now, not mended.",
             "audit.json lists them all, marked known; geoplan baseline check names them with their reasons."),
    )
}  # fmt: skip


def rule(code: str) -> Rule:
    """Return a rule by its code.

    Parameters
    ----------
    code
        Such as ``GP301``, ``gp301`` or ``301``.

    Returns
    -------
    Rule
        With its meaning, why it matters and what to do.

    Raises
    ------
    UnknownKeyError
        Naming the known codes.
    """
    full = f"GP{code.upper().removeprefix('GP')}"
    if full not in RULES:
        message = f"There is no rule {code!r}. Known: {', '.join(RULES)}."
        raise UnknownKeyError(message)
    return RULES[full]
