/* Blocks of which only a part belongs to an area: hatched, with a broken border, and said in words. */
(function (geoplan) {
  "use strict";

  const { make } = geoplan.dom;
  const EDGE = { color: "#3d4853", weight: 1.2, dashArray: "4 3" };
  const MOST = 6;

  /* What of an area is drawn as its own, what is hatched, and what is whole. */
  function tie(layer, area, i) {
    area.parts = (area.parts || []).map(([block, share, home, hatched]) => ({ block, share, home, hatched }));
    const away = new Set(area.parts.filter((part) => !part.home).map((part) => part.block));
    area.own = area.blocks.filter((block) => !away.has(block));
    area.hatched = area.parts.filter((part) => part.hatched).map((part) => part.block);
    area.whole = area.own.filter((block) => !area.hatched.includes(block));
    area.own.forEach((block) => layer.home[block].push(i));
    area.hatched.forEach((block) => layer.hatched.set(block, [...(layer.hatched.get(block) || []), area]));
  }

  /* The hatched blocks of a layer; those that no area has for its own have a border. */
  function ground(drawing, layer) {
    return drawing.once("parts " + layer.number, () => {
      const group = L.layerGroup();
      layer.hatched.forEach((areas, block) => group.addLayer(one(drawing, layer, areas, block)));
      return group;
    });
  }

  function one(drawing, layer, areas, block) {
    const line = layer.home[block].length ? { stroke: false } : { stroke: true, ...EDGE };
    const polygon = hatch(drawing, [block], "parts", line);
    const first = [...areas].sort((a, b) => size(b, block) - size(a, block))[0];
    drawing.listen(polygon, () => tip(drawing.data, block), () => geoplan.page.show(first));
    return polygon;
  }

  function hatch(drawing, blocks, pane, line) {
    const look = { fillColor: geoplan.FILL.part, fillOpacity: 1, ...line };
    return geoplan.shapes.polygon(geoplan.shapes.merged(drawing.data.topology, blocks), geoplan.options(pane, look));
  }

  function size(area, block) {
    return area.parts.find((part) => part.block === block).share ?? -1;
  }

  /* Names an authority, and each area of the layers that are on to which a part of it belongs. */
  function tip(data, block) {
    const name = geoplan.authority(data, data.blocks[block].lad);
    const held = [...geoplan.page.on.layer].flatMap((layer) => layer.hatched.get(block) || []);
    held.sort((a, b) => size(b, block) - size(a, block));
    const rows = held.slice(0, MOST).map((area) => make("span", area.name + ": " + words(name, size(area, block))));
    if (held.length > MOST) rows.push(make("span", "and " + (held.length - MOST) + " more"));
    return make("div", make("strong", name), make("span", "Only a part of it belongs:"), ...rows);
  }

  function words(name, share) {
    return share < 0 ? "somewhere in " + name + "; size not assessed" : geoplan.share(share) + " of " + name;
  }

  /* Whether an area has no ground of its own and lies somewhere in the same authority as others. */
  function crowded({ own, hatched, layer }) {
    return !own.length && hatched.some((block) => layer.hatched.get(block).length > 1);
  }

  /* Behind the name of an area, where it holds only a part of some blocks. */
  function note(area, blocks) {
    const part = area.parts.find(({ block }) => blocks.includes(block));
    if (!part) return "";
    return part.share === null ? " (a part of it; size not assessed)" : " (" + geoplan.share(part.share) + " of it)";
  }

  /* Cells of a table about areas: none where no area of the layer holds parts. */
  function heading(layer) {
    return layer.hatched.size ? ["Parts of authorities"] : [];
  }

  function cell(area) {
    return area.layer.hatched.size ? [(area.somewhere || []).join("; ")] : [];
  }

  /* Rows of the key: what the focus is outlined with, and what is hatched. */
  function key(data, layers, places, line, swatch) {
    const { focus, looks } = data;
    const rows = [];
    if (focus && focus.blocks.length > (focus.parts || []).length) rows.push(line({ color: "#000000", weight: 3.2, exact: true }, focus.name));
    if (focus?.parts) rows.push(line({ color: "#000000", weight: 2.4, dashArray: "6 4", exact: true }, focus.name + ": " + focus.somewhere.join("; ")));
    const hatched = focus?.parts || layers.some((layer) => layer.hatched.size) || places.some((place) => place.parts);
    if (hatched) rows.push(swatch("part", looks.part.term));
    return rows;
  }

  Object.assign(geoplan, { parts: { tie, ground, hatch, crowded, note, heading, cell, key, EDGE } });
})((window.geoplan = window.geoplan || {}));
