"""A comparison of two layers on the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

import pandas as pd

from geoplan.analysis import artefacts, verdicts
from geoplan.analysis.editions.changes import EditionChange
from geoplan.analysis.networks import crosswalk
from geoplan.auditing.editions.versions import Editions
from geoplan.auditing.results import Pair
from geoplan.output.summary import answers
from geoplan.output.text.indicator_lines import indicator_lines
from geoplan.output.text.lines import WIDTH
from geoplan.schema import REST, Basis, Layer, Overlay, Relation, layer_wording, wording
from geoplan.schema.standing import LOOKS

__all__ = ["changes_counted", "changes_text", "compare_text", "provenance"]

_DECIDED = {
    Basis.CODES: "decided by codes",
    Basis.LABELS: "decided by the postcodes inside each area",
    Basis.GEOMETRY: "decided by geometry",
}


def compare_text(pair: Pair) -> str:
    """Return a comparison for people: counts of relations, then every area that is cut.

    Parameters
    ----------
    pair
        From `geoplan.auditing.comparing.compare`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    over, counts = pair.overlay, answers.standing_counts(pair)
    counted = ", ".join(f"{count} {LOOKS[each].term}" for each, count in counts.items() if count)
    lines = [
        f"{over.left.title} against {over.right.title}",
        *textwrap.wrap(
            f"{_DECIDED[over.basis]}, {_weighed_text(over)}; {wording.plural(len(pair.standing), 'area')}: {counted}.",
            WIDTH,
            subsequent_indent="    ",
        ),
        *(
            [*textwrap.wrap(f"{answers.overlap_words(pair, str(over.weight))}.", WIDTH)]
            if len(pair.cuts.pieces) or not pair.cuts.complete
            else []
        ),
        *(textwrap.wrap(wording.NEED[str(over.weight)], WIDTH) if over.weight.is_need else []),
        *provenance([over.left, over.right]),
        "",
    ]
    cut = pair.relations[_worth_a_list(pair)]
    goes = crosswalk.sides(over.left, over.right, list(cut.index))
    for code in cut.index:
        parts = over.table.loc[[code]].droplevel("left")
        name = over.left.name(str(code))
        label = name if name == code else f"{name} ({code})"
        by_area = " (by area: nobody lives there)" if code in over.unpeopled else ""
        also = ", and in part in others" if _in_others_too(pair, str(code)) else ""
        lines.append(f"{label}: {LOOKS[pair.standing[str(code)]].term}{also}{by_area}")
        shares = over.nominal.loc[code, "left_share"]
        vague = over.left.blocks is None and parts[_columns(over)[1]].isna().any()
        width = len(wording.NOT_ASSESSED) if vague else 6
        lines += [
            f"    {_part_text(pair, str(other), row, shares, width)}" for other, row in _largest(parts).iterrows()
        ]
        if code in goes and (said := crosswalk.in_words(goes[code])):
            lines += textwrap.wrap(f"By authority: {said}.", WIDTH, initial_indent="    ", subsequent_indent="    ")
    if cut.empty and pair.cuts.complete:
        lines.append("No area is cut.")
    lines += indicator_lines(pair, list(map(str, cut.index)))
    lines += [*_almost_lines(pair), *_artefact_lines(over)]
    return "\n".join(lines) + "\n"


def _worth_a_list(pair: Pair) -> list[bool]:
    """Tell of which areas every partner is named: those that no one partner answers for alone."""
    listed = {Relation.STRADDLES, Relation.PARTLY_COVERED, Relation.NOT_ASSESSED}
    return [
        row.relation in listed
        or (row.relation == Relation.NOT_KNOWN and bool(row.partners))
        or _in_others_too(pair, str(row.Index))
        for row in pair.relations.itertuples()
    ]


def _in_others_too(pair: Pair, code: str) -> bool:
    """Tell whether an area inside one partner lies in further ones, which overlap that one."""
    row = pair.relations.loc[code]
    return row["relation"] in {Relation.NESTED, Relation.COTERMINOUS} and len(row["partners"]) > 1


def _artefact_lines(over: Overlay) -> list[str]:
    """Return what was left out of the verdicts, and which wide piece comes nearest to having been."""
    false = over.table[over.table["artefact"].astype(bool)]
    if false.empty:
        return []
    outside = false.index.get_level_values("right") == REST
    limit = f"the {artefacts.resolution_limit(over):,.0f} m by which the drawings may differ"
    lines = ["", "Left out as drawing artefacts, and counted with their own area:"]
    for rows, what in ((false[~outside], f"pieces within {limit}"), (false[outside], "rests outside the drawn coast")):
        if len(rows):
            lines.append(f"{_amount_of(over, rows):>12}  in {len(rows):,} {what}")
    return lines


def _amount_of(over: Overlay, rows: pd.DataFrame) -> str:
    return f"{rows['area_m2'].sum() / 1e6:,.1f} km²" if over.weight == "area" else f"{rows['people'].sum():,.0f}"


def _weighed_text(over: Overlay) -> str:
    weight = wording.UNITS[str(over.weight)] if over.weight.is_need else over.weight.replace("_", " ")
    if over.left.blocks is not None and over.table["area_m2" if over.weight == "area" else "people"].isna().all():
        return f"{weight} not assessed, shares by counting {over.left.unit}"
    estimate = " (estimated from postcodes)" if over.basis is not Basis.CODES and over.weight != "area" else ""
    return f"weighed by {weight}{estimate}"


