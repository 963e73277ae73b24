/* The constraints of the plan: which an arrangement breaks, in words. */
(function (geoplan) {
  "use strict";

  const listed = (names) => (names.length > 4 ? names.slice(0, 3).join(", ") + " and " + (names.length - 3) + " more" : names.join(", "));

  /* Constraints broken: [{ words, where }], the plan's own first. */
  function broken(data, arrangement, found) {
    const told = data.rules.flatMap((rule) => {
      const where = breaches(data, rule, arrangement, found);
      return where.length ? [{ words: rule.words, where: listed(where) }] : [];
    });
    return [...told, ...counted(data, found), ...whole(data, arrangement, found)];
  }

  function breaches(data, rule, { label, clusters }, found) {
    const name = (cluster) => (cluster < 0 ? "no cluster" : clusters[cluster].name);
    const unit = (n) => data.units.names[n];
    const said = (one) => name(one.cluster) + " has " + one.people.toLocaleString("en-GB", { maximumFractionDigits: 0 });
    const total = (amount) => (typeof amount === "object" ? Object.values(amount).reduce((a, b) => a + b, 0) : amount);
    const passed = ([measure, limit]) => (measure === "self_containment" ? found[measure] < limit : total(found[measure]) > limit);
    const { least_people: least, most_people: most, most_members: members } = rule;
    return [
      ...(rule.broken ? ["it cannot be kept"] : []),
      ...(rule.together || []).filter((set) => new Set(set.map((n) => label[n])).size > 1)
        .map((set) => set.map((n) => unit(n) + " is in " + name(label[n])).join(", ")),
      ...(rule.apart || []).filter(([a, b]) => label[a] >= 0 && label[a] === label[b])
        .map(([a, b]) => unit(a) + " and " + unit(b) + " are both in " + name(label[a])),
      ...(rule.fixed || []).filter(([n, area]) => label[n] !== area).map(([n]) => unit(n) + " is in " + name(label[n])),
      ...(rule.classes ? found.clusters.filter((one) => new Set(one.units.map((n) => rule.classes[n])).size > 1)
        .map((one) => name(one.cluster) + " does not") : []),
      ...(least === undefined ? [] : found.clusters.filter((one) => one.people < least).map(said)),
      ...(most === undefined ? [] : found.clusters.filter((one) => one.people > most).map(said)),
      ...(rule.bounds || []).filter(passed).map(([measure]) => "it is " + total(found[measure]).toLocaleString("en-GB", { maximumFractionDigits: 3 })),
      ...(members === undefined ? [] : found.clusters.filter((one) => one.units.length > members)
        .map((one) => name(one.cluster) + " has " + one.units.length)),
    ];
  }

  /* The number of clusters that the plan asks for. */
  function counted(data, found) {
    if (!data.clusters) return [];
    const [from, to] = data.clusters;
    if (found.areas >= from && found.areas <= to) return [];
    const words = from === to ? from + " clusters" : from + " to " + to + " clusters";
    return [{ words, where: "there are " + found.areas }];
  }

  /* What every arrangement is to keep, plan or none: all in a cluster, each cluster in one piece. */
  function whole(data, { label, clusters }, found) {
    const loose = data.units.names.filter((_, unit) => label[unit] < 0);
    const pieces = found.clusters.filter((one) => one.parts.length > 1);
    const said = pieces.map((one) => clusters[one.cluster].name + " is in " + one.parts.length + " pieces");
    return [
      ...(loose.length ? [{ words: "every authority is in a cluster", where: listed(loose) + (loose.length > 1 ? " are" : " is") + " in none" }] : []),
      ...(pieces.length ? [{ words: "each cluster is in one piece", where: listed(said) }] : []),
    ];
  }

  Object.assign(geoplan, { broken, listed });
})((window.geoplan = window.geoplan || {}));
