/* The twin of the map in tables, and where everything comes from. */
(function (geoplan) {
  "use strict";

  const { make, button, goTo, byId, terms, counted, table } = geoplan.dom;

  /* Tables of the pair shown, of the flows that are on, and of all findings. */
  function openTables(data, pair, flows, least) {
    const parts = pair ? [areasTable(pair), piecesTable(pair)] : data.layers.map(plainTable);
    const busiest = data.brokers.length ? [brokersTable(data)] : [];
    const board = data.views?.board.length ? [scrolled(geoplan.boardTable("Scoreboard", data.views.board))] : [];
    const figures = data.figures ? [scrolled(geoplan.figures.unitsTable(data))] : [];
    fill("tables", "The map as tables", [...board, ...parts, ...figures, ...commuting(data, pair, flows, least), findingsTable(data), ...busiest]);
  }

  function commuting(data, pair, flows, least) {
    const own = data.flows.filter((set) => !pair || set.layer === pair.left);
    const listed = data.flows.filter((set) => set.flows.length && (own.includes(set) || flows.has(set)));
    const loose = data.places.filter((place) => place.kind === "loose");
    return [
      ...own.map((set) => geoplan.flows.scoresTable(set)),
      ...listed.map((set) => geoplan.flows.flowsTable(set, least)),
      ...loose.map((place) => geoplan.flows.looseTable(data, place)),
    ].map(scrolled);
  }

  function brokersTable(data) {
    const rows = data.brokers.map(([code, bodies]) => {
      const name = geoplan.authority(data, code);
      return [name, code, bodies, goTo(".link", name, () => geoplan.page.showAuthority(code))];
    });
    const headings = ["Authority", "Code", counted("Bodies"), "On the map"];
    return scrolled(table("Authorities that work with most bodies in the geographies compared", headings, rows));
  }

  function fill(id, title, parts) {
    const dialog = byId(id);
    const heading = make("h2", title);
    heading.id = id + "-title";
    const close = button(".close", "Close", () => dialog.close());
    dialog.replaceChildren(make("div.row.top", heading, close), ...parts);
    dialog.showModal();
  }

  function areasTable(pair) {
    const headings = ["Area", "Code", "Against " + pair.right.title, counted("People"), counted("Parts"), "Largest part", counted("Share"),
      ...geoplan.parts.heading(pair.left), "Membership", "On the map"];
    const rows = pair.left.areas.map((area) => {
      const parts = pair.of[area.i];
      const first = parts[0];
      return [area.name, area.code, geoplan.relation(pair, area), geoplan.number(area.people), parts.length,
        first ? geoplan.partner(pair, first) : "none", first ? geoplan.share(first.share) : "", ...geoplan.parts.cell(area), area.confidence, goToArea(area)];
    });
    return scrolled(table(pair.left.title + ": every area", headings, rows));
  }

  function piecesTable(pair) {
    const headings = [pair.left.title, pair.right.title, counted(pair.heading), counted("Share of the first"), counted("Share of the second")];
    const rows = pair.left.areas.flatMap((area) => pair.of[area.i].map((row) => [
      area.name, geoplan.partner(pair, row), geoplan.number(row.amount), geoplan.share(row.share),
      row.right < 0 ? "" : geoplan.share(row.otherShare),
    ]));
    const note = pair.estimate ? " (estimated from postcodes)" : "";
    return scrolled(table("Where the two meet" + note, headings, rows));
  }

  function plainTable(layer) {
    const rows = layer.areas.map((area) => [area.name, area.code, geoplan.number(area.people), ...geoplan.parts.cell(area), goToArea(area)]);
    const headings = ["Area", "Code", counted("People"), ...geoplan.parts.heading(layer), "On the map"];
    return scrolled(table(layer.title, headings, rows));
  }

  function findingsTable(data) {
    const headings = ["Severity", "Rule", "Layer", "Area", "What is wrong", counted("Size"), "Id", "On the map"];
    const rows = data.findings.map((f) => [
      f.severity, f.rule, geoplan.titleOf(data, f.layer), f.name, f.message,
      f.value === null ? "not assessed" : geoplan.number(f.value) + " " + f.unit, f.id,
      goTo(".link", f.name, () => geoplan.page.showFinding(f)),
    ]);
    return scrolled(table("Every finding of this audit", headings, rows));
  }

  function scrolled(content) {
    const box = make("div.scroll", content);
    box.tabIndex = 0;
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", content.caption.textContent);
    return box;
  }

  function goToArea(area) {
    return goTo(".link", area.name, () => geoplan.page.show(area));
  }

  function openAbout(data) {
    const headings = ["Layer", "Edition", "Status", "Valid", "Membership", "Boundaries", "Source", "Licence"];
    const rows = data.layers.map((layer) => [
      layer.title, layer.edition, layer.status, valid(layer), layer.confidence, layer.resolution, layer.source, layer.licence,
    ]);
    fill("about", "Sources and method", [
      ...data.about.map((text) => make("p", text)),
      scrolled(table("Layers of this audit", headings, rows)),
      ...rules(data),
    ]);
  }

  function valid(layer) {
    const parts = [layer.from && "from " + layer.from, layer.to && "to " + layer.to].filter(Boolean);
    return make("span", ...parts.map((part) => make("span.unbroken", part)), parts.length ? "" : "not stated");
  }

  function rules(data) {
    const items = Object.entries(data.rules).map(([code, rule]) => [code + " " + rule.title, rule.means + " " + rule.matters]);
    return [make("h3", "What the rules mean"), terms("dl.rules", items)];
  }

  Object.assign(geoplan, { tables: { fill, openTables, openAbout } });
})((window.geoplan = window.geoplan || {}));
