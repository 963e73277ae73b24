"""Pages that hold all they need: their scripts and styles, and a policy that admits nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["LIBRARIES", "OWN_PICTURES", "asset", "embedded", "leaflet_style", "lean", "library", "policy"]

LIBRARIES = ("leaflet", "topojson-client")
HERE = "geoplan.output.page"
OWN_PICTURES = "data:"
"""Pictures that a page makes of itself, as the map does of its drawing for a PNG: they hold all they show, ask nobody
for anything, and no script in them runs."""


@cache
def asset(name: str, package: str = HERE) -> str:
    """Return a template, script or style of a package."""
    text = (resources.files(package) / "templates" / name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def lean(script: str) -> str:
    """Return a script of our own without its indents and the comments that have lines of their own."""
    flat = re.sub(r"^[ \t]+", "", script, flags=re.MULTILINE)
    return re.sub(r"^(//.*|/\*(?:(?!\*/)[\s\S])*\*/)\n", "", flat, flags=re.MULTILINE)


def library(name: str) -> str:
    """Return a script of others, its licence before it."""
    licence = asset(f"{name}.LICENSE").strip()
    return f"/*\n{licence}\n*/\n" + re.sub(r"//# sourceMappingURL=\S+", "", asset(f"{name}.js"))


def leaflet_style() -> str:
    """Return Leaflet's style, its licence before it."""
    # Its pictures belong to controls that these pages do not use.
    style = re.sub(r"url\([^)]*\)", "none", asset("leaflet.css"))
    return f"/*\n{asset('leaflet.LICENSE').strip()}\n*/\n{style}"


def policy(scripts: Iterable[str], styles: Iterable[str], pictures: Sequence[str] = ()) -> str:
    """Return the content security policy: these scripts, these styles, pictures from where is said, nothing else.

    Parameters
    ----------
    scripts, styles
        Each as it stands in its element.
    pictures
        Where pictures may come from: `OWN_PICTURES` or a host each.

    Returns
    -------
    str
        For the element ``meta`` of the page.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_digest, scripts))}",
            f"style-src {' '.join(map(_digest, styles))}",
            *([f"img-src {' '.join(pictures)}"] if pictures else []),
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def embedded(payload: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the script element it stands in."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
