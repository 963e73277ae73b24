/* Changes as the table that geoplan whatif reads, written and read. */
(function (geoplan) {
  "use strict";

  const COLUMNS = ["action", "layer", "area", "authority", "to"];
  const NEEDED = {
    move: ["authority", "to"], merge: ["area", "to"], split: ["area", "authority", "to"], new: ["area"],
    dissolve: ["area"], rename: ["area", "to"],
  };
  const LEFT_OUT = "In no cluster";

  /* The changes from today's arrangement to another, as rows. */
  function rowsOf(data, { clusters, label }) {
    const { home, written, names } = data.today;
    const there = new Set(label);
    const old = (n) => n < written.length;
    const called = (n) => (old(n) ? written[n] : clusters[n].name);
    const moved = label.flatMap((cluster, unit) => (cluster === home[unit] ? [] : [unit]));
    // Whoever is left in an area that is dissolved is in none; of one that stays only another one can be dissolved.
    const ends = (n) => !there.has(n);
    const loose = moved.filter((unit) => label[unit] < 0 && !ends(home[unit]));
    const held = moved.filter((unit) => label[unit] >= 0);
    const row = (action, area, authority, to) => [action, data.layer, area, authority, to];
    const move = (unit, to) => row("move", home[unit] < 0 ? "" : called(home[unit]), data.units.written[unit], to);
    const begun = clusters.map((_, n) => n).filter((n) => !old(n) && there.has(n));
    const spare = freeName(data, clusters);
    const ended = clusters.map((_, n) => n).filter((n) => old(n) && ends(n) && home.includes(n));
    const renamed = clusters.map((_, n) => n).filter((n) => old(n) && !ends(n) && clusters[n].name !== names[n]);
    return [
      ...begun.map((n) => row("new", called(n), "", "")),
      ...(loose.length ? [row("new", spare, "", "")] : []),
      ...held.map((unit) => move(unit, called(label[unit]))),
      ...loose.map((unit) => move(unit, spare)),
      ...(loose.length ? [row("dissolve", spare, "", "")] : []),
      ...ended.map((n) => row("dissolve", called(n), "", "")),
      ...renamed.map((n) => row("rename", called(n), "", clusters[n].name)),
    ];
  }

  function freeName(data, clusters) {
    let [name, n] = [LEFT_OUT, 1];
    while (geoplan.names.refused(data, name, { clusters })) {
      n += 1;
      name = LEFT_OUT + " " + n;
    }
    return name;
  }

  function csvOf(data, arrangement) {
    return [COLUMNS, ...rowsOf(data, arrangement)].map((row) => row.map(cell).join(",") + "\n").join("");
  }

  function cell(text) {
    return /[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  }

  /* Rows of cells; commas, or tabs as spreadsheets copy them. */
  function table(text) {
    const plain = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
    const between = plain.split("\n", 1)[0].includes("\t") ? "\t" : ",";
    const rows = [[""]];
    let quoted = false;
    for (let n = 0; n < plain.length; n += 1) {
      const [sign, row] = [plain[n], rows.at(-1)];
      if (quoted) {
        if (sign !== '"') row[row.length - 1] += sign;
        else if (plain[n + 1] === '"') row[row.length - 1] += plain[(n += 1)];
        else quoted = false;
      } else if (sign === '"' && row.at(-1) === "") quoted = true;
      else if (sign === between) row.push("");
      else if (sign === "\n") rows.push([""]);
      else row[row.length - 1] += sign;
    }
    return rows.map((row) => row.map((each) => each.trim())).filter((row) => row.some(Boolean));
  }

  /* The arrangement that a table makes, of changes or of members; throws a sentence where it cannot be. */
  function read(data, text) {
    const [head = [], ...rows] = table(text);
    const columns = head.map((name) => name.toLowerCase());
    if (geoplan.membership.isMembership(columns)) return geoplan.membership.read(data, columns, rows);
    if (!columns.includes("action") || !columns.includes("layer")) {
      throw new geoplan.Refusal("The table has neither the columns " + COLUMNS.join(", ") + " nor those of members: area_name, lad_code.");
    }
    const draft = new Draft(data);
    rows.forEach((row, n) => {
      const cells = Object.fromEntries(COLUMNS.map((name) => [name, row[columns.indexOf(name)] || ""]));
      draft.take(cells, "Row " + (n + 2));
    });
    if (!rows.length) throw new geoplan.Refusal("The table holds no changes.");
    return draft.arrangement;
  }

  class Draft {
    constructor(data) {
      this.data = data;
      this.arrangement = geoplan.today(data);
    }

    take(cells, at) {
      const action = cells.action.toLowerCase();
      if (!NEEDED[action]) throw new geoplan.Refusal(at + ": " + cells.action + " is no action; known are " + Object.keys(NEEDED).join(", ") + ".");
      if (cells.layer !== this.data.layer) {
        throw new geoplan.Refusal(at + " changes " + (cells.layer || "no layer") + "; this page redraws " + this.data.layer + ".");
      }
      NEEDED[action].filter((name) => !cells[name]).forEach((name) => {
        throw new geoplan.Refusal(at + ": " + action + " needs column " + name + ".");
      });
      this.at = at;
      this[action](several(cells.area), several(cells.authority), cells.to);
    }

    edit(name, ...how) {
      this.arrangement = geoplan.edits[name](this.arrangement, ...how);
    }

    area(written) {
      const live = this.arrangement.clusters.map((cluster, n) => ({ ...cluster, n })).filter((cluster) => !cluster.ended);
      const found = geoplan.names.meant(this.data, written, live.map((one) => one.code), live.map((one) => one.name));
      if (found.length !== 1) throw new geoplan.Refusal(this.at + ": " + (found.length ? "several areas are" : "no area is") + " called " + written + ".");
      return live[found[0]].n;
    }

    unit(written) {
      const { codes, names } = this.data.units;
      const found = geoplan.names.meant(this.data, written, codes, names);
      const exact = found.length ? found : codes.flatMap((_, n) => (this.data.units.written[n] === written ? [n] : []));
      if (exact.length !== 1) {
        const why = exact.length ? "several authorities of this page are" : "no authority of this page is";
        throw new geoplan.Refusal(this.at + ": " + why + " called " + written + ".");
      }
      return exact[0];
    }

    move(areas, authorities, to) {
      const [left, target] = [areas.map((one) => this.area(one)), this.area(to)];
      const units = authorities.map((one) => this.unit(one));
      const elsewhere = units.find((unit) => left.length && !left.includes(this.arrangement.label[unit]));
      if (elsewhere !== undefined) throw new geoplan.Refusal(this.at + ": " + this.data.units.names[elsewhere] + " is not in " + areas.join(" or ") + ".");
      this.edit("move", units, target);
    }

    split(areas, authorities, to) {
      this.new([to]);
      this.move(areas, authorities, to);
      this.end(areas.map((one) => this.area(one)).filter((n) => !this.arrangement.label.includes(n)));
    }

    merge(areas, _, to) {
      const target = this.area(to);
      areas.map((one) => this.area(one)).filter((n) => n !== target).forEach((n) => {
        this.edit("move", this.arrangement.label.flatMap((cluster, unit) => (cluster === n ? [unit] : [])), target);
        this.end([n]);
      });
    }

    new(areas) {
      areas.forEach((name) => {
        this.named(name);
        this.edit("begin", [], name);
      });
    }

    dissolve(areas) {
      this.end(areas.map((one) => this.area(one)));
    }

    rename(areas, _, to) {
      const n = this.area(areas[0]);
      this.named(to, n);
      this.edit("rename", n, to);
    }

    end(clusters) {
      clusters.forEach((n) => this.edit("dissolve", n));
    }

    named(name, own = -1) {
      const why = geoplan.names.refused(this.data, name, this.arrangement, own);
      if (why) throw new geoplan.Refusal(this.at + ": " + why);
    }
  }

  function several(text) {
    return text.split(";").map((part) => part.trim()).filter(Boolean);
  }

  Object.assign(geoplan, { Refusal: class extends Error {}, moves: { csvOf, rowsOf, read } });
})((window.geoplan = window.geoplan || {}));
