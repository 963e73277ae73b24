/* Names on a map: of clusters, then of authorities, each where there is room and no other name stands. */
(function (geoplan) {
  "use strict";

  const { make } = geoplan.dom;

  // How a name is written: its font, as workshop.css has it, the height of a line, how much of it its ground must hold,
  // and how many lines above or below the middle it may stand.
  const LOOKS = {
    cluster: { font: "600 12px system-ui, sans-serif", line: 14, needs: 0.6, tries: [0, 1, -1, 2, -2] },
    unit: { font: "11px system-ui, sans-serif", line: 13, needs: 1.1, tries: [0, 1, -1] },
  };
  const LONGEST_LINE = 15;

  class Labels {
    constructor(map) {
      this.map = map;
      this.layer = L.layerGroup().addTo(map);
    }

    /* names: [{ text, look, shape }], who comes first is placed first; those out of sight are left out. */
    draw(names) {
      this.layer.clearLayers();
      const sight = this.map.getPixelBounds();
      const taken = [];
      names.forEach(({ text, look, shape }) => {
        const ground = shape && placeOf(shape);
        const box = ground && this.free(ground, measured(text, look), LOOKS[look], sight, taken);
        if (!box) return;
        taken.push(box);
        const icon = L.divIcon({ className: "name of-" + look, html: make("div", ...linesOf(text).map((line) => make("span", line))), iconSize: null });
        this.layer.addLayer(L.marker(this.map.unproject(box.getCenter()), { icon, interactive: false, keyboard: false }));
      });
    }

    /* Where a name can stand: at the middle of its ground, or a line or two above or below. */
    free({ at, bounds }, size, { line, needs, tries }, sight, taken) {
      const corners = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => this.map.project(corner));
      const room = L.bounds(corners);
      if (room.getSize().x < size.x * needs || room.getSize().y < size.y * needs) return null;
      const middle = this.map.project(at);
      const boxes = tries.map((n) => boxAt(middle.x, middle.y + n * line, size));
      return boxes.find((box) => sight.contains(box) && room.contains(box.getCenter()) && !taken.some((other) => other.intersects(box)));
    }
  }

  function boxAt(x, y, size) {
    return L.bounds([x - size.x / 2, y - size.y / 2], [x + size.x / 2, y + size.y / 2]);
  }

  const places = new WeakMap();

  function placeOf(shape) {
    if (!places.has(shape)) places.set(shape, { at: geoplan.shapes.labelPoint(shape), bounds: geoplan.shapes.bounds(shape) });
    return places.get(shape);
  }

  const sizes = new Map();
  const pen = document.createElement("canvas").getContext("2d");

  function measured(text, look) {
    const key = look + text;
    if (!sizes.has(key)) {
      const { font, line } = LOOKS[look];
      const lines = linesOf(text);
      pen.font = font;
      sizes.set(key, L.point(Math.max(...lines.map((one) => pen.measureText(one).width)) + 4, lines.length * line));
    }
    return sizes.get(key);
  }

  /* A name in lines, broken between words. */
  function linesOf(text) {
    return text.split(" ").reduce((lines, word) => {
      const last = lines.at(-1);
      if (last && last.length + 1 + word.length <= LONGEST_LINE) return [...lines.slice(0, -1), last + " " + word];
      return [...lines, word];
    }, []);
  }

  Object.assign(geoplan, { Labels });
})((window.geoplan = window.geoplan || {}));
