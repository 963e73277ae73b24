"""What became of every area between two editions of a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

import pandas as pd

from geoplan.analysis.editions.continuing import body_name, continuing
from geoplan.schema import REST, Basis, Overlay, Weight

__all__ = ["COLUMNS", "MIRRORED", "EditionChange", "changes", "pieces_met"]

LEAST_M2 = 1.0
"""Ground below a square metre is rounding of coordinates."""
LEAST_SHARE = 1e-9
"""Shares of people below this are rounding of sums."""
DRAWN_SHARE = 0.005
"""Where outlines overlap, two drawings of one area differ by up to this share of it."""


class EditionChange(StrEnum):
    """What happened to an area from one edition to the next, in the order in which they are told."""

    NEW = "new"
    GONE = "gone"
    MERGED = "merged"
    SPLIT = "split"
    REDRAWN = "redrawn"
    RECODED = "recoded"
    RENAMED = "renamed"
    UNCHANGED = "unchanged"


MIRRORED = {
    EditionChange.NEW: EditionChange.GONE,
    EditionChange.GONE: EditionChange.NEW,
    EditionChange.MERGED: EditionChange.SPLIT,
    EditionChange.SPLIT: EditionChange.MERGED,
}
"""What a change is seen from the other edition, where that is another."""
COLUMNS = (
    "change", "old_code", "old_name", "new_code", "new_name", "other_codes", "other_names", "people_old", "people_new",
    "people_lost", "people_gained", "area_old_m2", "area_new_m2", "area_lost_m2", "area_gained_m2",
)  # fmt: skip
ORDER = {change: place for place, change in enumerate(EditionChange)}


def changes(forth: Overlay, back: Overlay) -> pd.DataFrame:
    """Tell what became of every area of an old edition, and what every area of the new one is made of.

    Parameters
    ----------
    forth
        The old edition over the new, with its artefacts marked.
    back
        The same the other way round.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, the greatest change of each kind first. An area that goes on has one row with both codes; one that
        ended has no new code, one that began no old code. ``other_codes`` (tuple) are those of the other edition with
        which it shares ground besides. People (the weight counted; missing with area, or where not assessed) and
        areas (square metres) that were lost and gained are of pieces that are real: drawing artefacts are set aside,
        and so is ground that an area keeps while others share it.

    Notes
    -----
    An ended area is ``merged`` where all that remains of it went into one area, ``split`` where it went into several,
    ``gone`` where none has its ground. One that began is ``merged`` where it was made of several, ``split`` where it
    was a part of one, ``new`` where none had its ground. One that goes on is ``redrawn`` where it gained or lost
    ground, else ``recoded`` where its code differs, ``renamed`` where only its name does, and ``unchanged``.
    """
    met = pieces_met(forth)
    lost_rest, new_rest = (_rests(over) for over in (forth, back))
    rests = {f"old:{code}": True for code in lost_rest.index} | {f"new:{code}": True for code in new_rest.index}
    old, new = forth.left.areas, forth.right.areas
    every = {f"old:{code}": False for code in old.index} | {f"new:{code}": False for code in new.index}
    same = continuing(met, every | rests, old["name"], new["name"])
    sides = _Sides(met, lost_rest, new_rest)
    rows = [sides.row(forth, str(code), same.get(str(code), "")) for code in old.index]
    rows += [sides.row(forth, "", str(code)) for code in new.index if code not in set(same.values())]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    moved = table[["people_lost", "people_gained"]].sum(axis=1) if forth.weight is not Weight.AREA else 0.0
    grown = table[["area_lost_m2", "area_gained_m2"]].sum(axis=1)
    keys = pd.DataFrame({"kind": table["change"].map(ORDER), "moved": -moved, "grown": -grown})
    return table.loc[keys.sort_values(["kind", "moved", "grown"], kind="stable").index].reset_index(drop=True)


def pieces_met(over: Overlay) -> pd.DataFrame:
    """Return the ground that two areas share, without drawing artefacts.

    Parameters
    ----------
    over
        With its artefacts marked.

    Returns
    -------
    pandas.DataFrame
        ``old``, ``new``, ``people``, ``area_m2`` (square metres), and the share (0 to 1) of each, of its people where
        they are counted, else of its area: ``old_share``, ``new_share``.
    """
    table = over.table.reset_index().set_axis(["old", "new", *over.table.columns], axis=1)
    people = table["left_people_share"].notna() & table["right_people_share"].notna()
    told = pd.DataFrame(
        {
            "old": table["old"].astype(str),
            "new": table["new"].astype(str),
            "people": table["people"],
            "area_m2": table["area_m2"],
            "old_share": table["left_people_share"].where(people, table["left_area_share"]),
            "new_share": table["right_people_share"].where(people, table["right_area_share"]),
        }
    )
    return told[(told["new"] != REST) & _real(over)].reset_index(drop=True)


def _real(over: Overlay) -> pd.Series:
    """Tell of each row whether it is ground and no artefact of the drawing."""
    table = over.table.reset_index(drop=True)
    ground = (table["area_m2"] > LEAST_M2) | (table["left_people_share"] > LEAST_SHARE)
    # Ground of a part whose size nobody knows is there all the same.
    unknown = table["area_m2"].isna() & table["people"].isna()
    return ~table["artefact"].astype(bool) & (ground | unknown)


def _rests(over: Overlay) -> pd.DataFrame:
    """Return what of each left area no right area holds: ``people`` and ``area_m2``, by code."""
    rest = over.table.index.get_level_values(1) == REST
    # Drawings differ at the coast and in estuaries, where nobody lives.
    empty = (over.table["people"] == 0) & (over.basis is not Basis.CODES) & (over.weight is not Weight.AREA)
    lone = over.table.index.get_level_values(0).isin(list(over.unpeopled))
    kept = over.table[_real(over).to_numpy() & rest & ~(empty.to_numpy() & ~lone)]
    return kept[["people", "area_m2"]].droplevel(1)


class _Sides:
    """The pieces of both editions, by area."""

    def __init__(self, met: pd.DataFrame, lost: pd.DataFrame, gained: pd.DataFrame) -> None:
        self.by_old = dict(list(met.groupby("old")))
        self.by_new = dict(list(met.groupby("new")))
        self.lost, self.gained = lost, gained
        self.none = met.iloc[:0]

    def row(self, over: Overlay, old: str, new: str) -> dict[str, object]:
        """Return the row of an area that goes on, of one that ended (``new`` empty) or that began (``old`` empty)."""
        went = self.by_old.get(old, self.none)
        came = self.by_new.get(new, self.none)
        went, came = went[went["new"] != new], came[came["old"] != old]
        if old and new and _made_alike(over, old, new):
            went, came = self.none, self.none
        before, after = _held(over, over.left.areas, old), _held(over, over.right.areas, new)
        stayed = self.stayed(old, new)
        lost = _counted_once(over, _amounts(went, self.lost, old), _drawn(over.left.areas, old, before), stayed)
        gained = _counted_once(over, _amounts(came, self.gained, new), _drawn(over.right.areas, new, after), stayed)
        went, came = went if lost else self.none, came if gained else self.none
        others = list(dict.fromkeys([*went["new"], *came["old"]]))
        names = {str(code): str(name) for code, name in over.left.areas["name"].items()}
        names |= {str(code): str(name) for code, name in over.right.areas["name"].items()}
        return {
            "change": _kind(over, (old, new), (len(went), len(came)), moved=bool(lost or gained)),
            "old_code": old,
            "old_name": over.left.name(old) if old else "",
            "new_code": new,
            "new_name": over.right.name(new) if new else "",
            "other_codes": tuple(others),
            "other_names": tuple(names[code] for code in others),
            **_measures("old", before, "lost", lost),
            **_measures("new", after, "gained", gained),
        }

    def stayed(self, old: str, new: str) -> pd.Series | None:
        """Return the people and square metres that an area keeps; nothing of one that ended or began."""
        held = self.by_old.get(old, self.none)
        kept = held[held["new"] == new][["people", "area_m2"]]
        return kept.iloc[0] if len(kept) else None


def _made_alike(over: Overlay, old: str, new: str) -> bool:
    """Tell whether two areas hold the same parts of the same blocks, those of unknown size among them."""
    if over.basis is not Basis.CODES or over.left.parts is None or over.right.parts is None:
        return False
    one, two = (
        {
            (str(row.block), -1.0 if pd.isna(row.share) else float(row.share))
            for row in parts[parts["code"] == code].itertuples()
        }
        for parts, code in ((over.left.parts, old), (over.right.parts, new))
    )
    return one == two


def _counted_once(
    over: Overlay, amounts: Sequence[pd.Series], held: Mapping[str, float], stayed: pd.Series | None
) -> Sequence[pd.Series]:
    """Leave out ground that an area keeps while others have it too: no more can be lost than did not stay."""
    if not amounts or stayed is None or pd.isna(held["area_m2"]) or pd.isna(stayed["area_m2"]):
        return amounts
    spare = LEAST_M2 if over.basis is Basis.CODES else DRAWN_SHARE * held["area_m2"]
    table = pd.DataFrame(list(amounts))
    left = {name: max(held[name] - stayed[name], 0.0) for name in ("people", "area_m2")}
    is_unknown = bool(table["area_m2"].isna().any())
    if not is_unknown and table["area_m2"].sum() - left["area_m2"] <= spare:
        return amounts
    if left["area_m2"] <= spare:
        return []
    return (
        amounts
        if is_unknown
        else [pd.Series({"people": min(table["people"].sum(), left["people"]), "area_m2": left["area_m2"]})]
    )


def _amounts(pieces: pd.DataFrame, rests: pd.DataFrame, code: str) -> Sequence[pd.Series]:
    """Return people and square metres of each piece that is not with the area's counterpart."""
    rest = [rests.loc[code]] if code in rests.index else []
    return [*(row for _, row in pieces[["people", "area_m2"]].iterrows()), *rest]


