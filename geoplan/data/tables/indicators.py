"""An indicator of the user's own by authority or building block, read from a table and brought to blocks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from geoplan.data.editions.figures import figures_forward
from geoplan.data.editions.together import mixed_editions
from geoplan.data.places import Authorities
from geoplan.data.readers import locators
from geoplan.data.tables import numerals, small_figures, tables
from geoplan.errors import InputError, refusal
from geoplan.schema.indicators import INDICATOR_COLUMNS, Indicator, Kind
from geoplan.schema.wording import listed, number_of

__all__ = ["files_of", "moved", "read_indicator"]

ASKED = ("value", "kind", "of", "unit", "source", "year", "modelled", "code", "small_areas")
MOST_ROWS = 100_000
UNQUOTED = "/ :#\\"
"""What stands as it is in a reference, so that it is read as it was written."""
OF = {"people": "people", "working_age": "people aged 16 to 64"}
OLD = 5
"""Years from which on a figure is said to be old."""
ANSWERS = {"": False, "no": False, "yes": True}
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_CODE = re.compile(r"code|block|authority_code|[a-z]{2,}\d\dcd|[a-z]+_?(code|cd)", re.IGNORECASE)
_SMALL = re.compile(r"[EW]0[12]\d{6}|S01\d{6}|N20\d{6}|95[A-Z]{2}\d{2}")
_KINDS = re.compile(r"(?:^|[ _])(count|rate)$", re.IGNORECASE)


def files_of(reference: str) -> tuple[str, ...]:
    """Return references to the files that an indicator is read from: its table, and what places its small areas."""
    if not reference:
        return ()
    small = locators.columns_asked(reference, ASKED).get("small_areas", "")
    return tuple(filter(None, (locators.without_columns(reference), small)))


def moved(reference: str, folder: Path) -> str:
    """Return a reference to an indicator whose files lie beside a configuration, as seen from elsewhere."""
    asked = locators.columns_asked(reference, ASKED)
    if "small_areas" in asked:
        asked["small_areas"] = str(folder / asked["small_areas"])
    said = "&".join(f"{name}={quote(heading, safe=UNQUOTED)}" for name, heading in asked.items())
    return "?".join(filter(None, (str(folder / locators.without_columns(reference)), said)))


def read_indicator(
    reference: str,
    blocks: pd.DataFrame,
    authorities: Authorities,
    placed: Callable[[str], pd.DataFrame] | None = None,
    as_of: date | None = None,
) -> tuple[Indicator, pd.DataFrame]:
    """Read an indicator.

    Parameters
    ----------
    reference
        ``FILE?value=COLUMN&kind=rate|count&of=people|working_age&unit=TEXT&source=TEXT&year=YYYY&modelled=yes``, with
        ``code=COLUMN`` and ``small_areas=FILE``: a table as people keep them. Only the kind has to be said, and not
        where the heading of the values ends in it, as ``claimant_count`` does.
    blocks
        Shipped blocks, indexed by block, with ``lad``, ``people`` and ``working_age``.
    authorities
        The reference, with the upper-tier authority of each, and what became of former ones.
    placed
        Tells where small areas lie, by the reference in ``small_areas``: see
        `geoplan.data.membership.small_areas.placing.homes_of`. None where no table of them can be read.
    as_of
        The day shown, by which figures are old; None where there is none.

    Returns
    -------
    indicator : Indicator
        What it is, and what had to be shared out.
    table : pandas.DataFrame
        Indexed by block, `INDICATOR_COLUMNS`; missing for blocks of which the file says nothing.

    Raises
    ------
    ConfigurationError
        If the reference asks for what is no option.
    InputError
        If the file cannot be read, a column or the kind is missing, a row has an unknown or repeated code or what is
        no number, or figures of former authorities cannot be brought forward; names file, column, row and code.
    """
    asked = locators.columns_asked(reference, ASKED)
    raw = tables.read_rows(locators.without_columns(reference), most=MOST_ROWS)
    headings = [str(heading) for heading in raw.frame.columns]
    coded = [each for each in headings if _CODE.fullmatch(each) or _holds_small_areas(raw.frame[each])]
    code = _column(asked.get("code", ""), coded, raw, "code")
    plain = [each for each in headings if each != code]
    likely = [each for each in plain if _KINDS.search(each)] or [each for each in plain if _numeric(raw.frame[each])]
    value = _column(asked.get("value", ""), likely, raw, "value")
    kind, of = _kind(asked.get("kind", ""), value, raw.file), _of(asked.get("of", "people"), raw.file)
    where = f"{raw.file}, column {value!r}"
    numbers = numerals.from_nought(raw.frame[value], where, delimiter=raw.delimiter, empty=True)
    codes, at = _codes(raw, code), f"{raw.file}, column {code!r}"
    given, said = pd.Series(numbers, index=codes), list[str]()
    small = asked.get("small_areas", "")
    if small and placed is not None:
        given, said = small_figures.summed(given, placed(small), kind, of, at, locators.without_columns(small))
        codes = pd.Series(given.index, index=given.index)
    members = _members(blocks, authorities)
    said += [note.message for note in mixed_editions(at, given.index, authorities.retired, authorities.first_days)]
    given, divided, brought = figures_forward(given, kind, members, at, authorities.retired)
    members |= {old: set().union(*(members[new] for new in after)) for old, after in divided.items()}
    codes = codes[~codes.isin(authorities.retired) | codes.isin(list(divided))]
    late = [code for code in given.index if code not in set(codes)]
    homes = _homes(pd.concat([codes, pd.Series(late, index=late, dtype=object)]), members, at)
    table, shared = _shared_out(given, kind, homes, blocks[of].astype(float))
    told = " ".join(filter(None, [*said, *brought, _said(shared, of)]))
    units = {str(each): tuple(map(str, held)) for each, held in homes.groupby("code", sort=True).groups.items()}
    year, modelled = asked.get("year", ""), _modelled(asked.get("modelled", ""), raw.file)
    age = 0 if as_of is None else _age(year, as_of)
    source, unit, file = asked.get("source", ""), asked.get("unit", ""), Path(raw.file).name
    return Indicator(value, kind, of, file, source, year, told, unit, modelled, age, units), table


def _column(asked: str, likely: Sequence[str], raw: tables.RawTable, option: str) -> str:
    """Return the column asked for, else the only one that may be meant."""
    headings = [str(heading) for heading in raw.frame.columns]
    if asked and asked not in headings:
        raise InputError(refusal(f"{raw.file}: there is no column {asked!r}", hint=f"Found: {', '.join(headings)}."))
    if asked or len(likely) == 1:
        return asked or likely[0]
    what = f"several columns could hold the {option}s" if likely else f"no column holds {option}s"
    hint = f"Name it: {raw.file}?{option}={(likely or headings)[0]}. Found: {', '.join(headings)}."
    raise InputError(refusal(f"{raw.file}: {what}", codes=list(likely), hint=hint))


def _holds_small_areas(cells: pd.Series) -> bool:
    return bool(cells.astype(str).str.strip().str.fullmatch(_SMALL).all())


def _numeric(cells: pd.Series) -> bool:
    text = cells.astype(str).str.strip()
    return bool(text[text != ""].str.fullmatch(r"[\d,.\s]+").all()) and bool((text != "").any())


def _kind(asked: str, heading: str, file: str) -> Kind:
    found = _KINDS.search(heading)
    said = asked or (found[1].lower() if found else "")
    if said not in set(Kind):
        what = (
            f"{file}: {said!r} is no kind" if said else f"{file}: nothing says whether {heading!r} counts or is a rate"
        )
        raise InputError(refusal(what, hint=f"Write {file}?kind=count, or {file}?kind=rate&of=working_age."))
    return Kind(said)


def _modelled(said: str, file: str) -> bool:
    if said not in ANSWERS:
        raise InputError(refusal(f"{file}: modelled is yes or no, not {said!r}", hint=f"Write {file}?modelled=yes."))
    return ANSWERS[said]


def _age(year: str, as_of: date) -> int:
    """Return how old figures are where that is to be said: by the last year that is named."""
    named = [int(each) for each in _YEAR.findall(year)]
    years = as_of.year - named[-1] if named else 0
    return years if years >= OLD else 0


def _of(said: str, file: str) -> str:
    if said not in OF:
        raise InputError(refusal(f"{file}: rates cannot be of {said!r}", hint=f"Write of={' or of='.join(OF)}."))
    return said


def _codes(raw: tables.RawTable, code: str) -> pd.Series:
    """Return the code of each row, indexed by the rows of the file; each there once."""
    codes = raw.frame[code].astype(str).str.strip()
    for wrong, what in ((codes == "", "has no code"), (codes.duplicated() & (codes != ""), "has a code again")):
        if wrong.any():
            rows = [f"row {row}: {cell}".rstrip(": ") for row, cell in codes[wrong].items()]
            raise InputError(refusal(f"{raw.file}, column {code!r}: a row {what}", codes=rows, hint="Give each once."))
    return codes


def _members(blocks: pd.DataFrame, authorities: Authorities) -> dict[str, set[str]]:
    """Return the blocks of each block, authority and upper-tier authority."""
    members: dict[str, set[str]] = {}
    for home in (blocks.index.to_series(), blocks["lad"], blocks["lad"].map(authorities.table["utla_code"])):
        for block, code in home.items():
            members.setdefault(str(code), set()).add(str(block))
    return members


def _homes(codes: pd.Series, members: Mapping[str, set[str]], where: str) -> pd.DataFrame:
    """Return which block lies in which of the codes given: ``block`` and ``code``, each block once."""
    wrong = codes[~codes.isin(list(members))]
    if len(wrong):
        hint = "geoplan layers lad lists the authorities of today."
        if wrong.str.fullmatch(_SMALL).all():
            hint = "Say where these small areas lie: add &small_areas=FILE, a lookup to authorities or outlines."
        rows = [f"row {row}: {code}" for row, code in wrong.items()]
        raise InputError(refusal(f"{where} holds codes of no authority and no block", codes=rows, hint=hint))
    lying = [(block, code) for code in codes for block in sorted(members[code])]
    found = pd.DataFrame(lying, columns=["block", "code"])
    twice = found[found["block"].duplicated(keep=False)]
    if len(twice):
        hint = "Give the whole or its parts, not both."
        raise InputError(refusal(f"{where} holds areas and parts of them", codes=twice["code"].unique(), hint=hint))
    return found.set_index("block")


def _shared_out(given: pd.Series, kind: Kind, homes: pd.DataFrame, weight: pd.Series) -> tuple[pd.DataFrame, list[str]]:
    """Bring values to blocks: rates hold for all of an authority, counts are shared out by people.

    The codes whose counts had to be shared out are returned too.
    """
    home = homes["code"]
    whole = weight[home.index].groupby(home).transform("sum")
    part = weight[home.index] if kind is Kind.RATE else weight[home.index] / whole
    values = given.reindex(home).to_numpy() * part
    table = pd.DataFrame({"indicator": values.reindex(weight.index), "indicator_of": weight})
    shared = home[home.duplicated()].unique() if kind is Kind.COUNT else ()
    return table[list(INDICATOR_COLUMNS)], sorted(map(str, shared))


def _said(shared: Sequence[str], of: str) -> str:
    if not shared:
        return ""
    count = number_of(len(shared), "area given lies", "areas given lie")
    named = listed([*shared[:3], *([f"{len(shared) - 3} more"] if len(shared) > 3 else [])])
    return f"{count} in several blocks, over which counts are shared out by {OF[of]}, an estimate: {named}."
