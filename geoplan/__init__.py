"""Geoplan: audit of cluster and partnership boundaries.

What analysts use is here, and is loaded when it is first used; see docs for examples. Frames and graphs go in and come
out, geometry in EPSG:27700; what is refused is refused by the errors of `geoplan.errors`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from geoplan import errors as errors
    from geoplan.interface.about import rules as rules
    from geoplan.interface.about import show_versions as show_versions
    from geoplan.interface.audits import Audit as Audit
    from geoplan.interface.audits import audit as audit
    from geoplan.interface.commuting import Containment as Containment
    from geoplan.interface.commuting import LabourMarkets as LabourMarkets
    from geoplan.interface.commuting import containment as containment
    from geoplan.interface.commuting import labour_markets as labour_markets
    from geoplan.interface.comparisons import Comparison as Comparison
    from geoplan.interface.comparisons import changes as changes
    from geoplan.interface.comparisons import compare as compare
    from geoplan.interface.given.workers import workers as workers
    from geoplan.interface.layers import Check as Check
    from geoplan.interface.layers import Layer as Layer
    from geoplan.interface.layers import check as check
    from geoplan.interface.layers import layer as layer
    from geoplan.interface.layers import layers as layers
    from geoplan.interface.layers import membership as membership
    from geoplan.interface.maps import to_folium as to_folium
    from geoplan.interface.maps import workshop as workshop
    from geoplan.interface.networks import Blocks as Blocks
    from geoplan.interface.networks import Contiguity as Contiguity
    from geoplan.interface.networks import Realignment as Realignment
    from geoplan.interface.networks import blocks as blocks
    from geoplan.interface.networks import contiguity as contiguity
    from geoplan.interface.networks import need_runs as need_runs
    from geoplan.interface.networks import realign as realign
    from geoplan.interface.own.holdings import fetch as fetch
    from geoplan.interface.own.holdings import held as held
    from geoplan.interface.places import Profile as Profile
    from geoplan.interface.places import crosswalk as crosswalk
    from geoplan.interface.places import lookup as lookup
    from geoplan.interface.places import lookup_postcodes as lookup_postcodes
    from geoplan.interface.places import profile as profile
    from geoplan.interface.planning import WhatIf as WhatIf
    from geoplan.interface.planning import whatif as whatif
    from geoplan.interface.plans import Plan as Plan
    from geoplan.interface.plans import plan as plan
    from geoplan.interface.streamed.assignments import assign as assign

    __version__: str

__all__ = [
    "Audit",
    "Blocks",
    "Check",
    "Comparison",
    "Containment",
    "Contiguity",
    "LabourMarkets",
    "Layer",
    "Plan",
    "Profile",
    "Realignment",
    "WhatIf",
    "__version__",
    "assign",
    "audit",
    "blocks",
    "changes",
    "check",
    "compare",
    "containment",
    "contiguity",
    "crosswalk",
    "errors",
    "fetch",
    "held",
    "labour_markets",
    "layer",
    "layers",
    "lookup",
    "lookup_postcodes",
    "membership",
    "need_runs",
    "plan",
    "profile",
    "realign",
    "rules",
    "show_versions",
    "to_folium",
    "whatif",
    "workers",
    "workshop",
]

_HOMES = {
    "about": ("rules", "show_versions"),
    "audits": ("Audit", "audit"),
    "commuting": ("Containment", "LabourMarkets", "containment", "labour_markets"),
    "comparisons": ("Comparison", "changes", "compare"),
    "layers": ("Check", "Layer", "check", "layer", "layers", "membership"),
    "maps": ("to_folium", "workshop"),
    "given.workers": ("workers",),
    "own.holdings": ("fetch", "held"),
    "networks": ("Blocks", "Contiguity", "Realignment", "blocks", "contiguity", "need_runs", "realign"),
    "places": ("Profile", "crosswalk", "lookup", "lookup_postcodes", "profile"),
    "planning": ("WhatIf", "whatif"),
    "plans": ("Plan", "plan"),
    "streamed.assignments": ("assign",),
}
"""Module of `geoplan.interface` -> what it gives."""


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("geoplan")
    if name == "errors":
        return import_module("geoplan.errors")
    home = next((module for module, names in _HOMES.items() if name in names), "")
    if not home:
        message = f"module 'geoplan' has no attribute {name!r}"
        raise AttributeError(message, name=name, obj=None)
    found = getattr(import_module(f"geoplan.interface.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
