/* The address after #: the comparison, what is opened, and the stretch of map, so that a link shows the same again. */
(function (geoplan) {
  "use strict";

  const { make, byId } = geoplan.dom;
  const KNOWN = ["left", "right", "view", "layer", "area", "authority", "postcode", "figures", "at"];
  const AT = /^(-?\d{1,2}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?),(\d{1,2}(?:\.\d+)?)$/;
  const SETTLED_MS = 60;
  const LONGEST = 60;

  class Link {
    constructor(page) {
      this.page = page;
      this.note = make("p.quiet");
      this.note.id = "link-said";
      this.note.setAttribute("role", "status");
      byId("top").append(this.note);
      this.opening = this.state();
      this.last = what(this.opening);
      if (location.hash) this.reopen();
      page.map.on("moveend", () => this.later());
      window.addEventListener("popstate", () => this.reopen());
    }

    state() {
      const { pair, on, shown, views, map, data } = this.page;
      const said = new URLSearchParams();
      if (pair) said.set("left", pair.left.key);
      if (pair) said.set("right", pair.right.key);
      if (views?.at >= 0) said.set("view", data.views.views[views.at].name);
      this.beside().filter((layer) => on.layer.has(layer)).forEach((layer) => said.append("layer", layer.key));
      if (on.figure.size) said.set("figures", "on");
      if (shown) said.set(...shown);
      const { lat, lng } = map.getCenter();
      said.set("at", [lat.toFixed(5), lng.toFixed(5), map.getZoom()].join());
      return said;
    }

    /* Notes a change once it has settled: a new comparison or area is a step back, a move of the map is none. */
    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.write(), SETTLED_MS);
    }

    write() {
      const said = this.state();
      const step = what(said) !== this.last;
      this.last = what(said);
      if (step) this.note.textContent = "";
      // Some viewers of files let no page change its address: the link can still be copied.
      try {
        history[step ? "pushState" : "replaceState"](null, "", "#" + readable(said));
      } catch { /* The page works without. */ }
    }

    address() {
      return location.href.split("#")[0] + "#" + readable(this.state());
    }

    /* Shows what the address asks for, and names what of it this page does not have. */
    reopen() {
      clearTimeout(this.timer);
      const typed = location.hash.slice(1);
      const asked = typed ? new URLSearchParams(typed) : this.opening;
      this.note.textContent = "";
      if (KNOWN.some((key) => asked.has(key))) this.show(asked);
      // A place in the page, such as the list, is no link to a view.
      else if (!byId(typed)) this.tell(["“" + cut(typed) + "”"]);
    }

    show(asked) {
      const { page } = this;
      document.querySelector("dialog[open]")?.close();
      this.missing = [];
      const pair = this.pair(asked);
      if (pair && pair !== page.pair) page.choosePair(pair, { still: true });
      this.view(asked.get("view"));
      this.layers(asked);
      this.figures(asked.get("figures"));
      if (!this.open(asked)) {
        page.hideDetails();
        if (!asked.has("at")) page.home();
      }
      this.move(asked.get("at"));
      clearTimeout(this.timer);
      this.last = what(this.state());
      if (this.missing.length) this.tell(this.missing);
    }

    tell(missing) {
      this.note.textContent = "The link asks for what this page does not have, and that was passed over: " + missing.join("; ") + ".";
    }

    lacks(kind, text) {
      this.missing.push(kind + " “" + cut(text) + "”");
    }

    pair(asked) {
      const { data } = this.page;
      const keys = ["left", "right"].map((side) => asked.get(side));
      const start = data.pairs[data.start];
      if (keys.every((key) => key === null)) return start;
      const found = data.pairs.find(({ left, right }) => left.key === keys[0] && right.key === keys[1]);
      if (found) return found;
      const strange = keys.filter((key) => key !== null && !this.layer(key));
      if (strange.length) strange.forEach((key) => this.lacks("layer", key));
      else this.lacks("comparison", keys.filter(Boolean).join(", "));
      return start;
    }

    /* Layers that the comparison does not show by itself. */
    beside() {
      const { pair, data } = this.page;
      return data.layers.filter((layer) => layer !== pair?.left && layer !== pair?.right);
    }

    layer(key) {
      return this.page.data.layers.find((layer) => layer.key === key);
    }

    view(name) {
      const { views } = this.page;
      if (name === null || (views && this.page.data.views.views[views.at]?.name === name)) return;
      const at = views ? views.views.findIndex((view) => view.name === name) : -1;
      if (at < 0) this.lacks("view", name);
      else views.show(at);
    }

    layers(asked) {
      const { page } = this;
      const keys = asked.getAll("layer");
      keys.filter((key) => !this.layer(key)).forEach((key) => this.lacks("layer", key));
      this.beside().forEach((layer) => {
        const wanted = keys.includes(layer.key);
        if (page.on.layer.has(layer) !== wanted) page.toggle("layer", layer, wanted);
      });
    }

    figures(wanted) {
      const { on, data } = this.page;
      if (wanted !== null && !data.figures) this.lacks("figures", wanted);
      else if (data.figures && on.figure.size > 0 !== (wanted !== null)) this.page.toggle("figure", data.figures, wanted !== null);
    }

    /* Opens what is asked for; tells whether anything is open. */
    open(asked) {
      const { page } = this;
      const { data } = page;
      const ways = {
        area: (name) => this.area(name),
        authority: (lad) => Object.hasOwn(data.authorities, lad) && (() => page.showAuthority(lad)),
        postcode: (name) => page.search.postcodes.has(name) && (() => page.showPostcodes(page.search.postcodes.get(name))),
      };
      const kind = Object.keys(ways).find((each) => asked.has(each));
      if (!kind) return false;
      const go = ways[kind](asked.get(kind));
      if (go) go();
      else this.lacks(kind, asked.get(kind));
      return Boolean(go);
    }

    area(name) {
      const found = this.page.data.layers.flatMap(({ areas }) => areas).find((area) => named(area) === name);
      return found && (() => this.page.show(found));
    }

    move(at) {
      if (at === null) return;
      const [, lat, lng, zoom] = (AT.exec(at) || []).map(Number);
      if (Math.abs(lat) < 85 && Math.abs(lng) <= 180) this.page.map.setView([lat, lng], zoom, { animate: false });
      else this.lacks("place on the map", at);
    }
  }

  function named(area) {
    return area.layer.key + ":" + area.code;
  }

  /* All of a state but where the map stands. */
  function what(said) {
    const rest = new URLSearchParams(said);
    rest.delete("at");
    return String(rest);
  }

  /* Signs that need no escape after # stay as they are. */
  function readable(said) {
    return String(said).replace(/%(2C|3A|40|2F)/g, decodeURIComponent);
  }

  function cut(text) {
    return text.length > LONGEST ? text.slice(0, LONGEST) + "…" : text;
  }

  Object.assign(geoplan, { Link, named });
})((window.geoplan = window.geoplan || {}));
