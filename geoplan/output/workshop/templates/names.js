/* Names of clusters: read as geoplan reads them, so that a table of changes means the same there. */
(function (geoplan) {
  "use strict";

  const LONGEST = 80;

  function plainWriting(name) {
    const text = name.normalize("NFKD").replace(/\p{M}/gu, "").replace(/['`‘’ʼ´]/g, "");
    return text.toLowerCase().replace(/&/g, " and ").replace(/[\s\-_‐-―−]+/g, " ").trim();
  }

  /* Without punctuation and the words that say what kind of council it is. */
  function plainName(data, name) {
    const text = plainWriting(name).replace(/[^\p{L}\p{N}_]+/gu, " ").replace(/\bsaint\b/g, "st");
    const words = text.split(" ").filter((word) => word && !data.kinds_of_council.includes(word));
    while (words.at(-1) === "and") words.pop();
    while (words[0] === "and") words.shift();
    return words.join(" ") || plainWriting(name);
  }

  /* Positions of what a code or name means among names with codes. */
  function meant(data, written, codes, names) {
    const plain = written.trim().toUpperCase();
    const all = (alike) => names.map((_, n) => n).filter(alike);
    const byCode = all((n) => codes[n].toUpperCase() === plain);
    if (byCode.length) return byCode;
    const byWriting = all((n) => plainWriting(names[n]) === plainWriting(written));
    return byWriting.length ? byWriting : all((n) => plainName(data, names[n]) === plainName(data, written));
  }

  /* Why a cluster cannot be called so, in a sentence; empty where it can. */
  function refused(data, written, { clusters }, own = -1) {
    const name = written.trim();
    if (!name) return "Give it a name.";
    if (name.length > LONGEST) return "A name has at most " + LONGEST + " letters.";
    if (!/^[\p{L}\p{N}]/u.test(name)) return "A name begins with a letter or a figure.";
    if (/[;\p{C}]/u.test(name)) return "A name has no semicolon: it stands between names in tables.";
    const codes = [...data.today.codes, ...clusters.map((cluster) => cluster.code)];
    const names = [...data.today.names, ...clusters.map((cluster) => cluster.name)];
    // A name of today stays with its area, also where that has ended or is called otherwise by now.
    const places = [...data.today.codes.map((_, n) => n), ...clusters.map((_, n) => n)];
    const taken = meant(data, name, codes, names).filter((n) => places[n] !== own);
    return taken.length ? "There is an area called " + names[taken[0]] + " already." : "";
  }

  Object.assign(geoplan, { names: { meant, refused } });
})((window.geoplan = window.geoplan || {}));
