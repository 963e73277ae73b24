"""One reading of keys for every table: names and codes that differ only in how they are written are one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

from geoplan.schema.wording import listed, plural

__all__ = ["Gathered", "MadeOne", "gathered", "plain_code", "plain_name", "plain_writing", "told"]

APOSTROPHES = "'`\u2018\u2019\u02bc\u00b4"
UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
"""Characters that nobody sees: they come with what is copied from pages and documents."""
DASHES = re.compile(r"[\s\-_\u2010-\u2015\u2212]+")
KINDS_OF_COUNCIL = frozenset((
    "authority", "borough", "city", "corporation", "council", "county", "district", "london", "metropolitan", "of",
    "royal", "the", "unitary", "bc", "cbc", "cc", "dc", "lb", "lbc", "mbc", "mdc", "rb", "ua",
    "bwrdeistref", "cyngor", "dinas", "sirol",
))  # fmt: skip
"""Words of names that say what kind of council it is, in English, abbreviated and in Welsh, and what joins them."""
MOST_SPELLINGS = 3
"""Keys that a sentence names with their spellings; it counts the others."""


@dataclass(frozen=True)
class MadeOne:
    """A key that a column writes in several ways.

    Parameters
    ----------
    kept
        The spelling it is read as.
    rows
        Every other spelling, as it stands in the column -> number of rows; in the order of the alphabet.
    """

    kept: str
    rows: dict[str, int]


@dataclass(frozen=True)
class Gathered:
    """What `gathered` made of a column.

    Parameters
    ----------
    values
        The column, every key in one spelling, in the order given; without blanks around.
    made_one
        Keys that were written in several ways, by the spelling kept.
    kept
        Spelling as it stands in the column -> spelling kept, for every value.
    """

    values: list[str]
    made_one: tuple[MadeOne, ...]
    kept: dict[str, str]


@cache
def plain_name(name: str) -> str:
    """Reduce an authority's name to what people agree on when they write it.

    Parameters
    ----------
    name
        As written in a table.

    Returns
    -------
    str
        Lower case, without punctuation and accents and without the words that say what kind of council it is.

    Examples
    --------
    >>> plain_name("Herefordshire, County of") == plain_name("County of Herefordshire Council")
    True
    >>> plain_name("Brighton & Hove City Council")
    'brighton and hove'
    >>> plain_name("Saint Albans"), plain_name("King's Lynn")
    ('st albans', 'kings lynn')
    """
    text = re.sub(r"[^\w&]+", " ", _without_accents(name)).replace("&", " and ")
    text = re.sub(r"\bsaint\b", "st", text)
    words = [word for word in text.split() if word not in KINDS_OF_COUNCIL]
    # What stood between two such words is left over: "St Albans City and District".
    while words and words[-1] == "and":
        words.pop()
    while words and words[0] == "and":
        words.pop(0)
    return " ".join(words) or _without_accents(name)


@cache
def plain_writing(name: str) -> str:
    """Reduce the name of any area to what is not a matter of typing.

    Unlike `plain_name` it keeps every word: "Leicester City" and "Leicester County" are two areas of a table.

    Parameters
    ----------
    name
        As written in a table.

    Returns
    -------
    str
        Lower case, without accents and apostrophes; dashes, underscores and any blanks are one space.

    Examples
    --------
    >>> plain_writing("Bath &  North-East Somerset") == plain_writing("bath and north east\u00a0somerset")
    True
    >>> plain_writing("Leicester City") == plain_writing("Leicester County")
    False
    """
    return " ".join(DASHES.sub(" ", _without_accents(name).replace("&", " and ")).split())


@cache
def plain_code(code: str) -> str:
    """Reduce a code to what is not a matter of typing: capitals, without blanks around and unseen characters.

    Parameters
    ----------
    code
        As written in a table.

    Returns
    -------
    str
        Empty where nothing is written.

    Examples
    --------
    >>> plain_code("\u00a0e54000042 ")
    'E54000042'
    """
    return _tidy(code).upper()


def gathered(values: Iterable[str], *, alike: Callable[[str], str] = plain_code) -> Gathered:
    """Give every key of a column one spelling, whatever the order of the rows.

    Parameters
    ----------
    values
        One column, or several that hold the same keys (origins and destinations) one after the other; text.
    alike
        What two spellings of one key agree on: `plain_code` for codes, `plain_writing` for names.

    Returns
    -------
    Gathered
        Of codes the spelling in capitals is kept where there is one; of a column of nothing but digits the longest,
        because what opens tables loses leading zeros ("0101" and "101" are one). Otherwise the most frequent.

    Examples
    --------
    >>> found = gathered(["Avon", "avon", "Avon ", "AVON"], alike=plain_writing)
    >>> found.values
    ['Avon', 'Avon', 'Avon', 'Avon']
    >>> found.made_one
    (MadeOne(kept='Avon', rows={'AVON': 1, 'Avon ': 1, 'avon': 1}),)
    >>> gathered(["0101", "101", "202"]).values
    ['0101', '0101', '202']
    """
    column = list(values)
    counts = Counter(column)
    digits = alike is plain_code and all(_tidy(one).isdecimal() for one in counts if _tidy(one))
    groups: dict[str, list[str]] = {}
    for spelling in counts:
        plain = alike(spelling)
        groups.setdefault((plain.lstrip("0") or plain[-1:]) if digits else plain, []).append(spelling)
    kept: dict[str, str] = {}
    made_one = []
    for spellings in groups.values():
        best = _best(spellings, counts, alike)
        kept.update(dict.fromkeys(spellings, best))
        others = {spelling: counts[spelling] for spelling in sorted(spellings) if spelling != best}
        if others and best:
            made_one.append(MadeOne(best, others))
    return Gathered([kept[one] for one in column], tuple(sorted(made_one, key=lambda one: one.kept)), kept)


def told(made_one: Iterable[MadeOne]) -> str:
    """Say which spellings were read as which, and of how many rows.

    Parameters
    ----------
    made_one
        From `gathered`; at least one.

    Returns
    -------
    str
        The rest of a sentence that begins with file and column, without a full stop.

    Examples
    --------
    >>> told(gathered(["E54000042", "e54000042"]).made_one)
    "'e54000042' is read as 'E54000042' (1 row)"
    """
    keys = list(made_one)
    rows = sum(sum(each.rows.values()) for each in keys)
    said = [
        f"{listed([repr(one) for one in each.rows])} {'is' if len(each.rows) == 1 else 'are'} read as {each.kept!r}"
        for each in keys[:MOST_SPELLINGS]
    ]
    more = f", and {len(keys) - MOST_SPELLINGS} more likewise" if len(keys) > MOST_SPELLINGS else ""
    return f"{'; '.join(said)}{more} ({plural(rows, 'row')})"


def _tidy(text: str) -> str:
    return " ".join(text.translate(UNSEEN).split())


def _without_accents(name: str) -> str:
    apart = name
    for _ in range(2):  # letters come out of what stands for several of them, capitals among them
        apart = unicodedata.normalize("NFKD", apart.casefold())
    letters = (letter for letter in apart if not unicodedata.combining(letter) and letter not in APOSTROPHES)
    return _tidy("".join(letters))


def _best(spellings: Iterable[str], counts: Counter[str], alike: Callable[[str], str]) -> str:
    """Return the spelling to keep: of codes one in capitals, the longest; of names the most frequent."""
    tidied: Counter[str] = Counter()
    for spelling in spellings:
        tidied[_tidy(spelling)] += counts[spelling]

    def rank(text: str) -> tuple[int, int, int, int, str]:
        codes = alike is plain_code
        official = int(text == text.upper()) if codes else 0
        # Of "AVON", "Avon" and "avon" the one that is not all alike is what people write with care.
        careful = int(text not in {text.upper(), text.lower()})
        return (-official, -len(text) if codes else 0, -tidied[text], -careful, text)

    return min(tidied, key=rank)
