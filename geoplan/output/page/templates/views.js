/* The switch between views of the same ground: each is a comparison of the page, with words and marked ground of its own. */
(function (geoplan) {
  "use strict";

  const { make, byId, announce, counted, table } = geoplan.dom;
  const FEW = 3;

  class Views {
    constructor(page) {
      this.page = page;
      this.told = page.data.views;
      this.views = this.told.views;
      this.marked = page.data.places.filter((place) => place.kind === "moved");
      this.set = this.told.sets[0];
      this.at = -1;
      byId("views").append(make("legend", "Show"), ...this.views.map((view, i) => this.box(view.name, i)));
      byId("views").hidden = false;
      const box = byId("views-said");
      box.firstElementChild.textContent = this.told.summary;
      // What fits above the map's own words stands open.
      box.open = this.views.every((view) => view.said.length <= FEW && !view.board.length);
    }

    box(name, i) {
      const input = make("input");
      input.type = "radio";
      input.name = "view";
      input.id = "view-" + i;
      input.addEventListener("change", () => this.show(i));
      return make("label.toggle", input, name);
    }

    /* Shows the same comparison in another view, without moving the map. */
    show(i) {
      this.page.choosePair(this.page.data.pairs[this.set[i]], { still: true });
      announce(this.views[i].name + ". " + byId("answer").textContent);
    }

    /* Marks the view that a comparison belongs to, hatches the ground it marks, and says what there is to say of it. */
    mark(pair) {
      if (!this.set.includes(pair.number)) {
        this.set = this.told.sets.find((each) => each.includes(pair.number)) ?? this.set;
      }
      const at = this.set.indexOf(pair.number);
      this.views.forEach((_, i) => { byId("view-" + i).checked = i === at; });
      this.marked.forEach((place, n) => {
        const wanted = this.views[at]?.marked === n;
        if (this.page.on.place.has(place) !== wanted) this.page.toggle("place", place, wanted);
      });
      if (at !== this.at && at >= 0) this.tell(this.views[at]);
      this.at = at;
    }

    tell({ name, said, board, reasons }) {
      const words = said.map((sentence) => make("p", sentence));
      const figures = board.length ? [boardTable(name + " beside today", board)] : [];
      const list = reasons.length ? [make("ul", ...reasons.map((reason) => make("li", reason)))] : [];
      byId("views-said").lastElementChild.replaceChildren(...words, ...figures, ...list);
      byId("views-said").hidden = !(words.length + figures.length + list.length);
    }
  }

  /* A table of figures: the first row has its headings, the first column what they are of. */
  function boardTable(caption, [headings, ...rows]) {
    return table(caption, headings.map((heading, i) => (i ? counted(heading) : heading)), rows);
  }

  Object.assign(geoplan, { Views, boardTable });
})((window.geoplan = window.geoplan || {}));
