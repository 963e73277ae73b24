/* What the page knows: the audit's layers, pairs and findings, joined up and put into words. */
(function (geoplan) {
  "use strict";

  const RELATION = {
    same: "the same ground",
    inside: "inside one",
    whole: "made up of whole ones",
    cut: "cut",
    differs: "not quite its only partner",
    gap: "not fully covered",
    outside: "outside this comparison",
  };

  const VERDICT = {
    same: "The same ground as one of ",
    inside: "Lies inside one of ",
    whole: "Made up of whole ",
    cut: "Cut by ",
    differs: "Differs from its only partner among ",
    gap: "Not fully covered by ",
    outside: "Not compared with ",
  };

  /* Reads the data block of the page and ties areas to their layers and blocks. */
  function read() {
    const data = JSON.parse(document.getElementById("data").textContent);
    data.layers.forEach((layer, number) => {
      layer.number = number;
      layer.of = data.blocks.map(() => []);
      layer.areas.forEach((area, i) => tie(layer, area, i));
    });
    data.pairs.forEach((pair, number) => tiePair(data, pair, number));
    data.flows.forEach((set, number) => tieFlows(data, set, number));
    data.stability = new Map(Object.entries(data.stability));
    data.places.forEach((place, number) => { place.number = number; });
    data.byFinding = new Map(data.findings.map((finding) => [finding.id, finding]));
    return data;
  }

  /* Whatever was not assessed ranks last. */
  function size(finding) {
    return finding.value === null ? -1 : finding.value;
  }

  function tie(layer, area, i) {
    area.layer = layer;
    area.i = i;
    area.blocks = area.blocks || [];
    area.blocks.forEach((block) => layer.of[block].push(i));
  }

  function tiePair(data, pair, number) {
    pair.number = number;
    pair.left = data.layers[pair.left];
    pair.right = data.layers[pair.right];
    pair.of = pair.left.areas.map(() => []);
    pair.found = data.findings.filter(
      (f) => f.layer === pair.left.key && f.other_layer === pair.right.key && f.mismatch,
    );
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
    const layer = data.layers.find((each) => each.key === finding.layer);
    return (layer && layer.areas.find((area) => area.code === finding.code)) || null;
  }

  /* Findings that name an area: its own in the pair shown, then its own, then those of others. */
  function findingsOf(data, pair, area) {
    const own = (f) => f.layer === area.layer.key && f.code === area.code;
    const named = (f) => f.other_layer === area.layer.key && f.other_codes.includes(area.code) && f.severity !== "info";
    const rank = (f) => (own(f) ? (pair && f.other_layer === pair.right.key ? 0 : 1) : 2);
    return data.findings.filter((f) => own(f) || named(f)).sort((a, b) => rank(a) - rank(b));
  }

  function number(value, digits) {
    if (value === null || value === undefined) return "not assessed";
    return value.toLocaleString("en-GB", { maximumFractionDigits: digits || 0 });
  }

  function share(value) {
    if (value === null || value === undefined) return "not assessed";
    if (value > 0 && value < 0.01) return "under 1%";
    if (value > 0.99 && value < 1) return "over 99%";
    return Math.round(value * 100) + "%";
  }

  /* "1,234 people", "12 km²", or "not assessed". */
  function amount(pair, value) {
    if (value === null) return "not assessed";
    return number(value, pair.unit === "km²" ? 1 : 0) + " " + pair.unit;
  }

  /* Name of a row's right side; the rest of an area has none. */
  function partner(pair, row) {
    return row.right < 0 ? "in no area of " + pair.right.title : pair.right.areas[row.right].name;
  }

  function relation(pair, area) {
    return RELATION[pair.kinds[area.i]];
  }

  function verdict(pair, area) {
    return VERDICT[pair.kinds[area.i]] + pair.right.title;
  }

  Object.assign(geoplan, {
    read, areaOf, findingsOf, number, share, amount, partner, relation, verdict,
  });
})((window.geoplan = window.geoplan || {}));
