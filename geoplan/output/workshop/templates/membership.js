/* A membership table, such as an alternative of geoplan plan, read as an arrangement. */
(function (geoplan) {
  "use strict";

  const NAMES = ["area_id", "area_name", "lad_code", "lad_name", "block", "part"];

  /* Whether a table has the columns of one. */
  function isMembership(columns) {
    const has = (...names) => names.some((name) => columns.includes(name));
    return has("area_id", "area_name") && has("lad_code", "lad_name");
  }

  /* The arrangement that the rows make: every area a cluster, whoever no row names in none. */
  function read(data, columns, rows) {
    const areas = new Map();
    const found = new Array(data.block_units.length).fill(null);
    rows.forEach((row, n) => {
      const at = "Row " + (n + 2);
      const cells = Object.fromEntries(NAMES.map((name) => [name, row[columns.indexOf(name)] || ""]));
      const area = cells.area_id || cells.area_name;
      if (!area) throw new geoplan.Refusal(at + " names no area.");
      areas.set(area, cells.area_name || cells.area_id);
      blocksOf(data, cells, at).forEach((block) => {
        if (found[block] && found[block] !== area) throw new geoplan.Refusal(at + ": " + areas.get(found[block]) + " has this authority already.");
        found[block] = area;
      });
    });
    if (!areas.size) throw new geoplan.Refusal("The table names no members.");
    return arranged(data, areas, data.blocks.map((blocks, unit) => one(data, unit, blocks.map((block) => found[block]))));
  }

  /* Positions of the blocks that a row names: one block, those of a district, or of an authority of the page. */
  function blocksOf(data, { lad_code: code, lad_name: name, block, part }, at) {
    if (!block && /^(yes|true|1)$/i.test(part)) throw new geoplan.Refusal(at + ": " + (name || code) + " belongs only in part; this page moves whole authorities.");
    const wanted = block || code;
    const { block_codes: codes } = data;
    const own = codes.flatMap((one, n) => (one === wanted || (!block && one.startsWith(wanted + ".")) ? [n] : []));
    if (wanted && own.length) return own;
    const units = wanted ? [data.units.codes.indexOf(wanted)].filter((n) => n >= 0) : geoplan.names.meant(data, name, data.units.codes, data.units.names);
    if (units.length !== 1) {
      throw new geoplan.Refusal(at + ": " + (units.length ? "several authorities of this page are" : "no authority of this page is") + " called " + (wanted || name) + ".");
    }
    return data.blocks[units[0]];
  }

  /* The one area of all blocks of an authority, null for none. */
  function one(data, unit, areas) {
    if (areas.every((area) => area === areas[0])) return areas[0];
    throw new geoplan.Refusal(data.units.names[unit] + " is not in one area as a whole; this page moves whole authorities.");
  }

  /* Areas that are called as one of today's take its place; the others are new, and whoever of today's is left ends. */
  function arranged(data, areas, home) {
    let arrangement = geoplan.today(data);
    const { codes, names } = data.today;
    const place = new Map();
    const taken = new Set();
    areas.forEach((name, area) => {
      const [same] = [area, name].map((said) => geoplan.names.meant(data, said, codes, names)).find((some) => some.length === 1) ?? [];
      if (same === undefined || taken.has(same)) return;
      taken.add(same);
      place.set(area, same);
    });
    const edit = (what, ...how) => { arrangement = geoplan.edits[what](arrangement, ...how); };
    codes.forEach((_, n) => { if (!taken.has(n)) edit("dissolve", n); });
    areas.forEach((name, area) => {
      if (place.has(area)) return;
      const why = geoplan.names.refused(data, name, arrangement);
      if (why) throw new geoplan.Refusal(name + ": " + why);
      place.set(area, arrangement.clusters.length);
      edit("begin", [], name);
    });
    return { ...arrangement, label: home.map((area) => (area === null ? -1 : place.get(area))) };
  }

  Object.assign(geoplan, { membership: { isMembership, read } });
})((window.geoplan = window.geoplan || {}));
