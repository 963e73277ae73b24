"""What must go with a layer wherever it goes: source, licence, edition, how exact its lines, how sure its members."""

from __future__ import annotations

from geoplan.schema import Layer, layer_wording, wording

__all__ = ["MARK", "credits_of", "credits_text"]

MAKER = "geoplan"
MARK = f"Made with: {MAKER}"
"""A line that credits beside a file always have."""


def credits_of(layer: Layer, as_of: str) -> dict[str, str]:
    """Gather what is known of a layer, for a file that leaves the house.

    Parameters
    ----------
    layer
        Any layer.
    as_of
        Day whose members are shown (ISO 8601).

    Returns
    -------
    dict
        Title, source, licence, where it was published, edition, day, status, boundaries, metres that they are exact to,
        membership and attribution; what nobody knows is left out, but for the licence.
    """
    drawn = layer.parts is None
    metres = "" if layer.resolution_m is None else f"{layer.resolution_m:g}"
    told = {
        "title": layer.title,
        "layer": layer.key,
        "source": layer.source.citation,
        "licence": layer.source.licence or "not known: that of the file it was read from",
        "published_at": layer.source.url,
        "source_sha256": layer.source.sha256,
        "edition": layer.edition,
        "as_of": "" if drawn else as_of,
        "status": "" if drawn else layer_wording.status(layer, as_of),
        "boundaries": layer.resolution,
        "boundaries_exact_to_m": metres,
        "membership": "" if drawn else layer_wording.confidence(layer),
        "attribution": "" if drawn else wording.attribution(),
        "made_with": MAKER,
    }
    return {name: text for name, text in told.items() if text}


def credits_text(told: dict[str, str], more: str = "") -> str:
    """Write credits as a text that lies beside a file.

    Parameters
    ----------
    told
        From `credits_of`.
    more
        What else a reader of the file must know.

    Returns
    -------
    str
        One line a fact, UTF-8.

    Examples
    --------
    >>> print(credits_text({"title": "Boards", "licence": "OGL v3"}), end="")
    Title: Boards
    Licence: OGL v3
    """
    lines = [f"{wording.capital(name.replace('_', ' '))}: {' '.join(text.split())}" for name, text in told.items()]
    return "\n".join([*lines, *([more] if more else [])]) + "\n"
