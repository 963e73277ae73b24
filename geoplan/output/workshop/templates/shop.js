/* The workshop: what is on the page, and what every edit does to all that is shown. */
(function (geoplan) {
  "use strict";

  const { make, byId, announce } = geoplan.dom;

  const ADDRESS_MS = 400;
  // Where the keyboard goes when a button has nothing left to do; elsewhere it goes to the list.
  const NEXT = { undo: "redo", redo: "undo", reset: "undo" };

  class Shop {
    constructor(data) {
      this.data = data;
      this.today = geoplan.today(data);
      this.history = new geoplan.History(this.today);
      this.chosen = new Set();
      this.kept = [];
      this.measured = new WeakMap();
      this.sides = ["today", "present"];
      this.beside = false;
      this.layer = null;
      this.open = -1;
      this.hues = geoplan.coloured(data, this.today.label, this.today.clusters.length);
      this.list = new geoplan.List(data, this.asksOfList());
      this.right = new geoplan.Board(byId("right-map"), "Map", data, (unit) => this.pick(unit));
      this.left = null;
    }

    get present() {
      return this.history.present;
    }

    /* The measures of an arrangement, worked out once. */
    scored(arrangement) {
      if (!this.measured.has(arrangement)) this.measured.set(arrangement, geoplan.scores.measured(this.data, arrangement.label));
      return this.measured.get(arrangement);
    }

    asksOfList() {
      return {
        pick: (unit) => this.pick(unit),
        add: (units) => this.choose(new Set([...this.chosen, ...units])),
        goOn: (unit) => {
          if (!this.chosen.size) this.pick(unit);
          byId("to").focus();
        },
        takeOut: () => this.takeOut(),
        clear: () => this.choose(new Set()),
        open: (unit) => this.openCard(this.present.label[unit]),
      };
    }

    // ------------------------------------------------------------------ choosing

    pick(unit) {
      const chosen = new Set(this.chosen);
      if (!chosen.delete(unit)) chosen.add(unit);
      this.choose(chosen);
      announce(this.data.units.names[unit] + (chosen.has(unit) ? " chosen" : " let go") + ", " + chosen.size + " in all");
    }

    choose(chosen) {
      this.chosen = chosen;
      this.list.choose(chosen);
      this.boards().forEach((board) => board.choose(chosen));
      this.holding(() => this.bar());
    }

    /* Does what may take away or switch off what has the keyboard, and hands the keyboard on. */
    holding(work) {
      const held = document.activeElement;
      const ofCard = byId("card").contains(held);
      work();
      if (held.isConnected && !held.disabled) return;
      const next = byId(NEXT[held.id]);
      if (ofCard && !byId("card").hidden) byId("card").focus();
      else if (next && !next.disabled) next.focus();
      else this.list.regain();
    }

    bar() {
      const names = [...this.chosen].map((unit) => this.data.units.names[unit]);
      const people = [...this.chosen].reduce((all, unit) => all + this.data.units.people[unit], 0);
      byId("chosen").textContent = names.length
        ? "Chosen: " + geoplan.listed(names) + " (" + geoplan.amount(people) + " people)"
        : "Choose authorities on the map or in the list, then where they move.";
      const none = !names.length;
      ["to", "move", "begin", "loose", "clear"].forEach((id) => { byId(id).disabled = none; });
      this.targets();
    }

    /* Clusters that those chosen can move to, their neighbours first. */
    targets() {
      const { label, clusters } = this.present;
      const near = new Set([...this.chosen].flatMap((unit) => this.data.beside[unit].map((link) => label[link.unit])));
      const own = new Set([...this.chosen].map((unit) => label[unit]));
      const all = clusters.map(({ name, ended }, n) => ({ n, name, ended })).filter(({ n, ended }) => !ended && !(own.size === 1 && own.has(n)));
      all.sort((a, b) => a.name.localeCompare(b.name, "en-GB"));
      const group = (title, some) => {
        const each = make("optgroup", ...some.map(({ n, name }) => new Option(name, n)));
        each.label = title;
        return each;
      };
      const [next, others] = [all.filter(({ n }) => near.has(n)), all.filter(({ n }) => !near.has(n))];
      byId("to").replaceChildren(...(next.length ? [group("Beside", next)] : []), group(next.length ? "Others" : "Clusters", others));
    }

    // ------------------------------------------------------------------ edits

    edit(said, edit, ...how) {
      const before = this.scored(this.present);
      if (!this.history.take(edit, ...how)) {
        announce("Nothing changed");
        return;
      }
      this.changed(said, before);
    }

    changed(said, before) {
      this.draw();
      const after = this.scored(this.present);
      announce([said, ...this.data.layers.map((layer) => this.gap(layer, before, after))].join(" "));
      this.address();
    }

    gap(layer, before, after) {
      const gap = after.cut_people[layer.key] - before.cut_people[layer.key];
      const now = geoplan.amount(after.cut_people[layer.key]) + " " + this.data.cut_called + " in cut pieces with " + layer.many;
      return now + (Math.abs(gap) < 0.5 ? ", as before." : ", " + geoplan.amount(Math.abs(gap)) + (gap < 0 ? " fewer." : " more."));
    }

    named(units) {
      return geoplan.listed(units.map((unit) => this.data.units.names[unit]));
    }

    /* Lets go of units that are about to move; the list goes on with who is next to them. */
    release(units) {
      this.list.leave(units);
      this.chosen = new Set();
    }

    move(to) {
      const units = [...this.chosen];
      if (!units.length || !Number.isInteger(to) || !this.present.clusters[to]) return;
      this.release(units);
      this.edit(this.named(units) + " moved to " + this.present.clusters[to].name + ".", "move", units, to);
    }

    takeOut() {
      const units = [...this.chosen];
      if (!units.length) return;
      this.release(units);
      this.edit(this.named(units) + " in no cluster now.", "move", units, -1);
    }

    begin() {
      const units = [...this.chosen];
      const refused = (name) => geoplan.names.refused(this.data, name, this.present);
      geoplan.dialogs.ask("New cluster of " + this.named(units), "", refused, (name) => {
        this.release(units);
        this.edit(name + " begins with " + this.named(units) + ".", "begin", units, name);
      });
    }

    rename(cluster) {
      const { name } = this.present.clusters[cluster];
      const refused = (text) => geoplan.names.refused(this.data, text, this.present, cluster);
      geoplan.dialogs.ask("Rename " + name, name, refused, (text) => this.edit(name + " is called " + text + " now.", "rename", cluster, text));
    }

    dissolve(cluster) {
      const { name } = this.present.clusters[cluster];
      this.open = -1;
      this.edit(name + " is dissolved: its authorities are in no cluster.", "dissolve", cluster);
    }

    undo() {
      const before = this.scored(this.present);
      if (this.history.undo()) this.changed("Undone.", before);
    }

    redo() {
      const before = this.scored(this.present);
      if (this.history.redo()) this.changed("Done again.", before);
    }

    whole(arrangement, said) {
      this.edit(said, "whole", arrangement);
    }

    // ------------------------------------------------------------------ what is kept and shared

    keep(written) {
      const name = written || "Option " + (this.kept.length + 1);
      this.kept = [...this.kept.filter((one) => one.name !== name), { name, arrangement: this.present }];
      byId("keep-name").value = "";
      this.fillKeep();
      this.draw();
      this.address();
      announce("Kept as " + name);
    }

    fillKeep() {
      byId("link").value = geoplan.sharing.fragment(this.data, this.present, this.kept);
      geoplan.dialogs.kept(this.kept, {
        bringBack: (n) => {
          this.whole(this.kept[n].arrangement, this.kept[n].name + " brought back.");
          byId("keep").close();
        },
        letGo: (n) => {
          this.kept = this.kept.filter((_, other) => other !== n);
          this.sides = ["today", "present"];
          this.fillKeep();
          this.draw();
          this.address();
          byId("keep-name").focus();
        },
      });
    }

    takeState(text) {
      this.hold(geoplan.sharing.read(this.data, text));
      byId("keep").close();
    }

    takeCsv(text) {
      this.whole(geoplan.moves.read(this.data, text), "Table brought in.");
      byId("moves").close();
    }

    hold({ present, kept }) {
      this.kept = kept;
      this.sides = ["today", "present"];
      this.whole(present, "State brought in.");
      this.draw();
    }

    /* Opens what the address says. */
    follow() {
      if (!location.hash.startsWith("#s=") || location.hash === this.written) return;
      try {
        this.hold(geoplan.sharing.readFragment(this.data, location.hash));
      } catch (refusal) {
        if (!(refusal instanceof geoplan.Refusal)) throw refusal;
        byId("chosen").textContent = refusal.message;
        announce(refusal.message);
      }
    }

    /* Writes all of it into the address, once there is a moment's rest. */
    address() {
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => {
        this.written = geoplan.sharing.fragment(this.data, this.present, this.kept);
        history.replaceState(null, "", this.written);
      }, ADDRESS_MS);
    }

    // ------------------------------------------------------------------ what is shown

    boards() {
      return this.left ? [this.left, this.right] : [this.right];
    }

    side(key) {
      if (key === "today") return { name: "Today", arrangement: this.today };
      if (key === "present") return { name: "Now", arrangement: this.present };
      const { name, arrangement } = this.kept[Number(key)];
      return { name, arrangement };
    }

    shown(key) {
      const { name, arrangement } = this.side(key);
      const hues = geoplan.coloured(this.data, arrangement.label, arrangement.clusters.length, this.hues);
      return { name, arrangement, hues, found: this.scored(arrangement), chosen: this.chosen, layer: this.layer };
    }

    draw() {
      this.holding(() => this.show());
    }

    show() {
      const now = this.shown("present");
      const [one, two] = this.sides.map((key) => this.shown(key));
      this.right.draw(this.beside ? two : now);
      if (this.left) this.left.draw(one);
      this.list.draw(now);
      geoplan.scoreboard.scores(this.data, this.beside ? [one, two] : [this.shown("today"), now]);
      const broken = geoplan.broken(this.data, this.present, now.found);
      geoplan.scoreboard.broken(broken);
      geoplan.scoreboard.short(this.data, this.scored(this.today), now.found, broken.length);
      geoplan.scoreboard.clusters(this.data, now, (cluster) => this.openCard(cluster));
      this.card(now);
      this.bar();
      this.choices();
      byId("undo").disabled = !this.history.done.length;
      byId("redo").disabled = !this.history.undone.length;
      byId("reset").disabled = !geoplan.stepBetween(this.today, this.present);
    }

    card(now) {
      if (this.open < 0 || this.present.clusters[this.open]?.ended !== false) {
        this.open = -1;
        geoplan.card.hide();
        return;
      }
      geoplan.card.show(this.data, now, this.open, {
        close: (cluster) => {
          this.open = -1;
          geoplan.card.hide();
          byId("open-" + cluster)?.focus();
        },
        chooseAll: (cluster) => this.choose(new Set(this.present.label.flatMap((each, unit) => (each === cluster ? [unit] : [])))),
        rename: (cluster) => this.rename(cluster),
        dissolve: (cluster) => this.dissolve(cluster),
      });
    }

    openCard(cluster) {
      if (cluster < 0) return;
      this.open = cluster;
      const now = this.shown("present");
      this.card(now);
      this.right.zoomTo(now.found.clusters.find((one) => one.cluster === cluster)?.units ?? []);
      byId("card").focus();
      byId("card").scrollIntoView({ block: "nearest" });
    }

    /* The arrangements that each side can show. */
    choices() {
      const all = [["today", "Today"], ["present", "Now"], ...this.kept.map(({ name }, n) => [String(n), name])];
      ["left-side", "right-side"].forEach((id, n) => {
        byId(id).replaceChildren(...all.map(([key, name]) => new Option(name, key)));
        byId(id).value = this.sides[n];
      });
    }

    /* Two maps, or one. */
    split() {
      this.beside = !this.beside;
      byId("shop").classList.toggle("beside", this.beside);
      byId("split").setAttribute("aria-pressed", String(this.beside));
      byId("left").hidden = byId("right-pick").hidden = !this.beside;
      if (this.beside && !this.left) {
        this.left = new geoplan.Board(byId("left-map"), "Map on the left", this.data, (unit) => this.pick(unit));
        geoplan.tied(this.left, this.right);
      }
      this.draw();
      this.right.home();
    }
  }

  Object.assign(geoplan, { Shop });
})((window.geoplan = window.geoplan || {}));
