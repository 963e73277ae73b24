/* One map of one arrangement. */
(function (geoplan) {
  "use strict";

  const { make } = geoplan.dom;

  const PANES = { ground: 400, marks: 405, lines: 410, chosen: 420 };
  const BORDER = { color: "#16212b", weight: 2.2 };
  const OTHER = { color: "#3a0a2e", weight: 1.8, dashArray: "6 4" };
  const CALM = "#f8f7f2";
  const COAST = "#5b6770";

  class Board {
    constructor(place, called, data, onPick) {
      this.data = data;
      this.map = L.map(place, { attributionControl: false, zoomSnap: 0.25, zoomControl: true });
      Object.entries(PANES).forEach(([name, height]) => {
        const pane = this.map.createPane(name);
        pane.style.zIndex = height;
        if (name !== "ground") pane.style.pointerEvents = "none";
      });
      const box = this.map.getContainer();
      box.setAttribute("role", "region");
      box.setAttribute("aria-label", called + ": arrow keys move it, plus and minus zoom; authorities are chosen in the list too");
      this.map.setView([52.8, -2], 6, { animate: false });
      this.units = data.units.names.map((_, unit) => this.unit(unit, onPick));
      this.line(geoplan.shapes.coast(data.topology), { color: COAST, weight: 0.9 });
      this.other = this.line([], OTHER);
      this.border = this.line([], BORDER);
      this.cut = this.polygon("marks", { fillColor: data.fills.overlap, fillOpacity: 1, color: "#5c2500", weight: 1 });
      this.moved = this.polygon("marks", { fillColor: "url(#fill-moved)", fillOpacity: 1, stroke: false });
      this.halo = this.polygon("chosen", { fill: false, color: "#ffffff", weight: 7 });
      this.mark = this.polygon("chosen", { fillColor: "url(#fill-partner)", fillOpacity: 1, color: "#000000", weight: 3.4 });
      this.labels = L.layerGroup().addTo(this.map);
      this.shapes = new Map();
      this.map.on("zoomend", () => this.name());
      new ResizeObserver(() => this.map.invalidateSize({ animate: false })).observe(box);
    }

    unit(unit, onPick) {
      const look = { pane: "ground", color: "#8b959d", weight: 0.6, fillOpacity: 1, fillColor: CALM };
      const polygon = L.polygon(shapeOf(this.data, unit) || [], look).addTo(this.map);
      polygon.on("click", () => onPick(unit));
      if (window.matchMedia("(hover: hover)").matches) {
        polygon.bindTooltip(() => this.tip(unit), { sticky: true, className: "tip", opacity: 1 });
        // Leaflet's tooltips listen for focus, which makes each shape a stop of the tab key in Chromium.
        polygon.getElement()?.setAttribute("tabindex", "-1");
      }
      return polygon;
    }

    tip(unit) {
      const { names, people } = this.data.units;
      const cluster = this.shown.arrangement.label[unit];
      const where = cluster < 0 ? "in no cluster" : this.shown.arrangement.clusters[cluster].name;
      return make("div", make("strong", names[unit]), make("span", where), make("span", people[unit].toLocaleString("en-GB") + " people"));
    }

    line(points, look) {
      return L.polyline(points, { pane: "lines", interactive: false, lineCap: "butt", ...look }).addTo(this.map);
    }

    polygon(pane, look) {
      return L.polygon([], { pane, interactive: false, ...look }).addTo(this.map);
    }

    /* Shows an arrangement: { arrangement, found, hues, chosen, layer }; layer is null or what it is set against. */
    draw(shown) {
      this.shown = shown;
      const { data } = this;
      const { arrangement: { label }, hues, layer } = shown;
      this.units.forEach((polygon, unit) => {
        const cluster = label[unit];
        const fillColor = cluster < 0 ? data.fills.none : layer ? CALM : data.hues[hues[cluster]];
        if (polygon.options.fillColor !== fillColor) polygon.setStyle({ fillColor });
      });
      this.border.setLatLngs(geoplan.shapes.outlines(data.topology, { home: data.block_units.map((unit) => [label[unit]]) }));
      this.other.setLatLngs(layer ? geoplan.shapes.outlines(data.topology, { home: layer.places.map((area) => [area]) }) : []);
      this.cut.setLatLngs(layer ? this.cutGround(shown) : []);
      const moved = label.flatMap((cluster, unit) => (cluster !== data.today.home[unit] && cluster >= 0 ? data.blocks[unit] : []));
      this.moved.setLatLngs(layer ? [] : merged(data, moved));
      this.choose(shown.chosen);
      this.name();
    }

    choose(chosen) {
      const shape = merged(this.data, [...chosen].flatMap((unit) => this.data.blocks[unit]));
      this.halo.setLatLngs(shape);
      this.mark.setLatLngs(shape);
    }

    /* The ground that a cluster and an area of the layer share, neither holding all of the other. */
    cutGround({ arrangement, found, layer }) {
      const { data } = this;
      const cut = new Set(found.clusters.flatMap((one) =>
        one.layers[layer.number].pieces.filter((piece) => piece.cut).map((piece) => one.cluster + " " + piece.area)));
      const inCut = (unit, block) => cut.has(arrangement.label[unit] + " " + layer.places[block]);
      return merged(data, data.block_units.flatMap((unit, block) => (inCut(unit, block) ? [block] : [])));
    }

    /* Names of clusters, the most populous first, where there is room. */
    name() {
      this.labels.clearLayers();
      const taken = [];
      [...this.shown.found.clusters].sort((a, b) => b.people - a.people).forEach((one) => {
        const shape = this.clusterShape(one);
        const { name } = this.shown.arrangement.clusters[one.cluster];
        const room = shape && this.room(shape);
        if (!room || room.x < 44 || room.y < 22) return;
        const at = geoplan.shapes.labelPoint(shape);
        const box = labelBox(this.map.latLngToLayerPoint(at), name);
        if (room.x < (box.max.x - box.min.x) * 0.75 || taken.some((other) => other.intersects(box))) return;
        taken.push(box);
        const icon = L.divIcon({ className: "name", html: make("div", make("span", name)), iconSize: null });
        this.labels.addLayer(L.marker(at, { icon, interactive: false, keyboard: false }));
      });
    }

    room(shape) {
      const box = geoplan.shapes.bounds(shape);
      const corners = [box.getNorthWest(), box.getSouthEast()].map((corner) => this.map.latLngToLayerPoint(corner));
      return L.bounds(corners).getSize();
    }

    /* Kept until other units are in the cluster. */
    clusterShape({ cluster, units }) {
      const key = units.join();
      if (this.shapes.get(cluster)?.key !== key) {
        this.shapes.set(cluster, { key, shape: geoplan.shapes.merged(this.data.topology, units.flatMap((unit) => this.data.blocks[unit])) });
      }
      return this.shapes.get(cluster).shape;
    }

    zoomTo(units) {
      const box = geoplan.shapes.bounds(...units.map((unit) => shapeOf(this.data, unit)));
      if (box) this.map.fitBounds(box, { padding: [12, 12], maxZoom: 10, animate: false });
    }
  }

  const made = new Map();

  function shapeOf(data, unit) {
    if (!made.has(unit)) made.set(unit, geoplan.shapes.merged(data.topology, data.blocks[unit]));
    return made.get(unit);
  }

  function merged(data, blocks) {
    return (blocks.length && geoplan.shapes.merged(data.topology, blocks)) || [];
  }

  /* Ground that a name of at most two lines takes. */
  function labelBox(at, name) {
    const width = Math.min(name.length * 6.2, 140) + 6;
    const height = name.length * 6.2 > 140 ? 32 : 18;
    return L.bounds([at.x - width / 2, at.y - height / 2], [at.x + width / 2, at.y + height / 2]);
  }

  /* Two maps that look at the same ground. */
  function tied(one, other) {
    let busy = false;
    [[one, other], [other, one]].forEach(([from, to]) => {
      from.map.on("move", () => {
        if (busy) return;
        busy = true;
        to.map.setView(from.map.getCenter(), from.map.getZoom(), { animate: false });
        busy = false;
      });
    });
  }

  Object.assign(geoplan, { Board, tied });
})((window.geoplan = window.geoplan || {}));
