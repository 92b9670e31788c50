// Writes two pages: docs/performance.md, when parallel work pays, how cost grows, and advice; docs/benchmarks.md, the goals, the stages of one task, the
// measurement, and all results. It has the order and the sentences of the pages; all figures come from the results.
import { LINES } from '../harness/budget.mjs';
import { extremes, figure, gain } from '../harness/format.mjs';
import { isReached } from '../harness/statistics.mjs';
import { nameOf, titleOf } from '../harness/variant.mjs';
import { filled, limitOf } from './limits.mjs';
import { ranged, tableOf, withUnit } from './markdown.mjs';

/** Results with a section of their own. */
const OWN_SECTION = new Set(['stages', 'worth']);
/** The order of the sections. Other questions come last. */
const ORDER = [
  'submit-threads',
  'submit-processes',
  'map-threads',
  'map-processes',
  'python-methods',
  'latency-threads',
  'latency-threads-full',
  'latency-processes',
  'bursts-threads',
  'bursts-processes',
  'arrival',
  'arrival-full',
  'bimodal',
  'cpu',
  'objects-threads',
  'objects-processes',
  'buffers-threads',
  'buffers-processes',
  'typed-arrays',
  'memory',
  'idle',
  'timers',
  'startup-threads',
  'startup-processes',
  'import',
  'queue-depth',
  'facades',
  'many-facades',
  'losses',
  'call-options',
];

/** For users: is it worth it, and what can be done. */
export function performancePage(results, { introduction, advice }) {
  return page('Is it worth it, and tuning', [
    introduction,
    worth(results.get('worth')),
    growth(results.get('queue-depth')),
    `## What you can do\n\n${advice}`,
  ]);
}

/** For the curious: every figure, and how it was measured. */
export function benchmarksPage(results, limits, { introduction }) {
  const all = [...results.values()];
  const ordered = [...ORDER, ...all.map(({ question }) => question)]
    .filter((name, at, names) => names.indexOf(name) === at && !OWN_SECTION.has(name))
    .flatMap((name) => all.filter(({ question }) => question === name));
  return page('Benchmarks', [
    introduction,
    goals(ordered, limits, results),
    stages(results.get('stages')),
    obtained([...ordered, ...[...OWN_SECTION].filter((name) => results.has(name)).map((name) => results.get(name))]),
    ['## Every result', ...ordered.map(inFull)].join('\n\n'),
  ]);
}

function page(title, sections) {
  return [`# ${title}\n`, '<!-- Written by `npm run bench:report` from bench/results and bench/report: change those. -->\n', ...sections]
    .filter((section) => section !== undefined)
    .map((section) => `${section.trimEnd()}\n`)
    .join('\n');
}

function goals(ordered, limits, results) {
  const rows = ordered.flatMap((result) =>
    result.goals.map((goal) => {
      const said = isReached(goal) === false ? limitOf(limits, result, goal) : undefined;
      return [
        `[${titleOf(result)}](#${anchorOf(result)})`,
        goal.or === undefined ? escaped(goal.text) : `${escaped(goal.text)}, or ${escaped(goal.or.text)}`,
        goal.or === undefined ? measuredOf(result, goal) : `${measuredOf(result, goal)}; ${measuredOf(result, goal.or)}`,
        { true: 'yes', false: '**no**' }[isReached(goal)] ?? 'not measured yet',
        said === undefined ? '' : filled(said, results, result),
      ];
    }),
  );
  const judged = ordered.flatMap((result) => result.goals).filter((goal) => isReached(goal) !== undefined);
  const reached = judged.filter(isReached).length;
  return [
    '## Goals\n',
    `The goals were set before the work on them began, for 2 workers; ${reached} of ${judged.length} are reached. A figure with × is the ratio to the contender in the goal: the`,
    'median of the ratios within each round, then the least and the most. "The fastest peer" is the peer that was fastest in that round. A negative growth of',
    'memory means that the resident set was smaller at the end than at the start.\n',
    tableOf(['question', 'goal', 'measured', 'reached', 'what limits it'], rows),
  ].join('\n');
}

