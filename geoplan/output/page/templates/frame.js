/* What stands around the map: the way back to the first view, the scale, how far one may zoom and wander. */
(function (geoplan) {
  "use strict";

  const { button, make, svg } = geoplan.dom;
  const DEEPEST = 12;
  const MANY = 12;
  const KEYS = 220;
  const HOUSE = "M3 9.5 10 3l7 6.5M5 8.5V17h10V8.5";

  /* Limits of the map: all the ground of the page, and no closer than its outlines are drawn for. */
  function bounded(map, ground, tiles) {
    if (!ground) return;
    map.setMaxZoom(tiles ? DEEPEST + 4 : DEEPEST);
    map.on("resize", () => limit(map, ground));
    map.fitBounds(ground, { animate: false });
    map.setMaxBounds(ground.pad(1.5));
    limit(map, ground);
  }

  function limit(map, ground) {
    const size = map.getSize();
    if (!size.x || !size.y) return;
    // Leaflet's own setter moves the map with an animation, and drops every move asked for meanwhile.
    map.options.minZoom = Math.max(0, map.getBoundsZoom(ground) - 1);
    map.fire("zoomlevelschange");
    if (map.getZoom() < map.options.minZoom) map.setZoom(map.options.minZoom, { animate: false });
  }

  function controls(map, onReset) {
    L.control.scale({ position: "bottomleft", maxWidth: 110 }).addTo(map);
    const Reset = L.Control.extend({
      options: { position: "topleft" },
      onAdd: () => {
        const bar = make("div.leaflet-bar.reset");
        bar.append(resetButton(onReset));
        L.DomEvent.disableClickPropagation(bar);
        return bar;
      },
    });
    new Reset().addTo(map);
  }

  function resetButton(onReset) {
    const icon = svg("svg", { viewBox: "0 0 20 20", "aria-hidden": "true" }, svg("path", { d: HOUSE }));
    const back = button("", icon, onReset);
    back.id = "reset";
    back.title = "Back to the first view";
    back.append(make("span.unseen", back.title));
    return back;
  }

  /* Fills the map with some ground; where it holds many areas it lies to the left, if keys then find room beside it. */
  function fill(map, bounds, areas) {
    const edge = L.point(12, 12);
    const spare = Math.max(0, map.getSize().x - pixelsWide(map, bounds, edge) - 24);
    const right = L.point((areas > MANY ? Math.min(KEYS, spare) : 0) + edge.x, edge.y);
    map.fitBounds(bounds, { paddingTopLeft: edge, paddingBottomRight: right, animate: false });
  }

  function pixelsWide(map, bounds, edge) {
    const zoom = map.getBoundsZoom(bounds, false, edge.multiplyBy(2));
    return map.project(bounds.getSouthEast(), zoom).x - map.project(bounds.getNorthWest(), zoom).x;
  }

  /* A map that changes its size shows what it was asked to show, as long as nobody has moved it. */
  function follow(map, element, again) {
    new ResizeObserver(() => {
      const before = map.getSize();
      map.invalidateSize({ animate: false });
      if (!map.getSize().equals(before)) again();
    }).observe(element);
  }

  Object.assign(geoplan, { frame: { bounded, controls, fill, follow } });
})((window.geoplan = window.geoplan || {}));
