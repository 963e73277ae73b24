/* Postcode districts and areas: in which authorities most of their postcodes are. */
(function (geoplan) {
  "use strict";

  const { make, goTo, counted, table } = geoplan.dom;
  const MOST = 6;
  const SMALL = 0.01;
  const OUTLINED = 0.1;

  /* "1:AB120A9;2:…" by postcode area: block in letters, then its count of postcodes. */
  function read(data) {
    const found = new Map();
    Object.entries(data.postcodes).forEach(([area, packed]) => {
      const whole = new Map();
      packed.split(";").forEach((district) => {
        const [rest, counts] = district.split(":");
        const blocks = new Map([...counts.matchAll(/([A-Z]+)(\d+)/g)].map(([, letters, count]) => [number(letters), Number(count)]));
        blocks.forEach((count, block) => whole.set(block, (whole.get(block) || 0) + count));
        found.set(area + rest, place(data, area + rest, "Postcode district", blocks));
      });
      found.set(area, place(data, area, "Postcode area", whole));
    });
    return found;
  }

  function number(letters) {
    return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 65, 0);
  }

  function place(data, name, kind, counts) {
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
    const ranked = [...counts].sort((a, b) => b[1] - a[1]);
    const above = (share) => ranked.filter(([, count]) => count >= share * total).map(([block]) => block);
    const blocks = above(SMALL);
    const lads = new Map();
    ranked.forEach(([block, count]) => {
      const lad = data.blocks[block].lad;
      lads.set(lad, (lads.get(lad) || 0) + count);
    });
    const parts = [...lads].map(([lad, count]) => ({ lad, name: geoplan.authority(data, lad), count, share: count / total }));
    parts.sort((a, b) => b.count - a.count);
    return { name, kind, parts, blocks, main: above(OUTLINED), all: blocks.length === ranked.length };
  }

  /* A whole postcode, with its space, or nothing. */
  function whole(text) {
    const [, outward, inward] = /^([A-Z]{1,2}\d[A-Z\d]?)\s*(\d[A-Z]{2})$/.exec(text.trim().toUpperCase()) || [];
    return outward ? { outward, postcode: outward + " " + inward } : null;
  }

  /* What a typed text can mean: an area, a district, a whole postcode with or without its space. */
  function find(places, text) {
    const typed = text.trim().toUpperCase();
    const one = whole(text);
    if (one) return places.has(one.outward) ? [{ ...places.get(one.outward), postcode: one.postcode }] : [];
    const [, outward] = /^([A-Z]{1,2}\d[A-Z\d]?)\s*\d[A-Z]{0,2}$/.exec(typed) || [];
    const names = [typed, outward].filter((name) => places.has(name));
    const starts = /^[A-Z]{1,2}\d/.test(typed) ? [...places.keys()].filter((name) => name.startsWith(typed)) : [];
    return [...new Set([...names, ...starts])].slice(0, MOST).map((name) => places.get(name));
  }

  /* "most of it in Lancaster" for the list, "Most of LA1 is in Lancaster." for the card. */
  function brief({ parts }) {
    if (parts.length === 1) return "all of it in " + parts[0].name;
    if (parts[0].share > 0.5) return "most of it in " + parts[0].name;
    return "divided; largest part in " + parts[0].name;
  }

  function said({ name, parts }) {
    const [first, second] = parts;
    if (!second) return "All of " + name + " is in " + first.name + ".";
    if (first.share > 0.5) return "Most of " + name + " is in " + first.name + ".";
    return name + " is divided: the largest part is in " + first.name + ", then " + second.name + ".";
  }

  /* What the page can say of a single postcode: all that holds for the whole of its district, and who knows more. */
  function single({ name, parts, blocks, all, postcode }) {
    const more = "geoplan lookup " + (postcode || "POSTCODE") + " knows them.";
    if (!postcode) return "Old postcodes are counted too. This page knows districts, not single postcodes: " + more;
    if (all && blocks.length === 1) return "So is " + postcode + ", if there is such a postcode: this page knows districts, not single postcodes. " + more;
    const where = parts.length > 1 ? "in which authority" : "in which part of " + parts[0].name;
    return "This page cannot say " + where + " " + postcode + " is: it knows that " + name + " is divided, not single postcodes. " + more;
  }

  /* What is said where nothing is found. */
  function nothing(text) {
    const one = whole(text);
    return one ? one.outward + " is no postcode district of this page; geoplan lookup " + one.postcode + " knows single postcodes" : "Nothing found";
  }

  function card(data, where) {
    const rows = where.parts.map((part) => [part.name, geoplan.number(part.count), geoplan.share(part.share)]);
    const go = where.parts.filter((part) => part.share >= SMALL).map((part) =>
      goTo("", part.name, () => geoplan.page.showAuthority(part.lad)));
    const parts = where.all ? "" : " (parts of at least 1%)";
    return [
      make("p.verdict", said(where)),
      table("Where its postcodes are", ["Authority", counted("Postcodes"), counted("Share")], rows),
      make(where.postcode ? "p" : "p.quiet", single(where)),
      table("Where it belongs" + parts, ["Layer", "Area"], geoplan.details.belongs(data, where.blocks)),
      make("div.choices", ...go),
    ];
  }

  Object.assign(geoplan, { postcodes: { read, find, brief, card, nothing } });
})((window.geoplan = window.geoplan || {}));