/** A ratio, or a figure with its unit. */
function measuredOf(result, { metric, over, value }) {
  if (value === undefined) return '';
  const { unit } = result.metrics[metric];
  return over === undefined && unit !== 'x' ? `${ranged(value)} ${unit}` : ranged(value).replace(' (', ' × (');
}

function stages(result) {
  if (result === undefined) return undefined;
  const kinds = Object.entries(result.measured);
  const rows = Object.entries(result.metrics).map(([metric, { label, unit }]) => [
    label,
    ...kinds.map(([, metrics]) => `${figure(metrics[metric].median)} ${unit}`),
  ]);
  const beyond = [
    '**twinpool minus the bare loop over the same transport**',
    ...kinds.map(([, metrics]) => `**${figure(ownShare(metrics))} µs**`),
  ];
  return [
    '## Where the time of one task goes\n',
    'One trivial task at a time, from `submit` to the line after its `await`. The stages end when the task begins, when its done-callback runs, and when',
    'the program continues. All times are read outside of twinpool, on the clock that the threads and processes of a machine share. Below are the same',
    'stages in bare loops without a pool: a `postMessage` to a thread that sleeps on shared memory, a frame on a pipe to a process that reads it blocking',
    '(the transports of twinpool), and the event loop on both sides (`postMessage`; `fork` and its IPC channel).\n',
    'The difference between twinpool and the bare loop over the same transport can be negative. The bare worker sleeps after each message, and so does the',
    'program: each message waits for a wake-up by the operating system. A worker of twinpool looks for its next task for up to 0.1 ms before it sleeps, and',
    'the program looks for the answer for up to 0.03 ms (threads) or 0.2 ms (processes), so neither side waits for a wake-up. What is left is the own work of',
    'twinpool: choosing a worker, making and reading messages, calling the task, settling its future. Tasks that come more than 0.1 ms apart have no such',
    'advantage.\n',
    picture(result),
    tableOf(['', ...kinds.map(([kind]) => kind)], [...rows.slice(0, 8), beyond, ...rows.slice(8)]),
    'With many tasks at once, a message carries many tasks, so each task costs much less: see the last lines of the table.',
  ].join('\n');
}

function ownShare(metrics) {
  const [[, ours], [, bare]] = LINES;
  return totalOf(metrics, ours) - totalOf(metrics, bare);
}

function totalOf(metrics, parts) {
  return parts.reduce((total, part) => total + metrics[part].median, 0);
}

function worth(result) {
  if (result === undefined) return undefined;
  const cells = Object.keys(result.metrics).map((metric) => metric.split('/'));
  const rows = [...new Set(cells.map(([row]) => row))];
  const columns = [...new Set(cells.map(([, column]) => column))];
  const label = (row, column) => result.metrics[`${row}/${column}`].label.split(/, (.*)/);
  const tables = Object.entries(result.measured).map(([kind, metrics]) => {
    const lines = rows.map((row) => [label(row, columns[0])[0], ...columns.map((column) => cell(metrics[`${row}/${column}`].median))]);
    return `${kind}:\n\n${tableOf(['a task takes', ...columns.map((column) => label(rows[0], column)[1])], lines)}`;
  });
  return [
    '## When parallel work does not pay\n',
    `The speed-up of \`map\` with 2 workers over a plain loop in the same program, by the run time of a task and by the data that it gets and returns.`,
    'Below 1 the loop is faster: running a task of a few microseconds costs less than sending it, and copying data in both directions must cost much',
    'less than the work on it. More workers raise figures above 1, up to the number of workers. They do not help where the figure is below 1.\n',
    ...tables,
    picture(result),
    'Where the figure is below 1: send less (a path, a range, an id), do more in one task, move or share buffers between threads, or keep the loop.',
  ].join('\n');
}

const cell = (ratio) => (ratio >= 1.05 ? `**${gain(ratio)}**` : gain(ratio));

