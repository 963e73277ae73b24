/* What the page knows: units, commuting, borders, the layers that clusters meet, today's arrangement. */
(function (geoplan) {
  "use strict";

  function read() {
    const data = JSON.parse(document.getElementById("data").textContent);
    const { units } = data;
    data.topology = new geoplan.Arcs(data.topology);
    data.count = units.codes.length;
    data.trips = floats(data.trips);
    data.beside = units.codes.map(() => []);
    data.links = data.links.map(([one, two, km, crossing]) => ({ one, two, km, crossing }));
    data.links.forEach((link) => {
      data.beside[link.one].push({ unit: link.two, crossing: link.crossing });
      data.beside[link.two].push({ unit: link.one, crossing: link.crossing });
    });
    data.layers.forEach((layer, number) => {
      layer.number = number;
      layer.of = units.codes.map(() => []);
      layer.held.forEach(([unit, area, people, counted = people]) => layer.of[unit].push({ area, people, counted }));
    });
    data.blocks = units.codes.map(() => []);
    data.block_units.forEach((unit, block) => data.blocks[unit].push(block));
    data.measures = new Map(data.measures);
    return data;
  }

  /* Workers by home and work, row by row: 32-bit numbers, least byte first. */
  function floats(text) {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    return Float32Array.from({ length: bytes.length / 4 }, (_, n) => view.getFloat32(4 * n, true));
  }

  Object.assign(geoplan, { read });
})((window.geoplan = window.geoplan || {}));
