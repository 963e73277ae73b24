/* One map of one arrangement. */
(function (geoplan) {
  "use strict";

  const { make, button } = geoplan.dom;

  const PANES = { ground: 400, marks: 405, lines: 410, chosen: 420 };
  const BORDER = { color: "#16212b", weight: 2.2 };
  const OTHER = { color: "#3a0a2e", weight: 1.8, dashArray: "6 4" };
  const CALM = "#f8f7f2";
  // Room below the ground for what is shown, which is chosen there.
  const BELOW = 52;
  const COAST = "#5b6770";

  class Board {
    constructor(place, called, data, onPick) {
      this.data = data;
      // Two quick choices are no wish to zoom.
      this.map = L.map(place, { attributionControl: false, zoomSnap: 0.25, doubleClickZoom: false });
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
      this.other = this.line(null, OTHER);
      this.border = this.line(null, BORDER);
      this.cut = this.polygon("marks", { fillColor: data.fills.overlap, fillOpacity: 1, color: "#5c2500", weight: 1 });
      this.moved = this.polygon("marks", { fillColor: "url(#fill-moved)", fillOpacity: 1, stroke: false });
      this.halo = this.polygon("chosen", { fill: false, color: "#ffffff", weight: 7 });
      this.mark = this.polygon("chosen", { fillColor: "url(#fill-partner)", fillOpacity: 1, color: "#000000", weight: 3.4 });
      this.labels = new geoplan.Labels(this.map);
      this.shapes = new Map();
      this.map.on("moveend", () => this.name());
      const whole = button("", "All", () => this.home());
      whole.setAttribute("aria-label", "All of the map");
      L.DomEvent.disableClickPropagation(whole);
      this.map.zoomControl.getContainer().append(whole);
      new ResizeObserver(() => this.resized()).observe(box);
    }

    home() {
      this.zoomTo(this.data.units.names.map((_, unit) => unit));
    }

    /* What filled the map before fills it again, unless it was moved since. */
    resized() {
      const { fitted } = this;
      const still = fitted && this.map.getZoom() === fitted.zoom && this.map.getCenter().equals(fitted.center);
      this.map.invalidateSize({ animate: false });
      if (still) this.zoomTo(fitted.units);
    }

    unit(unit, onPick) {
      const look = { pane: "ground", color: "#8b959d", weight: 0.6, fillOpacity: 1, fillColor: CALM };
      const polygon = geoplan.shapes.polygon(shapeOf(this.data, unit), look).addTo(this.map);
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

    line(shape, look) {
      return geoplan.shapes.polyline(shape, { pane: "lines", interactive: false, lineCap: "butt", ...look }).addTo(this.map);
    }

    polygon(pane, look) {
      return geoplan.shapes.polygon(null, { pane, interactive: false, ...look }).addTo(this.map);
    }

    /* Shows an arrangement: { arrangement, found, hues, chosen, layer }; layer is null or what it is set against. */
    draw(shown) {
      const before = this.shown;
      this.shown = shown;
      if (before?.layer !== shown.layer) this.against(shown.layer);
      if (before?.arrangement !== shown.arrangement || before.layer !== shown.layer) this.arrange(shown);
      this.choose(shown.chosen);
    }

    /* The borders of the layer it is set against. */
    against(layer) {
      this.other.setShape(layer ? geoplan.shapes.outlines(this.data.topology, { home: layer.places.map((area) => [area]) }) : null);
    }

    arrange(shown) {
      const { data } = this;
      const { arrangement: { label }, hues, layer } = shown;
      this.units.forEach((polygon, unit) => {
        const cluster = label[unit];
        const fillColor = cluster < 0 ? data.fills.none : layer ? CALM : data.hues[hues[cluster]];
        if (polygon.options.fillColor !== fillColor) polygon.setStyle({ fillColor });
      });
      this.border.setShape(geoplan.shapes.outlines(data.topology, { home: data.block_units.map((unit) => [label[unit]]) }));
      this.cut.setShape(layer ? this.cutGround(shown) : null);
      const hasMoved = (cluster, unit) => cluster >= 0 && cluster !== data.today.home[unit];
      // Hatched without an outline, so that shapes side by side need no merging, which takes time.
      const moved = label.map((cluster, unit) => (hasMoved(cluster, unit) ? shapeOf(data, unit) : null));
      this.moved.setShape(layer ? null : geoplan.shapes.together(data.topology, moved));
      this.name();
    }

    choose(chosen) {
      const shape = merged(this.data, [...chosen].flatMap((unit) => this.data.blocks[unit]));
      this.halo.setShape(shape);
      this.mark.setShape(shape);
    }

    /* The ground that a cluster and an area of the layer share, neither holding all of the other. */
    cutGround({ arrangement, found, layer }) {
      const { data } = this;
      const cut = new Set(found.clusters.flatMap((one) =>
        one.layers[layer.number].pieces.filter((piece) => piece.cut).map((piece) => one.cluster + " " + piece.area)));
      const inCut = (unit, block) => cut.has(arrangement.label[unit] + " " + layer.places[block]);
      return merged(data, data.block_units.flatMap((unit, block) => (inCut(unit, block) ? [block] : [])));
    }

    /* Names of clusters, the most populous first, and of the authorities in them. */
    name() {
      if (!this.shown) return;
      const { found, arrangement: { clusters } } = this.shown;
      const { people, names } = this.data.units;
      const large = [...found.clusters].sort((a, b) => b.people - a.people);
      const several = large.filter((one) => one.units.length > 1).flatMap((one) => one.units).sort((a, b) => people[b] - people[a]);
      this.labels.draw([
        ...large.map((one) => ({ text: clusters[one.cluster].name, look: "cluster", shape: this.clusterShape(one) })),
        ...several.map((unit) => ({ text: names[unit], look: "unit", shape: shapeOf(this.data, unit) })),
      ]);
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
      if (!box) return;
      this.map.invalidateSize({ animate: false });
      this.map.fitBounds(box, { paddingTopLeft: [8, 8], paddingBottomRight: [8, BELOW], maxZoom: 11, animate: false });
      this.fitted = { units, zoom: this.map.getZoom(), center: this.map.getCenter() };
    }
  }

  const made = new Map();

  function shapeOf(data, unit) {
    if (!made.has(unit)) made.set(unit, geoplan.shapes.merged(data.topology, data.blocks[unit]));
    return made.get(unit);
  }

  function merged(data, blocks) {
    return geoplan.shapes.merged(data.topology, blocks);
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
