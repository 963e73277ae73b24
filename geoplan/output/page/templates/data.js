/* What the page knows: the audit's layers, pairs and findings, joined up and put into words. */
(function (geoplan) {
  "use strict";

  let looks;

  /* Reads the data block of the page and ties areas to their layers and blocks. */
  function read() {
    const data = JSON.parse(document.getElementById("data").textContent);
    looks = data.looks;
    data.topology = new geoplan.Arcs(data.topology);
    data.layers.forEach((layer, number) => {
      layer.number = number;
      layer.of = data.blocks.map(() => []);
      layer.home = data.blocks.map(() => []);
      layer.hatched = new Map();
      layer.areas.forEach((area, i) => tie(data, layer, area, i));
    });
    const cut = data.findings.filter((finding) => finding.cut);
    data.pairs.forEach((pair, number) => tiePair(data, cut, pair, number));
    data.flows.forEach((set, number) => tieFlows(data, set, number));
    data.stability = new Map(Object.entries(data.stability));
    data.places.forEach((place, number) => { place.number = number; });
    if (data.figures) geoplan.figures.tie(data);
    return data;
  }

  /* Whatever was not assessed ranks last. */
  function size(finding) {
    return finding.value ?? -1;
  }

  function tie(data, layer, area, i) {
    area.layer = layer;
    area.i = i;
    area.blocks = area.blocks || [];
    area.members ??= [...new Set(area.blocks.map((block) => data.blocks[block].lad))];
    area.blocks.forEach((block) => layer.of[block].push(i));
    geoplan.parts.tie(layer, area, i);
  }

  function tiePair(data, cut, pair, number) {
    pair.number = number;
    pair.left = data.layers[pair.left];
    pair.right = data.layers[pair.right];
    pair.of = pair.left.areas.map(() => []);
    pair.found = cut.filter((f) => f.layer === pair.left.key && f.other_layer === pair.right.key);
    pair.found.sort((a, b) => size(b) - size(a));
    pair.rows = pair.rows.map(([left, right, amount, share, otherShare, cut]) => {
      const row = { left, right, amount, share, otherShare, cut: Boolean(cut) };
      pair.of[left].push(row);
      return row;
    });
  }

  function tieFlows(data, set, number) {
    set.number = number;
    set.layer = data.layers[set.layer];
    set.layer.commuting = set;
    set.flows = set.flows.map(([from, to, there, back], i) => {
      const [one, other] = [set.layer.areas[from], set.layer.areas[to]];
      return { set, i, from: one, to: other, there, back, total: there + back };
    });
    set.scores.forEach((scores, i) => { set.layer.areas[i].scores = scores && named(scores); });
  }

  function named([size, jobs, supply, demand, validity, passes, leaks]) {
    return { size, jobs, supply, demand, validity, passes, leaks };
  }

  /* The area a finding is about, or null where it is about a layer or an authority. */
  function areaOf(data, finding) {
    return data.layers.find(({ key }) => key === finding.layer)?.areas.find(({ code }) => code === finding.code) ?? null;
  }

  /* Findings that name an area: its own in the pair shown, then its own, then those of others. */
  function findingsOf(data, pair, area) {
    const own = (f) => f.layer === area.layer.key && f.code === area.code;
    const named = (f) => f.other_layer === area.layer.key && f.other_codes.includes(area.code) && f.severity !== "info";
    const rank = (f) => (own(f) ? (pair && f.other_layer === pair.right.key ? 0 : 1) : 2);
    return data.findings.filter((f) => own(f) || named(f)).sort((a, b) => rank(a) - rank(b));
  }

  function number(value, digits = 0) {
    return value?.toLocaleString("en-GB", { maximumFractionDigits: digits }) ?? "not assessed";
  }

  function share(value) {
    if (value == null) return "not assessed";
    if (value > 0 && value < 0.01) return "under 1%";
    if (value > 0.99 && value < 1) return "over 99%";
    return Math.round(value * 100) + "%";
  }

  /* "1,234", or "1.2" square kilometres. */
  function measure(pair, value) {
    return number(value, pair.unit === "km²" ? 1 : 0);
  }

  /* "1,234 people", "12 km²", or "not assessed". */
  function amount(pair, value) {
    if (value === null) return "not assessed";
    return measure(pair, value) + " " + pair.unit;
  }

  /* Name of an authority, or its code where it has none. */
  function authority(data, lad) {
    return data.authorities[lad] || lad;
  }

  function titleOf(data, key) {
    return data.layers.find((layer) => layer.key === key)?.title ?? key;
  }

  /* Name of a row's right side; the rest of an area has none. */
  function partner(pair, row) {
    return row.right < 0 ? "in no area of " + pair.right.title : pair.right.areas[row.right].name;
  }

  /* The term for how an area stands, as every output has it. */
  function relation(pair, area) {
    return looks[pair.kinds[area.i]].term;
  }

  function verdict(pair, area) {
    const term = relation(pair, area);
    return term[0].toUpperCase() + term.slice(1) + ": " + pair.right.title;
  }

  /* "4 partners, the largest North West London (36%)". */
  function partners(pair, finding, area) {
    const count = finding.other_codes.length;
    const first = area && pair.of[area.i].find((row) => row.right >= 0);
    if (!first) return "";
    const largest = partner(pair, first) + " (" + share(first.share) + ")";
    return count > 1 ? count + " partners, the largest " + largest : "in part with " + largest;
  }

  Object.assign(geoplan, {
    read, areaOf, findingsOf, number, share, measure, amount, authority, titleOf, partner, relation, verdict, partners,
  });
})((window.geoplan = window.geoplan || {}));