function growth(result) {
  if (result === undefined) return undefined;
  const depths = Object.keys(result.metrics).filter((metric) => metric.startsWith('at'));
  const rows = Object.entries(result.measured).map(([name, metrics]) => [
    name,
    ...depths.map((depth) => (metrics[depth] === undefined ? '' : `${figure(metrics[depth].median)} µs`)),
    metrics.spread === undefined ? '' : `${ranged(metrics.spread)} ×`,
    metrics.cancel === undefined ? '' : `${figure(metrics.cancel.median)} µs`,
  ]);
  return [
    '## How cost grows\n',
    'The cost of one task, from `submit` to its result, by the number of tasks that are submitted at once; and the cost to cancel one of 100 000 waiting',
    'tasks, in random order.\n',
    tableOf(['', ...depths.map((depth) => result.metrics[depth].label.replace(', each', '')), 'most : least expensive', 'a cancel'], rows),
  ].join('\n');
}

/** The machine, the versions and the settings, once if they are the same for all results. */
function obtained(all) {
  if (all.length === 0) return undefined;
  const machines = new Set(
    all.map(({ machine: { cpu, cores, memoryGiB, system } }) => `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}`),
  );
  const versions = new Map();
  for (const result of all) {
    for (const [name, version] of Object.entries(result.versions)) versions.set(name, (versions.get(name) ?? new Set()).add(version));
  }
  const settings = all.at(-1).settings;
  const rows = all.map(({ date, rounds, seconds, machine, ...result }) => [
    titleOf(result),
    date.replace('T', ' ').slice(0, 16),
    String(rounds),
    seconds === undefined ? '' : `${seconds} s`,
    machine.load.join(' → '),
  ]);
  return [
    '## How this was measured\n',
    `- Machine: ${[...machines].join('; ')}.`,
    `- Versions: ${[...versions].map(([name, found]) => `${name} ${[...found].join(' and ')}`).join(', ')}.`,
    `- Settings: ${Object.entries(settings)
      .map(([name, given]) => `${name} \`${JSON.stringify(given)}\``)
      .join(', ')}; [why](../bench/README.md#settings-of-the-contenders).`,
    '- Every contender runs in its own process. All are open at the same time and measure in turn. The first round warms up. Figures are medians of the rounds.',
    '- A rate is measured for at least half a second. A slow contender gets fewer tasks if its rate does not depend on their number; its name then says so,',
    '  or the figure is missing.\n',
    tableOf(['question', 'date (UTC)', 'rounds', 'took', 'load before → after'], rows),
  ].join('\n');
}

function inFull(result) {
  const failures = Object.entries(result.failed).map(([name, reason]) => `- left out: ${name}: ${reason.split('\n')[0]}`);
  const tables = Object.entries(result.metrics).map(([metric, { label, unit, better }]) => {
    const ratios = result.ratios[metric];
    const rows = Object.entries(result.measured)
      .filter(([, metrics]) => metrics[metric] !== undefined)
      .map(([name, metrics]) => {
        const summary = metrics[metric];
        const ratio = name === result.of ? undefined : ratios?.[name];
        return [
          name,
          withUnit(summary.median, unit),
          extremes(summary, unit, '–'),
          ...(ratios === undefined ? [] : [ratio === undefined ? '' : ranged(ratio)]),
        ];
      });
    const head = [`${label} (${better} is better)`, 'median', 'range', ...(ratios === undefined ? [] : [`${result.of} : it`])];
    return tableOf(head, rows);
  });
  return [`### ${titleOf(result)}\n`, `${sentence(result.asks)}\n`, ...tables, picture(result), ...failures].join('\n').trimEnd();
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
const escaped = (text) =>
  text
    .replaceAll('<=', '≤')
    .replaceAll('>=', '≥')
    .replace(/ x( |$)/g, ' ×$1');
const picture = (result) => `![${result.asks.replaceAll('`', '')}](../bench/results/${nameOf(result)}.svg)\n`;
/** The anchor that the heading of a result has on the page. */
const anchorOf = (result) => titleOf(result).toLowerCase().replaceAll(',', '').replaceAll(' ', '-');
