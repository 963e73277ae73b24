/* Puts layers and pieces on the Leaflet map that Folium made. */
(function (geoplan) {
  "use strict";

  // Where both run together, the thin dashes of the right layer lie inside the broad line of the left one.
  const LEFT = { color: "#2f6fae", weight: 3 };
  const RIGHT = { color: "#3a0a2e", weight: 1.6, dashArray: "6 4" };
  const OTHER = [
    { color: "#00594f", weight: 1.8, dashArray: "2 4" },
    { color: "#5d3a00", weight: 1.8, dashArray: "10 4 2 4" },
    { color: "#3f3f3f", weight: 1.4, dashArray: "1 3" },
    { color: "#0b5fa5", weight: 1.8, dashArray: "12 5" },
    { color: "#6a2fa0", weight: 1.8, dashArray: "5 3 1 3" },
    { color: "#8a2500", weight: 1.8, dashArray: "1 4" },
    { color: "#2f5d00", weight: 1.8, dashArray: "8 3" },
    { color: "#000000", weight: 1.4, dashArray: "14 3 3 3" },
  ];
  const FILL = {
    twice: "url(#fill-twice)", broker: "url(#fill-broker)", loose: "url(#fill-loose)", partner: "url(#fill-partner)",
    moved: "url(#fill-moved)",
  };
  const COAST = "#5b6770";
  const EDGE = "#5c2500";
  const LINES = {
    left: LEFT.color, right: RIGHT.color, coast: COAST, loud: EDGE, place: "#26323c",
    ...Object.fromEntries(OTHER.map(({ color }, i) => ["other " + i, color])),
  };
  const PARTED = new Set(["cut", "partly"]);
  const QUIET = new Set(["lines", "chosen", "places", "water"]);
  // More than the screen is drawn, so that a short move of the map shows no bare edge.
  L.SVG.mergeOptions({ padding: 0.4 });

  /* Keeps what is drawn, so that it is made once and switched on and off. */
  class Drawing {
    constructor(map, data) {
      this.map = map;
      this.data = data;
      Object.entries(data.looks).forEach(([name, look]) => { FILL[name] = look.fill; });
      this.made = new Map();
      this.least = geoplan.flows.start(data);
      this.chosen = L.layerGroup().addTo(map);
      this.names = new geoplan.Names(this);
      this.inset = new geoplan.Inset(this);
      map.on("zoomend", () => this.restyle());
    }

    /* One block as ground that can be asked about. */
    ground(i, fillColor, pane) {
      const block = this.data.blocks[i];
      const style = { stroke: true, color: "#b9c1c7", weight: 0.6, fillColor, fillOpacity: 1 };
      const polygon = geoplan.shapes.polygon(geoplan.shapes.merged(this.data.topology, [i]), options(pane, style));
      this.listen(polygon, () => geoplan.tip.authority(this.data, block), () => geoplan.page.showAuthority(block.lad));
      return polygon;
    }

    listen(polygon, tip, click) {
      polygon.bindTooltip(tip, { sticky: true, className: "tip", opacity: 1 });
      polygon.on("click", click);
      // Leaflet's tooltips listen for focus, which makes each shape a stop of the tab key in Chromium.
      polygon.on("add", () => polygon.getElement().setAttribute("tabindex", "-1"));
    }

    once(key, make) {
      if (!this.made.has(key)) this.made.set(key, make());
      return this.made.get(key);
    }

    style(layer, pair) {
      if (pair && layer === pair.left) return LEFT;
      if (pair && layer === pair.right) return RIGHT;
      return OTHER[layer.number % OTHER.length];
    }

    outlines(layer, pair) {
      const line = this.once("outlines " + layer.number, () =>
        geoplan.shapes.polyline(geoplan.shapes.outlines(this.data.topology, layer), options("lines", { lineCap: "butt" }))
          .on("add", ({ target }) => (target.look === LEFT ? target.bringToBack() : target.bringToFront())),
      );
      line.look = this.style(layer, pair);
      return line.setStyle(this.thinned(line.look));
    }

    /* Thinner lines where much is seen at once. */
    thinned(look) {
      return { dashArray: null, ...look, weight: look.weight * (this.map.getZoom() < 7.5 ? 0.75 : 1) };
    }

    restyle() {
      geoplan.patterns.calm(this.map.getZoom());
      this.made.forEach((line) => line?.look && line.setStyle(this.thinned(line.look)));
    }

    /* The pieces of a pair: each left area, parted by the right area it lies in. */
    shading(pair) {
      return this.once("shading " + pair.number, () => {
        const group = { calm: L.layerGroup(), cut: L.layerGroup() };
        pair.left.areas.forEach((area) => this.pieces(pair, area).forEach((piece) => this.shade(pair, group, piece)));
        pair.left_out.forEach((block) => group.calm.addLayer(this.ground(block, FILL.none, "shade")));
        return group;
      });
    }

    shade(pair, group, piece) {
      const loud = piece.fill === "overlap";
      const line = loud ? { stroke: true, color: EDGE, weight: 1 } : { stroke: false };
      const look = { fillColor: FILL[piece.fill], fillOpacity: 1, ...line };
      const polygon = geoplan.shapes.polygon(piece.shape, options("shade", look));
      this.listen(polygon, () => geoplan.tip.piece(pair, piece), () => geoplan.page.show(piece.area));
      (loud ? group.cut : group.calm).addLayer(polygon);
    }

    pieces(pair, area) {
      const kind = pair.kinds[area.i];
      const parted = PARTED.has(kind) || pair.of[area.i].some((row) => row.cut);
      if (!parted && area.layer.drawn) return this.wholePiece(area, kind);
      if (!parted) return area.own.length ? this.wholePiece(area, kind) : [];
      if (pair.pieces) return this.drawnPieces(pair, area, kind);
      return this.once("pieces " + pair.number + " " + area.i, () => {
        const parts = new Map();
        area.own.forEach((block) => this.sort(pair, area, block, parts));
        return [...parts.values()].map((part) => this.piece(area, kind, part)).filter((piece) => piece.shape);
      });
    }

    wholePiece(area, kind) {
      const shape = this.areaShape(area);
      return shape ? [{ area, row: null, fill: kind, shape }] : [];
    }

    /* Where a layer is a file's own drawing, its pieces come ready made and lie on the whole area. */
    drawnPieces(pair, area, kind) {
      const rows = pair.of[area.i];
      const main = rows.find((row) => !row.cut && row.right >= 0) || null;
      const whole = this.wholePiece(area, kind).map((piece) => ({ ...piece, row: main }));
      const parts = pair.pieces.flatMap(([left, right], i) => {
        const shape = left === area.i ? geoplan.shapes.drawn(this.data.topology, pair.drawn, i) : null;
        const row = rows.find((each) => each.right === right) || null;
        return shape ? [{ area, row, fill: right < 0 ? "none" : "overlap", shape }] : [];
      });
      return whole.concat(parts);
    }

    areaShape(area) {
      return this.once("area " + area.layer.number + " " + area.i, () => geoplan.shapes.area(this.data.topology, area));
    }

    sort(pair, area, block, parts) {
      const here = pair.right.of[block];
      const rows = pair.of[area.i].filter((row) => (here.length ? here.includes(row.right) : row.right < 0));
      // Where the other area holds only a part, nobody knows which ground the two share: it is hatched, not shaded.
      const sure = rows.filter(({ right }) => right < 0 || pair.right.home[block].includes(right));
      const row = sure.find((each) => each.cut) || sure[0] || rows[0] || null;
      const known = sure.includes(row);
      const key = row ? row.right + (known ? "" : " in part") : "none";
      if (!parts.has(key)) parts.set(key, { row, known, blocks: [] });
      parts.get(key).blocks.push(block);
    }

    piece(area, kind, part) {
      const fill = !part.row ? kind : part.row.right < 0 ? "none" : part.row.cut && part.known ? "overlap" : kind;
      return { area, row: part.row, fill, shape: geoplan.shapes.merged(this.data.topology, part.blocks) };
    }

    /* Blocks of a layer that lie in no area of it, or in several. */
    places(place) {
      return this.once("places " + place.number, () => {
        const shape = geoplan.shapes.merged(this.data.topology, place.blocks);
        const look = { color: LINES.place, weight: 1.2, dashArray: "3 3", fillColor: FILL[place.kind], fillOpacity: 1 };
        const whole = geoplan.shapes.polygon(shape, options("places", look));
        return place.parts ? L.layerGroup([whole, geoplan.parts.hatch(this, place.parts, "places", geoplan.parts.EDGE)]) : whole;
      });
    }

    /* Outlines one area, and says on each of its pieces whose it is. */
    choose(area, pair) {
      this.unchoose();
      const shape = this.extent(area);
      if (!shape) return null;
      this.chosenArea = area;
      this.veil(shape);
      this.mark(shape, area.whole, area.hatched);
      const parted = pair?.left === area.layer && PARTED.has(pair.kinds[area.i]);
      this.names.choose(parted ? this.pieceTexts(pair, area) : [{ shape, texts: [area.name] }]);
      return geoplan.shapes.bounds(shape);
    }

    /* Pales the ground around what is chosen. */
    veil(...shapes) {
      const look = { stroke: false, fillColor: "#ffffff", fillOpacity: 0.5, beyond: true };
      this.chosen.addLayer(geoplan.shapes.polygon(geoplan.shapes.together(this.data.topology, shapes), options("chosen", look)));
    }

    /* All the ground an area has to do with, whether or not it is drawn as its own. */
    extent(area) {
      if (!area.hatched.length) return this.areaShape(area);
      return geoplan.shapes.merged(this.data.topology, [...area.whole, ...area.hatched]);
    }

    /* Outlines ground with a line where it belongs whole; it is hatched, with a broken line, where only a part does. */
    mark(shape, whole, hatched) {
      if (!hatched.length) {
        this.halo(shape);
        return;
      }
      if (whole.length) this.halo(geoplan.shapes.merged(this.data.topology, whole));
      this.chosen.addLayer(geoplan.parts.hatch(this, hatched, "chosen", { color: "#000000", weight: 2.4, dashArray: "6 4" }));
    }

    halo(shape) {
      this.chosen.addLayer(geoplan.shapes.polygon(shape, options("chosen", { fill: false, color: "#ffffff", weight: 7 })));
      this.chosen.addLayer(geoplan.shapes.polygon(shape, options("chosen", { fill: false, color: "#000000", weight: 3.2 })));
    }

    /* Outlines and names the two ends of a flow. */
    chooseFlow({ from, to }) {
      this.unchoose();
      this.chosenArea = from;
      const shapes = [from, to].map((area) => [area, this.extent(area)]).filter(([, shape]) => shape);
      this.veil(...shapes.map(([, shape]) => shape));
      shapes.forEach(([area, shape]) => this.mark(shape, area.whole, area.hatched));
      this.names.choose(shapes.map(([area, shape]) => ({ area, shape, texts: [area.name] })));
      return geoplan.shapes.bounds(...shapes.map(([, shape]) => shape));
    }

    /* On each piece of a cut area, whose it is and how much that is. */
    pieceTexts(pair, area) {
      return this.pieces(pair, area).filter((piece) => piece.row).map(({ row, shape }) => {
        const amount = geoplan.number(row.amount) + " (" + geoplan.share(row.share) + ")";
        return { shape, texts: [geoplan.partner(pair, row), amount] };
      });
    }

    unchoose() {
      this.chosenArea = null;
      this.chosen.clearLayers();
      this.names.choose([]);
    }
  }

  /* Leaflet finds the pane, and makes its renderer. */
  function options(pane, more) {
    return { pane, interactive: !QUIET.has(pane), ...more };
  }

  Object.assign(geoplan, { Drawing, FILL, LINES, OTHER, options });
})((window.geoplan = window.geoplan || {}));
