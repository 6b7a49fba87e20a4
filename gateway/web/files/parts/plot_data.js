// What a plot draws, from the columns of one answer of the history: where the line breaks, what is greyed, and what a table says.

const EDGE = 0.5; // share of good time below which a point counts as doubtful

export const isNumbers = (series) => series.type === "number";

/** For numbers: `[t, min, max, mean, doubtful]`, with null in every gap, so that no line runs over what nobody saw. */
export function lines(series, end) {
  const { t, min, max, mean, quality = [], gaps = [] } = series;
  const columns = [[], [], [], [], []];
  const push = (at, row) => { columns[0].push(at); row.forEach((one, index) => columns[index + 1].push(one)); };
  let next = 0;
  t.forEach((at, index) => {
    while (next < gaps.length && gaps[next][0] < at) {
      const inside = columns[0].length && gaps[next][0] <= columns[0].at(-1) ? columns[0].at(-1) + 1e-3 : gaps[next][0];
      push(inside, [null, null, null, null]);
      next += 1;
    }
    const doubtful = quality[index] !== null && quality[index] !== undefined && quality[index] < EDGE;
    push(at, [min[index], max[index], mean[index], doubtful ? mean[index] : null]);
  });
  const last = columns[0].length - 1;
  const isOpen = last >= 0 && columns[3][last] !== null && !gaps.some(([, to]) => to > columns[0][last]);
  if (series.step === null && isOpen && end > columns[0][last]) push(end, columns.slice(1).map((column) => column[last])); // it still is so
  return columns;
}

/** For on/off and states: stretches `{from, to, state}` with `state` null in gaps; on/off of a window as the share of it that was on. */
export function bands(series, end) {
  const { t, gaps = [] } = series;
  const at = (index) => (series.state ? series.state[index] : series.mean[index]);
  const found = [];
  t.forEach((from, index) => {
    const to = index + 1 < t.length ? t[index + 1] : Math.max(from, end);
    const state = at(index);
    const before = found.at(-1);
    if (before && before.state === state && before.to === from) before.to = to; else found.push({ from, to, state });
  });
  return cut(found.filter((one) => one.state !== null && one.state !== undefined), gaps);
}

function cut(found, gaps) {
  let rest = found;
  for (const [from, to] of gaps) {
    rest = rest.flatMap((one) => (one.to <= from || one.from >= to ? [one]
      : [{ ...one, to: from }, { ...one, from: to }].filter((part) => part.to > part.from)));
  }
  return rest;
}

/** `{low, mean, high, last, gaps_s, unusual}` of what was seen; null where nothing was. */
export function sums(series, end) {
  const seen = series.t.map((_, index) => index).filter((index) => (series.state ?? series.mean)[index] !== null);
  if (!seen.length) return null;
  const gaps = (series.gaps ?? []).reduce((sum, [from, to]) => sum + to - from, 0);
  const count = (series.unusual ?? []).length;
  if (!isNumbers(series)) return { shares: shares(series, end), gaps, unusual: count };
  const length = (index) => Math.max(1e-9, (series.t[index + 1] ?? end) - series.t[index]);
  const whole = seen.reduce((sum, index) => sum + length(index), 0);
  return {
    low: Math.min(...seen.map((index) => series.min[index])), high: Math.max(...seen.map((index) => series.max[index])),
    mean: seen.reduce((sum, index) => sum + series.mean[index] * length(index), 0) / whole, last: series.mean[seen.at(-1)], gaps, unusual: count,
  };
}

/** Seconds in each state, by its number in `states` (0 and 1 for on/off). */
export function shares(series, end) {
  const found = new Map();
  for (const { from, to, state } of bands(series, end)) {
    if (series.state) found.set(state, (found.get(state) ?? 0) + to - from);
    else { found.set(1, (found.get(1) ?? 0) + (to - from) * state); found.set(0, (found.get(0) ?? 0) + (to - from) * (1 - state)); }
  }
  return found;
}

/** Whether it was on or off for the whole of a point: else it changed within. */
export const isWhole = (state) => state === 0 || state === 1;
