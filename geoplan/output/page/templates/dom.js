/* The only maker of page elements: whatever a name contains, it becomes text. */
(function (geoplan) {
  "use strict";

  /* make("p.quiet", "text", child, …): strings become text nodes. */
  function make(what, ...children) {
    const [tag, ...classes] = what.split(".");
    const element = document.createElement(tag);
    if (classes.length) element.className = classes.join(" ");
    element.append(...children.filter((child) => (child ?? "") !== ""));
    return element;
  }

  /* An element of a drawing with its attributes. */
  function svg(tag, look, ...children) {
    const element = L.SVG.create(tag);
    Object.entries(look).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  }

  function button(what, label, onClick) {
    const element = make("button" + what, label);
    element.type = "button";
    element.addEventListener("click", onClick);
    return element;
  }

  /* A button that leads into the card it fills, wherever it stands. */
  function goTo(what, name, go) {
    return button(what, "Show " + name, () => entered(go));
  }

  function entered(go) {
    document.querySelector("dialog[open]")?.close();
    go();
    byId("details").focus();
  }

  function byId(id) {
    return document.getElementById(id);
  }

  /* A list of terms, each with what is said of it. */
  function terms(what, rows) {
    return make(what, ...rows.flatMap(([term, said]) => [make("dt", term), make("dd", said)]));
  }

  /* What a row or a switch says, with smaller words below. */
  function told(text, note) {
    return make("span.what", text, note && make("span.quiet", note));
  }

  /* The heading of a column of numbers. */
  function counted(title) {
    return { title, number: true };
  }

  /* A table with a caption and column headings; a cell may be text, number or element. */
  function table(caption, headings, rows) {
    const head = make("tr", ...headings.map((heading) => column(heading)));
    const body = rows.map((cells) => make("tr", ...cells.map((cell, i) => dataCell(cell, headings[i]))));
    return make("table", make("caption", caption), make("thead", head), make("tbody", ...body));
  }

  function column(heading) {
    const cell = make(heading.number ? "th.number" : "th", heading.title || heading);
    cell.scope = "col";
    return cell;
  }

  function dataCell(cell, heading) {
    return make(heading.number ? "td.number" : "td", cell instanceof Node ? cell : String(cell));
  }

  function announce(text) {
    byId("status").textContent = text;
  }

  Object.assign(geoplan, { dom: { make, svg, button, goTo, entered, byId, terms, told, counted, table, announce } });
})((window.geoplan = window.geoplan || {}));
