/* One geometry source: every outline and area is made from the shared arcs of the blocks. */
(function (geoplan) {
  "use strict";

  const placed = L.GeoJSON.coordsToLatLngs;

  /* Polygons of some blocks merged, or null where there are none. */
  function merged(topology, blocks) {
    if (blocks.length === 1) return drawn(topology, "blocks", blocks[0]);
    const all = topology.objects.blocks.geometries;
    const chosen = blocks.map((block) => all[block]).filter((geometry) => geometry.type);
    return chosen.length ? placed(topojson.merge(topology, chosen).coordinates, 2) : null;
  }

  /* Polygons of one area: its own blocks merged, else those it lies somewhere in; its own where its layer was drawn. */
  function area(topology, one) {
    if (one.layer.drawn) return drawn(topology, one.layer.drawn, one.i);
    return merged(topology, one.own.length ? one.own : one.hatched);
  }

  /* Polygons of one geometry of an object that is no union of blocks. */
  function drawn(topology, name, i) {
    const geometry = topology.objects[name].geometries[i];
    if (!geometry?.type) return null;
    const { type, coordinates } = topojson.feature(topology, geometry).geometry;
    return placed(type === "Polygon" ? [coordinates] : coordinates, 2);
  }

  function coast(topology) {
    return placed(topojson.mesh(topology, topology.objects.blocks, (a, b) => a === b).coordinates, 1);
  }

  /* Borders between blocks, or between some of them. */
  function borders(topology, differ = (a, b) => a !== b) {
    return placed(topojson.mesh(topology, topology.objects.blocks, differ).coordinates, 1);
  }

  /* Borders of a layer as lines: the arcs on whose two sides the areas differ. The coast is drawn once for all. */
  function outlines(topology, layer) {
    const source = topology.objects[layer.drawn || "blocks"];
    const at = new Map(source.geometries.map((geometry, i) => [geometry, i]));
    const key = layer.drawn ? (i) => String(i) : (i) => layer.home[i].join();
    const differ = (a, b) => (a === b ? Boolean(layer.drawn) : key(at.get(a)) !== key(at.get(b)));
    return placed(topojson.mesh(topology, source, differ).coordinates, 1);
  }

  /* What holds some shapes, or null where there are none. */
  function bounds(...shapes) {
    const points = shapes.filter(Boolean).flat(3);
    return points.length ? L.latLngBounds(points) : null;
  }

  /* A point for a label: the middle of the widest stretch across the largest polygon. */
  function labelPoint(shape) {
    const ring = largest(shape);
    const box = L.latLngBounds(ring);
    const south = box.getSouth();
    const height = box.getNorth() - south;
    const tries = [0.5, 0.42, 0.58, 0.34, 0.66].map((part) => widest(ring, south + height * part));
    const best = tries.reduce((a, b) => (b.width > a.width * 1.25 ? b : a));
    return L.latLng(best.at, best.middle);
  }

  function largest(shape) {
    const size = (ring) => Math.abs(ring.reduce((sum, p, i) => sum + cross(p, ring[(i + 1) % ring.length]), 0));
    return shape.map((rings) => rings[0]).reduce((a, b) => (size(b) > size(a) ? b : a));
  }

  function cross(a, b) {
    return a.lat * b.lng - a.lng * b.lat;
  }

  function widest(ring, at) {
    const hits = [];
    ring.forEach((a, i) => {
      const b = ring[(i + 1) % ring.length];
      if (a.lat > at !== b.lat > at) hits.push(a.lng + ((at - a.lat) / (b.lat - a.lat)) * (b.lng - a.lng));
    });
    hits.sort((a, b) => a - b);
    let best = { at, width: 0, middle: ring[0].lng };
    for (let i = 0; i + 1 < hits.length; i += 2) {
      const width = hits[i + 1] - hits[i];
      if (width > best.width) best = { at, width, middle: (hits[i] + hits[i + 1]) / 2 };
    }
    return best;
  }

  Object.assign(geoplan, { shapes: { merged, area, drawn, coast, borders, outlines, bounds, labelPoint } });
})((window.geoplan = window.geoplan || {}));
