/* What is named and numbered on the map: numbers, names and letters, drawn where they find a place. */
(function (geoplan) {
  "use strict";

  const { make, byId } = geoplan.dom;
  const BADGE = 26;
  const LETTER = { width: 18, height: 18 };
  const LETTERS = [..."abcdefghijklmnopqrstuvwxyz", ...[..."abcdefghijklmn"].map((letter) => "a" + letter)];

  class Names {
    constructor(drawing) {
      this.drawing = drawing;
      this.map = drawing.map;
      this.numbered = new Set();
      this.partners = new Set();
      this.rings = new Map();
      this.badges = L.layerGroup().addTo(this.map);
      this.labels = L.layerGroup().addTo(this.map);
      this.chosen = [];
      this.map.on("zoomend", () => this.rings.clear());
      this.map.on("zoomend moveend resize", () => this.place());
    }

    /* Numbers on the map that stand for the rows of the list. */
    number(items, onClick) {
      this.badges.clearLayers();
      this.numbered = new Set(items.map((item) => item.area));
      items.forEach((item, i) => {
        const shape = item.area && this.drawing.areaShape(item.area);
        if (!shape) return;
        const icon = L.divIcon({ className: "badge " + item.finding.severity, html: String(i + 1), iconSize: [24, 24] });
        const marker = L.marker(geoplan.shapes.labelPoint(shape), { icon, keyboard: false, title: item.area.name });
        marker.home = marker.getLatLng();
        marker.shape = shape;
        marker.area = item.area;
        marker.on("click", () => onClick(i));
        this.badges.addLayer(marker);
      });
      this.place();
    }

    markCurrent(number) {
      this.badges.getLayers().forEach((marker) => {
        marker.getElement()?.classList.toggle("current", marker.options.icon.options.html === String(number + 1));
      });
      this.current = number;
    }

    /* The number that stands for an area, none where its ground is not numbered. */
    numberOf(area) {
      return this.badges.getLayers().find((marker) => marker.area === area)?.options.icon.options.html;
    }

    partnersOf(place, on) {
      if (on) this.partners.add(place);
      else this.partners.delete(place);
      this.place();
    }

    /* Texts for what is chosen: { shape, texts }, each of which has to be told. */
    choose(texts) {
      this.chosen = texts;
      this.place();
    }

    /* However much changes in one go, names are placed once after it. */
    place() {
      if (this.waiting) return;
      this.waiting = true;
      queueMicrotask(() => {
        this.waiting = false;
        this.placeNow();
      });
    }

    placeNow() {
      const box = this.map.getPixelBounds();
      const size = this.map.getSize();
      if (!size.x || !size.y) return;
      this.placeBadges(box);
      const taken = [...this.obstacles(), ...this.badgeBoxes(box)];
      const texts = geoplan.wanted(this, (shape) => this.ring(shape, box));
      const wanted = texts.filter((one) => one.ring || one.point).map((one) => moved(one, box.min));
      const areas = geoplan.labels.place(wanted, size, taken);
      this.labels.clearLayers();
      areas.placed.forEach((one) => this.draw(one, box.min));
      const boxes = this.letter(areas.left, size, areas.boxes, box.min);
      const towns = geoplan.backdrop.texts(this.map, this.drawing.data, box).map((one) => moved(one, box.min));
      geoplan.labels.place(towns, size, boxes).placed.forEach((one) => this.draw(one, box.min));
    }

    /* The largest part of a shape that is on the map, in pixels of the world at this zoom; null where there is none. */
    ring(shape, box) {
      if (!shape) return null;
      if (!this.rings.has(shape)) {
        this.rings.set(shape, shape.lines(this.map.getZoom()));
      }
      return geoplan.labels.visible(this.rings.get(shape), box);
    }

    /* ------------------------------------------------------------------------------ numbers and letters */

    /* Moves badges apart where they would hide one another, and onto what of their area can be seen. */
    placeBadges(box) {
      const markers = this.badges.getLayers();
      const seen = this.map.getBounds();
      const at = markers.map((marker) => {
        const home = this.map.project(marker.home);
        if (seen.contains(marker.home)) return home;
        const ring = this.ring(marker.shape, box);
        return (ring && geoplan.labels.middle(ring)) || home;
      });
      for (let round = 0; round < 40; round += 1) if (!pushApart(at, BADGE)) break;
      markers.forEach((marker, i) => marker.setLatLng(this.map.unproject(at[i])));
    }

    badgeBoxes(box) {
      const side = { width: BADGE, height: BADGE };
      return this.badges.getLayers()
        .filter((marker) => marker.options.icon.options.html !== String(this.current + 1))
        .map((marker) => geoplan.labels.boxAt(this.map.project(marker.getLatLng()).subtract(box.min), side));
    }

    /* Letters, with a key, for areas that have neither room for their name nor a number; returns what is then taken. */
    letter(left, size, boxes, corner) {
      const bare = left.filter((one) => one.ring && (one.must || (one.area && !this.numbered.has(one.area))) && !this.drawing.inset.tells(one.area));
      const few = bare.length > LETTERS.length ? bare.filter((one) => one.must) : bare;
      const asked = few.slice(0, LETTERS.length).map((one) => (
        { ...one, name: one.texts.join(" "), box: LETTER }
      ));
      const { placed, boxes: all } = geoplan.labels.place(asked, size, boxes);
      const rows = placed.map((one, i) => ({ ...one, lines: [LETTERS[i]], className: "letter" }));
      rows.forEach((one) => this.draw(one, corner));
      key(rows, size, all);
      return [...all, ...this.boxesOf(["letters"])];
    }

    obstacles() {
      return this.boxesOf([...this.map.getContainer().querySelectorAll(".leaflet-control"), "inset", "fold", "details"]);
    }

    /* What elements beside the map hide of it. */
    boxesOf(elements) {
      const own = this.map.getContainer().getBoundingClientRect();
      return elements.map((one) => (one instanceof Node ? one : byId(one))).filter((element) => !element.hidden).map((element) => {
        const box = element.getBoundingClientRect();
        return { left: box.left - own.left, right: box.right - own.left, top: box.top - own.top, bottom: box.bottom - own.top };
      });
    }

    /* Where a town is. */
    dot(point, corner) {
      const icon = L.divIcon({ className: "dot", iconSize: [5, 5] });
      this.labels.addLayer(L.marker(this.map.unproject(L.point(point).add(corner)), { icon, interactive: false, keyboard: false }));
    }

    draw({ at, lines, className, dot, point }, corner) {
      if (dot) this.dot(point, corner);
      const html = make("div", ...lines.map((line, i) => make("span", i + 1 < lines.length ? line + " " : line)));
      const icon = L.divIcon({ className, html, iconSize: null });
      const place = this.map.unproject(L.point(at).add(corner));
      this.labels.addLayer(L.marker(place, { icon, interactive: false, keyboard: false }));
    }
  }

  /* A text with its ring and point in pixels of the map. */
  function moved(one, corner) {
    const shift = (point) => L.point(point.x - corner.x, point.y - corner.y);
    return { ...one, ring: one.ring && one.ring.map(shift), point: one.point && shift(one.point) };
  }

  /* What the letters on the map stand for, in the corner that hides least. */
  function key(letters, size, boxes) {
    const box = byId("letters");
    box.hidden = !letters.length;
    box.replaceChildren(...letters.map(({ lines, name }) => make("li", make("span.letter", make("div", ...lines)), name)));
    if (letters.length) box.dataset.corner = geoplan.labels.corner(size, { x: box.offsetWidth, y: box.offsetHeight }, boxes);
  }

  function pushApart(points, gap) {
    let moved = false;
    points.forEach((a, i) => {
      points.slice(i + 1).forEach((b) => {
        const distance = a.distanceTo(b);
        if (distance >= gap - 0.5) return;
        const step = distance ? b.subtract(a).multiplyBy((gap - distance) / 2 / distance) : L.point(gap / 2, 0);
        a._subtract(step);
        b._add(step);
        moved = true;
      });
    });
    return moved;
  }

  Object.assign(geoplan, { Names });
})((window.geoplan = window.geoplan || {}));
