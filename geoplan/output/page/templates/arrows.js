/* Which way commuters go: an arrow and a number on the line for each direction that matters. */
(function (geoplan) {
  "use strict";

  const { svg } = geoplan.dom;
  const PLACES = { there: 0.72, back: 0.28 };
  const SLIGHT = 0.25;
  const SHORT = 70;
  const FONT = { size: 11, weight: 400 };
  const BESIDE = [[1, 0], [-1, 0], [0, 1], [0, -1], [1, 1], [-1, -1], [1, -1], [-1, 1]];

  /* The directions of a flow that are drawn: the larger one, and the other unless it is slight beside it. */
  function directions({ there, back, total }) {
    return [["there", there], ["back", back]].filter(([, workers]) => workers && workers >= SLIGHT * total);
  }

  /* Arrow heads along the path of a flow; a path keeps its angles at every zoom. */
  function heads(map, flow, path, color, weight) {
    return directions(flow).map(([way]) => {
      const i = at(path, way);
      const [a, b] = [path[i - 1], path[i + 1]].map((point) => map.project(point, 8));
      const angle = Math.atan2(b.y - a.y, b.x - a.x) + (way === "back" ? Math.PI : 0);
      const size = Math.round(Math.max(11, weight * 2.3));
      const icon = L.divIcon({ className: "arrow", html: head(color, angle, size), iconSize: [size, size] });
      return L.marker(path[i], { icon, pane: "flows", interactive: false, keyboard: false });
    });
  }

  function at(path, way) {
    return Math.round(PLACES[way] * (path.length - 1));
  }

  function head(color, angle, size) {
    const look = { points: "-4,-5 6,0 -4,5", fill: color, stroke: "#ffffff", "stroke-width": 1, transform: "rotate(" + ((angle * 180) / Math.PI).toFixed(1) + ")" };
    return svg("svg", { viewBox: "-7 -7 14 14", width: size, height: size }, svg("polygon", look));
  }

  /* The numbers of some flows beside their arrows, the largest flows first; short lines have no room for any. */
  function texts(map, flows) {
    const long = ({ path }) => map.project(path[0]).distanceTo(map.project(path[path.length - 1])) >= SHORT;
    const sorted = flows.filter(long).sort((a, b) => b.flow.total - a.flow.total);
    return sorted.flatMap(({ flow, path }) => directions(flow).map(([way, workers]) => (
      { texts: [geoplan.number(workers)], font: FONT, point: map.project(path[at(path, way)]), sides: BESIDE, gap: 9, className: "name flow" }
    )));
  }

  Object.assign(geoplan, { arrows: { heads, texts } });
})((window.geoplan = window.geoplan || {}));
