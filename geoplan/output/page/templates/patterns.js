/* Patterns that stay calm: the closer the map, the wider apart the lines of the dense ones, as thin as before. */
(function (geoplan) {
  "use strict";

  const FROM = 7;
  const STEP = 0.3;
  const WIDEST = 16;

  function calm(zoom) {
    const wanted = Math.max(1, 1 + (zoom - FROM) * STEP);
    document.querySelectorAll("pattern[patternTransform]").forEach((pattern) => {
      const wider = Math.max(1, Math.min(wanted, WIDEST / Number(pattern.getAttribute("width"))));
      pattern.dataset.turn ??= pattern.getAttribute("patternTransform");
      pattern.setAttribute("patternTransform", pattern.dataset.turn + " scale(" + wider.toFixed(2) + ")");
      pattern.querySelectorAll("[stroke-width]").forEach((ink) => {
        ink.dataset.width ??= ink.getAttribute("stroke-width");
        ink.setAttribute("stroke-width", (ink.dataset.width / wider).toFixed(2));
      });
    });
  }

  Object.assign(geoplan, { patterns: { calm } });
})((window.geoplan = window.geoplan || {}));
