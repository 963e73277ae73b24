"""Lists of codes, such as those of the worst small areas: a table whose every row is meant."""

from __future__ import annotations

from geoplan.data.readers import locators
from geoplan.data.tables import tables
from geoplan.errors import InputError, refusal

__all__ = ["codes_listed"]

MOST_ROWS = 300_000


def codes_listed(reference: str) -> list[str]:
    """Read a list of codes.

    Parameters
    ----------
    reference
        A table; ``FILE?code=COLUMN`` names the column of codes where it has several.

    Returns
    -------
    list of str
        In their order, each once.

    Raises
    ------
    InputError
        If the table cannot be read, there is no such column, several could be meant, or a row has no code.
    """
    asked = locators.columns_asked(reference, ("code",)).get("code", "")
    raw = tables.read_rows(locators.without_columns(reference), most=MOST_ROWS)
    headings = [str(heading) for heading in raw.frame.columns]
    column = asked or (headings[0] if len(headings) == 1 else "")
    if column not in headings:
        what = f"there is no column {asked!r}" if asked else "several columns could hold the codes"
        hint = f"Name it: {raw.file}?code={headings[0]}. Found: {', '.join(headings)}."
        raise InputError(refusal(f"{raw.file}: {what}", hint=hint))
    codes = raw.frame[column].astype(str).str.strip()
    blank = [f"row {row}" for row in codes.index[codes == ""]]
    if blank:
        raise InputError(refusal(f"{raw.file}, column {column!r}: rows have no code", codes=blank))
    return list(dict.fromkeys(codes))
