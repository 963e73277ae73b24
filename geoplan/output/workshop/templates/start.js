/* Opens the workshop, and listens to its buttons and keys. */
(function (geoplan) {
  "use strict";

  const { make, svg, byId } = geoplan.dom;

  function start() {
    const data = geoplan.read();
    const shop = new geoplan.Shop(data);
    geoplan.shop = shop;
    const on = (id, work) => byId(id).addEventListener("click", work);
    on("undo", () => shop.undo());
    on("redo", () => shop.redo());
    on("reset", () => shop.whole(shop.today, "Back to today."));
    on("split", () => shop.split());
    on("move", () => shop.move(Number(byId("to").value)));
    on("begin", () => shop.begin());
    on("loose", () => shop.takeOut());
    on("clear", () => shop.choose(new Set()));
    ["left-side", "right-side"].forEach((id, n) => byId(id).addEventListener("change", () => {
      shop.sides[n] = byId(id).value;
      shop.draw();
    }));
    views(data, shop);
    geoplan.dialogs.listen({
      fillKeep: () => shop.fillKeep(),
      csv: () => geoplan.moves.csvOf(data, shop.present),
      state: () => geoplan.sharing.written(data, shop.present, shop.kept),
      keep: (name) => shop.keep(name),
      takeCsv: (text) => shop.takeCsv(text),
      takeState: (text) => shop.takeState(text),
    });
    document.addEventListener("keydown", (event) => press(shop, event));
    window.addEventListener("hashchange", () => shop.follow());
    shop.draw();
    shop.right.home();
    shop.follow();
    document.body.dataset.ready = "yes";
  }

  /* The clusters themselves, or what they cut of a layer; with the key of what is drawn. */
  function views(data, shop) {
    const select = byId("show");
    select.append(new Option("Clusters", "-1"), ...data.layers.map((layer) => new Option("Cut pieces: " + layer.many, layer.number)));
    const change = () => {
      shop.layer = data.layers[Number(select.value)] ?? null;
      key(data, shop.layer);
    };
    select.addEventListener("change", () => {
      change();
      shop.draw();
    });
    change();
  }

  function key(data, layer) {
    const rows = [swatch("url(#fill-partner)", "chosen"), swatch(data.fills.none, "in no cluster"), line("#16212b", "", "border of a cluster")];
    if (layer) rows.push(line("#3a0a2e", "6 4", "border: " + layer.many), swatch(data.fills.overlap, data.terms.overlap));
    else rows.push(swatch("url(#fill-moved)", "moved"));
    byId("key").replaceChildren(...rows);
  }

  function swatch(fill, text) {
    return row("rect", { x: 1, y: 1, width: 28, height: 14, fill, stroke: "#3d4b57" }, text);
  }

  function line(stroke, dash, text) {
    return row("line", { x1: 1, y1: 8, x2: 29, y2: 8, stroke, "stroke-width": 2.4, "stroke-dasharray": dash || "none" }, text);
  }

  function row(tag, look, text) {
    const sample = svg("svg", { width: 30, height: 16, "aria-hidden": "true", focusable: "false" }, svg(tag, look));
    return make("li", sample, make("span", text));
  }

  function press(shop, event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("input, textarea")) return;
    const letter = event.key.toLowerCase();
    if (letter === "z" && !event.shiftKey) shop.undo();
    else if (letter === "y" || (letter === "z" && event.shiftKey)) shop.redo();
    else return;
    event.preventDefault();
  }

  start();
})((window.geoplan = window.geoplan || {}));
