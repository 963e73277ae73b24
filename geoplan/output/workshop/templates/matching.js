/* The matching of rows with columns whose sum is greatest (the Hungarian method, with potentials). */
(function (geoplan) {
  "use strict";

  /* gains[row][column], none below nought; returns the column of each row, -1 where it gains nothing. */
  function matched(gains) {
    const rows = gains.length;
    const columns = rows ? gains[0].length : 0;
    const size = Math.max(rows, columns);
    const cost = (row, column) => (row <= rows && column <= columns ? -gains[row - 1][column - 1] : 0);
    const [ofRow, ofColumn] = [new Float64Array(size + 1), new Float64Array(size + 1)];
    const rowOf = new Int32Array(size + 1);
    for (let row = 1; row <= size; row += 1) augment(row, size, cost, ofRow, ofColumn, rowOf);
    const found = new Int32Array(rows).fill(-1);
    for (let column = 1; column <= columns; column += 1) {
      const row = rowOf[column] - 1;
      if (row < rows && gains[row][column - 1] > 0) found[row] = column - 1;
    }
    return found;
  }

  /* Brings one more row into the matching, along the cheapest path of changes. */
  function augment(row, size, cost, ofRow, ofColumn, rowOf) {
    const least = new Float64Array(size + 1).fill(Infinity);
    const way = new Int32Array(size + 1);
    const seen = new Uint8Array(size + 1);
    let at = 0;
    rowOf[0] = row;
    do {
      seen[at] = 1;
      const here = rowOf[at];
      let [step, next] = [Infinity, 0];
      for (let column = 1; column <= size; column += 1) {
        if (seen[column]) continue;
        const now = cost(here, column) - ofRow[here] - ofColumn[column];
        if (now < least[column]) [least[column], way[column]] = [now, at];
        if (least[column] < step) [step, next] = [least[column], column];
      }
      for (let column = 0; column <= size; column += 1) {
        if (seen[column]) {
          ofRow[rowOf[column]] += step;
          ofColumn[column] -= step;
        } else least[column] -= step;
      }
      at = next;
    } while (rowOf[at]);
    while (at) {
      rowOf[at] = rowOf[way[at]];
      at = way[at];
    }
  }

  Object.assign(geoplan, { matched });
})((window.geoplan = window.geoplan || {}));
