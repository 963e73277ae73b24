/* The arcs that all outlines share: each is placed once, and thinned and written once for a zoom, however often it is drawn. */
(function (geoplan) {
  "use strict";

  const WORLD = 256;
  const TURN = Math.PI / 180;
  const THIN = 1;
  const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_,";
  const COMMA = 64;
  const VALUES = new Uint8Array(128);
  [...SIGNS].forEach((sign, i) => { VALUES[sign.charCodeAt(0)] = i; });
  // What Leaflet draws where there is nothing to draw.
  const NOTHING = "M0 0";
  // The map, the closer look beside it, and one before that.
  const KEPT = 3;

  /* Arcs as rows of x and y in pixels of the whole world at zoom 0, each with its box, its two ends and what it turns round. */
  class Arcs {
    constructor({ objects, transform, arcs }) {
      this.objects = objects;
      this.transform = transform;
      Object.assign(this, unpacked(arcs));
      this.count = this.from.length - 1;
      this.points = new Float64Array(this.steps.length);
      this.boxes = new Float64Array(4 * this.count);
      this.turns = new Float64Array(this.count);
      this.ends = new Int32Array(2 * this.count);
      const nodes = new Map();
      for (let i = 0; i < this.count; i += 1) this.place(i, nodes);
      this.marks = new Uint8Array(this.count);
      this.runs = new Map();
      this.owners = new Map();
      this.scales = new Map();
    }

    place(i, nodes) {
      const { steps, points, transform: { scale, translate } } = this;
      const [start, stop] = [this.from[i], this.from[i + 1]];
      let [x, y, left, top, right, bottom, turn] = [0, 0, Infinity, Infinity, -Infinity, -Infinity, 0];
      for (let at = start; at < stop; at += 2) {
        x += steps[at];
        y += steps[at + 1];
        if (at === start) this.ends[2 * i] = node(nodes, x, y);
        const sin = Math.sin((y * scale[1] + translate[1]) * TURN);
        const east = WORLD * ((x * scale[0] + translate[0]) / 360 + 0.5);
        const south = WORLD * (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI));
        if (at > start) turn += points[at - 2] * south - east * points[at - 1];
        points[at] = east;
        points[at + 1] = south;
        if (east < left) left = east;
        if (east > right) right = east;
        if (south < top) top = south;
        if (south > bottom) bottom = south;
      }
      this.ends[2 * i + 1] = node(nodes, x, y);
      this.turns[i] = turn;
      this.boxes.set([left, top, right, bottom], 4 * i);
    }

    /* Where an arc starts, or ends; those that are run backwards have numbers below nought. */
    end(signed, last) {
      return signed < 0 ? this.ends[2 * ~signed + (last ? 0 : 1)] : this.ends[2 * signed + (last ? 1 : 0)];
    }

    /* Arcs of one geometry of an object, each as it is run. */
    of(name, i) {
      return this.all(name)[i] ?? [];
    }

    all(name) {
      if (!this.runs.has(name)) this.runs.set(name, this.objects[name].geometries.map(({ arcs }) => arcs?.flat(2) ?? []));
      return this.runs.get(name);
    }

    /* For each arc the first and the last geometry of an object that it bounds, -1 for none. */
    sides(name) {
      if (!this.owners.has(name)) {
        const sides = new Int32Array(2 * this.count).fill(-1);
        this.all(name).forEach((own, i) => own.forEach((signed) => {
          const at = 2 * plain(signed);
          if (sides[at] < 0) sides[at] = i;
          sides[at + 1] = i;
        }));
        this.owners.set(name, sides);
      }
      return this.owners.get(name);
    }

    /* Arcs that bound an odd number of some geometries: what surrounds them together. */
    around(name, several) {
      const { marks } = this;
      const all = several.flatMap((i) => this.of(name, i));
      all.forEach((signed) => { marks[plain(signed)] ^= 1; });
      const found = all.filter((signed) => marks[plain(signed)]);
      all.forEach((signed) => { marks[plain(signed)] = 0; });
      return found;
    }

    /* Arcs joined end to end, run whichever way joins them. */
    joined(arcs) {
      const at = new Map();
      arcs.forEach((signed) => [signed, ~signed].forEach((way) => {
        const start = this.end(way, false);
        if (at.has(start)) at.get(start).push(way);
        else at.set(start, [way]);
      }));
      const open = new Set(arcs.map((signed) => plain(signed)));
      const next = (spot) => {
        const found = at.get(spot)?.find((way) => open.has(plain(way)));
        if (found !== undefined) open.delete(plain(found));
        return found;
      };
      return arcs.flatMap((signed) => {
        if (!open.delete(plain(signed))) return [];
        const chain = [signed];
        for (let way = next(this.end(signed, true)); way !== undefined; way = next(this.end(way, true))) chain.push(way);
        const before = [];
        for (let way = next(this.end(signed, false)); way !== undefined; way = next(this.end(way, true))) before.push(~way);
        return [[...before.reverse(), ...chain]];
      });
    }

    /* All as TopoJSON has it. */
    plainly() {
      const { objects, transform, steps, from } = this;
      const pairs = (i) => Array.from({ length: (from[i + 1] - from[i]) / 2 }, (_, n) => [steps[from[i] + 2 * n], steps[from[i] + 2 * n + 1]]);
      this.plain ??= Array.from({ length: this.count }, (_, i) => pairs(i));
      return { type: "Topology", objects, transform, arcs: this.plain };
    }

    /* The arcs as they are drawn at a zoom, to whole pixels or to a fraction of them. */
    at(zoom, fine = 1) {
      const key = zoom + " " + fine;
      const found = this.scales.get(key) ?? new Scale(this, zoom, fine);
      this.scales.delete(key);
      this.scales.set(key, found);
      if (this.scales.size > KEPT) this.scales.delete(this.scales.keys().next().value);
      return found;
    }
  }

  /*
   * Steps from point to point, those of an arc from nought on. Each number is written in signs of 64, the lowest five bits
   * first, with 32 more where others follow; the lowest of all says whether it is below nought. A comma parts two arcs.
   */
  function unpacked(text) {
    const steps = new Int32Array(text.length);
    const from = [0];
    let [count, value, shift] = [0, 0, 0];
    for (let i = 0; i < text.length; i += 1) {
      const five = VALUES[text.charCodeAt(i)];
      if (five === COMMA) from.push(count);
      else {
        value |= (five & 31) << shift;
        shift += 5;
        if (five < 32) {
          steps[count] = value & 1 ? ~(value >> 1) : value >> 1;
          count += 1;
          value = shift = 0;
        }
      }
    }
    from.push(count);
    return { steps: steps.subarray(0, count), from };
  }

  /* The number of an arc, whichever way it is run. */
  function plain(signed) {
    return signed < 0 ? ~signed : signed;
  }

  function node(nodes, x, y) {
    const key = x * 2 ** 26 + y;
    if (!nodes.has(key)) nodes.set(key, nodes.size);
    return nodes.get(key);
  }

  /* ------------------------------------------------------------------------------ drawn */

  /* Arcs at one zoom: whole steps of a fraction of a pixel, so that what is written from one point to the next adds up. */
  class Scale {
    constructor(arcs, zoom, fine) {
      this.arcs = arcs;
      this.fine = fine;
      this.factor = 2 ** zoom * fine;
      this.thinned = [];
      this.written = new Map();
    }

    /* A thinned arc as a row of x and y. */
    thin(i) {
      const { arcs: { points, from }, factor, fine } = this;
      return (this.thinned[i] ??= thinned(points, from[i], from[i + 1], factor, THIN * fine));
    }

    /* The steps of an arc, as an SVG path has them. */
    steps(signed) {
      if (!this.written.has(signed)) this.written.set(signed, this.write(signed));
      return this.written.get(signed);
    }

    write(signed) {
      const row = this.thin(plain(signed));
      const { fine } = this;
      let text = "";
      if (signed < 0) for (let i = row.length - 4; i >= 0; i -= 2) text += step(row[i] - row[i + 2], row[i + 1] - row[i + 3], fine);
      else for (let i = 2; i < row.length; i += 2) text += step(row[i] - row[i - 2], row[i + 1] - row[i - 1], fine);
      return text;
    }

    /* An arc as one straight step. */
    chord(signed) {
      const row = this.thin(plain(signed));
      const [x, y] = [row.at(-2) - row[0], row.at(-1) - row[1]];
      return signed < 0 ? step(-x, -y, this.fine) : step(x, y, this.fine);
    }

    /*
     * The d of an SVG path of rings or lines as they lie from some corner on. What is out of sight runs straight in rings,
     * which changes nothing that can be seen, and is left out of lines.
     */
    path({ chains, closed }, corner, sight) {
      const { arcs: { boxes }, factor, fine } = this;
      const [left, top, right, bottom] = [sight.min.x, sight.min.y, sight.max.x, sight.max.y].map((each) => (each * fine) / factor);
      const unseen = (i) => boxes[4 * i] > right || boxes[4 * i + 2] < left || boxes[4 * i + 1] > bottom || boxes[4 * i + 3] < top;
      let text = "";
      chains.forEach((chain) => {
        if (closed && beside(boxes, chain, left, top, right, bottom)) return;
        let down = false;
        chain.forEach((signed) => {
          const hidden = unseen(plain(signed));
          if (hidden && !closed) down = false;
          else {
            if (!down) text += this.start(signed, corner);
            down = true;
            text += hidden ? this.chord(signed) : this.steps(signed);
          }
        });
        if (closed) text += "z";
      });
      return text || NOTHING;
    }

    start(signed, { x, y }) {
      const row = this.thin(plain(signed));
      const at = signed < 0 ? row.length - 2 : 0;
      return "M" + (row[at] / this.fine - x) + " " + (row[at + 1] / this.fine - y);
    }

    /* A chain as points in pixels of the world at this zoom. */
    line(chain) {
      return chain.flatMap((signed, n) => {
        const row = this.thin(plain(signed));
        const points = [];
        for (let i = 0; i < row.length; i += 2) points.push(L.point(row[i] / this.fine, row[i + 1] / this.fine));
        if (signed < 0) points.reverse();
        return n ? points.slice(1) : points;
      });
    }
  }

  /* Whether all of a chain lies to one side of what can be seen, so that no part of it surrounds that. */
  function beside(boxes, chain, left, top, right, bottom) {
    const all = (side, out) => chain.every((signed) => out(boxes[4 * plain(signed) + side]));
    return all(0, (x) => x > right) || all(2, (x) => x < left) || all(1, (y) => y > bottom) || all(3, (y) => y < top);
  }

  function step(x, y, fine) {
    return x || y ? "l" + x / fine + " " + y / fine : "";
  }

  let [row, kept] = [new Int32Array(0), new Uint8Array(0)];

  /* What of an arc stands out by more than some steps, by the method of Douglas and Peucker. */
  function thinned(points, from, to, factor, least) {
    if (row.length < to - from) [row, kept] = [new Int32Array(to - from), new Uint8Array((to - from) / 2)];
    const count = apart(points, from, to, factor, least * least);
    kept.fill(0, 0, count);
    kept[0] = kept[count - 1] = 1;
    const open = [0, count - 1];
    while (open.length) {
      const last = open.pop();
      const first = open.pop();
      const far = farthest(first, last, least * least);
      if (far < 0) continue;
      kept[far] = 1;
      open.push(first, far, far, last);
    }
    const left = [];
    for (let i = 0; i < count; i += 1) if (kept[i]) left.push(row[2 * i], row[2 * i + 1]);
    return left;
  }

  /* Writes to the row the points that are farther than so much from the one before, and the last; returns their number. */
  function apart(points, from, to, factor, least) {
    let count = 0;
    let [before, above] = [NaN, NaN];
    for (let at = from; at < to; at += 2) {
      const x = Math.round(points[at] * factor);
      const y = Math.round(points[at + 1] * factor);
      if ((x - before) ** 2 + (y - above) ** 2 <= least && at + 2 < to) continue;
      row[2 * count] = before = x;
      row[2 * count + 1] = above = y;
      count += 1;
    }
    return count;
  }

  /* The point between two others that is farthest from the line through them, -1 where none is far. */
  function farthest(first, last, least) {
    const [x, y] = [row[2 * first], row[2 * first + 1]];
    const [wide, high] = [row[2 * last] - x, row[2 * last + 1] - y];
    const length = wide * wide + high * high;
    let [far, at] = [least, -1];
    for (let i = first + 1; i < last; i += 1) {
      let [dx, dy] = [row[2 * i] - x, row[2 * i + 1] - y];
      if (length) {
        const along = Math.min(1, Math.max(0, (dx * wide + dy * high) / length));
        dx -= along * wide;
        dy -= along * high;
      }
      const off = dx * dx + dy * dy;
      if (off > far) [far, at] = [off, i];
    }
    return at;
  }

  Object.assign(geoplan, { Arcs, NOTHING, plain });
})((window.geoplan = window.geoplan || {}));
