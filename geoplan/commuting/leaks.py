"""Where most of an area's workers go or come from, how sure that is, and how it is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from geoplan.schema import REST, wording

if TYPE_CHECKING:
    from geoplan.commuting.containment import Containment
    from geoplan.commuting.self_containment import Contained

__all__ = [
    "MARK",
    "UNCLEAR",
    "WEAK",
    "Largest",
    "alternatives",
    "largest_leaks",
    "leak_words",
    "marked",
    "weak_note",
    "weakness",
]

MARK = "weak"
WEAK = "weak: modelled across water or a national border"
"""What the mark means; said once wherever a leak that bears it is named."""
UNCLEAR = "not clear"
"""Of a largest leak that the error of the model could change."""
NAMED = 3


@dataclass(frozen=True)
class Largest:
    """The largest leak of an area.

    Parameters
    ----------
    others
        The area most workers go to; several where the error of the model could change which; ``""`` for ground in no
        area of the layer.
    workers
        How many go to each.
    share
        Of the area's residents in work, or of its jobs, who go to the first.
    weak
        Whether at least half of them are modelled across water or a national border; of several, whether any is.
    """

    others: tuple[str, ...]
    workers: tuple[float, ...]
    share: float
    weak: bool

    @property
    def clear(self) -> bool:
        """Whether it can be told."""
        return len(self.others) == 1

    @property
    def certainty(self) -> str:
        """Clear, weak, or not clear."""
        return UNCLEAR if not self.clear else MARK if self.weak else "clear"


def largest_leaks(found: Containment, direction: str = "out", *, rest: bool = False) -> Mapping[str, Largest]:
    """Return the largest leak of each area that has one.

    Parameters
    ----------
    found
        Scores and leaks.
    direction
        Out, or in.
    rest
        Whether ground in no area of the layer counts as a place.

    Returns
    -------
    mapping
        Code -> its largest leak.
    """
    rows = found.leaks[found.leaks["direction"] == direction]
    leaks: dict[str, list[Any]] = {}
    for leak in (rows if rest else rows[rows["other"] != REST]).itertuples(index=False):
        leaks.setdefault(str(leak.code), []).append(leak)
    return {code: _largest(own) for code, own in leaks.items()}


def _largest(leaks: Sequence[Any]) -> Largest:
    """Return the first of an area's leaks, with its rivals where it is not clear."""
    first = leaks[0]
    kept = [leak for leak in leaks if leak.rival] if first.rival else [first]
    others, workers = tuple(leak.other for leak in kept), tuple(leak.workers for leak in kept)
    return Largest(others, workers, float(first.share), any(leak.weak for leak in kept))


def leak_words(told: Contained, leak: Largest | None) -> str:
    """Say which leak is the largest, or that it is not clear.

    Parameters
    ----------
    told
        Whose areas they are.
    leak
        None where nobody leaves.

    Returns
    -------
    str
        Such as "12% to Marches (weak)", or "not clear: Marches or Mid Wales (modelled)".
    """
    if leak is None:
        return "none"
    if not leak.clear:
        return f"{UNCLEAR}: {alternatives(_name(told, other) for other in leak.others)} (modelled)"
    return f"{wording.percent(leak.share)} to {marked(_name(told, leak.others[0]), weak=leak.weak)}"


def marked(name: str, *, weak: bool) -> str:
    """Mark a name whose flow is weak."""
    return f"{name} ({MARK})" if weak else name


def weak_note(names: Iterable[str]) -> str:
    """Say what the mark means.

    Parameters
    ----------
    names
        Words of leaks, such as `leak_words` and `marked` make them.

    Returns
    -------
    str
        A sentence; empty where none bears the mark.
    """
    return weakness() if any(name.endswith(f"({MARK})") for name in names) else ""


def weakness(names: Sequence[str] = ()) -> str:
    """Say that flows are weak and why, and to which areas they go."""
    where = f" ({wording.listed(names)})" if names else ""
    return f"{wording.capital(WEAK)}{where}."


def alternatives(names: Iterable[str]) -> str:
    """List what it could be, the first three by name."""
    said = list(names)
    if len(said) > NAMED:
        said = [*said[:NAMED], wording.number_of(len(said) - NAMED, "other", "others")]
    return wording.listed(said, "or")


def _name(told: Contained, code: str) -> str:
    return told.layer.name(code) if code != REST else "no area"
