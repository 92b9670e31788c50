// Computes medians, ranges, ratios within a round, and goals from the figures of rounds. It does not know contenders and units.

/** Returns the value below which the share `p` (0 to 1) of the sorted values lies. */
export function percentile(sorted, p) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))];
}

export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1), rounds: values };
}

const best = (metric, values) => (metric.better === 'higher' ? Math.max(...values) : Math.min(...values));

/** Returns the ratio of one contender to another, or to the best of several, round by round, so that other load of the machine cancels out. */
export function ratio(question, measured, metricName, of, over) {
  const ours = measured[of]?.[metricName]?.rounds;
  const others = over.map((name) => measured[name]?.[metricName]?.rounds).filter((rounds) => rounds !== undefined);
  if (ours === undefined || others.length === 0) return undefined;
  return summary(
    ours.map(
      (value, round) =>
        value /
        best(
          question.metrics[metricName],
          others.map((rounds) => rounds[round]),
        ),
    ),
  );
}

/**
 * Judges the goals of a question. A goal with `ifMeasured` compares with a peer that takes part only where its folder is given: it is left out where
 * this peer was not measured.
 */
export function judgeAll(question, measured) {
  return question.goals
    .map((goal) => judge(question, measured, { of: question.of, ...goal }))
    .filter(({ ifMeasured, value }) => !ifMeasured || value !== undefined);
}

/**
 * A goal bounds a figure (`over` absent) or a ratio: `{ text, metric, of, over: [names], atLeast | atMost }`.
 * `or` is another way to reach the goal. `value` is undefined if a contender of the goal did not run.
 */
export function judge(question, measured, goal) {
  const { or } = goal;
  if (or !== undefined) return { ...judgeOne(question, measured, goal), or: judgeOne(question, measured, { of: goal.of, ...or }) };
  return judgeOne(question, measured, goal);
}

function judgeOne(question, measured, goal) {
  const value = goal.over === undefined ? measured[goal.of]?.[goal.metric] : ratio(question, measured, goal.metric, goal.of, goal.over);
  const met = value && (goal.atLeast === undefined ? value.median <= goal.atMost : value.median >= goal.atLeast);
  return { ...goal, value, met };
}

/** Returns true if a judged goal is reached in one of its ways, undefined if it was not measured. */
export function isReached({ met, or }) {
  return met || or?.met || met;
}

/** Returns the slope of the least-squares line through the points `[x, y]`. 0 for fewer than two. */
export function slopeOf(points) {
  const mean = (at) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
}
