// Writes the result of a question as text for a terminal.
import { extremes, quantity, range } from './format.mjs';
import { isReached } from './statistics.mjs';
import { titleOf } from './variant.mjs';

export function table(result) {
  const verdicts = result.goals.map((goal) => {
    const line = ({ text, value }) => `${text}${value === undefined ? '' : `: ${range(value)}`}`;
    return `  ${verdict(isReached(goal))}  ${line(goal)}${goal.or === undefined ? '' : `, or ${line(goal.or)}`}`;
  });
  const failures = Object.entries(result.failed).map(
    ([name, reason]) => `  left out: ${name}: ${reason.split('\n').slice(0, 3).join(' | ')}`,
  );
  return [
    `${titleOf(result)}: ${result.asks}`,
    ...(result.picture === undefined ? Object.keys(result.metrics).flatMap((metric) => panel(result, metric)) : ['', ...grid(result)]),
    '',
    ...verdicts,
    ...failures,
  ].join('\n');
}

function verdict(met) {
  if (met === undefined) return 'no value';
  return met ? 'met     ' : 'NOT MET ';
}

function panel(result, metric) {
  const { label, unit, better } = result.metrics[metric];
  const ratios = result.ratios[metric];
  const rows = Object.entries(result.measured)
    .filter(([, metrics]) => metrics[metric] !== undefined)
    .map(([name, metrics]) => {
      const summary = metrics[metric];
      const ratio = name === result.of ? undefined : ratios?.[name];
      return [`  ${name}`, quantity(summary.median, unit), extremes(summary, unit), ratio === undefined ? '' : range(ratio)];
    });
  const head = [`  ${label} (${better} is better)`, 'median', 'range', ratios === undefined ? '' : `${result.of} : it`];
  return rows.length === 0 ? [] : ['', ...columns([head, ...rows])];
}

/** One line per metric and one column per contender, for questions with many metrics and few contenders. */
function grid({ metrics, measured }) {
  const names = Object.keys(measured);
  const rows = Object.entries(metrics).map(([metric, { label, unit }]) => [
    `  ${label} (${unit})`,
    ...names.map((name) => (measured[name][metric] === undefined ? '' : range(measured[name][metric]))),
  ]);
  return columns([['', ...names], ...rows]);
}

/** Aligns the first column to the left and the others to the right. */
function columns(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column] + 2)))
      .join('')
      .trimEnd(),
  );
}
