/* An arrangement of units in clusters, the steps that change it, and their undoing. */
(function (geoplan) {
  "use strict";

  // Steps that can be undone; older ones are let go, so that a long day costs no more memory.
  const MOST_STEPS = 500;

  /* Today's arrangement: clusters keep their place in the list for good, new ones follow. */
  function today(data) {
    const { codes, names, home } = data.today;
    return { clusters: codes.map((code, n) => ({ code, name: names[n], ended: false })), label: [...home] };
  }

  /* The step from one arrangement to another: what differs, before and after. */
  function stepBetween(before, after) {
    const label = after.label.flatMap((cluster, unit) => (cluster === before.label[unit] ? [] : [[unit, before.label[unit], cluster]]));
    const most = Math.max(before.clusters.length, after.clusters.length);
    const clusters = [];
    for (let n = 0; n < most; n += 1) {
      const [one, two] = [before.clusters[n] ?? null, after.clusters[n] ?? null];
      if (!same(one, two)) clusters.push([n, one, two]);
    }
    return label.length || clusters.length ? { label, clusters } : null;
  }

  function same(one, two) {
    return one === two || (one && two && one.code === two.code && one.name === two.name && one.ended === two.ended);
  }

  /* The arrangement after a step, or (side 1) before it; the one given stays as it is. */
  function applied(arrangement, step, side) {
    const [label, clusters] = [[...arrangement.label], [...arrangement.clusters]];
    step.label.forEach((change) => { label[change[0]] = change[side]; });
    step.clusters.forEach((change) => {
      if (change[side]) clusters[change[0]] = change[side];
    });
    const gone = step.clusters.filter((change) => !change[side]).map((change) => change[0]);
    if (gone.length) clusters.length = Math.min(clusters.length, ...gone);
    return { clusters, label };
  }

  const edits = {
    move: ({ clusters, label }, units, to) => ({ clusters, label: relabelled(label, units, to) }),
    begin: ({ clusters, label }, units, name) => {
      const code = freeCode(clusters);
      return { clusters: [...clusters, { code, name, ended: false }], label: relabelled(label, units, clusters.length) };
    },
    rename: ({ clusters, label }, n, name) => ({ clusters: replaced(clusters, n, { ...clusters[n], name }), label }),
    dissolve: ({ clusters, label }, n) => ({
      clusters: replaced(clusters, n, { ...clusters[n], ended: true }),
      label: label.map((cluster) => (cluster === n ? -1 : cluster)),
    }),
    whole: (_, other) => other,
  };

  function relabelled(label, units, to) {
    const moved = new Set(units);
    return label.map((cluster, unit) => (moved.has(unit) ? to : cluster));
  }

  function replaced(clusters, n, cluster) {
    return clusters.map((each, at) => (at === n ? cluster : each));
  }

  function freeCode(clusters) {
    const taken = new Set(clusters.map((cluster) => cluster.code));
    let n = 1;
    while (taken.has("new-" + n)) n += 1;
    return "new-" + n;
  }

  /* The present arrangement, and the steps that led to it. */
  class History {
    constructor(arrangement) {
      this.present = arrangement;
      this.done = [];
      this.undone = [];
    }

    /* Makes an edit; false where it changes nothing. */
    take(edit, ...how) {
      const step = stepBetween(this.present, edits[edit](this.present, ...how));
      if (!step) return false;
      this.present = applied(this.present, step, 2);
      this.done.push(step);
      if (this.done.length > MOST_STEPS) this.done.shift();
      this.undone = [];
      return true;
    }

    undo() {
      return this.go(this.done, this.undone, 1);
    }

    redo() {
      return this.go(this.undone, this.done, 2);
    }

    go(from, to, side) {
      const step = from.pop();
      if (!step) return false;
      this.present = applied(this.present, step, side);
      to.push(step);
      return true;
    }
  }

  Object.assign(geoplan, { today, stepBetween, edits, History });
})((window.geoplan = window.geoplan || {}));
