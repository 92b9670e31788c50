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
