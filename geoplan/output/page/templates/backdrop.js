/* What readers find their way by: towns, main water and a quiet relief of the land. */
(function (geoplan) {
  "use strict";

  const RIVER = { color: "#8db4cf", weight: 1, opacity: 0.9, fill: false };
  const LAKE = { stroke: false, fillColor: "#c3d9e6", fillOpacity: 1 };
  const STRENGTH = 0.23;
  const FONT = { size: 10, weight: 400 };
  const DOT = 7;
  const BESIDE = [[1, 0], [-1, 0], [0, -1], [0, 1]];
  const STEP = 1000;
  // The zoom at which the coast is fine enough for the picture.
  const MASK = 7;
  const FADES = [["relief", 7.5, 10.5], ["water", 9.5, 11.5]];

  /* Water and relief, where the page has them; both fade where the map is closer than they are drawn for. */
  function draw(map, data, land) {
    const water = (wanted) => (data.water || []).filter(([kind]) => (kind === "lake") === wanted).map(([, ...parts]) => parts.map(unpacked));
    L.polygon(water(true), geoplan.options("water", LAKE)).addTo(map);
    L.polyline(water(false).flat(), geoplan.options("water", RIVER)).addTo(map);
    if (data.relief) shade(map, data.relief, land);
    const fade = () => FADES.forEach(([pane, from, to]) => {
      map.getPane(pane).style.opacity = Math.min(1, Math.max(0, (to - map.getZoom()) / (to - from)));
    });
    map.on("zoomend", fade);
    fade();
  }

  /* The first point whole, the others as steps from the one before. */
  function unpacked(flat) {
    let [lat, lng] = [0, 0];
    return Array.from({ length: flat.length / 2 }, (_, i) => {
      lat += flat[2 * i];
      lng += flat[2 * i + 1];
      return L.latLng(lat / STEP, lng / STEP);
    });
  }

  /* Greys become light and shadow; the picture is made from bytes in the page, so that nothing has to be asked for. */
  async function shade(map, { picture, bounds, flat }, land) {
    const bytes = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
    const grey = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [grey.width, grey.height];
    const pen = canvas.getContext("2d");
    pen.drawImage(grey, 0, 0);
    const cells = pen.getImageData(0, 0, grey.width, grey.height);
    const { data } = cells;
    for (let i = 0; i < data.length; i += 4) {
      const light = (data[i] - flat) / flat;
      data[i] = data[i + 1] = data[i + 2] = light > 0 ? 255 : 0;
      data[i + 3] = Math.abs(light) * STRENGTH * 255;
    }
    pen.putImageData(cells, 0, 0);
    const [south, west, north, east] = bounds;
    mask(pen, land, L.latLng(north, west), L.latLng(south, east));
    new L.SVGOverlay(canvas, [[south, west], [north, east]], { pane: "relief", interactive: false }).addTo(map);
  }

  /* Leaves of a picture between two corners what lies on the land. */
  function mask(pen, land, first, last) {
    const [a, b] = [first, last].map((point) => L.CRS.EPSG3857.latLngToPoint(point, MASK));
    const { width, height } = pen.canvas;
    pen.globalCompositeOperation = "destination-in";
    pen.scale(width / (b.x - a.x), height / (b.y - a.y));
    pen.fill(new Path2D(land.arcs.at(MASK).path(land, a, L.bounds(a, b))), "evenodd");
  }

  /* ------------------------------------------------------------------------------ towns */

  /* Towns in view, fewer of them the more is seen at once; each is named beside its dot. */
  function texts(map, data, box) {
    const deepest = Math.max(1, Math.floor(map.getZoom() - 5.5));
    return (data.towns || []).filter(([, , , rank]) => rank <= deepest).flatMap(([name, lat, lng]) => {
      const point = map.project([lat, lng]);
      return box.contains(point) ? [{ texts: [name], font: FONT, point, sides: BESIDE, gap: DOT, className: "name town", dot: true }] : [];
    });
  }

  /* The first town of some ground, to name it by. */
  function townIn(data, bounds) {
    return (data.towns || []).find(([, lat, lng]) => bounds.contains([lat, lng]))?.[0] ?? "";
  }

  Object.assign(geoplan, { backdrop: { draw, texts, townIn } });
})((window.geoplan = window.geoplan || {}));
