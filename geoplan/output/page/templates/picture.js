/* The view as a picture: the map's own shapes and names, with title, day, key and sources around them. */
(function (geoplan) {
  "use strict";

  const { byId, svg: node } = geoplan.dom;
  const FONT = "Arial, Helvetica, sans-serif";
  const EDGE = 14;
  const [INK, QUIET, SEA] = ["#16212b", "#4c5a66", "#d3e1ea"];
  const STYLES = ["fill", "stroke", "stroke-width", "font-size", "font-weight", "text-anchor", "paint-order"];
  const pen = document.createElement("canvas").getContext("2d");

  /* A text as lines that fit the room. */
  function broken(text, size, weight, room) {
    pen.font = weight + " " + size + "px " + FONT;
    return text.split(/\s+/).reduce((lines, word) => {
      const longer = lines.length ? lines.at(-1) + " " + word : word;
      if (lines.length && pen.measureText(longer).width <= room) lines[lines.length - 1] = longer;
      else lines.push(word);
      return lines;
    }, []);
  }

  /* Writes texts below one another; returns where they end. */
  function write(into, top, width, texts) {
    return texts.filter(([text]) => text).reduce((y, [text, size, weight = 400, fill = INK]) =>
      broken(text, size, weight, width - 2 * EDGE).reduce((at, line) => {
        into.append(node("text", { x: EDGE, y: at + size, "font-size": size, "font-weight": weight, fill }, line));
        return at + size * 1.3;
      }, y), top + 6) + 6;
  }

  function said(selector) {
    return [...document.querySelectorAll(selector)].map((each) => each.textContent).join(" · ");
  }

  function heading() {
    const view = said("#views label:has(input:checked)");
    const pair = byId("compare").hidden ? "" : said("#pair-title");
    const answer = byId("compare").hidden ? "" : said("#answer");
    return [[said("h1"), 18, 700], [[view, pair].filter(Boolean).join(": "), 14, 700], [answer, 13],
      [byId("details").hidden ? "" : [said("#details-title"), said("#details > .verdict")].filter(Boolean).join(": "), 13, 700], [said(".tags .tag"), 12, 400, QUIET],
      ...[...geoplan.page.on.flow].map((set) => [set.title + ": " + set.said + ".", 12, 400, QUIET]),
      [said("#top > .quiet:not(#link-said)"), 12, 400, QUIET]];
  }

  /* The shapes of all panes, the lowest first, without what is only there to be pointed at. */
  function shapes(map) {
    const height = (svg) => Number(getComputedStyle(svg.closest(".leaflet-pane")).zIndex);
    const panes = [...map.getPane("mapPane").querySelectorAll(".leaflet-pane > svg")].sort((a, b) => height(a) - height(b));
    const { x, y } = map.layerPointToContainerPoint([0, 0]);
    const moved = node("g", { transform: "translate(" + x + " " + y + ")" }, ...panes.flatMap((svg) => [...svg.cloneNode(true).children]));
    moved.querySelectorAll("[stroke-opacity='0'], [d='M0 0']").forEach((each) => each.remove());
    moved.querySelectorAll("*").forEach((each) => ["class", "tabindex", "style"].forEach((name) => each.removeAttribute(name)));
    return moved;
  }

  /* A number, a name or a box as it stands on the screen. */
  function marker(element, corner) {
    if (element instanceof SVGElement) return [drawn(element, corner)];
    const found = [];
    if (element.querySelector("svg")) return [...paper(element, corner), ...[...element.children].flatMap((each) => marker(each, corner))];
    const every = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let at = element; at; at = every.nextNode()) found.push(...(at.nodeType === Node.TEXT_NODE ? words(at, corner) : paper(at, corner)));
    return found;
  }

  /* A drawing inside a box, with what its styles say written out. */
  function drawn(element, corner) {
    const { left, top, width, height } = element.getBoundingClientRect();
    const copy = node("svg", { x: left - corner.left, y: top - corner.top, width, height }, ...element.cloneNode(true).children);
    const styled = element.querySelectorAll("[class]");
    copy.querySelectorAll("[class]").forEach((each, i) => {
      const look = getComputedStyle(styled[i]);
      STYLES.forEach((name) => each.setAttribute(name, look.getPropertyValue(name)));
      each.removeAttribute("class");
    });
    return copy;
  }

  function paper(element, corner) {
    const look = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const fill = look.backgroundColor;
    if (fill === "rgba(0, 0, 0, 0)" || !box.width) return [];
    const round = look.borderRadius.endsWith("%") ? box.width / 2 : parseFloat(look.borderRadius);
    const line = Math.max(parseFloat(look.borderTopWidth), parseFloat(look.borderBottomWidth));
    return [node("rect", { x: box.left - corner.left, y: box.top - corner.top, width: box.width, height: box.height, rx: round, fill,
      stroke: look.borderBottomColor, "stroke-width": line })];
  }

  /* Each line of a text where the browser broke it, on white where it has a halo. */
  function words(text, corner) {
    const look = getComputedStyle(text.parentElement);
    const range = document.createRange();
    const lines = [];
    for (const { 0: word, index } of text.data.matchAll(/\S+/g)) {
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      const { left, right, top, height } = range.getBoundingClientRect();
      const last = lines.at(-1);
      if (last && Math.abs(last.top - top) < 2) Object.assign(last, { said: last.said + " " + word, right });
      else if (height) lines.push({ said: word, left, right, top, height });
    }
    return lines.flatMap(({ said: line, left, right, top, height }) => {
      const place = { x: (left + right) / 2 - corner.left, y: top + height * 0.8 - corner.top, "text-anchor": "middle",
        "font-size": look.fontSize, "font-weight": look.fontWeight };
      const halo = { ...place, fill: "#fff", stroke: "#fff", "stroke-width": 3, "stroke-linejoin": "round" };
      return [...(look.textShadow === "none" ? [] : [node("text", halo, line)]), node("text", { ...place, fill: look.color }, line)];
    });
  }

  function ground(map, top) {
    const { x: width, y: height } = map.getSize();
    const corner = map.getContainer().getBoundingClientRect();
    const beside = [byId("letters"), ...map.getContainer().querySelectorAll(".leaflet-control-scale"), byId("inset")];
    const over = [...map.getPane("markerPane").children, ...beside.filter((each) => each && !each.hidden)];
    const names = over.flatMap((each) => marker(each, corner));
    return node("svg", { y: top, width, height }, node("rect", { width, height, fill: SEA }), shapes(map), ...names);
  }

  /* Samples with their words, side by side as far as there is room; returns where they end. */
  function rows(into, top, width, every) {
    pen.font = "400 12px " + FONT;
    let [x, y] = [EDGE, top + 10];
    every.forEach(([text, sample]) => {
      const lines = broken(text, 12, 400, width - 2 * EDGE - 36);
      const size = 50 + Math.max(...lines.map((line) => pen.measureText(line).width));
      if (x > EDGE && x + size > width - EDGE) [x, y] = [EDGE, y + 20];
      if (sample) into.append(node("g", { transform: "translate(" + x + " " + y + ")" }, ...sample));
      lines.forEach((line, i) => into.append(node("text", { x: x + 36, y: y + 12 + 16 * i, "font-size": 12, fill: INK }, line)));
      if (lines.length > 1) [x, y] = [EDGE, y + 20 + 16 * (lines.length - 1)];
      else x += size;
    });
    return (x > EDGE ? y + 20 : y) + 4;
  }

  function legend() {
    return [...byId("legend-rows").querySelectorAll("li")].map((row) => {
      const sample = row.querySelector("svg");
      return [row.textContent.trim(), sample && [...sample.cloneNode(true).children]];
    });
  }

  /* What the numbers on the map stand for. */
  function numbers(map) {
    const shown = new Set([...map.getPane("markerPane").querySelectorAll(".badge")].map((badge) => badge.textContent));
    return [...byId("mismatches").querySelectorAll("li")].filter((row) => shown.has(row.querySelector(".number")?.textContent)).map((row) => {
      const [number, size] = [".number", ".size"].map((one) => row.querySelector(one)?.textContent ?? "");
      const name = row.querySelector(".what").firstChild.textContent;
      const badge = getComputedStyle(row.querySelector(".number"));
      const digits = node("text", { x: 14, y: 12, "font-size": 10, "font-weight": 700, "text-anchor": "middle", fill: badge.color }, number);
      return [[name, size].filter(Boolean).join(": "), [node("circle", { cx: 14, cy: 8, r: 9, fill: badge.backgroundColor }), digits]];
    });
  }

  function svg(map) {
    const width = map.getSize().x;
    const content = node("g", { "font-family": FONT });
    const below = write(content, 0, width, heading());
    content.append(ground(map, below));
    const keyed = rows(content, rows(content, below + map.getSize().y, width, legend()) - 8, width, numbers(map));
    // Tiles of others are left out, and so is their credit.
    const height = Math.ceil(write(content, keyed, width, [[byId("sources").textContent, 10, 400, QUIET]]));
    const paperwhite = node("rect", { width, height, fill: "#fff" });
    const whole = node("svg", { width, height, viewBox: [0, 0, width, height].join(" ") }, node("title", {}, document.title), paperwhite, content);
    const used = new Set([...whole.outerHTML.matchAll(/url\(["']?#([\w-]+)/g)].map(([, id]) => id));
    whole.prepend(node("defs", {}, ...[...used].map((id) => byId(id).cloneNode(true))));
    return whole;
  }

  /* As text; signs that XML does not know are left out. */
  function written(picture) {
    return new XMLSerializer().serializeToString(picture).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "");
  }

  /* Twice as fine as the screen, for papers. */
  async function png(map) {
    const picture = svg(map);
    const image = new Image();
    image.src = "data:image/svg+xml," + encodeURIComponent(written(picture));
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = 2 * picture.getAttribute("width");
    canvas.height = 2 * picture.getAttribute("height");
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => { canvas.toBlob(done); });
  }

  Object.assign(geoplan, { picture: { svg: (map) => written(svg(map)), png } });
})((window.geoplan = window.geoplan || {}));
