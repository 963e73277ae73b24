/* Colours of clusters: light, five in all, no two neighbours alike where that can be; the same for the same picture. */
(function (geoplan) {
  "use strict";

  /* Number of the hue of each cluster; today's keep theirs unless a neighbour has it. */
  function coloured(data, label, count, before = []) {
    const near = Array.from({ length: count }, () => new Set());
    data.links.forEach(({ one, two }) => {
      const [a, b] = [label[one], label[two]];
      if (a === b || a < 0 || b < 0) return;
      near[a].add(b);
      near[b].add(a);
    });
    const hue = new Array(count).fill(-1);
    near.forEach((others, n) => { hue[n] = chosen(data.hues.length, [...others].map((other) => hue[other]), before[n] ?? -1); });
    return hue;
  }

  /* The wished hue if no neighbour has it, else the one that fewest have. */
  function chosen(most, taken, wished) {
    if (wished >= 0 && !taken.includes(wished)) return wished;
    const times = Array.from({ length: most }, (_, hue) => taken.filter((other) => other === hue).length);
    return times.indexOf(Math.min(...times));
  }

  Object.assign(geoplan, { coloured });
})((window.geoplan = window.geoplan || {}));
