/* Which names the map should show, the most important first; where each finds a place is not decided here. */
(function (geoplan) {
  "use strict";

  const PLAIN = { size: 12, weight: 400 };
  const BOLD = { size: 12, weight: 700 };
  const SMALL = { size: 11, weight: 400 };

  /* Texts with the ring each belongs in; `ringOf` gives what of a shape can be seen. */
  function wanted(names, ringOf) {
    const { drawing } = names;
    const told = new Set();
    const first = drawing.chosenArea ? chosen(names, ringOf, told) : asked(names, ringOf, told);
    const neighbours = [...beyond(names, ringOf, told), ...countries(drawing, ringOf)];
    return [...first, ...areas(names, ringOf, told), ...geoplan.flows.texts(drawing, geoplan.page.on.flow), ...neighbours];
  }

  function text(texts, ring, more) {
    return { texts, ring, font: SMALL, className: "name", ...more };
  }

  function chosen(names, ringOf, told) {
    names.chosen.forEach(({ area }) => told.add(area));
    const look = (texts) => (texts.length > 1 ? "name piece counted" : "name piece");
    return names.chosen.map(({ shape, texts }) => text(texts, ringOf(shape), { font: BOLD, must: true, className: look(texts) }));
  }

  /* The asked area, and those that share ground with it, on that ground. */
  function asked(names, ringOf, told) {
    const { drawing } = names;
    const { data, named } = drawing;
    const found = partners(names).flatMap((place) => place.areas.map(([i, blocks]) => {
      const area = data.layers[place.layer].areas[i];
      const shape = drawing.once("shared " + place.number + " " + i, () => geoplan.shapes.merged(data.topology, blocks));
      told.add(area);
      return text([area.name], ringOf(shape), { font: PLAIN, must: true, area, className: "name partner" });
    }));
    if (!data.focus) return found;
    const own = named?.left.areas.find((area) => area.name === data.focus.name);
    if (own) told.add(own);
    const shape = drawing.once("focus", () => geoplan.shapes.merged(data.topology, data.focus.blocks));
    return [text([data.focus.name], ringOf(shape), { font: BOLD, must: true, area: own, className: "name own" }), ...found];
  }

  /* Those that were asked for, else those of the pair shown. */
  function partners({ drawing, partners }) {
    if (partners.size || !drawing.named) return [...partners];
    const shown = [drawing.named.left.number, drawing.named.right.number];
    return drawing.data.places.filter((place) => place.kind === "partner" && shown.includes(place.layer));
  }

  /* Areas of the left layer: those cut, the others by people, then neighbours in grey. */
  function areas({ drawing, numbered }, ringOf, told) {
    const { named, data, chosenArea } = drawing;
    if (!named) return [];
    const ground = data.focus && new Set(data.focus.blocks);
    const beside = (area) => Boolean(chosenArea) || named.kinds[area.i] === "outside" || (ground && !area.blocks.some((block) => ground.has(block)));
    const rank = (area) => (beside(area) ? 2 : numbered.has(area) ? 0 : 1);
    const open = named.left.areas.filter((area) => !told.has(area) && area !== chosenArea && !geoplan.parts.crowded(area));
    open.sort((a, b) => rank(a) - rank(b) || (b.people ?? 0) - (a.people ?? 0));
    return open.map((area) => {
      const look = beside(area) ? { className: "name grey" } : { area };
      return text([area.name], ringOf(drawing.areaShape(area)), look);
    });
  }

  /* Areas of the right layer that lie for the most part where the left layer has none. */
  function beyond({ drawing }, ringOf, told) {
    const { named, chosenArea } = drawing;
    if (!named || chosenArea || named.left.drawn) return [];
    const bare = (area) => area.blocks.filter((block) => !named.left.of[block].length).length > area.blocks.length / 2;
    return named.right.areas.filter((area) => !told.has(area) && bare(area)).map((area) =>
      text([area.name], ringOf(drawing.areaShape(area)), { className: "name grey beyond" }));
  }

  /* Countries of which the left layer has no area. */
  function countries(drawing, ringOf) {
    const { data, named } = drawing;
    if (!named || named.left.drawn) return [];
    return Object.entries(data.countries).flatMap(([letter, name]) => {
      const blocks = data.blocks.flatMap(({ lad }, i) => (lad.startsWith(letter) ? [i] : []));
      const empty = blocks.length && blocks.every((block) => !named.left.of[block].length);
      const shape = empty && drawing.once("country " + letter, () => geoplan.shapes.merged(data.topology, blocks));
      return shape ? [text([name], ringOf(shape), { className: "name grey" })] : [];
    });
  }

  Object.assign(geoplan, { wanted });
})((window.geoplan = window.geoplan || {}));
