/* Commuting: lines between areas, how well an area contains its workers, and both as tables. */
(function (geoplan) {
  "use strict";

  const { make, goTo, terms, counted, table, announce } = geoplan.dom;

  const LOOK = [
    { color: "#00504a" },
    { color: "#4a2f7f", dashArray: "12 6" },
    { color: "#5d3a00", dashArray: "3 5" },
    { color: "#1f1f1f", dashArray: "16 5 4 5" },
    { color: "#0b4a9e", dashArray: "8 3 2 3" },
    { color: "#7a0037", dashArray: "20 4" },
  ];
  const WIDEST = 12;
  const THINNEST = 1.2;
  const THRESHOLDS = [0, 1000, 5000, 10000, 25000, 50000, 100000];
  const SAMPLES = [1, 10, 100, 1000, 10000, 50000, 250000, 1000000];

  function look(set) {
    return { weight: 4, ...LOOK[set.number % LOOK.length] };
  }

  function most(data) {
    return Math.max(1, ...data.flows.flatMap((set) => set.flows.slice(0, 1).map((flow) => flow.total)));
  }

  /* Line widths go with the root of the workers, by one scale for all layers. */
  function width(data, workers) {
    return Math.max(THINNEST, WIDEST * Math.sqrt(workers / most(data)));
  }

  function shown(set, least) {
    return set.flows.filter((flow) => flow.total >= least);
  }

  /* ------------------------------------------------------------------------------ lines */

  /* The lines of a set that are large enough, each made once; smaller ones lie on top. */
  function lines(drawing, set) {
    const group = drawing.once("flows " + set.number, () => L.layerGroup());
    group.clearLayers();
    shown(set, drawing.least).forEach((flow) => {
      const line = drawing.once("flow " + set.number + " " + flow.i, () => lineOf(drawing, flow));
      if (line) group.addLayer(line);
    });
    return group;
  }

  function lineOf(drawing, flow) {
    const path = pathOf(drawing, flow);
    if (!path) return null;
    const weight = width(drawing.data, flow.total);
    const part = (more) => L.polyline(path, geoplan.options("flows", { interactive: false, smoothFactor: 0.3, ...more }));
    const casing = part({ color: "#ffffff", weight: weight + 2.4, opacity: 0.9 });
    const line = part({ ...look(flow.set), weight, lineCap: "butt" });
    // Thin lines are hard to point at, so an unseen broad one listens.
    const target = part({ interactive: true, opacity: 0, weight: Math.max(weight + 4, 12) });
    drawing.listen(target, () => tip(flow), () => geoplan.page.showFlow(flow));
    const heads = geoplan.arrows.heads(drawing.map, flow, path, look(flow.set).color, weight);
    return L.layerGroup([casing, line, target, ...heads]);
  }

  function pathOf(drawing, flow) {
    return drawing.once("path " + flow.set.number + " " + flow.i, () => {
      const [from, to] = [flow.from, flow.to].map((area) => drawing.areaShape(area));
      return from && to ? curve(drawing.map, geoplan.shapes.labelPoint(from), geoplan.shapes.labelPoint(to)) : null;
    });
  }

  /* Numbers for the flows that are drawn. */
  function texts(drawing, sets) {
    const drawn = [...sets].flatMap((set) => shown(set, drawing.least)).map((flow) => ({ flow, path: pathOf(drawing, flow) }));
    return geoplan.arrows.texts(drawing.map, drawn.filter(({ path }) => path));
  }

  /* A slight bow, so that lines in a row do not hide one another. */
  function curve(map, from, to) {
    const [a, b] = [from, to].map((point) => map.project(point, 8));
    const middle = L.point((a.x + b.x) / 2 - (b.y - a.y) * 0.12, (a.y + b.y) / 2 + (b.x - a.x) * 0.12);
    return Array.from({ length: 17 }, (_, i) => {
      const t = i / 16;
      const point = a.multiplyBy((1 - t) * (1 - t)).add(middle.multiplyBy(2 * t * (1 - t))).add(b.multiplyBy(t * t));
      return map.unproject(point, 8);
    });
  }

  /* ------------------------------------------------------------------------------ words */

  function ways(flow) {
    const way = (workers, from, to) => geoplan.number(workers) + " workers from " + from.name + " to " + to.name;
    return [way(flow.there, flow.from, flow.to), way(flow.back, flow.to, flow.from)];
  }

  function title(flow) {
    return flow.from.name + " and " + flow.to.name;
  }

  function tip(flow) {
    const said = ways(flow).map((line) => make("span", line));
    return make("div", make("strong", title(flow)), ...said, make("span", flow.set.said));
  }

  /* Fills an opened card with a flow. */
  function card(flow) {
    const ends = [[flow.there, flow.from], [flow.back, flow.to]];
    const lines = ends.map(([workers, area], i) => {
      const share = area.scores && area.scores.size ? " (" + geoplan.share(workers / area.scores.size) + " of those who live there)" : "";
      return make("p", ways(flow)[i] + share);
    });
    const go = [flow.from, flow.to].map((area) => goTo("", area.name, () => geoplan.page.show(area)));
    return [...lines, make("p.quiet", flow.set.said + "."), make("div.choices", ...go)];
  }

  /* What the card of an area says of commuting; nothing where its layer was not set against it. */
  function section(area) {
    const set = area.layer.commuting;
    if (!set) return [];
    const head = make("h3", "Commuting");
    if (!area.scores) return [head, make("p.quiet", "Not assessed: a part of it is of unknown size.")];
    const facts = terms("dl.wide", [
      ["Working residents who work in it", geoplan.share(area.scores.supply)],
      ["Its jobs filled by its own residents", geoplan.share(area.scores.demand)],
      ["Would pass as a labour market area (from a score of 1)", passes(area.scores)],
    ]);
    return [head, facts, leaks(area, set), make("p.quiet", set.said + ".")];
  }

  function passes({ passes, validity }) {
    if (passes === null) return "not assessed";
    // A score just below 1 must not be rounded up to it beside a "no".
    const score = validity === null ? "" : " (score " + (passes ? validity : Math.min(validity, 0.99)).toFixed(2) + ")";
    return (passes ? "yes" : "no") + score;
  }

  function leaks(area, set) {
    if (!area.scores.leaks.length) return make("p", "None of its workers leave it.");
    const rows = area.scores.leaks.map(([to, workers, share, weak]) => [
      (to < 0 ? "in no area of " + set.layer.title : set.layer.areas[to].name) + (weak ? " (" + weak + ")" : ""),
      geoplan.number(workers), geoplan.share(share),
    ]);
    return table("Where its workers go", ["Area", counted("Workers"), counted("Share")], rows);
  }

  /* ------------------------------------------------------------------------------ switches and key */

  function start(data) {
    return data.flows.some((set) => set.flows.length && set.flows[0].total >= THRESHOLDS[1]) ? THRESHOLDS[1] : 0;
  }

  function limit(least) {
    return least ? "at least " + geoplan.number(least) + " workers both ways together" : "any number of workers";
  }

  /* The one control for the smallest flow drawn. */
  function threshold(data, onChange) {
    const within = THRESHOLDS.filter((least) => least <= most(data));
    const select = make("select", ...within.map((least) => new Option(limit(least), least)));
    select.id = "flow-least";
    select.value = String(start(data));
    select.addEventListener("change", () => {
      onChange(Number(select.value));
      announce("Flows of " + limit(Number(select.value)));
    });
    const label = make("label", "Only flows of");
    label.htmlFor = select.id;
    return make("div.threshold", label, select);
  }

  /* Rows of the key: the look of each set that is on, and what its widths mean. */
  function key(data, sets, row) {
    if (!sets.length) return [];
    const fit = SAMPLES.filter((workers) => workers <= most(data)).slice(-3);
    const sizes = fit.map((workers) => row({ color: "#1f1f1f", weight: width(data, workers), exact: true }, geoplan.number(workers) + " workers"));
    return [...sets.map((set) => row(look(set), set.title)), ...sizes, make("li", "Numbers: workers who go the way of the arrow")];
  }

  /* ------------------------------------------------------------------------------ tables */

  function scoresTable(set) {
    const headings = ["Area", "Code", counted("Working residents"), counted("Jobs"), counted("Work in it"), counted("Jobs filled by its own"),
      "Would pass as a labour market area (from a score of 1)", "On the map"];
    const rows = set.layer.areas.map((area) => [area.name, area.code, ...measures(area.scores), goTo(".link", area.name, () => geoplan.page.show(area))]);
    return table("How self-contained each area of " + set.layer.title + " is (" + set.said + ")", headings, rows);
  }

  function measures(scores) {
    if (!scores) return Array(5).fill("not assessed");
    const { size, jobs, supply, demand } = scores;
    return [geoplan.number(size), geoplan.number(jobs), geoplan.share(supply), geoplan.share(demand), passes(scores)];
  }

  function flowsTable(set, least) {
    const headings = ["From", "To", counted("Workers"), counted("Workers back"), "On the map"];
    const rows = shown(set, least).map((flow) => [
      flow.from.name, flow.to.name, geoplan.number(flow.there), geoplan.number(flow.back), goTo(".link", title(flow), () => geoplan.page.showFlow(flow)),
    ]);
    const which = set.note + ", " + limit(least);
    return table(set.title + ": " + which + " (" + set.said + ")", headings, rows);
  }

  function looseTable(data, place) {
    const lads = [...new Set(place.blocks.map((block) => data.blocks[block].lad))];
    lads.sort((a, b) => data.stability.get(a) - data.stability.get(b));
    const rows = lads.map((lad) => {
      const name = geoplan.authority(data, lad);
      return [name, lad, geoplan.share(data.stability.get(lad)), goTo(".link", name, () => geoplan.page.showAuthority(lad))];
    });
    return table(place.title + " (" + place.note + ")", ["Authority", "Code", counted("Stays with it, of runs"), "On the map"], rows);
  }

  Object.assign(geoplan, {
    flows: { look, lines, texts, title, ways, card, section, start, threshold, key, scoresTable, flowsTable, looseTable },
  });
})((window.geoplan = window.geoplan || {}));
