/* The measures of an arrangement, defined as geoplan/planning/designing/measuring.py has them. */
(function (geoplan) {
  "use strict";

  // Share from which a piece is the whole of an area.
  const WHOLE = 1 - 1e-9;

  const sum = (numbers) => numbers.reduce((all, n) => all + n, 0);

  /* Units of each cluster that has any: [{ cluster, units }], in the order of the clusters. */
  function groupsOf(label) {
    const groups = new Map();
    label.forEach((cluster, unit) => {
      if (cluster < 0) return;
      if (!groups.has(cluster)) groups.set(cluster, []);
      groups.get(cluster).push(unit);
    });
    return [...groups].sort(([a], [b]) => a - b).map(([cluster, units]) => ({ cluster, units }));
  }

  /* People of a cluster by area of a layer: [{ area, people, counted, cut }], most people first. */
  function piecesOf(layer, units, people) {
    const held = new Map();
    units.forEach((unit) => layer.of[unit].forEach((one) => {
      const piece = held.get(one.area) || { area: one.area, people: 0, counted: 0 };
      piece.people += one.people;
      piece.counted += one.counted;
      held.set(one.area, piece);
    }));
    const pieces = [...held.values()].map((piece) => {
      const cut = piece.people < WHOLE * people && piece.people < WHOLE * layer.whole[piece.area];
      return { ...piece, cut };
    });
    return pieces.sort((a, b) => b.people - a.people || a.area - b.area);
  }

  /* What one cluster adds to the measures, and what is told of it. */
  function clusterOf(data, { cluster, units }, label) {
    const { people, need, residents, jobs } = data.units;
    const total = (of) => sum(units.map((unit) => of[unit]));
    const all = total(people);
    const known = units.every((unit) => need[unit] !== null);
    const inside = sum(units.map((home) => sum(units.map((work) => data.trips[home * data.count + work]))));
    const [living, working] = [total(residents), total(jobs)];
    const layers = data.layers.map((layer) => layerOf(layer, units, piecesOf(layer, units, all), all));
    return {
      cluster, units, layers,
      people: all,
      need: known ? total(need) : null,
      live_and_work: inside,
      residents: living,
      jobs: working,
      supply: living ? inside / living : null,
      demand: working ? inside / working : null,
      weakest: inside / Math.max(living, working, 1e-12),
      ...contiguity(data, units, (unit) => label[unit] === cluster),
    };
  }

  function layerOf(layer, units, pieces, people) {
    const partners = pieces.filter((piece) => piece.people > 0).length;
    return {
      pieces,
      partners,
      // A layer says nothing of clusters in countries that it does not reach, nor may a file of who it leaves out.
      spoken: units.some((unit) => layer.reaches[unit]) && (partners > 0 || !layer.may_leave_out),
      cut: sum(pieces.filter((piece) => piece.cut).map((piece) => piece.counted)),
      none: Math.max(0, people - sum(pieces.map((piece) => piece.people))),
    };
  }

  /* Parts of a cluster that neither borders nor crossings join, and crossings without which it would fall apart. */
  function contiguity(data, units, inside) {
    const parts = partsOf(data, units, inside, () => true);
    const dry = partsOf(data, units, inside, (link) => !link.crossing);
    const part = new Map(dry.flatMap((members, n) => members.map((unit) => [unit, n])));
    const joins = (link) => link.crossing && inside(link.one) && inside(link.two) && part.get(link.one) !== part.get(link.two);
    const crossings = dry.length > 1 ? [...new Set(data.links.filter(joins).map((link) => link.crossing))] : [];
    return { parts, crossings };
  }

  function partsOf(data, units, inside, counts) {
    const seen = new Set();
    return units.filter((unit) => !seen.has(unit)).flatMap((first) => {
      if (seen.has(first)) return [];
      const part = [first];
      seen.add(first);
      for (let n = 0; n < part.length; n += 1) {
        data.beside[part[n]].filter((link) => counts(link) && inside(link.unit) && !seen.has(link.unit)).forEach((link) => {
          seen.add(link.unit);
          part.push(link.unit);
        });
      }
      return [part];
    });
  }

  /* Standard deviation (of all, not of a sample) over the mean. */
  function variation(amounts) {
    const mean = sum(amounts) / amounts.length;
    return Math.sqrt(sum(amounts.map((amount) => (amount - mean) ** 2)) / amounts.length) / mean;
  }

  /* Those counted who are in another area than today, clusters matched with today's areas so that most keep theirs. */
  function change(data, clusters) {
    const { home, kept, matching, codes, all } = data.today;
    const gains = clusters.map(({ units }) => {
      const row = new Array(codes.length).fill(0);
      units.filter((unit) => home[unit] >= 0).forEach((unit) => { row[home[unit]] += matching[unit]; });
      return row;
    });
    const place = geoplan.matched(gains);
    const stays = (units, area) => sum(units.filter((unit) => home[unit] === area).map((unit) => kept[unit]));
    return all - sum(clusters.map(({ units }, n) => (place[n] >= 0 ? stays(units, place[n]) : 0)));
  }

  function borderKm(data, label) {
    const between = ({ one, two }) => label[one] < 0 || label[one] !== label[two];
    return sum(data.links.filter(between).map((link) => link.km));
  }

  function meanPartners(each) {
    const spoken = each.filter((one) => one.spoken);
    return spoken.length ? sum(spoken.map((one) => one.partners)) / spoken.length : null;
  }

  /* All measures of an arrangement: label[unit] is the number of its cluster, -1 for none. */
  function measured(data, label) {
    const clusters = groupsOf(label).map((group) => clusterOf(data, group, label));
    const amounts = (of) => clusters.map((one) => one[of]);
    const { people } = data.units;
    const needs = amounts("need");
    const loose = people.filter((_, unit) => label[unit] < 0);
    const byLayer = (told) => Object.fromEntries(data.layers.map((layer, n) => [layer.key, told(clusters.map((one) => one.layers[n]))]));
    return {
      clusters,
      areas: clusters.length,
      cut_people: byLayer((each) => sum(each.map((one) => one.cut))),
      partners: byLayer(meanPartners),
      self_containment: sum(amounts("live_and_work")) / sum(data.units.residents),
      weakest_containment: sum(clusters.map((one) => one.weakest * one.people)) / sum(amounts("people")),
      balance: variation(amounts("people")),
      need_balance: needs.includes(null) ? null : variation(needs),
      least: Math.min(...amounts("people")),
      most: Math.max(...amounts("people")),
      change: change(data, clusters),
      border_km: borderKm(data, label),
      in_pieces: clusters.filter((one) => one.parts.length > 1).length,
      no_cluster: sum(loose),
      loose: loose.length,
    };
  }

  /* Where the residents of a cluster work, and where its workers live, in other clusters: [{ cluster, there, back }]. */
  function leaks(data, label, cluster) {
    const found = new Map();
    for (let home = 0; home < data.count; home += 1) {
      for (let work = 0; work < data.count; work += 1) {
        const [from, to] = [label[home], label[work]];
        if (from === to || (from !== cluster && to !== cluster)) continue;
        const other = from === cluster ? to : from;
        if (!found.has(other)) found.set(other, { cluster: other, there: 0, back: 0 });
        found.get(other)[from === cluster ? "there" : "back"] += data.trips[home * data.count + work];
      }
    }
    return [...found.values()].sort((a, b) => b.there + b.back - a.there - a.back);
  }

  Object.assign(geoplan, { scores: { measured, leaks, groupsOf } });
})((window.geoplan = window.geoplan || {}));
