"""The switch and the key of a map, as elements that folium knows how to render."""

from __future__ import annotations

import html
from collections.abc import Iterable

import folium
from branca.element import MacroElement
from folium.template import Template

from geoplan.interface.drawing import BORDER, LINE, looks_used
from geoplan.interface.given.sheets import Sheet
from geoplan.output.geopackage.styles import outline
from geoplan.output.picture.patterns import DRAWN
from geoplan.schema import wording

__all__ = ["Key", "Switch"]


LINES = "commuting, wider where more travel"
"""What lines are, in the key."""


class Switch(folium.LayerControl):
    """A layer control that is made after all scripts have run, so that layers may be added to the map behind it."""

    _template = Template("""
        {% macro script(this, kwargs) %}
            setTimeout(function () {
                var overlays = {
                    {%- for name, layer in this.overlays.items() %}
                    {{ name|tojson }}: {{ layer }},
                    {%- endfor %}
                };
                var backgrounds = {
                    {%- for name, layer in this.base_layers.items() %}
                    {{ name|tojson }}: {{ layer }},
                    {%- endfor %}
                };
                L.control.layers(backgrounds, overlays, {{ this.options|tojavascript }})
                    .addTo({{ this._parent.get_name() }});
            }, 0);
        {% endmacro %}
    """)


class Key(MacroElement):
    """The words for the colours of a map, in a corner of it, and whom the boundaries are from."""

    _template = Template("""
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = L.control({position: "topleft"});
            {{ this.get_name() }}.onAdd = function () {
                var box = L.DomUtil.create("div", "leaflet-bar");
                box.style.cssText = "background:#fff;padding:6px 8px;font:12px sans-serif;max-width:20em";
                box.innerHTML = {{ this.markup|tojson }};
                return box;
            };
            {% if this.markup %}{{ this.get_name() }}.addTo({{ this._parent.get_name() }});{% endif %}
            {{ this._parent.get_name() }}.attributionControl.addAttribution({{ this.attribution|tojson }});
        {% endmacro %}
    """)

    def __init__(self, sheets: Iterable[Sheet]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Key"
        told = list(sheets)
        rows = [(_sample(name), DRAWN[name].term) for name in looks_used(told)]
        rows += [(_bordered(each.outline), each.title) for each in told if each.outline is not None]
        rows += [(f"border-top:3px solid {LINE}", LINES)] if any(each.widths is not None for each in told) else []
        self.markup = "".join(f"<div>{_box(style)} {html.escape(term)}</div>" for style, term in rows)
        self.attribution = html.escape(wording.attribution())


def _box(style: str) -> str:
    return f'<span style="display:inline-block;width:1.4em;height:.8em;box-sizing:border-box;{style}"></span>'


def _bordered(number: int) -> str:
    drawn = outline(number)
    lines = {"solid": "solid", "dash": "dashed", "dot": "dotted", "dash dot": "double"}
    return f"border:2px {lines[drawn['outline_style']]} {drawn['outline_color']}"


def _sample(name: str) -> str:
    fill = DRAWN[name].fill
    return f"background:{fill};border:1px solid {BORDER}" if fill else f"border:2px dashed {BORDER}"
