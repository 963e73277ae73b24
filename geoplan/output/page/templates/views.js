/* The switch between today's areas, those as changed, and the difference: each is a comparison of the page. */
(function (geoplan) {
  "use strict";

  const { make, byId, announce } = geoplan.dom;
  const DIFFERENCE = 2;
  const FEW = 3;

  class Views {
    constructor(page) {
      this.page = page;
      this.told = page.data.views;
      this.moved = page.data.places.find((place) => place.kind === "moved");
      this.set = this.told.sets[0];
      const boxes = this.told.names.map((name, i) => this.box(name, i));
      byId("views").append(make("legend", "Show"), ...boxes);
      byId("views").hidden = false;
      const said = byId("views-said");
      said.append(...this.told.said.map((sentence) => make("p", sentence)));
      said.hidden = false;
      // What fits above the map's own words stands open.
      said.open = this.told.said.length <= FEW;
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
      const { data } = this.page;
      this.page.choosePair(data.pairs[this.set[i]], { still: true });
      announce(this.told.names[i] + ". " + byId("answer").textContent);
    }

    /* Marks the view that a comparison belongs to, and hatches in the difference the ground that moves. */
    mark(pair) {
      if (!this.set.includes(pair.number)) {
        this.set = this.told.sets.find((each) => each.includes(pair.number)) ?? this.set;
      }
      const at = this.set.indexOf(pair.number);
      this.told.names.forEach((_, i) => { byId("view-" + i).checked = i === at; });
      const wanted = at === DIFFERENCE;
      if (this.moved && this.page.on.place.has(this.moved) !== wanted) this.page.toggle("place", this.moved, wanted);
    }
  }

  geoplan.Views = Views;
})((window.geoplan = window.geoplan || {}));
