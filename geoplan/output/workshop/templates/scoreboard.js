/* The scores of two arrangements, the constraints broken, and the clusters one by one. */
(function (geoplan) {
  "use strict";

  const { make, button, byId } = geoplan.dom;

  function amount(value, digits = 0) {
    return value === null || value === undefined || !Number.isFinite(value)
      ? "not assessed"
      : value.toLocaleString("en-GB", { maximumFractionDigits: digits, minimumFractionDigits: digits });
  }

  function percent(value) {
    return value === null || !Number.isFinite(value) ? "not assessed" : amount(value * 100, 1) + "%";
  }

  /* Every line of the scoreboard: [measure, what it is called, its value, how it is written]; a text alone heads lines. */
  function lines(data) {
    const called = (name) => data.measures.get(name);
    const plain = (name, digits = 0) => [name, called(name), (found) => found[name], (value) => amount(value, digits)];
    const share = (name) => [name, called(name), (found) => found[name], percent];
    const cut = (layer) => ["cut_people", layer.many, (found) => found.cut_people[layer.key], (value) => amount(value)];
    const met = (layer) => ["partners", layer.many, (found) => found.partners[layer.key], (value) => amount(value, 2)];
    return [
      called("cut_people") + " with",
      ...data.layers.map(cut),
      "Partners of a cluster, mean, among",
      ...data.layers.map(met),
      "All of it",
      share("self_containment"),
      share("weakest_containment"),
      ["loose", "Authorities in no cluster", (found) => found.loose, (value) => amount(value)],
      ["no_cluster", "People in no cluster", (found) => found.no_cluster, (value) => amount(value)],
      plain("in_pieces"),
      plain("areas"),
      ["least", "People in the smallest", (found) => found.least, (value) => amount(value)],
      ["most", "People in the largest", (found) => found.most, (value) => amount(value)],
      plain("balance", 2),
      plain("need_balance", 2),
      plain("change"),
      plain("border_km"),
    ];
  }

  /* sides: two of { name, found }. */
  function scores(data, [one, two]) {
    const rows = lines(data).filter((line) => data.layers.length || Array.isArray(line)).map((line) => {
      if (!Array.isArray(line)) return headed(line);
      const [measure, called, value, shown] = line;
      const [before, after] = [value(one.found), value(two.found)];
      return make("tr", heading(called), number(shown(before)), number(shown(after)), difference(data, measure, before, after, shown));
    });
    const head = make("tr", ...["Measure", one.name, two.name, "Difference"].map((title, n) => column(title, n > 0)));
    const table = make("table", make("caption", two.name + " against " + one.name), make("thead", head), make("tbody", ...rows));
    byId("scores").replaceChildren(table);
  }

  function headed(text) {
    const cell = heading(text);
    cell.scope = "rowgroup";
    cell.colSpan = 4;
    return make("tr.headed", cell);
  }

  function heading(text) {
    const cell = make("th", text);
    cell.scope = "row";
    return cell;
  }

  function column(title, counted) {
    const cell = make(counted ? "th.number" : "th", title);
    cell.scope = "col";
    return cell;
  }

  function number(text) {
    return make("td.number", text);
  }

  function difference(data, measure, before, after, shown) {
    const gap = after - before;
    if (before === null || after === null || !Number.isFinite(gap)) return number("");
    if (shown(Math.abs(gap)) === shown(0)) return number("–");
    const lower = data.lower_is_better[measure];
    const better = lower === undefined ? "" : gap < 0 === lower ? "better" : "worse";
    const cell = make("td.number" + (better ? "." + better : ""), (gap > 0 ? "+" : "−") + shown(Math.abs(gap)));
    if (better) cell.append(make("span.verdict-word", better));
    return cell;
  }

  /* The scores that stand by the buttons: what is cut, who lives and works in one area, what is broken. */
  function short(data, today, now, count) {
    const sides = data.layers.map((layer) => ({ layer, before: today.cut_people[layer.key], after: now.cut_people[layer.key] }));
    const cut = sides.filter(({ before, after }) => before || after).map(({ layer, before, after }) => {
      const gap = Math.abs(after - before) < 0.5 ? "" : " (" + amount(Math.abs(after - before)) + (after < before ? " fewer)" : " more)");
      return item(cutWith(data, layer) + ": ", amount(after), gap);
    });
    const lived = item(data.measures.get("self_containment") + ": ", percent(now.self_containment), "");
    byId("sum").replaceChildren(...cut, lived, item("Constraints broken: ", String(count), ""));
  }

  /* Who is cut with a layer: people, unless the plan counts others. */
  function cutWith(data, layer) {
    const whom = data.cut_called === "people" ? "Cut" : data.cut_called[0].toUpperCase() + data.cut_called.slice(1) + " cut";
    return whom + " with " + layer.many;
  }

  function item(called, value, more) {
    return make("li", called, make("strong", value), more);
  }

  function broken(list) {
    byId("broken-count").textContent = "(" + list.length + ")";
    byId("broken").replaceChildren(...(list.length
      ? list.map(({ words, where }) => make("li.error", make("strong", "Broken: " + words), make("span", ". " + where[0].toUpperCase() + where.slice(1) + ".")))
      : [make("li.kept", "None: every authority is in a cluster, each cluster is in one piece, and the plan's constraints hold.")]));
  }

  const drawn = new Map();

  /* One row a cluster, with what is cut against all layers together; the row of one that stayed as it was is kept. */
  function clusters(data, { arrangement, found }, onOpen) {
    const called = (one) => arrangement.clusters[one.cluster].name;
    const sorted = [...found.clusters].sort((a, b) => called(a).localeCompare(called(b), "en-GB"));
    const rows = sorted.map((one) => {
      const key = called(one) + "\n" + one.units.join();
      if (drawn.get(one.cluster)?.key !== key) drawn.set(one.cluster, { key, row: clusterRow(one, called(one), onOpen) });
      return drawn.get(one.cluster).row;
    });
    const body = byId("clusters").querySelector("tbody") ?? clusterTable(data);
    const held = body.contains(document.activeElement) ? document.activeElement : null;
    body.replaceChildren(...rows);
    if (held?.isConnected) held.focus({ preventScroll: true });
  }

  function clusterTable(data) {
    const titles = ["Cluster", "People", ...data.layers.map((layer) => cutWith(data, layer)), "Live and work"];
    const head = make("tr", ...titles.map((title, n) => column(title, n > 0)));
    const body = make("tbody");
    byId("clusters").replaceChildren(make("table", make("caption", "Open one to rename or dissolve it"), make("thead", head), body));
    return body;
  }

  function clusterRow(one, called, onOpen) {
    const open = button(".link", called, () => onOpen(one.cluster));
    open.id = "open-" + one.cluster;
    const name = make("th", open, make("span.quiet", notes(one)));
    name.scope = "row";
    const cut = one.layers.map((layer) => number(layer.cut ? amount(layer.cut) : "–"));
    return make("tr", name, number(amount(one.people)), ...cut, number(percent(one.supply)));
  }

  function notes(one) {
    if (one.parts.length > 1) return "in " + one.parts.length + " pieces";
    return one.crossings.length ? "held together by " + one.crossings.join(", ") : "";
  }

  Object.assign(geoplan, { amount, percent, scoreboard: { scores, short, broken, clusters } });
})((window.geoplan = window.geoplan || {}));
