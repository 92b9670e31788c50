// Numbers out of rounds: medians, ranges, ratios within a round, goals. Knows no contender and no unit.

/** The value below which a share `p` (0 to 1) of the sorted values lies. */
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

/** Ratio of one contender to another, or to the best of several, round by round: what the machine did meanwhile cancels out. */
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
 * `or` is another way to reach it. `value` is undefined where a contender it needs did not run.
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

/** Whether a judged goal is reached, in one way or the other; undefined where nothing can be said. */
export function isReached({ met, or }) {
  return met || or?.met || met;
}
