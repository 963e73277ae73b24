/* The list of authorities by cluster: one stop of the tab key, arrows inside. */
(function (geoplan) {
  "use strict";

  const { make, byId } = geoplan.dom;

  class List {
    constructor(data, asks) {
      this.data = data;
      this.asks = asks;
      this.box = byId("units");
      this.at = 0;
      this.order = [];
      this.groups = new Map();
      this.options = data.units.names.map((name, unit) => this.option(name, unit));
      this.box.addEventListener("keydown", (event) => this.press(event));
      byId("find").addEventListener("input", () => this.sift());
    }

    option(name, unit) {
      const note = make("span.quiet");
      const each = make("div.unit", make("span.tick"), make("span.what", make("span", name), note), make("span.size", this.data.units.people[unit].toLocaleString("en-GB")));
      each.id = "unit-" + unit;
      each.setAttribute("role", "option");
      each.tabIndex = -1;
      each.addEventListener("click", () => {
        this.rove(unit, false);
        this.asks.pick(unit);
      });
      each.addEventListener("focus", () => { this.rove(unit, false); });
      return { each, note };
    }

    group(cluster) {
      if (!this.groups.has(cluster)) {
        const [name, more] = [make("span"), make("span.quiet")];
        const heading = make("div.group-name", name, more);
        heading.id = "group-" + (cluster < 0 ? "none" : cluster);
        const each = make("div");
        each.setAttribute("role", "group");
        each.setAttribute("aria-labelledby", heading.id);
        this.groups.set(cluster, { each, heading, name, more });
      }
      return this.groups.get(cluster);
    }

    /* Puts every authority under its cluster; clusters by name, those in none first. Only what differs is touched. */
    draw({ arrangement, found, chosen }) {
      const { clusters, label } = arrangement;
      const loose = label.flatMap((cluster, unit) => (cluster < 0 ? [unit] : []));
      const groups = found.clusters.map((one) => ({ ...one, name: clusters[one.cluster].name }));
      groups.sort((a, b) => a.name.localeCompare(b.name, "en-GB"));
      if (loose.length) groups.unshift({ cluster: -1, name: "In no cluster", units: loose, people: found.no_cluster });
      this.order = groups.flatMap((group) => group.units);
      const held = this.box.contains(document.activeElement) ? document.activeElement : null;
      const rows = groups.map((group) => this.filled(group));
      this.groups.forEach((_, cluster) => { if (!groups.some((group) => group.cluster === cluster)) this.groups.delete(cluster); });
      if (!alike(this.box.children, rows)) this.box.replaceChildren(...rows);
      label.forEach((cluster, unit) => this.note(unit, cluster));
      this.choose(chosen);
      this.sift();
      if (held && held !== document.activeElement) held.focus({ preventScroll: true });
    }

    /* The group of a cluster with its authorities in it. */
    filled({ cluster, name, units, people }) {
      const group = this.group(cluster);
      write(group.name, name);
      write(group.more, units.length + " · " + geoplan.amount(people) + " people");
      const inside = [group.heading, ...units.map((unit) => this.options[unit].each)];
      if (!alike(group.each.children, inside)) group.each.replaceChildren(...inside);
      return group.each;
    }

    /* Says where an authority that has moved was today. */
    note(unit, cluster) {
      const { home, names } = this.data.today;
      const was = home[unit] < 0 ? "was in none" : "from " + names[home[unit]];
      write(this.options[unit].note, cluster === home[unit] ? "" : was);
    }

    choose(chosen) {
      this.options.forEach(({ each }, unit) => {
        const selected = String(chosen.has(unit));
        if (each.getAttribute("aria-selected") !== selected) each.setAttribute("aria-selected", selected);
      });
    }

    /* Hides whoever is not looked for. */
    sift() {
      const wanted = byId("find").value.trim().toLowerCase();
      this.groups.forEach(({ each, name }) => {
        const all = name.textContent.toLowerCase().includes(wanted);
        const options = [...each.querySelectorAll("[role=option]")];
        options.forEach((option) => { option.hidden = !all && !option.querySelector(".what span").textContent.toLowerCase().includes(wanted); });
        each.hidden = options.every((option) => option.hidden);
      });
      const there = this.shown();
      if (there.length) this.rove(there.includes(this.at) ? this.at : there[0], false);
    }

    shown() {
      return this.order.filter((unit) => !this.options[unit].each.hidden);
    }

    /* The one authority that the tab key stops at. */
    rove(unit, focus = true) {
      this.options[this.at].each.tabIndex = -1;
      this.at = unit;
      const { each } = this.options[unit];
      each.tabIndex = 0;
      if (focus) {
        each.focus({ preventScroll: true });
        // Whoever works by touch or mouse keeps the page where it is.
        if (each.matches(":focus-visible")) each.scrollIntoView({ block: "nearest" });
      }
    }

    /* Stops the tab key at the next authority that is not about to move. */
    leave(units) {
      if (!units.includes(this.at)) return;
      const there = this.shown();
      const at = there.indexOf(this.at);
      const next = [...there.slice(at), ...there.slice(0, at).reverse()].find((unit) => !units.includes(unit));
      if (next !== undefined) this.rove(next, false);
    }

    /* Takes the keyboard. */
    regain() {
      if (this.options[this.at].each.hidden) byId("find").focus({ preventScroll: true });
      else this.rove(this.at);
    }

    press(event) {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const there = this.shown();
      const at = there.indexOf(this.at);
      const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: there.length - 1, PageDown: at + 10, PageUp: at - 10 }[event.key];
      if (to !== undefined) this.step(there, Math.max(0, Math.min(there.length - 1, to)), event.shiftKey);
      else if (event.key === " ") this.asks.pick(this.at);
      else if (event.key === "Enter") this.asks.goOn(this.at);
      else if (event.key === "Delete") this.asks.takeOut();
      else if (event.key === "F2") this.asks.open(this.at);
      else if (event.key === "Escape") this.asks.clear();
      else if (event.key.length !== 1 || !this.type(there, at, event.key.toLowerCase())) return;
      event.preventDefault();
    }

    step(there, to, extend) {
      if (extend) this.asks.add([this.at, there[to]]);
      this.rove(there[to]);
    }

    type(there, at, letter) {
      const turned = [...there.slice(at + 1), ...there.slice(0, at + 1)];
      const found = turned.find((unit) => this.data.units.names[unit].toLowerCase().startsWith(letter));
      if (found !== undefined) this.rove(found);
      return found !== undefined;
    }
  }

  function alike(there, wanted) {
    return there.length === wanted.length && wanted.every((each, n) => each === there[n]);
  }

  function write(element, text) {
    if (element.textContent !== text) element.textContent = text;
  }

  Object.assign(geoplan, { List });
})((window.geoplan = window.geoplan || {}));
