"""How one layer of a configuration is opened: from which file, by which columns, with which title."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from geoplan.errors import ConfigurationError, refusal
from geoplan.schema import Layer

__all__ = ["Choice"]


@dataclass(frozen=True)
class Choice:
    """A layer under a name of the user's own, with what its source does not say.

    Parameters
    ----------
    source
        Catalogue key or file.
    kind
        ``boundaries``, ``membership`` or ``lookup``, which the source must then be; empty for any.
    code, name
        Columns of a file; empty where they can be found.
    title, edition, resolution_m, overlap
        Stand in for the layer's own where given.
    """

    source: str
    kind: str = ""
    code: str = ""
    name: str = ""
    title: str = ""
    edition: str = ""
    resolution_m: float | None = None
    overlap: bool | None = None

    @property
    def columns(self) -> dict[str, str]:
        """Columns of a file."""
        return {"code": self.code, "name": self.name}

    def applied(self, layer: Layer, key: str) -> Layer:
        """Return the layer under its new name, with what was given for it."""
        kind = "boundaries" if layer.parts is None else "membership" if layer.blocks is None else "lookup"
        if self.kind not in {"", kind}:
            message = refusal(f"{Path(self.source).name} is not {self.kind} but {kind}", hint=f"See layer {key}.")
            raise ConfigurationError(message)
        given = {"title": self.title, "edition": self.edition}
        changes: dict[str, Any] = {name: value for name, value in given.items() if value}
        if self.resolution_m is not None:
            changes.update(resolution_m=self.resolution_m, resolution=f"{self.resolution_m:g} m, as configured")
        if self.overlap is not None:
            changes["overlap"] = self.overlap
        return replace(layer, key=key, **changes)
