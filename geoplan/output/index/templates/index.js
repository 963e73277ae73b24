"use strict";
(() => {
  const table = document.getElementById("areas");
  const body = table.tBodies[0];
  const said = document.getElementById("sorted");
  const heads = [...table.tHead.rows[0].cells].filter((head) => head.tagName === "TH");
  const words = new Intl.Collator("en-GB", { numeric: true });

  const value = (row, at) => {
    const cell = row.cells[at];
    if (cell === undefined || row.classList.contains("lost")) return null;
    if (cell.dataset.order === undefined) return cell.dataset.name ?? cell.textContent;
    return cell.dataset.order === "" ? null : Number(cell.dataset.order);
  };

  const order = (at, down) => (one, other) => {
    const [left, right] = [value(one, at), value(other, at)];
    // What is not assessed, and areas that could not be told, stand last either way.
    if (left === null || right === null) return (left === null) - (right === null);
    const by = typeof left === "number" ? left - right : words.compare(left, right);
    return (down ? -by : by) || Number(one.dataset.area) - Number(other.dataset.area);
  };

  const sort = (head, at) => {
    const numbers = head.classList.contains("n");
    const now = head.getAttribute("aria-sort");
    const down = now === null ? numbers : now === "ascending";
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    body.append(...[...body.rows].sort(order(at, down)));
    const first = numbers || at === 0 ? (down ? "largest first" : "smallest first") : down ? "Z to A" : "A to Z";
    said.textContent = `In the order of: ${head.dataset.name}, ${first}.`;
  };

  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sort(head, at));
    head.append(button);
  });

  const mark = (number, on) => {
    document.querySelectorAll(`[data-area="${number}"]`).forEach((each) => each.classList.toggle("near", on));
  };
  document.querySelectorAll("[data-area]").forEach((each) => {
    const number = each.dataset.area;
    for (const event of ["mouseenter", "focusin"]) each.addEventListener(event, () => mark(number, true));
    for (const event of ["mouseleave", "focusout"]) each.addEventListener(event, () => mark(number, false));
  });
  document.body.dataset.ready = "yes";
})();
