"""Areas of layers by code or name, and what may have been meant where there is none."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable

from geoplan.data import places
from geoplan.data.keys import plain_name
from geoplan.errors import AmbiguousError
from geoplan.schema import Layer, wording

__all__ = ["AUTHORITIES", "NOT_IN_FORCE", "by_short_name", "matches", "unknown_area"]

AUTHORITIES = ("lad", "utla")
IN_BRACKETS = re.compile(r" *\([^()]*\)$")
NOT_IN_FORCE = {"ended", "proposed", "not yet in force"}


def unknown_area(place: str, wanted: str, opened: Iterable[Layer], known: places.Authorities) -> str:
    """Say that no area is called so, and what may have been meant.

    Parameters
    ----------
    place, wanted
        As it was asked for, and without the key of a layer.
    opened
        The layers that were looked in.
    known
        The authorities.

    Returns
    -------
    str
        A sentence and a hint.
    """
    if former := known.code(wanted) if known.code(wanted) in known.retired else known.former(wanted):
        old = known.retired[former]
        today = wording.listed([f"{known.name(code)} ({code})" for code in old.successors])
        return f"There is no area called {place!r}: {old.name} ({former}) ended on {old.ended}. Ask for {today}."
    begun = [f"{known.official_name(code)} ({code})" for code in known.beginnings(wanted)]
    names = {str(n): None for layer in opened for n in layer.areas["name"]}
    near = begun or difflib.get_close_matches(wanted, list(names), n=3, cutoff=0.6)
    hint = f" Nearest: {', '.join(near)}." if near else " geoplan layers lists what there is."
    return f"There is no area called {place!r}.{hint} Areas of lookups from other small areas cannot be asked for."


def matches(layer: Layer, wanted: str, alias: Collection[str] = ()) -> list[str]:
    """Return the areas of a layer that bear a code or a name; of authorities also those with another name like it."""
    for code in (wanted, wanted.upper()):
        if code in layer.areas.index:
            return [code]
    plain = plain_name(wanted)
    named = [str(c) for c, n in layer.areas["name"].items() if plain_name(str(n)) == plain]
    return named or [code for code in alias if layer.key in AUTHORITIES and code in layer.areas.index]


def by_short_name(wanted: str, opened: Iterable[Layer]) -> list[tuple[Layer, str]]:
    """Find the area that documents call so: by initials or a short name, or by its name without what is in brackets.

    Parameters
    ----------
    wanted
        As it was asked for.
    opened
        Layers to look in.

    Returns
    -------
    list of tuple
        Layer and code of each that fits.

    Raises
    ------
    AmbiguousError
        If initials or a short name stand for several areas.
    """
    by_key = {layer.key: layer for layer in opened}
    asked = places.area_names().get(plain_name(wanted), ())
    found = [(by_key[key], code) for key, code in asked if key in by_key and code in by_key[key].areas.index]
    if len(found) > 1:
        listed = "; ".join(f"{layer.key}:{code} {layer.name(code)}" for layer, code in found)
        message = f"{wanted!r} fits several areas: {listed}. Give one of them."
        raise AmbiguousError(message)
    plain = plain_name(wanted)
    bare = [
        (layer, str(code))
        for layer in by_key.values()
        for code, name in layer.areas["name"].items()
        if IN_BRACKETS.search(str(name)) and plain_name(IN_BRACKETS.sub("", str(name))) == plain
    ]
    return found or sorted(bare, key=lambda at: at[0].status in NOT_IN_FORCE)
