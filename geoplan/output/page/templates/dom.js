/* The only maker of page elements: whatever a name contains, it becomes text. */
(function (geoplan) {
  "use strict";

  /* make("p.quiet", "text", child, …): strings become text nodes. */
  function make(what, ...children) {
    const [tag, ...classes] = what.split(".");
    const element = document.createElement(tag);
    if (classes.length) element.className = classes.join(" ");
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  }

  function button(what, label, onClick) {
    const element = make("button" + what, label);
    element.type = "button";
    element.addEventListener("click", onClick);
    return element;
  }

  function byId(id) {
    return document.getElementById(id);
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

  Object.assign(geoplan, { dom: { make, button, byId, table, announce } });
})((window.geoplan = window.geoplan || {}));
