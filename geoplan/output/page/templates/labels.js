/* Places names so that none hides another, a number or a control, and none is cut off by the edge of the map. */
(function (geoplan) {
  "use strict";

  const WRAPS = [120, 70];
  const SLACK = [0.95, 0.7];
  const TIGHT = [0.95, 0.5, 0.25];
  const ENOUGH = 1.5;
  const LEVELS = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];
  const AROUND = [[0, 0], [0, 1], [0, -1], [1, 0], [-1, 0], [1, 1], [-1, 1], [1, -1], [-1, -1], [0, 2], [0, -2], [2, 0], [-2, 0]];
  const CORNERS = ["bottom right", "top right", "bottom left"];
  const SPOT = { width: 6, height: 6 };
  const PAD = 2;
  const widths = new Map();
  let pen;

  /* Width in pixels of a text; measuring on a canvas disturbs no layout. */
  function width(text, { size, weight }) {
    const key = size + " " + weight + " " + text;
    if (!widths.has(key)) {
      pen ??= document.createElement("canvas").getContext("2d");
      pen.font = weight + " " + size + "px " + getComputedStyle(document.body).fontFamily;
      widths.set(key, pen.measureText(text).width);
    }
    return widths.get(key);
  }

  /* The lines of a name with the room they take: words and what stands below the name stay whole. */
  function set(texts, font, wrap) {
    const lines = texts.flatMap((text, i) => (i ? [text] : wrapped(text, font, wrap)));
    const wide = Math.max(...lines.map((line) => width(line, font)));
    return { lines, width: wide + 2 * PAD, height: lines.length * font.size * 1.17 + 2 * PAD };
  }

  function wrapped(text, font, wrap) {
    const lines = [];
    text.split(" ").forEach((word) => {
      const longer = lines.length ? lines[lines.length - 1] + " " + word : word;
      if (lines.length && width(longer, font) <= wrap) lines[lines.length - 1] = longer;
      else lines.push(word);
    });
    return lines;
  }

  /* ------------------------------------------------------------------------------ room */

  /* What of the largest of some rings lies within a box, or null. */
  function visible(rings, box) {
    const seen = rings.map((ring) => clipped(ring, box)).filter((ring) => ring.length > 2);
    return seen.length ? seen.reduce((a, b) => (extent(b) > extent(a) ? b : a)) : null;
  }

  function extent(ring) {
    return Math.abs(ring.reduce((sum, a, i) => {
      const b = ring[(i + 1) % ring.length];
      return sum + a.x * b.y - b.x * a.y;
    }, 0));
  }

  function clipped(ring, box) {
    if (ring.every((point) => box.contains(point))) return ring;
    return L.PolyUtil.clipPolygon(ring, box);
  }

  /* Stretches of a ring at some height, from left to right. */
  function stretches(ring, y) {
    const hits = [];
    let a = ring[ring.length - 1];
    for (const b of ring) {
      if (a.y > y !== b.y > y) hits.push(a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x));
      a = b;
    }
    hits.sort((one, other) => one - other);
    const found = [];
    for (let i = 0; i + 1 < hits.length; i += 2) found.push([hits[i], hits[i + 1]]);
    return found;
  }

  function reach(ring) {
    let [top, bottom] = [Infinity, -Infinity];
    for (const { y } of ring) [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    return { top, bottom };
  }

  /* Places in a ring for a text of such a size, the best first: with room to spare, and near the middle. */
  function rooms(ring, { width: wide, height }) {
    const { top, bottom } = reach(ring);
    const found = LEVELS.flatMap((level) => {
      const y = top + (bottom - top) * level;
      if (y - height / 2 < top || y + height / 2 > bottom) return [];
      const [upper, middle, lower] = [y - height / 2, y, y + height / 2].map((at) => stretches(ring, at));
      return middle.map((span) => narrowed(narrowed(span, upper), lower))
        .filter((span) => span && span[1] - span[0] >= wide)
        .flatMap(([from, to]) => spots(from, to, wide).map((x, i) => ({ x, y, worth: worth((to - from) / wide, level, i) })));
    });
    return found.sort((a, b) => b.worth - a.worth);
  }

  function worth(room, level, aside) {
    return Math.min(room, ENOUGH) - Math.abs(level - 0.5) - (aside ? 0.6 : 0);
  }

  function narrowed(span, others) {
    if (!span) return null;
    const cut = others.map(([from, to]) => [Math.max(from, span[0]), Math.min(to, span[1])]).filter(([from, to]) => to > from);
    return cut.length ? cut.reduce((a, b) => (b[1] - b[0] > a[1] - a[0] ? b : a)) : null;
  }

  /* The middle of a stretch, and where it is long its two ends. */
  function spots(from, to, wide) {
    const middle = (from + to) / 2;
    return to - from < wide * 1.6 ? [middle] : [middle, from + wide / 2 + 4, to - wide / 2 - 4];
  }

  /* The point at which a number or a letter stands in a ring. */
  function middle(ring) {
    const best = rooms(ring, { width: 1, height: 1 })[0];
    return best ? L.point(best.x, best.y) : null;
  }

  /* ------------------------------------------------------------------------------ placing */

  function boxAt({ x, y }, size) {
    return { left: x - size.width / 2, right: x + size.width / 2, top: y - size.height / 2, bottom: y + size.height / 2 };
  }

  function meet(a, b) {
    return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  }

  function within(box, size) {
    return box.left >= 2 && box.top >= 2 && box.right <= size.x - 2 && box.bottom <= size.y - 2;
  }

  /* A place is free where it is on the map and meets nothing placed before. */
  function free(at, text, size, taken) {
    const box = boxAt(at, text);
    return within(box, size) && !taken.some((other) => meet(box, other));
  }

  function around(point, text, { sides = AROUND, gap = 0 }) {
    return sides.map(([x, y]) => L.point(point.x + x * (text.width / 2 + gap), point.y + y * (text.height / 2 + gap)));
  }

  /*
   * Places texts in their order: each is { texts, font, ring, point, must, box } in pixels of a map of such a size.
   * One with a ring stands inside it, and what must be there may leave it; one with a point stands at it or beside it.
   * Returns those that found a place, with the boxes that are then taken, and those that did not.
   */
  function place(wanted, size, taken) {
    const boxes = [...taken];
    const [placed, left] = [[], []];
    wanted.forEach((one) => {
      const open = !one.dot || free(one.point, SPOT, size, boxes);
      const found = open && tries(one).find(({ at, text }) => free(at, text, size, boxes));
      if (!found) {
        left.push(one);
        return;
      }
      boxes.push(boxAt(found.at, found.text), ...(one.dot ? [boxAt(one.point, SPOT)] : []));
      placed.push({ ...one, at: found.at, lines: found.text.lines });
    });
    return { placed, left, boxes };
  }

  function tries(one) {
    const texts = one.box ? [{ lines: one.texts, ...one.box }] : WRAPS.map((wrap) => set(one.texts, one.font, wrap));
    const inside = one.ring ? (one.box ? TIGHT : SLACK).flatMap((slack) => texts.flatMap((text) => rooms(one.ring, shrunk(text, slack)).map((at) => ({ at, text })))) : [];
    if (one.ring && !one.must) return inside;
    const point = one.point ?? middle(one.ring);
    const beside = point ? around(point, texts[0], one).map((at) => ({ at, text: texts[0] })) : [];
    return [...inside, ...beside];
  }

  /* A name may run over the border of its own area a little, where it cannot be kept inside. */
  function shrunk({ width: wide, height }, slack) {
    return { width: wide * slack, height: height * slack };
  }

  /* Of the corners of a map the one where a box of such a size hides least. */
  function corner(size, { x, y }, boxes, corners = CORNERS) {
    const hides = (name) => {
      const [down, across] = name.split(" ");
      const box = { left: across === "left" ? 0 : size.x - x - 20, right: across === "left" ? x + 20 : size.x, top: down === "top" ? 0 : size.y - y - 20, bottom: down === "top" ? y + 20 : size.y };
      return boxes.filter((other) => meet(box, other)).length;
    };
    return corners.reduce((a, b) => (hides(b) < hides(a) ? b : a));
  }

  Object.assign(geoplan, { labels: { place, visible, middle, boxAt, corner } });
})((window.geoplan = window.geoplan || {}));