def _measures(of: str, held: Mapping[str, float], how: str, amounts: Sequence[pd.Series]) -> dict[str, float]:
    # A sum is not assessed where one of its pieces is not.
    people, metres = (float(sum((each[name] for each in amounts), 0.0)) for name in ("people", "area_m2"))
    return {
        f"people_{of}": held["people"],
        f"area_{of}_m2": held["area_m2"],
        f"people_{how}": people if pd.notna(held["people"]) else float("nan"),
        f"area_{how}_m2": metres,
    }


def _held(over: Overlay, areas: pd.DataFrame, code: str) -> dict[str, float]:
    """Return the people and square metres of an area; nought of none."""
    if not code:
        return {"people": 0.0 if over.weight is not Weight.AREA else float("nan"), "area_m2": 0.0}
    column = over.weight.column
    counted = areas[column] if column in areas and over.weight is not Weight.AREA else pd.Series(dtype=float)
    return {"people": float(counted.get(code, float("nan"))), "area_m2": float(areas["area_m2"][code])}


def _drawn(areas: pd.DataFrame, code: str, held: Mapping[str, float]) -> Mapping[str, float]:
    """Return the measures of an area, its ground by its outline where a part of unknown size belongs to it."""
    if not code or pd.notna(held["area_m2"]) or "geometry" not in areas:
        return held
    return {**held, "area_m2": float(areas["geometry"][code].area)}


def _kind(over: Overlay, codes: tuple[str, str], partners: tuple[int, int], *, moved: bool) -> EditionChange:
    """Return what happened to an area with these codes, by the number of others it shares ground with."""
    old, new = codes
    if not new:
        return (EditionChange.GONE, EditionChange.MERGED, EditionChange.SPLIT)[min(partners[0], 2)]
    if not old:
        return (EditionChange.NEW, EditionChange.SPLIT, EditionChange.MERGED)[min(partners[1], 2)]
    if moved:
        return EditionChange.REDRAWN
    if old != new:
        return EditionChange.RECODED
    renamed = body_name(over.left.name(old)) != body_name(over.right.name(new))
    return EditionChange.RENAMED if renamed else EditionChange.UNCHANGED
