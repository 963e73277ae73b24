/* The page on one sheet of paper: the map drawn anew for the sheet, its key, and as much of the list as fits. */
(function (geoplan) {
  "use strict";

  const { byId } = geoplan.dom;

  /* What was asked to be seen fills the sheet; what the reader moved to is kept whole. */
  function listen(map, asked) {
    let view = null;
    window.addEventListener("beforeprint", () => {
      view = view || { center: map.getCenter(), zoom: map.getZoom() };
      const bounds = asked() || map.getBounds();
      document.body.classList.add("printing");
      map.invalidateSize({ animate: false });
      geoplan.frame.fill(map, bounds, geoplan.page.data.focus ? 0 : Infinity);
      shorten();
    });
    window.addEventListener("afterprint", () => {
      document.body.classList.remove("printing");
      rows().forEach((row) => { row.hidden = false; });
      byId("not-printed").hidden = true;
      map.invalidateSize({ animate: false });
      if (view) map.setView(view.center, view.zoom, { animate: false });
      view = null;
    });
  }

  function rows() {
    return [...byId("mismatches").children];
  }

  /* Rows that the sheet has no room for are counted instead. */
  function shorten() {
    const note = byId("not-printed");
    note.hidden = false;
    note.textContent = "and more";
    const room = byId("mismatches").getBoundingClientRect().bottom;
    const left = rows().filter((row) => row.getBoundingClientRect().bottom > room + 1);
    left.forEach((row) => { row.hidden = true; });
    note.hidden = !left.length;
    note.textContent = "and " + left.length + " more in findings.csv";
  }

  Object.assign(geoplan, { print: { listen } });
})((window.geoplan = window.geoplan || {}));
