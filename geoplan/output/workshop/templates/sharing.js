/* All that is on the page as a short text, for its address or a file, and back. */
(function (geoplan) {
  "use strict";

  const VERSION = 1;

  /* What differs from today: new and renamed clusters, those that ended, and who is where. */
  function packed(data, { clusters, label }) {
    const { names, home } = data.today;
    const other = label.flatMap((cluster, unit) => (cluster === home[unit] ? [] : [[unit, cluster]]));
    return {
      new: clusters.slice(names.length).map(({ code, name, ended }) => [code, name, ended ? 1 : 0]),
      renamed: names.flatMap((name, n) => (clusters[n].name === name ? [] : [[n, clusters[n].name]])),
      ended: names.flatMap((_, n) => (clusters[n].ended ? [n] : [])),
      moved: other.flat(),
    };
  }

  /* The arrangement that was packed; throws a sentence where it is none of this page. */
  function unpacked(data, told) {
    const arrangement = geoplan.today(data);
    const { clusters, label } = arrangement;
    const number = (n, most, least = 0) => {
      if (!Number.isInteger(n) || n < least || n >= most) throw new geoplan.Refusal("The state is damaged: nothing was changed.");
      return n;
    };
    const named = (name, own) => {
      if (typeof name !== "string" || geoplan.names.refused(data, name, arrangement, own)) {
        throw new geoplan.Refusal("The state has a name that cannot be: nothing was changed.");
      }
      return name;
    };
    list(told.new).forEach(([code, name, ended]) => {
      if (!/^new-\d{1,6}$/.test(code) || clusters.some((cluster) => cluster.code === code)) number(-1, 0);
      clusters.push({ code, name: named(name, -1), ended: Boolean(ended) });
    });
    list(told.renamed).forEach(([n, name]) => {
      clusters[number(n, data.today.names.length)] = { ...clusters[n], name: named(name, n) };
    });
    list(told.ended).forEach((n) => { clusters[number(n, clusters.length)] = { ...clusters[n], ended: true }; });
    const moved = list(told.moved);
    for (let n = 0; n < moved.length; n += 2) {
      const to = number(moved[n + 1], clusters.length, -1);
      label[number(moved[n], data.count)] = to >= 0 && clusters[to].ended ? number(-1, 0) : to;
    }
    label.forEach((cluster, unit) => { if (cluster >= 0 && clusters[cluster].ended) label[unit] = number(-1, 0); });
    return arrangement;
  }

  function list(told) {
    if (!Array.isArray(told)) throw new geoplan.Refusal("The state is damaged: nothing was changed.");
    return told;
  }

  /* The present arrangement and those kept, as JSON. */
  function written(data, present, kept) {
    const saved = kept.map(({ name, arrangement }) => [name, packed(data, arrangement)]);
    return JSON.stringify({ workshop: VERSION, of: data.fingerprint, present: packed(data, present), kept: saved });
  }

  function read(data, text) {
    const told = parsed(text);
    if (told?.workshop !== VERSION) throw new geoplan.Refusal("This is no state of a workshop page: nothing was changed.");
    if (told.of !== data.fingerprint) {
      throw new geoplan.Refusal("This state belongs to a page of other authorities or another day: nothing was changed.");
    }
    const kept = list(told.kept).map(([name, one]) => ({ name: String(name), arrangement: unpacked(data, one) }));
    return { present: unpacked(data, told.present), kept };
  }

  function parsed(text) {
    try {
      return JSON.parse(text);
    } catch (problem) {
      if (!(problem instanceof SyntaxError)) throw problem;
      throw new geoplan.Refusal("This is no state of a workshop page: nothing was changed.");
    }
  }

  /* The same as the end of an address. */
  function fragment(data, present, kept) {
    const bytes = new TextEncoder().encode(written(data, present, kept));
    const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    return "#s=" + btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  }

  function readFragment(data, text) {
    let bytes;
    try {
      const plain = atob(text.replace(/^#s=/, "").replaceAll("-", "+").replaceAll("_", "/"));
      bytes = Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
    } catch (problem) {
      if (!(problem instanceof DOMException)) throw problem;
      throw new geoplan.Refusal("The link is damaged: nothing was changed.");
    }
    return read(data, new TextDecoder().decode(bytes));
  }

  Object.assign(geoplan, { sharing: { written, read, fragment, readFragment } });
})((window.geoplan = window.geoplan || {}));
