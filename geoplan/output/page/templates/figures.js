/* Figures of the user's own: ground in colours by the places that they came by, with a key, words and a table.
   What became of areas between two editions is shown alike: each area that is coloured has its own shape. */
(function (geoplan) {
  "use strict";

  const { make, counted, table } = geoplan.dom;
  const COLUMNS = ["Place", "Code", "Figure", "Colour: how many places"];
  const BORDERS = { color: "#5b6770", weight: 0.5, interactive: false };

  /* Ties values to the areas of layers, and places to their blocks. */
  function tie(data) {
    const { figures } = data;
    figures.areas.forEach((row, i) => row.forEach((value, j) => { data.layers[i].areas[j].figure = value; }));
    figures.units = figures.units.map(([name, code, value, shade, blocks]) => ({ name, code, value, shade, blocks }));
    figures.of = data.blocks.map(() => null);
    figures.units.forEach((unit) => unit.blocks.forEach((block) => { figures.of[block] = unit; }));
    [...figures.classes, figures.none].forEach(([fill], i) => { geoplan.FILL["figure " + i] = fill; });
  }

  /* One shape a colour: hundreds of shapes draw slowly. */
  function pieces(drawing) {
    return drawing.once("figure pieces", () => {
      const { topology, figures, layers } = drawing.data;
      if (figures.shaded) {
        const own = ([i, j, shade]) => ({ fill: "figure " + shade, shape: drawing.areaShape(layers[i].areas[j]) });
        return figures.shaded.map(own).filter(({ shape }) => shape);
      }
      const held = [...figures.classes.map(() => []), []];
      figures.of.forEach((unit, block) => held.at(unit ? unit.shade : -1).push(block));
      const all = held.map((blocks, i) => ({ fill: "figure " + i, shape: geoplan.shapes.merged(topology, blocks) }));
      return all.filter(({ shape }) => shape);
    });
  }

  function layer(drawing) {
    return drawing.once("figures", () => {
      const { topology, figures } = drawing.data;
      if (figures.shaded) return L.layerGroup(pieces(drawing).map((piece) => ground(drawing, piece)));
      const unit = (block) => figures.of[block] ?? block;
      const between = geoplan.shapes.borders(topology, (a, b) => unit(a) !== unit(b));
      const lines = geoplan.shapes.polyline(between, geoplan.options("figures", BORDERS));
      return L.layerGroup([...pieces(drawing).map((piece) => ground(drawing, piece)), lines]);
    });
  }

  function ground(drawing, { shape, fill }) {
    const polygon = geoplan.shapes.polygon(shape, geoplan.options("figures", { stroke: false, fillColor: geoplan.FILL[fill], fillOpacity: 1 }));
    geoplan.ground.asked(drawing, polygon, tip);
    return polygon;
  }

  function tip(data, i) {
    const { figures } = data;
    if (figures.shaded) return geoplan.tip.authority(data, data.blocks[i]);
    const unit = figures.of[i];
    const name = unit ? unit.name : geoplan.authority(data, data.blocks[i].lad);
    return make("div", make("strong", name), make("span", figures.name + ": " + (unit ? unit.value : figures.none[1])));
  }

  /* What an area or authority has, what that is and who says so. */
  function rows({ figures }, value) {
    if (figures.shaded) return value ? [[figures.name, value]] : [];
    return [[figures.name, (value ?? figures.none[1]) + " (" + figures.kind + "; " + figures.cited + ")"]];
  }

  function key({ figures }, swatch) {
    const { classes, none, of, shaded } = figures;
    const told = !shaded && of.some((unit) => !unit || unit.shade < 0) ? [...classes, none] : classes;
    return [make("li", make("strong", figures.title)), ...told.map(([, text], i) => swatch("figure " + i, text))];
  }

  function unitsTable({ figures }) {
    const words = (shade) => (shade < 0 ? figures.none : figures.classes[shade])[1];
    const told = figures.units.map(({ name, code, value, shade }) => [name, code, value, words(shade)]);
    const columns = (figures.columns ?? COLUMNS).map((name) => (name === "Figure" ? counted(name) : name));
    return table(figures.title, columns, told);
  }

  Object.assign(geoplan, { figures: { tie, pieces, layer, rows, key, unitsTable } });
})((window.geoplan = window.geoplan || {}));
