/* One cluster: its people, commuting, partners and pieces, with its name and its end. */
(function (geoplan) {
  "use strict";

  const { make, button, byId, terms } = geoplan.dom;

  const MOST_LEAKS = 3;

  function show(data, shown, cluster, asks) {
    const one = shown.found.clusters.find((each) => each.cluster === cluster);
    if (!one) {
      hide();
      return;
    }
    const { name } = shown.arrangement.clusters[cluster];
    const title = make("h2", name);
    title.id = "card-title";
    const shut = button(".close", "Close", () => asks.close(cluster));
    const acts = make("p.choices",
      button("", "Choose all its authorities", () => asks.chooseAll(cluster)),
      button("", "Rename", () => asks.rename(cluster)),
      button("", "Dissolve", () => asks.dissolve(cluster)),
    );
    byId("card").replaceChildren(make("div.row.head", title, shut), acts, terms("dl", rows(data, shown, one)));
    byId("card").hidden = false;
  }

  function hide() {
    byId("card").hidden = true;
    byId("card").replaceChildren();
  }

  function rows(data, shown, one) {
    const { amount, percent } = geoplan;
    return [
      ["Authorities", geoplan.joined(one.units.map((unit) => data.units.names[unit]))],
      ["People", amount(one.people)],
      ["People out of work", amount(one.need)],
      ["Live and work here", percent(one.supply) + " of residents in work (supply), " + percent(one.demand) + " of jobs (demand)"],
      ["Commuting with", geoplan.joined(leaks(data, shown, one))],
      ["Connected", connected(data, one)],
      ...data.layers.map((layer, n) => [layer.title, partners(data, layer, one.layers[n])]),
    ];
  }

  function leaks(data, { arrangement: { label, clusters } }, one) {
    const said = ({ cluster, there, back }) => (cluster < 0 ? "authorities in no cluster" : clusters[cluster].name)
      + " (" + geoplan.amount(there) + " out, " + geoplan.amount(back) + " in)";
    return geoplan.scores.leaks(data, label, one.cluster).slice(0, MOST_LEAKS).map(said);
  }

  function connected(data, { parts, crossings }) {
    if (parts.length > 1) {
      const pieces = parts.map((part) => part.map((unit) => data.units.names[unit]).join(", "));
      return "No: " + parts.length + " pieces: " + pieces.join(" | ");
    }
    return crossings.length ? "Yes, by " + crossings.join(", ") + " alone" : "Yes";
  }

  function partners(data, layer, { pieces, cut, none }) {
    const whom = ({ counted }) => (data.cut_called === "people" ? "" : ": " + geoplan.amount(counted) + " " + data.cut_called);
    const said = pieces.map((piece) => layer.names[piece.area] + " (" + geoplan.amount(piece.people) + (piece.cut ? ", cut" + whom(piece) : "") + ")");
    if (none >= 1) said.push("in none (" + geoplan.amount(none) + ")");
    const sum = cut ? geoplan.amount(cut) + " " + data.cut_called + " in cut pieces. " : "";
    return sum + (geoplan.joined(said) || "none");
  }

  Object.assign(geoplan, { joined: (names) => names.join("; "), card: { show, hide } });
})((window.geoplan = window.geoplan || {}));