def _almost_lines(pair: Pair) -> list[str]:
    """Return a line for each area that is most of the one it lies in: at the coast, a matter of drawing."""
    over = pair.overlay
    shares = verdicts.share_ranges(over)["right_least"]
    nested = pair.relations[pair.relations["relation"] == "nested"]
    # The nominal size of a part of unknown size is no share to be told.
    known = over.table[_columns(over)[1].replace("left", "right")].notna() | over.table.index.isin(over.unpeopled, 0)
    known |= over.left.blocks is not None
    most = [(str(code), best, shares.at[(code, best)]) for code, best in nested["best"].items() if known[(code, best)]]
    lines = [
        f"    {over.left.name(code)} ({code}): {share:.2%} of {over.right.name(best)}"
        for code, best, share in most
        if share > 0.5
    ]
    return ["", "Not coterminous, but most of the area they lie in:", *lines] if lines else []


def _largest(parts: pd.DataFrame) -> pd.DataFrame:
    return parts.sort_values(["people", "area_m2"], ascending=False, na_position="last")


def _columns(over: Overlay) -> tuple[str, str]:
    """Return the columns of what was counted and of its share of the left area."""
    return ("area_m2", "left_area_share") if over.weight == "area" else ("people", "left_people_share")


def _part_text(pair: Pair, other: str, row: pd.Series, nominal: pd.Series, width: int) -> str:
    """Return a line for a piece of an area; ``width`` is that of the column of shares."""
    over, (column, share) = pair.overlay, _columns(pair.overlay)
    name = over.right.name(other) if other != REST else layer_wording.not_found(over.right)
    drawn = "  (drawing artefact)" if row["artefact"] else ""
    if over.unpeopled and pd.isna(row["people"]):
        return f"{row['area_m2'] / 1e6:>8,.2f} km²  {row['left_area_share']:>6.1%}  {name}{drawn}"
    # Of small areas without people the share is that of their number.
    part = nominal[other] if over.left.blocks is not None and pd.isna(row[column]) else row[share]
    said = wording.NOT_ASSESSED if pd.isna(part) else f"{part:.1%}"
    amount = row[column] / 1e6 if column == "area_m2" else row[column]
    counted = wording.NOT_ASSESSED if pd.isna(amount) else f"{amount:,.0f}"
    return f"{counted:>12}  {said:>{width}}  {name}{drawn}"


def provenance(layers: Iterable[Layer]) -> list[str]:
    """Return lines on where layers come from: edition, status, day, resolution, unconfirmed members."""
    lines = []
    for layer in layers:
        edition = "" if layer.edition in {layer.title, layer.key} else layer.edition
        day = f"as of {layer.as_of}" if layer.as_of else ""
        facts = [edition, layer_wording.status(layer, layer.as_of), day, layer.resolution]
        lines += textwrap.wrap(
            f"{layer.title}: " + ", ".join(fact for fact in facts if fact), WIDTH, subsequent_indent="    "
        )
        unsure = int((layer.areas["unconfirmed"] > 0).sum()) if "unconfirmed" in layer.areas else 0
        if unsure:
            lines.append(f"    not all members are confirmed in {unsure} of its {len(layer.areas)} areas")
    return lines


def changes_counted(editions: Editions) -> str:
    """Count the areas by what became of them: ended and begun ones, then those that go on.

    Parameters
    ----------
    editions
        From `geoplan.auditing.editions.versions.changed_editions`.

    Returns
    -------
    str
        Words for a sentence, and a sentence on those that go on under another code.
    """
    table = editions.table
    rows = table[(table["old_code"] != "") & (table["new_code"] != "")]
    goes_on = rows["change"].value_counts()
    counts = {"ended": editions.ended, "began": editions.began}
    counts |= {str(kind): int(goes_on.get(kind, 0)) for kind in EditionChange}
    told = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "no areas"
    recoded = int((rows["old_code"] != rows["new_code"]).sum())
    return f"{told}." + (
        f" Of those that go on {wording.number_of(recoded, 'has', 'have')} another code." * bool(recoded)
    )


def changes_text(editions: Editions) -> str:
    """Return for people what changed between two editions: counts, then every area that changed.

    Parameters
    ----------
    editions
        From `geoplan.auditing.editions.versions.changed_editions`.

    Returns
    -------
    str
        Lines of at most 100 characters.
    """
    over, aside = editions.forth.overlay, editions.artefacts
    drawn = f" {wording.number_of(aside, 'piece was', 'pieces were')} set aside as drawing artefacts." if aside else ""
    said = f"{_DECIDED[over.basis]}, {_weighed_text(over)}: {changes_counted(editions)}{drawn}"
    lines = [
        f"From {over.left.title} to {over.right.title}",
        *textwrap.wrap(wording.capital(said), WIDTH, subsequent_indent="    "),
        *provenance([over.left, over.right]),
        "",
    ]
    for kind in EditionChange:
        of_kind = [each.lead for each in editions.findings if each.evidence.get("change") == kind]
        lines += [f"{wording.capital(kind)}:"] if of_kind else []
        lines += [line for lead in of_kind for line in textwrap.wrap(f"  {lead}", WIDTH, subsequent_indent="    ")]
    return "\n".join(lines if editions.findings else [*lines, "Nothing changed."]) + "\n"
