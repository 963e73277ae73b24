/* Type-ahead search: areas, authorities, codes and postcode districts, by mouse or keyboard. */
(function (geoplan) {
  "use strict";

  const { make, byId, announce } = geoplan.dom;
  const MOST = 12;

  function plain(text) {
    return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  }

  function entries(data) {
    const areas = data.layers.flatMap((layer) =>
      layer.areas.map((area) => entry(area.name, area.code, layer.title, () => geoplan.page.show(area))),
    );
    if (data.layers.some((layer) => layer.key === "lad")) return areas;
    const lads = Object.entries(data.authorities).map(([code, name]) =>
      entry(name, code, "Local authority", () => geoplan.page.showAuthority(code)),
    );
    return areas.concat(lads);
  }

  function entry(name, code, kind, go) {
    return { name, code, kind, go, words: plain(name), low: plain(code) };
  }

  function rank(entry, wanted) {
    if (entry.low === wanted || entry.words === wanted) return 0;
    if (entry.words.startsWith(wanted)) return 1;
    if (entry.words.includes(" " + wanted)) return 2;
    if (entry.words.includes(wanted)) return 3;
    return entry.low.startsWith(wanted) ? 4 : 9;
  }

  function find(all, text) {
    const wanted = plain(text.trim());
    if (!wanted) return [];
    const ranked = all.map((each, i) => ({ each, i, rank: rank(each, wanted) })).filter((hit) => hit.rank < 9);
    ranked.sort((a, b) => a.rank - b.rank || a.i - b.i);
    return ranked.slice(0, MOST).map((hit) => hit.each);
  }

  /* Postcodes first: whoever types one means it. */
  function findPostcodes(places, text) {
    return geoplan.postcodes.find(places, text).map((where) =>
      entry(where.name, geoplan.postcodes.brief(where), (where.postcode ? where.postcode + " · " : "") + where.kind, () => geoplan.page.showPostcodes(where)));
  }

  class Search {
    constructor(data) {
      this.data = data;
      this.box = byId("search");
      this.list = byId("hits");
      this.hits = [];
      this.box.addEventListener("input", () => this.open());
      this.box.addEventListener("keydown", (event) => this.key(event));
      this.box.addEventListener("blur", () => this.close());
    }

    /* What can be found is put in order once somebody looks for it. */
    get all() {
      return (this.entries ??= entries(this.data));
    }

    get postcodes() {
      return (this.places ??= geoplan.postcodes.read(this.data));
    }

    open() {
      this.hits = findPostcodes(this.postcodes, this.box.value).concat(find(this.all, this.box.value)).slice(0, MOST);
      this.list.replaceChildren(...this.hits.map((hit, i) => this.option(hit, i)));
      this.show(Boolean(this.box.value.trim()));
      if (!this.hits.length) this.list.append(this.nothing());
      this.point(this.hits.length ? 0 : -1);
      announce(this.hits.length + " places found");
    }

    nothing() {
      const row = make("li.quiet", geoplan.postcodes.nothing(this.box.value));
      row.setAttribute("role", "option");
      row.setAttribute("aria-disabled", "true");
      return row;
    }

    option(hit, i) {
      const option = make("li", make("span", hit.name), make("span.quiet", hit.kind + " · " + hit.code));
      option.id = "hit-" + i;
      option.setAttribute("role", "option");
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.choose(i);
      });
      return option;
    }

    show(open) {
      this.list.hidden = !open;
      this.box.setAttribute("aria-expanded", String(open));
    }

    point(at) {
      this.at = at;
      [...this.list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
      if (at < 0) this.box.removeAttribute("aria-activedescendant");
      else this.box.setAttribute("aria-activedescendant", "hit-" + at);
      if (at >= 0) this.list.children[at].scrollIntoView({ block: "nearest" });
    }

    key(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && this.hits.length) {
        event.preventDefault();
        this.point((this.at + step + this.hits.length) % this.hits.length);
      } else if (event.key === "Enter" && this.at >= 0) {
        this.choose(this.at);
      } else if (event.key === "Escape") {
        this.close();
      }
    }

    choose(i) {
      const hit = this.hits[i];
      if (!hit) return;
      this.box.value = hit.name;
      this.close();
      hit.go();
    }

    close() {
      this.show(false);
      this.hits = [];
      this.point(-1);
    }
  }

  Object.assign(geoplan, { Search });
})((window.geoplan = window.geoplan || {}));
