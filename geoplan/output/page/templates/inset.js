/* A closer look, in a corner, at the ground where most people live in areas too small to tell apart in the first view. */
(function (geoplan) {
  "use strict";

  const { make, svg, byId } = geoplan.dom;
  const SMALL = 0.066;
  const NEAR = 0.06;
  const LEAST = 3;
  const ROOM = 640;
  const LOW = 480;
  const LARGEST = { x: 230, y: 180 };
  const SHARE = 0.24;
  const GAIN = 1.2;
  const AWAY = 0.6;
  const FONT = { size: 10, weight: 400 };
  const BADGE = 18;
  // Tenths of a pixel.
  const FINE = 10;

  class Inset {
    constructor(drawing) {
      this.drawing = drawing;
      this.map = drawing.map;
      this.told = new Set();
      this.box = byId("inset");
      this.box.addEventListener("click", () => this.map.fitBounds(this.knot.bounds, { animate: false }));
      this.map.on("zoomend", () => this.judge());
    }

    /* Whether an area is named or numbered in what is shown in the corner. */
    tells(area) {
      return !this.box.hidden && this.told.has(area);
    }

    /* Finds the knot of the view that the map opens with. */
    home() {
      this.zoom = this.map.getZoom();
      this.knot = this.drawing.named && roomy(this.map) ? knotOf(this.drawing) : null;
      this.draw();
    }

    draw() {
      this.told.clear();
      if (this.knot) this.fill();
      this.judge();
    }

    judge() {
      this.box.hidden = !this.knot || this.map.getZoom() > this.zoom + AWAY || this.map.getZoom() < this.zoom - AWAY;
    }

    fill() {
      const { map, knot, drawing } = this;
      const view = viewOf(map, knot.bounds);
      const picture = new Picture(view);
      paint(drawing, view, picture);
      this.name(view, picture);
      const title = knot.name ? knot.name + ", closer" : "A closer look";
      this.box.replaceChildren(picture.svg, make("span", title));
      this.box.title = "Zoom in on this ground";
      const boxes = areasOf(drawing.named).map((area) => pixels(map, geoplan.shapes.bounds(drawing.areaShape(area)))).filter(Boolean);
      this.box.dataset.corner = geoplan.labels.corner(map.getSize(), view.size.add([0, 22]), boxes);
    }

    /* Numbers first, then names where there is room. */
    name(view, picture) {
      const { names, named } = this.drawing;
      const open = [];
      const taken = [];
      areasOf(named).forEach((area) => {
        const shape = this.drawing.areaShape(area);
        const rings = shape.lines(view.zoom, FINE).map((line) => line.map((point) => point.subtract(view.corner)));
        const ring = geoplan.labels.visible(rings, L.bounds([0, 0], view.size));
        const at = ring && geoplan.labels.middle(ring);
        if (!at) return;
        const own = view.bounds.contains(geoplan.shapes.bounds(shape).getCenter());
        const number = own && names.numberOf(area);
        if (number) {
          picture.badge(at, number);
          taken.push(geoplan.labels.boxAt(at, { width: BADGE, height: BADGE }));
          this.told.add(area);
        }
        open.push({ texts: [area.name], font: FONT, ring, area, must: own });
      });
      open.sort((a, b) => b.must - a.must);
      const { placed } = geoplan.labels.place(open, view.size, taken);
      placed.forEach((one) => {
        picture.text(one);
        this.told.add(one.area);
      });
    }
  }

  /* The small screens of map.css have no room for it. */
  function roomy(map) {
    return map.getSize().x >= ROOM && window.innerHeight > LOW;
  }

  function areasOf(pair) {
    return pair.left.areas.filter((area) => pair.kinds[area.i] !== "outside" && geoplan.page.drawing.areaShape(area));
  }

  /* What holds some ground, in pixels of the map. */
  function pixels(map, bounds) {
    if (!bounds) return null;
    const [a, b] = [bounds.getNorthWest(), bounds.getSouthEast()].map((corner) => map.latLngToContainerPoint(corner));
    return { left: a.x, right: b.x, top: a.y, bottom: b.y };
  }

  /* ------------------------------------------------------------------------------ where */

  /* Small areas close together, of all such knots the most crowded; null where there is none. */
  function knotOf(drawing) {
    const { map } = drawing;
    const high = map.getSize().y;
    const small = areasOf(drawing.named).map((area) => {
      const bounds = geoplan.shapes.bounds(drawing.areaShape(area));
      const box = pixels(map, bounds);
      return { area, bounds, at: L.point((box.left + box.right) / 2, (box.top + box.bottom) / 2), side: Math.max(box.right - box.left, box.bottom - box.top) };
    }).filter((one) => one.side < SMALL * high);
    const knots = small.map((one) => small.filter((other) => other.at.distanceTo(one.at) < NEAR * high)).filter((knot) => knot.length >= LEAST);
    if (!knots.length) return null;
    const crowd = (knot) => knot.reduce((sum, one) => sum + (one.area.people ?? 0), 0) / spanOf(knot);
    const knot = knots.reduce((a, b) => (crowd(b) > crowd(a) ? b : a));
    const bounds = around(knot);
    if (viewOf(map, bounds).zoom < map.getZoom() + GAIN) return null;
    return { bounds, name: geoplan.backdrop.townIn(drawing.data, bounds) };
  }

  function around(knot) {
    return knot.reduce((all, one) => all.extend(one.bounds), L.latLngBounds([]));
  }

  function spanOf(knot) {
    const bounds = around(knot);
    return Math.sqrt((bounds.getNorth() - bounds.getSouth()) * (bounds.getEast() - bounds.getWest()));
  }

  /* How some ground is drawn as large as the corner of the map allows. */
  function viewOf(map, bounds) {
    const most = L.point(Math.min(LARGEST.x, map.getSize().x * SHARE), Math.min(LARGEST.y, map.getSize().y * SHARE));
    const corners = [bounds.getNorthWest(), bounds.getSouthEast()];
    const [a, b] = corners.map((corner) => map.project(corner, 0));
    const grown = Math.min(most.x / (b.x - a.x), most.y / (b.y - a.y));
    const size = b.subtract(a).multiplyBy(grown);
    const zoom = Math.log2(grown);
    return { zoom, size, bounds, corner: a.multiplyBy(grown * FINE).round().divideBy(FINE) };
  }

  /* ------------------------------------------------------------------------------ drawing */

  /* Land, pieces and borders as the map has them. */
  function paint(drawing, view, picture) {
    const { data, named } = drawing;
    picture.area(geoplan.ground.shape(drawing), { fill: geoplan.FILL.outside });
    const figures = geoplan.page.on.figure.size > 0;
    const pieces = figures ? geoplan.figures.pieces(drawing) : named.left.areas.flatMap((area) => drawing.pieces(named, area));
    pieces.forEach((piece) => {
      const edge = piece.fill === "overlap" ? { stroke: geoplan.LINES.loud, "stroke-width": 0.8 } : {};
      picture.area(piece.shape, { fill: geoplan.FILL[piece.fill], ...edge });
    });
    [named.left, named.right].forEach((layer) => {
      const { color, weight, dashArray } = drawing.style(layer, named);
      picture.lines(geoplan.shapes.outlines(data.topology, layer), { stroke: color, "stroke-width": weight * 0.75, ...(dashArray && { "stroke-dasharray": dashArray }) });
    });
  }

  /* An SVG of what lies within a view. */
  class Picture {
    constructor(view) {
      this.view = view;
      this.svg = svg("svg", { width: view.size.x, height: view.size.y, "aria-hidden": "true", focusable: "false" });
    }

    /* What of a shape lies within the view, and a little beyond for its line. */
    draw(shape, look) {
      const { zoom, corner, size } = this.view;
      if (!shape) return;
      const sight = L.bounds(corner.subtract([9, 9]), corner.add(size).add([9, 9]));
      const d = shape.arcs.at(zoom, FINE).path(shape, corner, sight);
      if (d !== geoplan.NOTHING) this.svg.append(svg("path", { d, ...look }));
    }

    area(shape, look) {
      this.draw(shape, { "fill-rule": "evenodd", ...look });
    }

    lines(shape, look) {
      this.draw(shape, { fill: "none", ...look });
    }

    badge({ x, y }, number) {
      this.svg.append(svg("circle", { cx: x, cy: y, r: BADGE / 2, class: "spot" }), this.word(number, x, y + 3.5, "spot-number"));
    }

    text({ at, lines }) {
      const top = at.y - ((lines.length - 1) * FONT.size * 1.17) / 2 + 3.5;
      lines.forEach((line, i) => this.svg.append(this.word(line, at.x, top + i * FONT.size * 1.17, "spot-name")));
    }

    word(text, x, y, className) {
      return svg("text", { x, y, class: className }, text);
    }
  }

  Object.assign(geoplan, { Inset });
})((window.geoplan = window.geoplan || {}));
