"""What names and codes stand for: authorities of either tier, those of former days, and groups of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

import pandas as pd

from geoplan.data.editions.codes import Former, first_days, former_codes, shipped_changes
from geoplan.data.keys import plain_code, plain_name
from geoplan.data.shipped import package_data
from geoplan.data.shipped.roles import holds_ground
from geoplan.errors import TableError, refusal

__all__ = ["KINDS", "Authorities", "Group", "Wards", "area_names", "check_aliases", "shipped_authorities"]

NEAREST = 3
MOST_BEGINNINGS = 4
"""Authorities whose names begin alike, up to which they are named: "Newcastle" is told, "North" is not."""
GOES_ON = frozenset({"and", "in", "le", "on", "under", "upon", "with"})
"""Words after which the name of an authority goes on to a second place or a river."""
GROUP_KINDS = (
    "county", "former county", "former region", "group of council areas", "metropolitan county", "pair of counties",
    "preserved county", "statistical area", "statutory area",
)  # fmt: skip
"""What a name in boundaries/aliases.csv that stands for several authorities is, as messages call it."""
AREA = "area"
"""A name in boundaries/aliases.csv that stands for areas of layers, written as layer:area."""
KINDS = ("official", "welsh", "gaelic", "former", "short", *GROUP_KINDS, AREA)
CONFIDENCE = ("high", "medium", "low")
GROUPED = {"combined_authority": "combined authority", "region": "region", "country": "country"}
"""Shipped memberships whose areas stand for their authorities, with what one of them is called."""
COMBINED = re.compile(r"\b(combined|mayoral|strategic) (county )?(?=authority\b)", re.IGNORECASE)
AND = {".": " ", ",": " ", "&": " and "}
SHORT_WORDS = {
    "n": "north", "s": "south", "e": "east", "w": "west", "ne": "north east", "nw": "north west", "nth": "north",
    "sth": "south", "beds": "bedfordshire", "berks": "berkshire", "bucks": "buckinghamshire",
    "cambs": "cambridgeshire", "ches": "cheshire", "derbys": "derbyshire", "glos": "gloucestershire",
    "hants": "hampshire", "herts": "hertfordshire", "hunts": "huntingdonshire", "lancs": "lancashire",
    "leics": "leicestershire", "lincs": "lincolnshire", "northants": "northamptonshire",
    "northumb": "northumberland", "notts": "nottinghamshire", "oxon": "oxfordshire", "salop": "shropshire",
    "staffs": "staffordshire", "warks": "warwickshire", "wilts": "wiltshire", "worcs": "worcestershire",
    "yorks": "yorkshire", "carms": "carmarthenshire", "pembs": "pembrokeshire", "mon": "monmouthshire",
    "i": "isle",
}  # fmt: skip
"""Words of names as people shorten them; read so only where the name means nothing otherwise."""


@dataclass(frozen=True)
class Group:
    """A name or code that stands for several authorities.

    Parameters
    ----------
    code, name
        Code (empty where there is none) and name.
    kind
        What it is, such as ``region``.
    districts
        Codes of its districts, sorted.
    """

    code: str
    name: str
    kind: str
    districts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Wards:
    """What wards hold of the shipped blocks.

    Parameters
    ----------
    file
        What they are read from.
    codes
        Those it knows.
    shares
        Share of the postcodes of a block (0 to 1), indexed by ``ward`` and ``block``; empty where people are counted.
    people
        Ward -> people, and ``working_age``, where the file counts them; else empty.
    """

    file: str
    codes: frozenset[str]
    shares: pd.Series
    people: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Authorities:
    """The reference that membership tables are read against.

    Parameters
    ----------
    table
        boundaries/authorities.csv indexed by ``lad_code``.
    blocks
        Shipped blocks indexed by ``block`` with ``lad`` and `WEIGHT_COLUMNS`; with ``geometry`` where
        layers are to be drawn.
    retired
        Code that has ended -> what became of it.
    aliases
        Other name of one authority of either tier -> its code.
    groups
        Names and codes that stand for several authorities.
    wards
        What wards hold of the blocks, where a file of them was given.
    first_days
        Code of an authority -> its first day, where that is since 2009.
    """

    table: pd.DataFrame
    blocks: pd.DataFrame
    retired: Mapping[str, Former]
    aliases: tuple[tuple[str, str], ...] = ()
    groups: tuple[Group, ...] = ()
    wards: Wards | None = None
    first_days: Mapping[str, str] = field(default_factory=dict)

    def districts(self, code: str) -> list[str]:
        """Return the districts that an authority's code stands for: itself, or those of its upper tier."""
        if code in self.table.index:
            return [code]
        return list(self.table.index[(self.table["utla_code"] == code) & (code != "")])

    def successors(self, code: str) -> tuple[str, ...]:
        """Return the codes of the authorities that followed a former one; none for those of today."""
        return self.retired[code].successors if code in self.retired else ()

    def name(self, code: str) -> str:
        """Return the name of a district, or the code where it is unknown."""
        return self._district_names.get(code, str(code))

    def code(self, written: str) -> str:
        """Return the code of an authority, a former one, a block or a group, however it is typed; empty for others."""
        return self._by_code.get(plain_code(written), "")

    def named(self, name: str) -> list[str]:
        """Return the codes of all authorities, of either tier, that bear this name, officially or otherwise."""
        return self._by_name.get(plain_name(name), [])

    def former(self, name: str) -> str:
        """Return the code of the authority that bore this name last; empty where none did."""
        plain = plain_name(name)
        ended = [(old.ended, code) for code, old in self.retired.items() if plain_name(old.name) == plain]
        return max(ended)[1] if ended else ""

    def grouped(self, written: str) -> list[Group]:
        """Return the groups that bear this name or code, each once, whatever calls it so."""
        code, plain = plain_code(written), plain_name(COMBINED.sub(" ", written))
        keys = {code, plain} - {""}
        found = [each for each in self.groups if keys & {plain_code(each.code), plain_name(each.name)}]
        return list({each.districts: each for each in reversed(found)}.values())[::-1]

    def spelled_out(self, name: str) -> str:
        """Return a name with its shortened words in full where that names an authority or a group; else empty."""
        words = [SHORT_WORDS.get(word, word) for word in re.sub(r"[.,&]", lambda at: AND[at[0]], name.lower()).split()]
        full = " ".join(words)
        known = self.named(full) or self.former(full) or self.grouped(full)
        return full if known and plain_name(full) != plain_name(name) else ""

    def meant(self, name: str) -> list[str]:
        """Return the codes of the authorities that a name in any form stands for; none for groups."""
        return self.named(name) or self.named(self.spelled_out(name)) or self.begun(name)

    def official_name(self, code: str) -> str:
        """Return the name of an authority of either tier, or that a former one bore."""
        former = self.retired[code].name if code in self.retired else code
        return next((name for one, name in self._names if one == code), former)

    def begun(self, name: str) -> list[str]:
        """Return the one authority whose name begins with these words; none where it could be another.

        A single word is a beginning only where the name goes on to a second place or a river: "Bath" is, "Great"
        is not. Names of former authorities count as others.
        """
        plain = plain_name(name)
        former = [plain_name(old.name) for old in self.retired.values()]
        longer = [other for other in {*self._officially, *former} if other.startswith(f"{plain} ")]
        codes = self._officially.get(longer[0], []) if len(longer) == 1 else []
        safe = len(codes) == 1 and (" " in plain or longer[0].split()[1] in GOES_ON)
        return codes if safe else []

    def beginnings(self, name: str) -> list[str]:
        """Return the codes of the few authorities whose names begin with these words; none where they are many."""
        longer = [plain for plain in self._officially if plain.startswith(f"{plain_name(name)} ")]
        codes = sorted({code for plain in longer for code in self._officially[plain]})
        return codes if len(codes) <= MOST_BEGINNINGS else []

    def nearest(self, name: str) -> list[str]:
        """Return the names of the authorities that are written most like this."""
        near = difflib.get_close_matches(plain_name(name), self._officially, n=NEAREST, cutoff=0.6)
        return [self.official_name(self._officially[plain][0]) for plain in near if self._officially[plain]]

    @cached_property
    def _district_names(self) -> dict[str, str]:
        return {code: str(name) for code, name in self.table["name"].items()}

    @cached_property
    def _names(self) -> tuple[tuple[str, str], ...]:
        """Code and name of every authority, districts first."""
        districts = zip(self.table.index, self.table["name"], strict=True)
        counties = zip(self.table["utla_code"], self.table["utla_name"], strict=True)
        return tuple(dict.fromkeys((str(code), str(name)) for code, name in [*districts, *counties]))

    @cached_property
    def _officially(self) -> dict[str, list[str]]:
        return _index(self._names)

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        # An official name is never another authority's alias.
        return _index((code, alias) for alias, code in self.aliases) | self._officially

    @cached_property
    def _by_code(self) -> dict[str, str]:
        known = [*(each.code for each in self.groups), *self.retired, *self.blocks.index, *(c for c, _ in self._names)]
        return {plain_code(str(code)): str(code) for code in known if code}


