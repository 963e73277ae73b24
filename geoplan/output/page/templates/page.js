/* Ties panel, map and details together; Folium's map calls open. */
(function (geoplan) {
  "use strict";

  const { byId, announce } = geoplan.dom;

  class Page {
    constructor(map) {
      this.map = map;
      this.data = geoplan.read();
      this.drawing = new geoplan.Drawing(map, this.data);
      this.on = { layer: new Set(), pair: new Set(), flow: new Set(), place: new Set(), figure: new Set() };
      this.pair = null;
      this.items = [];
      this.buttons = [];
      this.at = -1;
      this.shown = null;
    }

    start() {
      const { data, drawing } = this;
      geoplan.panel.fillPairs(data, (pair) => this.choosePair(pair));
      const change = [(...what) => this.toggle(...what), (least) => this.setLeast(least)];
      geoplan.panel.switches(data, (layer) => drawing.style(layer, null), ...change);
      this.map.getContainer().setAttribute("role", "region");
      this.map.getContainer().setAttribute("aria-label", "Map: arrow keys move it, plus and minus zoom");
      this.calm();
      this.map.on("movestart", () => { this.asked = null; });
      geoplan.print.listen(this.map, () => this.asked);
      geoplan.frame.controls(this.map, () => this.reset());
      this.search = new geoplan.Search(data);
      this.listen();
      const others = data.findings.filter((f) => !f.cut && (!f.other_layer || f.severity !== "info"));
      this.others = others;
      geoplan.panel.others(data, others, (finding) => this.showFinding(finding));
      geoplan.panel.brokers(data, (lad) => this.showAuthority(lad));
      this.views = data.views ? new geoplan.Views(this) : null;
      geoplan.frame.bounded(this.map, geoplan.shapes.bounds(geoplan.shapes.coast(data.topology)), data.tiles);
      if (data.pairs.length) this.aim(data.pairs[data.start]);
      geoplan.ground.land(drawing);
      if (data.pairs.length) this.choosePair(data.pairs[data.start]);
      else this.showLayersOnly();
      this.showAsked();
      this.map.invalidateSize({ animate: false });
      this.home();
      geoplan.frame.follow(this.map, byId("stage"), () => this.again());
      this.link = new geoplan.Link(this);
      document.body.dataset.ready = "yes";
    }

    /* Fills the key and turns to the opening view before anything is drawn, so that it is drawn once. */
    aim(pair) {
      this.pair = pair;
      geoplan.panel.markPair(this.data, pair);
      geoplan.panel.key(this.data, pair, { others: [], flows: [], places: [] }, (layer) => this.drawing.style(layer, pair));
      this.map.invalidateSize({ animate: false });
      this.home();
      this.pair = null;
    }

    /* Moves at once where the reader asked for less motion. */
    calm() {
      if (!window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
      const { map } = this;
      map.options.inertia = false;
      map.panBy = (offset, options) => L.Map.prototype.panBy.call(map, offset, { ...options, animate: false });
    }

    /* Shows again what was asked for, where the reader has not moved away from it. */
    again() {
      const { asked } = this;
      if (!asked || document.body.classList.contains("printing")) return;
      if (byId("details").hidden) this.home();
      else this.zoom(asked);
    }

    listen() {
      byId("swap").addEventListener("click", () => this.choosePair(this.data.pairs[this.pair.reverse]));
      byId("previous").addEventListener("click", () => this.step(-1));
      byId("next").addEventListener("click", () => this.step(1));
      byId("fold").addEventListener("click", () => this.fold());
      byId("open-tables").addEventListener("click", () => this.openTables());
      byId("open-about").addEventListener("click", () => geoplan.tables.openAbout(this.data));
      byId("open-away").addEventListener("click", () => geoplan.away.open(this));
      document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !byId("details").hidden && !document.querySelector("dialog[open]")) this.close();
      });
    }

    /* Shows one pair: its two outlines, its pieces shaded, its list. */
    choosePair(pair, { still = false } = {}) {
      const before = this.pair;
      if (before) {
        [before.left, before.right].forEach((layer) => this.toggle("layer", layer, false));
        [...this.on.pair].forEach((each) => this.toggle("pair", each, false));
      }
      this.pair = pair;
      this.hideDetails();
      geoplan.panel.markPair(this.data, pair);
      this.toggle("pair", pair, true);
      [pair.left, pair.right].forEach((layer) => this.toggle("layer", layer, true));
      this.drawing.named = pair;
      geoplan.panel.redraw(this.data, (layer) => this.drawing.style(layer, pair));
      this.listCut(pair);
      this.map.invalidateSize({ animate: false });
      this.views?.mark(pair);
      if (still) this.drawing.inset.draw();
      else if (before) this.home();
    }

    listCut(pair) {
      this.items = pair.found.map((finding) => {
        const area = geoplan.areaOf(this.data, finding);
        return { finding, area, note: note(pair, finding, area) };
      });
      this.buttons = geoplan.panel.list(this.items, (i) => this.go(i));
      this.mark(-1);
      const ranked = "Ranked by " + pair.unit + " " + this.data.looks.overlap.term + ".";
      const none = this.data.focus ? "None concerns " + this.data.focus.name + "." : "None in this comparison.";
      const listed = this.items.length ? ranked : pair.quiet ? "None to list in this comparison." : none;
      byId("list-note").textContent = pair.quiet ? listed + " " + pair.quiet : listed;
      this.drawing.names.number(this.items, (i) => this.go(i));
    }

    /* Opens with every layer that was asked for, and with the partners of the focus in the pair shown. */
    showAsked() {
      const { layers, places, shown, figures } = this.data;
      if (figures?.shown) this.toggle("figure", figures, true);
      shown.map((i) => layers[i]).filter((layer) => !this.on.layer.has(layer)).forEach((layer) => this.toggle("layer", layer, true));
      const near = shown.length ? places.filter((place) => place.kind === "partner" && shown.includes(place.layer)) : [];
      near.slice(-1).filter((place) => !this.on.place.has(place)).forEach((place) => this.toggle("place", place, true));
    }

    showLayersOnly() {
      byId("list").hidden = true;
      const { layers, places } = this.data;
      // Labour market areas come with any layer that is set against commuting: they wait to be asked for.
      const asked = layers.length > 1 ? layers.filter((layer) => layer.key !== "labour_market") : layers;
      asked.forEach((layer) => this.toggle("layer", layer, true));
      places.filter((place) => !["loose", "partner", "moved"].includes(place.kind)).forEach((place) => this.toggle("place", place, true));
      byId("others").open = true;
    }

    step(by) {
      const count = this.items.length;
      if (!count) return;
      this.go(this.at < 0 ? (by > 0 ? 0 : count - 1) : (this.at + by + count) % count);
    }

    /* Goes to one area of the list: zoom, details, and a word for screen readers. */
    go(i) {
      const { finding, area } = this.items[i];
      if (area) this.show(area);
      else this.showFinding(finding);
      this.mark(i);
      announce("Cut area " + (i + 1) + " of " + this.items.length + ": " + finding.message);
    }

    /* Marks one area of the list, and its number on the map. */
    mark(i) {
      this.at = i;
      geoplan.panel.markItem(this.buttons, i, this.items.length);
      this.drawing.names.markCurrent(i);
    }

    /* Opens the details of an area and zooms to it. */
    show(area) {
      this.mark(this.items.findIndex((item) => item.area === area));
      this.shown = ["area", geoplan.named(area)];
      geoplan.details.showArea(this.data, this.pair, area);
      this.zoom(this.drawing.choose(area, this.pair));
    }

    showAuthority(lad) {
      this.shown = ["authority", lad];
      const blocks = geoplan.details.showAuthority(this.data, lad);
      this.outline(geoplan.shapes.merged(this.data.topology, blocks));
    }

    showPostcodes(where) {
      this.shown = ["postcode", where.name];
      geoplan.details.showPostcodes(this.data, where);
      this.outline(geoplan.shapes.merged(this.data.topology, where.main));
    }

    /* Opens the details of a flow, draws its set, and zooms to both ends. */
    showFlow(flow) {
      this.mark(-1);
      this.shown = null;
      if (!this.on.flow.has(flow.set)) this.toggle("flow", flow.set, true);
      geoplan.details.showFlow(flow);
      this.zoom(this.drawing.chooseFlow(flow));
      announce(geoplan.flows.ways(flow).join(", ") + ". " + flow.set.said);
    }

    /* Draws only flows of so many workers. */
    setLeast(least) {
      this.drawing.least = least;
      this.on.flow.forEach((set) => geoplan.flows.lines(this.drawing, set));
      this.drawing.names.place();
    }

    openTables() {
      geoplan.tables.openTables(this.data, this.pair, this.on.flow, this.drawing.least);
    }

    showFinding(finding) {
      const { data } = this;
      const area = geoplan.areaOf(data, finding);
      const own = finding.ground !== undefined;
      if (area && !own) this.show(area);
      else if (data.authorities[finding.code] && !own) this.showAuthority(finding.code);
      else geoplan.details.showFinding(data, finding);
      // A gap or an overlap is no area: its own outline is shown.
      if (own) this.outline(geoplan.shapes.drawn(data.topology, "ground", finding.ground));
    }

    outline(shape, whole = [], parts = []) {
      this.drawing.unchoose();
      if (!shape) return;
      this.drawing.mark(shape, whole, parts);
      this.zoom(geoplan.shapes.bounds(shape));
    }

    zoom(bounds) {
      if (!bounds) return;
      const card = byId("details");
      const covers = !card.hidden && getComputedStyle(card).position === "absolute";
      const right = covers ? Math.min(card.offsetWidth + 40, this.map.getSize().x / 2) : 40;
      // Without animation: Leaflet drops a move that is asked for while another is under way.
      this.map.fitBounds(bounds, { paddingTopLeft: [50, 40], paddingBottomRight: [right, 40], maxZoom: 11, animate: false });
      this.asked = bounds;
      // Where the card stands below the map, the list does too.
      if (document.body.dataset.ready && !card.hidden && !covers) byId("stage").scrollIntoView({ block: "start" });
    }

    /* The opening view: the focus, or all that the pair covers. */
    home() {
      const { data, drawing } = this;
      if (data.focus) {
        const { blocks, parts = [] } = data.focus;
        this.outline(geoplan.shapes.merged(data.topology, blocks), blocks.filter((block) => !parts.includes(block)), parts);
        return;
      }
      const changed = data.views?.ground.length ? [geoplan.shapes.merged(data.topology, data.views.ground)] : null;
      const areas = this.pair
        ? this.pair.left.areas.filter((area) => this.pair.kinds[area.i] !== "outside")
        : [...this.on.layer].flatMap((layer) => layer.areas);
      const box = geoplan.shapes.bounds(...(changed ?? areas.map((area) => drawing.areaShape(area))));
      if (box) {
        geoplan.frame.fill(this.map, box, areas.length);
        this.asked = box;
      }
      drawing.inset.home();
    }

    /* Back to the opening view: nothing chosen, nothing moved. */
    reset() {
      this.mark(-1);
      this.hideDetails();
      this.home();
    }

    close() {
      this.hideDetails();
      const back = this.at >= 0 ? this.buttons[this.at] : byId("search");
      back.focus();
    }

    hideDetails() {
      byId("details").hidden = true;
      this.shown = null;
      this.link?.later();
      this.drawing.unchoose();
    }

    fold() {
      const folded = byId("page").classList.toggle("folded");
      byId("fold").setAttribute("aria-expanded", String(!folded));
    }

    /* Switches one layer, pair, set of flows or set of places on or off. */
    toggle(kind, item, on) {
      if (on) this.on[kind].add(item);
      else this.on[kind].delete(item);
      if (item.kind === "partner") this.drawing.names.partnersOf(item, on);
      geoplan.panel.markToggle(kind, item, on);
      const others = [...this.on.layer].filter((layer) => !this.pair || (layer !== this.pair.left && layer !== this.pair.right));
      const shown = { others, flows: [...this.on.flow], places: [...this.on.place], figures: [...this.on.figure] };
      geoplan.panel.key(this.data, this.pair, shown, (layer) => this.drawing.style(layer, this.pair));
      this.drawn(kind, item).forEach((group) => (on ? group.addTo(this.map) : group.remove()));
      if (kind === "figure") this.drawing.inset.draw();
      this.link?.later();
      this.drawing.names.place();
    }

    drawn(kind, item) {
      if (kind === "layer") return [this.drawing.outlines(item, this.pair), geoplan.parts.ground(this.drawing, item)];
      if (kind === "flow") return [geoplan.flows.lines(this.drawing, item)];
      if (kind === "place") return [this.drawing.places(item)];
      if (kind === "figure") return [geoplan.figures.layer(this.drawing)];
      const { calm, cut } = this.drawing.shading(item);
      // Calm ground of a second pair would hide the first pair's cut pieces.
      if (item !== this.pair) return this.map.hasLayer(calm) ? [calm, cut] : [cut];
      return [calm, cut];
    }
  }

  /* Under the name: how many partners, and the largest of them. */
  function note(pair, finding, area) {
    const since = finding.change && finding.change !== "unchanged" ? finding.change + " · " : "";
    return since + geoplan.partners(pair, finding, area);
  }

  geoplan.open = (map) => {
    geoplan.page = new Page(map);
    geoplan.page.start();
  };
})((window.geoplan = window.geoplan || {}));
