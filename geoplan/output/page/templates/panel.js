/* The panel: the pair shown, its key, its cut areas, and the switches of all layers. */
(function (geoplan) {
  "use strict";

  const { make, svg, button, entered, byId, told } = geoplan.dom;

  /* Every comparison from both sides, under the layer looked from; those asked for come first. */
  function fillPairs(data, onChange) {
    const select = byId("pair");
    const pairs = [...data.pairs].sort((a, b) => b.configured - a.configured);
    [...new Set(pairs.map((pair) => pair.left))].forEach((left) => {
      const group = make("optgroup");
      group.label = left.short;
      const own = pairs.filter((pair) => pair.left === left);
      group.append(...own.map((pair) => new Option(pair.right.short + ": " + pair.found.length + " cut", pair.number)));
      select.append(group);
    });
    select.addEventListener("change", () => onChange(data.pairs[Number(select.value)]));
    byId("compare").hidden = !data.pairs.length;
  }

  /* Shows in the select the pair that is on the map, and above it both names in full. */
  function markPair(data, pair) {
    byId("pair").value = String(pair.number);
    byId("swap").setAttribute("aria-pressed", String(!pair.configured));
    byId("pair-title").textContent = pair.left.title + ", against " + pair.right.title;
    byId("answer").textContent = pair.answer;
  }

  /* The key: the lines of all layers that are on, the fills of the pair, the dots of gaps and overlaps. */
  function key(data, pair, { others, flows, places, figures = [] }, style) {
    const layers = pair ? [pair.left, pair.right, ...others] : others;
    const rows = layers.map((layer) => line(style(layer), layer.title));
    // Figures cover how areas stand.
    if (figures.length) rows.push(...geoplan.figures.key(data, swatch));
    else if (pair) rows.push(...pair.key.map(([kind, text]) => swatch(kind, text)));
    rows.push(...geoplan.parts.key(data, layers, places, line, swatch));
    rows.push(...places.map((place) => swatch(place.kind, place.title)), ...geoplan.flows.key(data, flows, line));
    byId("legend-rows").replaceChildren(...rows);
    byId("legend").hidden = !rows.length;
  }

  function sample(child) {
    return svg("svg", { width: 30, height: 16, "aria-hidden": "true", focusable: "false" }, child);
  }

  function lineSample(style) {
    const look = { x1: 1, y1: 8, x2: 29, y2: 8, stroke: style.color, "stroke-width": style.weight + (style.exact ? 0 : 0.6) };
    if (style.dashArray) look["stroke-dasharray"] = style.dashArray;
    return sample(svg("line", look));
  }

  function line(style, text) {
    return make("li", lineSample(style), make("span", text));
  }

  function swatch(kind, text) {
    const look = { x: 1, y: 1, width: 28, height: 14, fill: geoplan.FILL[kind], stroke: "#3d4b57" };
    return make("li", sample(svg("rect", look)), make("span", text));
  }

  /* The numbered list of cut areas; returns its buttons. */
  function list(items, onClick) {
    const buttons = items.map((item, i) => {
      const { name, severity, value } = item.finding;
      const each = button("." + severity, make("span.number", String(i + 1)), () => onClick(i));
      each.append(told(name, item.note), make("span.size", geoplan.number(value)));
      return each;
    });
    byId("mismatches").replaceChildren(...buttons.map((each) => make("li", each)));
    byId("previous").disabled = byId("next").disabled = !items.length;
    return buttons;
  }

  function markItem(buttons, at, count) {
    buttons.forEach((each, i) => each.setAttribute("aria-current", String(i === at)));
    byId("position").textContent = count ? (at < 0 ? "–" : at + 1) + " of " + count : "";
    const box = byId("mismatches");
    // On small screens the list is part of the page, which stays at the map.
    if (at >= 0 && box.scrollHeight > box.clientHeight + 1) buttons[at].scrollIntoView({ block: "nearest" });
  }

  function others(data, findings, onClick) {
    byId("others-count").textContent = "(" + findings.length + ")";
    byId("others").hidden = !findings.length;
    const rules = [...new Set(findings.map((finding) => finding.rule))];
    byId("others").open = findings.some((finding) => finding.severity === "error");
    byId("others-list").replaceChildren(...rules.flatMap((rule) => otherGroup(data, rule, findings, onClick)));
  }

  function otherGroup(data, rule, findings, onClick) {
    const found = findings.filter((finding) => finding.rule === rule);
    const title = data.rules[rule]?.title ?? rule;
    const rows = found.map((finding) => {
      const text = told(finding.name, geoplan.titleOf(data, finding.layer));
      return make("li", button("." + finding.severity, text, () => entered(() => onClick(finding))));
    });
    return [make("h3", title + " (" + rule + "), " + found[0].severity), make("ul.plain", ...rows)];
  }

  /* The authorities that work with most bodies, ranked. */
  function brokers(data, onClick) {
    byId("brokers").hidden = !data.brokers.length;
    byId("brokers-count").textContent = "(" + data.brokers.length + ")";
    byId("brokers-list").replaceChildren(...data.brokers.map(([code, bodies]) => {
      const row = button("", told(geoplan.authority(data, code)), () => entered(() => onClick(code)));
      row.append(make("span.size", bodies + " bodies"));
      return make("li", row);
    }));
  }

  /* Switches in groups: partnerships by kind, cut pieces by pair, commuting, places in none or several areas. */
  function switches(data, style, onToggle, onLeast) {
    const sets = data.groups.map((group) => {
      const layers = data.layers.filter((layer) => layer.group === group);
      const row = (layer) => toggle("layer", layer, layer.title, layerNote(layer), lineSample(style(layer)), onToggle);
      return fieldset(group, layers.map(row));
    });
    const { figures } = data;
    if (figures) sets.unshift(fieldset(figures.group ?? "Figures of your own", [toggle("figure", figures, figures.title, figures.note, null, onToggle)]));
    byId("layers").open = Boolean(figures);
    const pairs = data.pairs.filter((pair) => pair.configured);
    sets.push(fieldset("Where they overlap only in part", pairs.map((pair) =>
      toggle("pair", pair, pair.left.title + " / " + pair.right.title, "", null, onToggle))));
    const place = (each) => toggle("place", each, each.title, each.note, null, onToggle);
    const loose = data.places.filter((each) => each.kind === "loose");
    sets.push(fieldset("Commuting", [...commuting(data, onToggle, onLeast), ...loose.map(place)]));
    sets.push(fieldset("Partners", data.places.filter((each) => each.kind === "partner").map(place)));
    sets.push(fieldset("Changes", data.places.filter((each) => each.kind === "moved").map(place)));
    const further = data.places.filter((each) => !["loose", "partner", "moved"].includes(each.kind));
    sets.push(fieldset("Gaps, overlaps and busiest authorities", further.map(place)));
    byId("layer-groups").replaceChildren(...sets.filter(Boolean));
  }

  function commuting(data, onToggle, onLeast) {
    const rows = data.flows.filter((set) => set.flows.length).map((set) =>
      toggle("flow", set, set.title, set.said + " · " + set.note, lineSample(geoplan.flows.look(set)), onToggle));
    return rows.length ? [...rows, geoplan.flows.threshold(data, onLeast)] : [];
  }

  function layerNote(layer) {
    return [layer.edition, layer.status].filter(Boolean).join(" · ");
  }

  function fieldset(title, rows) {
    return rows.length ? make("fieldset", make("legend", title), ...rows) : null;
  }

  function toggle(kind, item, text, note, picture, onToggle) {
    const box = make("input");
    box.type = "checkbox";
    box.id = kind + "-" + item.number;
    box.addEventListener("change", () => onToggle(kind, item, box.checked));
    return make("label.toggle", box, picture, told(text, note));
  }

  /* Shows beside each switch the line its layer is drawn with now. */
  function redraw(data, style) {
    data.layers.forEach((layer) => {
      byId("layer-" + layer.number).nextElementSibling.replaceWith(lineSample(style(layer)));
    });
  }

  function markToggle(kind, item, on) {
    const box = byId(kind + "-" + item.number);
    // A pair from its other side, and a set without flows, have no switch.
    if (box) box.checked = on;
  }

  Object.assign(geoplan, {
    panel: { fillPairs, markPair, key, list, markItem, others, brokers, switches, redraw, markToggle },
  });
})((window.geoplan = window.geoplan || {}));