def _index(names: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code, name in names:
        codes = found.setdefault(plain_name(name), [])
        if code and code not in codes:
            codes.append(code)
    return found


def shipped_authorities(blocks: pd.DataFrame) -> Authorities:
    """Return the reference that ships, on blocks with or without outlines.

    Parameters
    ----------
    blocks
        From `geoplan.data.shipped.package_data.shipped_blocks`.

    Returns
    -------
    Authorities
        With the aliases of boundaries/aliases.csv, and with combined authorities, regions and countries as groups.
    """
    table = package_data.shipped_table("authorities.csv").set_index("lad_code")
    aliases, groups = _shipped_names()
    retired, days = _shipped_past(frozenset([*table.index, *table["utla_code"]]))
    return Authorities(table, blocks, retired, aliases, groups, first_days=days)


@cache
def _shipped_past(codes: frozenset[str]) -> tuple[Mapping[str, Former], Mapping[str, str]]:
    """Return what became of codes that have ended, and the first days of those of today."""
    changes = shipped_changes()
    return former_codes(changes, codes), first_days(changes)


@cache
def _shipped_names() -> tuple[tuple[tuple[str, str], ...], tuple[Group, ...]]:
    rows = package_data.shipped_table("aliases.csv")
    check_aliases(rows)
    single = rows[~rows["kind"].isin((*GROUP_KINDS, AREA))]
    return tuple(zip(single["alias"], single["code"], strict=True)), (*_membership_groups(), *_groups(rows))


@cache
def area_names() -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Return the short names that documents have for areas of schemes.

    Returns
    -------
    Mapping of str to tuple
        Name, as `geoplan.data.keys.plain_name` reduces it -> layer and code of each area that bears it.
    """
    rows = package_data.shipped_table("aliases.csv")
    named = rows[rows["kind"] == AREA]
    return {
        plain_name(alias): tuple((key, area) for key, _, area in (one.partition(":") for one in codes.split(";")))
        for alias, codes in zip(named["alias"], named["code"], strict=True)
    }


def _groups(rows: pd.DataFrame) -> Iterator[Group]:
    """Return the groups of the table of aliases; a row whose alias is a code names the group of the row before."""
    name = ""
    several = rows.loc[rows["kind"].isin(GROUP_KINDS), ["alias", "code", "kind"]]
    for alias, codes, kind in several.itertuples(index=False, name=None):
        is_code = bool(re.fullmatch(r"[A-Z]\d{8}", alias))
        name = name if is_code else alias
        yield Group(alias if is_code else "", name, kind, tuple(sorted(codes.split(";"))))


def _membership_groups() -> Iterator[Group]:
    for scheme, kind in GROUPED.items():
        rows = package_data.shipped_membership(scheme)
        rows = rows[holds_ground(rows) & (rows["status"] != "proposed")]
        for (code, name), members in rows.groupby(["area_id", "area_name"]):
            yield Group(str(code), str(name), kind, tuple(sorted(set(members["lad_code"]))))


def check_aliases(rows: pd.DataFrame) -> None:
    """Refuse a table of aliases that breaks its contract.

    Parameters
    ----------
    rows
        With ``alias``, ``code`` (of a group several, joined by ";"), ``kind``, ``source`` and ``confidence``, all text.

    Raises
    ------
    TableError
        A column is missing, a cell is empty, a kind or confidence is unknown, or one alias stands twice.
    """
    missing = [column for column in ("alias", "code", "kind", "source", "confidence") if column not in rows]
    if missing:
        raise TableError(refusal(f"aliases.csv: column {missing[0]!r} is missing"))
    several = rows["code"].str.contains(";")
    faults = {
        "column 'alias' is empty": rows["alias"] == "",
        "column 'source' is empty": rows["source"] == "",
        "column 'kind' holds an unknown kind": ~rows["kind"].isin(KINDS),
        "column 'confidence' holds an unknown word": ~rows["confidence"].isin(CONFIDENCE),
        "column 'code' holds several codes of what is no group": several & ~rows["kind"].isin((*GROUP_KINDS, AREA)),
        "column 'code' is empty": rows["code"] == "",
        "column 'alias' holds a name twice": rows["alias"].map(plain_name).duplicated(keep=False),
    }
    for what, wrong in faults.items():
        if wrong.any():
            raise TableError(refusal(f"aliases.csv: {what}", codes=rows["alias"][wrong]))
