/* The land under everything as one shape, which knows the block under the pointer: hundreds of shapes draw slowly. */
(function (geoplan) {
  "use strict";

  const BORDERS = { color: "#b9c1c7", weight: 0.6 };

  /* What no chosen layer covers can still be asked about. */
  function land(drawing) {
    const { map, data } = drawing;
    const fill = { fillColor: geoplan.FILL.outside, fillOpacity: 1 };
    const ground = geoplan.shapes.polygon(shape(drawing), geoplan.options("land", { stroke: false, ...fill }));
    asked(drawing, ground);
    ground.addTo(map);
    const between = geoplan.shapes.borders(data.topology);
    geoplan.shapes.polyline(between, geoplan.options("land", { ...BORDERS, interactive: false })).addTo(map);
    geoplan.backdrop.draw(map, data, shape(drawing));
    geoplan.shapes.polyline(geoplan.shapes.coast(data.topology), geoplan.options("lines", { color: geoplan.LINES.coast, weight: 0.9 })).addTo(map);
  }

  /* All blocks as one. */
  function shape(drawing) {
    const { blocks, topology } = drawing.data;
    return drawing.once("land", () => geoplan.shapes.merged(topology, blocks.map((_, i) => i)));
  }

  /* Tells of the block under the pointer, and opens its authority. */
  function asked(drawing, ground, said = (data, i) => geoplan.tip.authority(data, data.blocks[i])) {
    const finder = drawing.once("finder", () => new Finder(drawing.data.topology, drawing.data.blocks.length));
    let under = -1;
    const tip = () => (under < 0 ? "" : said(drawing.data, under));
    const look = ({ latlng }) => { under = finder.at(latlng); };
    ground.on("mouseover", look);
    drawing.listen(ground, tip, (event) => {
      look(event);
      if (under >= 0) geoplan.page.showAuthority(drawing.data.blocks[under].lad);
    });
    ground.on("mousemove", (event) => {
      const before = under;
      look(event);
      if (under !== before) ground.setTooltipContent(tip);
    });
  }

  /* Finds the block of a point: first by what surrounds each, then by counting its edges. */
  class Finder {
    constructor(topology, count) {
      this.topology = topology;
      this.count = count;
    }

    at(latlng) {
      this.shapes ??= Array.from({ length: this.count }, (_, i) => geoplan.shapes.merged(this.topology, [i]));
      const point = L.CRS.EPSG3857.latLngToPoint(latlng, 0);
      return this.shapes.findIndex((shape) => shape?.holds(point));
    }
  }

  Object.assign(geoplan, { ground: { land, shape, asked } });
})((window.geoplan = window.geoplan || {}));
