"""Tables that the program keeps between calls, forgotten where texts are to be kept another way."""

from __future__ import annotations

import sys

from geoplan.data.membership import shipped_layers

OPENED: dict[object, object] = {}
"""What tests keep for one another; commands that a test of the interface calls fill it with tables of both ways."""


def forget_tables() -> None:
    """Clear whatever the program has kept so far: every cached function of its modules, and the layers made."""
    OPENED.clear()
    shipped_layers._MADE.clear()
    ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "geoplan"]
    for kept in {id(value): value for module in ours for value in vars(module).values()}.values():
        if hasattr(kept, "cache_clear"):
            kept.cache_clear()
