"""A picture of what changed between two editions: areas in the colour of their change, old borders beneath new ones."""

from __future__ import annotations

from collections.abc import Mapping

from geoplan.auditing.editions.versions import Editions
from geoplan.auditing.results import AuditResult
from geoplan.output.picture.drawing import add_borders
from geoplan.output.picture.ground import Ground
from geoplan.output.picture.picture_parts import Drawing, Place, Row, phrase
from geoplan.schema.standing import CHANGES

__all__ = ["BENEATH", "changes_drawing", "changes_of", "counted_changes"]

BENEATH = "An area that ended lies beneath those that it went into. Artefacts of the drawing are set aside."
GONE, UNCHANGED = "gone", "unchanged"


def changes_of(editions: Editions) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return what is coloured by what became of it.

    Parameters
    ----------
    editions
        From `geoplan.auditing.editions.versions.changed_editions`.

    Returns
    -------
    tuple of two mappings
        Of the new edition each area by its code, and of the old one those whose ground nothing of the new one has ->
        name of the change. What else ended lies beneath what it went into.
    """
    kinds = editions.table["change"].map(str)
    gone = kinds == GONE
    new = {str(code): kind for code, kind in zip(editions.table["new_code"], kinds, strict=True) if code}
    return new, dict.fromkeys(editions.table.loc[gone, "old_code"].astype(str), GONE)


def counted_changes(editions: Editions) -> dict[str, int]:
    """Return how many areas there are of each change that there is, in the order in which they are told."""
    counts = editions.table["change"].map(str).value_counts()
    return {kind: int(counts[kind]) for kind in CHANGES if kind in counts}


def changes_drawing(result: AuditResult, editions: Editions) -> Drawing:
    """Draw what changed.

    Parameters
    ----------
    result
        Of both editions, with outlines.
    editions
        The same, compared.

    Returns
    -------
    Drawing
        In metres of EPSG:27700: areas in the colour and pattern of their change, those that changed named, and the
        borders of the old edition over those of the new.
    """
    old, new = (result.layers.get(each.key, each) for each in (editions.old, editions.new))
    ground = Ground(result, (new, old))
    of_new, of_old = changes_of(editions)
    seen = ground.seen(new)
    drawing = Drawing(
        ground.bounds, f"What changed from {phrase(old)} to {phrase(new)}", "", frame=new.status == "file"
    )
    filled = [(kind, code, seen.get(code)) for code, kind in of_new.items()]
    filled += [(kind, code, ground.seen(old).get(code)) for code, kind in of_old.items()]
    # What is unchanged lies beneath: of areas that overlap the changed one is seen.
    filled.sort(key=lambda each: each[0] != UNCHANGED)
    drawing.areas = [("land", ground.path(ground.land))]
    drawing.areas += [(f"change {kind}", ground.path(shape)) for kind, _, shape in filled if shape is not None]
    drawing.lines = [("outline", ground.lines(ground.of[new.key].values()))]
    drawing.rows = [Row("What became of areas, and how many", heading=True)]
    drawing.rows += [Row(f"{kind}: {count}", f"change {kind}") for kind, count in counted_changes(editions).items()]
    drawing.rows.append(Row(f"border of {phrase(new)}", "outline"))
    add_borders(drawing, ground, [old], ["second"])
    drawing.last = [Row(BENEATH)]
    drawing.description = f"Map of what changed: {', '.join(row.text for row in drawing.rows if row.sample)}."
    crowded = ground.crowded(new)
    drawing.places = [
        Place(new.name(code), shape, "near" if of_new.get(code) == UNCHANGED else "area", shared=code in crowded)
        for code, shape in sorted(seen.items())
    ]
    drawing.places += [Place(old.name(code), ground.seen(old)[code]) for code in of_old if code in ground.seen(old)]
    return drawing
