/* One geometry source: every outline and area is made from the shared arcs of the blocks. */
(function (geoplan) {
  "use strict";

  /* Rings or lines, each a chain of arcs. */
  class Shape {
    constructor(arcs, chains, closed) {
      this.arcs = arcs;
      this.chains = chains;
      this.closed = closed;
    }

    /* What surrounds it, in pixels of the world at zoom 0. */
    get box() {
      return (this.kept ??= boxOf(this.arcs, this.chains.flat()));
    }

    /* Its rings or lines in pixels of the world at a zoom, thinned for it. */
    lines(zoom, fine) {
      const scale = this.arcs.at(zoom, fine);
      return this.chains.map((chain) => scale.line(chain));
    }

    /* Whether a point of the world at zoom 0 lies in it. */
    holds(point) {
      return this.box.contains(point) && crossings(this.arcs, this.chains.flat(), point.y).filter((x) => x > point.x).length % 2 === 1;
    }
  }

  function boxOf({ boxes }, chain) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    chain.forEach((signed) => {
      const at = 4 * geoplan.plain(signed);
      left = Math.min(left, boxes[at]);
      top = Math.min(top, boxes[at + 1]);
      right = Math.max(right, boxes[at + 2]);
      bottom = Math.max(bottom, boxes[at + 3]);
    });
    return L.bounds([left, top], [right, bottom]);
  }

  /* Ground of some blocks together, or null where there is none. */
  function merged(arcs, blocks) {
    return shaped(arcs, blocks.length === 1 ? arcs.of("blocks", blocks[0]) : arcs.around("blocks", blocks), true);
  }

  function shaped(arcs, several, closed) {
    return several.length ? new Shape(arcs, arcs.joined(several), closed) : null;
  }

  /* Ground of one area: its own blocks, else those it lies somewhere in; its own where its layer was drawn. */
  function area(arcs, one) {
    if (one.layer.drawn) return drawn(arcs, one.layer.drawn, one.i);
    return merged(arcs, one.own.length ? one.own : one.hatched);
  }

  /* Ground of one geometry of an object that is no union of blocks. */
  function drawn(arcs, name, i) {
    return shaped(arcs, arcs.of(name, i), true);
  }

  /* Several shapes in one. */
  function together(arcs, shapes) {
    const there = shapes.filter(Boolean);
    return there.length ? new Shape(arcs, there.flatMap(({ chains }) => chains), true) : null;
  }

  function coast(arcs) {
    return lines(arcs, "blocks", (a, b) => a === b);
  }

  /* Borders between blocks that differ in some way. */
  function borders(arcs, differ = () => true) {
    return lines(arcs, "blocks", (a, b) => a !== b && differ(a, b));
  }

  /* Borders of a layer as lines: the arcs on whose two sides the areas differ. The coast is drawn once for all. */
  function outlines(arcs, layer) {
    if (layer.drawn) return lines(arcs, layer.drawn, () => true);
    const homes = layer.home.map((home) => home.join());
    return borders(arcs, (a, b) => homes[a] !== homes[b]);
  }

  /* Arcs of an object with such geometries on their two sides; where there is only one it is on both. */
  function lines(arcs, name, wanted) {
    const sides = arcs.sides(name);
    const found = [];
    for (let i = 0; 2 * i < sides.length; i += 1) if (sides[2 * i] >= 0 && wanted(sides[2 * i], sides[2 * i + 1])) found.push(i);
    return shaped(arcs, found, false);
  }

  /* Polygons of an area in longitude and latitude, as GeoJSON has them; none where it has no ground. */
  function polygons(arcs, one) {
    const source = arcs.plainly();
    const name = one.layer.drawn || "blocks";
    const own = one.layer.drawn ? [one.i] : one.own.length ? one.own : one.hatched;
    const found = own.map((i) => source.objects[name].geometries[i]).filter((geometry) => geometry?.type);
    if (!found.length) return null;
    if (found.length > 1) return topojson.merge(source, found).coordinates;
    const { type, coordinates } = topojson.feature(source, found[0]).geometry;
    return type === "Polygon" ? [coordinates] : coordinates;
  }

  /* ------------------------------------------------------------------------------ where */

  const PLACED = L.CRS.EPSG3857;

  /* What holds some shapes, or null where there are none. */
  function bounds(...shapes) {
    const there = shapes.filter(Boolean);
    if (!there.length) return null;
    const { min, max } = there.reduce((all, { box }) => all.extend(box.min).extend(box.max), L.bounds([]));
    return L.latLngBounds(PLACED.pointToLatLng(min, 0), PLACED.pointToLatLng(max, 0));
  }

  /* A point for a label: the middle of the widest stretch across the largest polygon. */
  function labelPoint({ arcs, chains }) {
    const ring = largest(arcs, chains);
    const { min, max } = boxOf(arcs, ring);
    const tries = [0.5, 0.42, 0.58, 0.34, 0.66].map((part) => widest(arcs, ring, max.y - (max.y - min.y) * part));
    const best = tries.reduce((a, b) => (b.width > a.width * 1.25 ? b : a));
    return PLACED.pointToLatLng(L.point(best.middle, best.at), 0);
  }

  function largest({ turns }, chains) {
    const size = (chain) => Math.abs(chain.reduce((sum, signed) => sum + (signed < 0 ? -turns[~signed] : turns[signed]), 0));
    return chains.reduce((a, b) => (size(b) > size(a) ? b : a));
  }

  function widest(arcs, ring, at) {
    const hits = crossings(arcs, ring, at).sort((a, b) => a - b);
    let best = { at, width: 0, middle: arcs.points[arcs.from[geoplan.plain(ring[0])]] };
    for (let i = 0; i + 1 < hits.length; i += 2) {
      const width = hits[i + 1] - hits[i];
      if (width > best.width) best = { at, width, middle: (hits[i] + hits[i + 1]) / 2 };
    }
    return best;
  }

  /* Where a chain crosses a parallel. */
  function crossings({ points, from, boxes }, chain, y) {
    const hits = [];
    chain.forEach((signed) => {
      const i = geoplan.plain(signed);
      if (boxes[4 * i + 1] > y || boxes[4 * i + 3] < y) return;
      for (let at = from[i] + 2; at < from[i + 1]; at += 2) {
        const [above, below] = [points[at - 1], points[at + 1]];
        if (above > y !== below > y) hits.push(points[at - 2] + ((y - above) / (below - above)) * (points[at] - points[at - 2]));
      }
    });
    return hits;
  }

  /* ------------------------------------------------------------------------------ on the map */

  /* Lines of a shape as a layer of Leaflet, which asks for its path whenever the map has moved. */
  const Lines = L.Path.extend({
    initialize(shape, look) {
      L.setOptions(this, look);
      this.shape = shape;
    },

    setShape(shape) {
      this.shape = shape;
      return this.redraw();
    },

    getBounds() {
      return bounds(this.shape);
    },

    _project() {},
    _updateBounds() {},

    _update() {
      const { _map: map, _renderer: renderer } = this;
      if (!map) return;
      const corner = map.getPixelOrigin();
      const sight = L.bounds(renderer._bounds.min.add(corner), renderer._bounds.max.add(corner));
      const scale = this.shape?.arcs.at(map.getZoom());
      renderer._setPath(this, (this.options.beyond ? frame(renderer._bounds) : "") + (scale ? scale.path(this.shape, corner, sight) : geoplan.NOTHING));
    },
  });

  const Ground = Lines.extend({ options: { fill: true } });

  function frame({ min, max }) {
    return "M" + min.x + " " + min.y + "H" + max.x + "V" + max.y + "H" + min.x + "z";
  }

  function polygon(shape, look) {
    return new Ground(shape, look);
  }

  function polyline(shape, look) {
    return new Lines(shape, look);
  }

  Object.assign(geoplan, {
    shapes: { merged, area, drawn, together, coast, borders, outlines, polygons, bounds, labelPoint, polygon, polyline },
  });
})((window.geoplan = window.geoplan || {}));
