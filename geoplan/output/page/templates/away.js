/* What can be taken away: the view as a picture, the list as a table, a layer as outlines, a link. */
(function (geoplan) {
  "use strict";

  const { make, button } = geoplan.dom;
  const FORMULA = /^[=+\-@\t\r]/;
  const NEGATIVE = /^-\d+(\.\d+)?(e[-+]?\d+)?$/i;
  const COLUMNS = ["layer", "code", "name", "other_layer", "other_codes", "value", "unit", "severity", "rule", "id", "message"];

  function open(page) {
    const [status, layers, link] = [make("p.quiet"), make("select"), make("input")];
    status.setAttribute("role", "status");
    const say = (text) => { status.textContent = text; };
    const keep = (name, type, made) => async () => {
      // A browser without the room for a picture refuses it, or hands back nothing.
      const content = await Promise.resolve().then(made).catch(() => null);
      if (content) save(name(), new Blob([content], { type }));
      say(content ? name() + " is with your downloads." : "The picture could not be made: make the window smaller, or take the SVG.");
    };
    layers.append(...page.data.layers.map((layer, i) => new Option(layer.title, i)));
    layers.value = String(page.pair ? page.pair.left.number : 0);
    const layer = () => page.data.layers[Number(layers.value)];
    Object.assign(link, { type: "text", readOnly: true, value: page.link.address() });
    const pair = page.pair ? [page.pair.left.key, page.pair.right.key] : ["map"];
    const of = (end) => () => fileName([...pair, page.shown?.[1].split(":").at(-1)], end);
    geoplan.tables.fill("away", "Take away", [
      part("The view as a picture", "As the map stands now, with title, day, key and sources" + (page.data.tiles ? ", without the background." : "."),
        button("", "Picture (PNG)", keep(of("png"), "image/png", () => geoplan.picture.png(page.map))),
        button("", "Drawing (SVG)", keep(of("svg"), "image/svg+xml", () => geoplan.picture.svg(page.map)))),
      ...list(page, (kind, rows) => keep(() => fileName([...pair, kind], "csv"), "text/csv", () => csv(rows))),
      part("The outlines of a layer", "For mapping software, in longitude and latitude.", labelled("Layer", layers),
        button("", "Outlines (GeoJSON)", keep(() => fileName([layer().key], "geojson"), "application/geo+json", () => outlines(page.data, layer())))),
      part("A link to this view", note(), labelled("Link", link), button("", "Copy link", () => copy(link, say))),
      status,
    ]);
  }

  /* The cut areas; where there are none, the other findings. */
  function list({ items, others }, keep) {
    const [kind, title] = items.length ? ["cut", "The list of cut areas"] : ["findings", "The list of findings"];
    const rows = items.length ? items : others.map((finding) => ({ finding, note: "" }));
    return rows.length ? [part(title, "For Excel and other spreadsheets.", button("", "List (CSV)", keep(kind, rows)))] : [];
  }

  function part(title, said, ...controls) {
    return make("section", make("h3", title), make("p.quiet", said), make("div.choices", ...controls));
  }

  function labelled(text, control) {
    return make("label", text, control);
  }

  function note() {
    const opens = "It opens this comparison and what is open, at this stretch of the map. ";
    return opens + (location.protocol === "file:" ? "To show others, send them this file and the end of the link, from # on." : "");
  }

  async function copy(link, say) {
    link.select();
    const done = await navigator.clipboard?.writeText(link.value).then(() => true, () => false);
    say(done || document.execCommand("copy") ? "The link is copied." : "Press Ctrl and C to copy the link.");
  }

  function save(name, blob) {
    const link = make("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  function fileName(parts, end) {
    return parts.filter(Boolean).join("-").replace(/[^\w-]+/g, "-").slice(0, 80) + "." + end;
  }

  /* The list as it stands in the panel, its columns named as in findings.csv. */
  function csv(items) {
    const rows = items.map(({ finding, note: said }, i) => [i + 1, ...COLUMNS.map((name) => finding[name]), said]);
    // Excel takes a file for UTF-8 by its first sign.
    return "\ufeff" + [["number", ...COLUMNS, "partners"], ...rows].map((row) => row.map(cell).join(",") + "\n").join("");
  }

  /* Text that a spreadsheet would take for a formula has an apostrophe before it; a negative number is none. */
  function cell(value) {
    const plain = Array.isArray(value) ? value.join(";") : String(value ?? "");
    const text = FORMULA.test(plain) && !NEGATIVE.test(plain) ? "'" + plain : plain;
    return /[",\r\n]/.test(text) ? "\"" + text.replaceAll("\"", "\"\"") + "\"" : text;
  }

  /* A layer as GeoJSON: each area says where it comes from, because readers drop what stands beside them. */
  function outlines(data, layer) {
    const { key, title, edition, status, resolution, source, licence } = layer;
    const features = layer.areas.map((area) => ({
      type: "Feature",
      properties: {
        code: area.code, name: area.name, people: area.people, lead_body: area.lead_body, confidence: area.confidence,
        in_part: (area.somewhere || []).join("; "), layer: key, title, edition, status, boundaries: resolution, source, licence,
      },
      geometry: geometry(geoplan.shapes.polygons(data.topology, area)),
    }));
    return JSON.stringify({ type: "FeatureCollection", features });
  }

  function geometry(shape) {
    return shape && { type: "MultiPolygon", coordinates: shape.flatMap(([outer, ...holes]) => polygons(outer, holes)) };
  }

  /* Where an outer ring touches itself it is parted: what runs its way is a polygon, what runs the other way a hole. */
  function polygons(outer, holes) {
    const loops = parted(placed(outer)).sort((a, b) => Math.abs(turn(b)) - Math.abs(turn(a)));
    const own = loops.filter((loop) => turn(loop) > 0 === turn(loops[0]) > 0);
    const inner = [...loops.filter((loop) => !own.includes(loop)), ...holes.flatMap((hole) => parted(placed(hole)))];
    return own.map((loop, i) => [turned(loop, true), ...(i ? [] : inner.map((hole) => turned(hole, false)))]);
  }

  /* A closed ring in longitude and latitude, to some 0.1 m. */
  function placed(ring) {
    const points = ring.map((point) => point.map((value) => Number(value.toFixed(6))));
    if (String(points[0]) !== String(points.at(-1))) points.push(points[0]);
    return points;
  }

  function parted(ring) {
    const [path, at, loops] = [[], new Map(), []];
    ring.forEach((point) => {
      const seen = at.get(String(point));
      if (seen === undefined) at.set(String(point), path.push(point) - 1);
      else {
        loops.push([...path.slice(seen), point]);
        path.splice(seen + 1).forEach((each) => at.delete(String(each)));
      }
    });
    return loops.filter((loop) => loop.length > 3);
  }

  /* Twice the signed area: above nought against the clock. */
  function turn(ring) {
    return ring.slice(1).reduce((sum, [x, y], i) => sum + ring[i][0] * y - x * ring[i][1], 0);
  }

  /* Outer rings run against the clock, holes with it. */
  function turned(ring, outer) {
    return turn(ring) > 0 === outer ? ring : ring.reverse();
  }

  Object.assign(geoplan, { away: { open, csv, cell, outlines } });
})((window.geoplan = window.geoplan || {}));
