/* What the page says of one place: a line or two on hover, everything on choice. */
(function (geoplan) {
  "use strict";

  const { make, button, byId, terms, counted, table } = geoplan.dom;

  function tipOfPiece(pair, piece) {
    const box = make("div", make("strong", piece.area.name), make("span", pair.left.title));
    if (piece.row) {
      const where = geoplan.partner(pair, piece.row);
      const size = geoplan.amount(pair, piece.row.amount) + " (" + geoplan.share(piece.row.share) + " of it)";
      box.append(make("span", "Here: " + where), make("span", size));
    } else {
      box.append(make("span", geoplan.verdict(pair, piece.area)));
      box.append(make("span", piece.area.people === null ? "size not assessed" : geoplan.number(piece.area.people) + " people"));
      partnersLine(pair, piece.area).forEach((line) => box.append(make("span", line)));
    }
    return box;
  }

  function partnersLine(pair, area) {
    const rows = pair.of[area.i].filter((row) => row.right >= 0).slice(0, 3);
    return rows.map((row) => geoplan.partner(pair, row) + ": " + geoplan.share(row.share));
  }

  function tipOfAuthority(data, block) {
    const name = make("strong", geoplan.authority(data, block.lad));
    return make("div", name, make("span", geoplan.number(block.people) + " people"));
  }

  /* Fills the card with an area. */
  function showArea(data, pair, area) {
    const card = opened(area.name, area.layer.title + " · " + area.code);
    const kind = pair?.left === area.layer ? pair.kinds[area.i] : "";
    if (kind) card.append(make("p.verdict." + kind, geoplan.verdict(pair, area)));
    const [first, ...rest] = partnerTables(data, pair, area);
    card.append(first || "", facts(data, area), ...geoplan.flows.section(area), ...messages(data, pair, area), ...rest);
    return card;
  }

  function opened(title, subtitle) {
    const card = byId("details");
    const heading = make("h2", title);
    heading.id = "details-title";
    const close = button(".close", "Close", () => geoplan.page.close());
    card.replaceChildren(make("div.row", heading, close), make("p.quiet", subtitle));
    card.hidden = false;
    card.scrollTop = 0;
    return card;
  }

  function facts(data, area) {
    const rows = [
      ["People", geoplan.number(area.people)],
      ["Aged 16 to 64", geoplan.number(area.working_age)],
      ["Postcodes", geoplan.number(area.postcodes)],
      ["Area", area.km2 === null ? "not assessed" : geoplan.number(area.km2, area.km2 < 100 ? 1 : 0) + " km²"],
      ["Membership", area.confidence],
    ];
    if (data.figures) rows.push(...geoplan.figures.rows(data, area.figure));
    if (area.lead_body) rows.push(["Lead body", area.lead_body]);
    if (area.somewhere) rows.push(["In part", area.somewhere.join("; ")]);
    if (area.layer.key === "lad") rows.push(...stays(data, area.code));
    if (area.members.length) rows.push(["Made up of", members(data, area)]);
    return terms("dl", rows);
  }

  /* How firmly an authority belongs to its labour market area. */
  function stays(data, lad) {
    const share = data.stability.get(lad);
    return share === undefined ? [] : [["Stability", "Stays with its labour market area in " + geoplan.share(share) + " of runs"]];
  }

  function members(data, area) {
    const some = new Set(area.parts.map(({ block }) => data.blocks[block].lad));
    const names = area.members.map((code) => geoplan.authority(data, code) + (some.has(code) ? " (part)" : ""));
    const more = names.length > 12 ? " and " + (names.length - 12) + " more" : "";
    return names.slice(0, 12).join(", ") + more;
  }

  function partnerTables(data, chosen, area) {
    const pairs = data.pairs.filter((pair) => pair.left === area.layer && pair.of[area.i].length);
    pairs.sort((a, b) => (b === chosen) - (a === chosen));
    return pairs.map((pair, i) => (pair === chosen ? partnerTable(pair, area) : folded(pair, area, i === 0)));
  }

  function folded(pair, area, open) {
    const box = make("details", make("summary", geoplan.verdict(pair, area)), partnerTable(pair, area));
    box.open = open;
    return box;
  }

  function partnerTable(pair, area) {
    const headings = [pair.right.title, counted(pair.heading), counted("Share")];
    const rows = pair.of[area.i].map((row) => [geoplan.partner(pair, row), geoplan.measure(pair, row.amount), geoplan.share(row.share)]);
    return table("Partners" + (pair.estimate ? " (estimated from postcodes)" : ""), headings, rows);
  }

  function messages(data, pair, area) {
    const found = geoplan.findingsOf(data, pair, area);
    if (!found.length) return [make("p.quiet", "No findings about this area in this audit.")];
    return [make("h3", "Findings"), listed(data, found)];
  }

  function listed(data, found) {
    return make("ul.messages", ...found.map((finding) => message(data, finding)));
  }

  function message(data, finding) {
    const rule = data.rules[finding.rule] || { title: "", action: "" };
    const since = finding.change ? finding.change + " since the earlier audit · " : "";
    const head = make("strong", since + finding.severity + " · " + rule.title + " (" + finding.rule + ")");
    return make("li." + finding.severity, head, make("p", finding.message), make("p.quiet", "What to do: " + rule.action));
  }

  /* Fills the card with an authority: which area of each layer it belongs to. */
  function showAuthority(data, lad) {
    const blocks = data.blocks.flatMap((block, i) => (block.lad === lad ? [i] : []));
    const card = opened(geoplan.authority(data, lad), "Local authority · " + lad);
    const people = blocks.reduce((sum, i) => sum + data.blocks[i].people, 0);
    const busy = data.brokers.find(([code]) => code === lad);
    const works = busy ? [["Works with", busy[1] + " bodies in the geographies compared here"]] : [];
    const figures = data.figures ? geoplan.figures.rows(data, data.figures.authorities[lad]) : [];
    card.append(terms("dl", [["People", geoplan.number(people)], ...figures, ...works, ...stays(data, lad)]));
    card.append(table("Where it belongs", ["Layer", "Area"], belongs(data, blocks)));
    const found = data.findings.filter((finding) => finding.code === lad);
    if (found.length) card.append(listed(data, found));
    return blocks;
  }

  function belongs(data, blocks) {
    return data.layers.filter((layer) => !layer.drawn).map((layer) => {
      const numbers = [...new Set(blocks.flatMap((block) => layer.of[block]))];
      return [layer.title, numbers.map((i) => layer.areas[i].name + geoplan.parts.note(layer.areas[i], blocks)).join("; ") || "in none"];
    });
  }

  /* Fills the card with a postcode district or area. */
  function showPostcodes(data, where) {
    opened(where.name, where.kind).append(...geoplan.postcodes.card(data, where));
  }

  /* Fills the card with a flow between two areas. */
  function showFlow(flow) {
    opened(geoplan.flows.title(flow), flow.set.title).append(...geoplan.flows.card(flow));
  }

  /* Fills the card with a finding that is about a whole layer. */
  function showFinding(data, finding) {
    opened(finding.name, geoplan.titleOf(data, finding.layer)).append(listed(data, [finding]));
  }

  Object.assign(geoplan, {
    tip: { piece: tipOfPiece, authority: tipOfAuthority },
    details: { showArea, showAuthority, showPostcodes, showFlow, showFinding, belongs },
  });
})((window.geoplan = window.geoplan || {}));
