// docs/performance.md as text: what was reached, how it was measured, where the time goes, when it does not pay, how cost grows, what to do
// about it, and every result in full. Decides the order and the words between the figures; all figures come from the results.
import { LINES } from '../harness/budget.mjs';
import { figure, gain } from '../harness/format.mjs';
import { isReached } from '../harness/statistics.mjs';
import { filled, ranged, tableOf, withUnit } from './markdown.mjs';

/** Results with a section of their own. */
const OWN_SECTION = new Set(['stages', 'worth']);
/** The order in which people ask; what is not named here comes last. */
const ORDER = [
  'submit-threads',
  'submit-processes',
  'map-threads',
  'map-processes',
  'python-methods',
  'latency-threads',
  'latency-processes',
  'arrival',
  'bimodal',
  'cpu',
  'objects-threads',
  'objects-processes',
  'buffers-threads',
  'buffers-processes',
  'typed-arrays',
  'memory',
  'startup-threads',
  'startup-processes',
  'import',
  'queue-depth',
  'facades',
];

export function page(results, limits, { introduction, advice }) {
  const ordered = [...ORDER, ...results.keys()]
    .filter((name, at, all) => all.indexOf(name) === at && results.has(name) && !OWN_SECTION.has(name))
    .map((name) => results.get(name));
  return [
    '# Performance\n',
    '<!-- Written by `npm run bench:report` from bench/results and bench/report: change those. -->\n',
    introduction,
    goals(ordered, limits, results),
    stages(results.get('stages')),
    worth(results.get('worth')),
    growth(results.get('queue-depth')),
    `## What you can do\n\n${advice}`,
    obtained([...ordered, ...[...OWN_SECTION].filter((name) => results.has(name)).map((name) => results.get(name))]),
    ['## Every result', ...ordered.map(inFull)].join('\n\n'),
  ]
    .filter((section) => section !== undefined)
    .map((section) => `${section.trimEnd()}\n`)
    .join('\n');
}

function goals(ordered, limits, results) {
  const rows = ordered.flatMap((result) =>
    result.goals.map((goal) => {
      const said = isReached(goal) === false ? limits[result.question]?.[goal.text] : undefined;
      return [
        `[${result.question}](#${result.question})`,
        goal.or === undefined ? escaped(goal.text) : `${escaped(goal.text)}, or ${escaped(goal.or.text)}`,
        goal.or === undefined ? measuredOf(result, goal) : `${measuredOf(result, goal)}; ${measuredOf(result, goal.or)}`,
        { true: 'yes', false: '**no**' }[isReached(goal)] ?? 'not measured',
        said === undefined ? '' : filled(said, results),
      ];
    }),
  );
  const judged = ordered.flatMap((result) => result.goals).filter((goal) => isReached(goal) !== undefined);
  const reached = judged.filter(isReached).length;
  return [
    '## What was aimed at\n',
    `Set before it was built, for 2 workers; ${reached} of ${judged.length} are reached. A figure with × is the ratio to the contender that the goal names, taken`,
    'within a round, the median of the rounds, then the least and the most. "The fastest peer" is whichever was fastest in that round.\n',
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
    '**ours beyond the bare loop over the same transport**',
    ...kinds.map(([, metrics]) => `**${figure(ownShare(metrics))} µs**`),
  ];
  return [
    '## Where the time of one task goes\n',
    'One trivial task at a time, from `submit` to the line after its `await`, by the moments at which the task began, its done-callback ran and the',
    'program went on; all read from outside on the clock that threads and processes of a machine share. Beneath it, the same moments in bare',
    'loops: a `postMessage` to a thread that sleeps on shared memory, a frame on a pipe to a process that reads it blocking (the transports that',
    'ours use), and the event loop on both sides (`postMessage`, `fork` and its IPC channel). What ours takes beyond the bare loop over the same',
    'transport is its own: finding the task its worker, making and reading the messages, calling it, settling its future.\n',
    picture(result),
    '```text',
    ...kinds.flatMap(([kind, metrics]) => drawn(kind, metrics)),
    '```\n',
    tableOf(['', ...kinds.map(([kind]) => kind)], [...rows.slice(0, 8), beyond, ...rows.slice(8)]),
    'With many tasks at once, messages carry many, and of all this little is left to each: the last lines of the table.',
  ].join('\n');
}

function ownShare(metrics) {
  const [[, ours], [, bare]] = LINES;
  return totalOf(metrics, ours) - totalOf(metrics, bare);
}

function totalOf(metrics, parts) {
  return parts.reduce((total, part) => total + metrics[part].median, 0);
}

/** The same drawing in text: a character is so many microseconds. */
function drawn(kind, metrics) {
  const totals = LINES.map(([, parts]) => totalOf(metrics, parts));
  const scale = Math.max(...totals) / 56;
  const marks = { There: '>', Back: '<', there: '>', back: '<', resumed: '.' };
  return [
    `${kind}: > the task begins   < the result is there   . \`await\` goes on`,
    ...LINES.map(([name, parts], line) => {
      const bar = parts
        .map((part) => marks[part.replace(/^(bare|loop)/, '')].repeat(Math.max(1, Math.round(metrics[part].median / scale))))
        .join('|');
      return `  ${name.padEnd(22)} ${bar} ${figure(totals[line])} µs`;
    }),
    '',
  ];
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
    `\`map\` over 2 workers against a plain loop in the same program: how many times as fast it is, by what a task takes and by what goes there and`,
    'comes back. Below 1 the loop is faster: tasks of a few microseconds are cheaper done than sent, and what is copied both ways must be worth',
    'much more work than its copying. More workers raise what is above 1, up to their number; they do nothing for what is below.\n',
    ...tables,
    picture(result),
    'Where the table says no: send less (a path, a range, an id), do more in a task, move or share buffers between threads, or leave it in the loop.',
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
    'What one task costs, from `submit` to its result, when so many are given at once; what it costs to cancel one of 100 000 that wait, in',
    'random order.\n',
    tableOf(['', ...depths.map((depth) => result.metrics[depth].label.replace(', each', '')), 'dearest : cheapest', 'a cancel'], rows),
  ].join('\n');
}

/** Where and how: said once where it is the same for all. */
function obtained(all) {
  if (all.length === 0) return undefined;
  const machines = new Set(
    all.map(({ machine: { cpu, cores, memoryGiB, system } }) => `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}`),
  );
  const versions = new Set(
    all.map((result) =>
      Object.entries(result.versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(', '),
    ),
  );
  const settings = all.at(-1).settings;
  const rows = all.map(({ question, date, rounds, seconds, machine }) => [
    question,
    date.replace('T', ' ').slice(0, 16),
    String(rounds),
    seconds === undefined ? '' : `${seconds} s`,
    machine.load.join(' → '),
  ]);
  return [
    '## How this was obtained\n',
    `- Machine: ${[...machines].join('; ')}.`,
    `- Versions: ${[...versions].join('; ')}.`,
    `- Settings: ${Object.entries(settings)
      .map(([name, given]) => `${name} \`${JSON.stringify(given)}\``)
      .join(', ')}; [why](../bench/README.md#settings-of-the-contenders).`,
    '- Every contender in a process of its own, all open at once, asked for a round in turn; the first round warms up. Medians of the rounds.',
    '- Sizes are adapted where a contender would take minutes: a rate goes on for at least half a second, slow contenders get fewer tasks where',
    '  their cost does not depend on it, and then say so in their name or have no such figure.\n',
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
        const { median, min, max } = metrics[metric];
        const ratio = name === result.of ? undefined : ratios?.[name];
        return [
          name,
          withUnit(median, unit),
          `${figure(min)} – ${figure(max)}`,
          ...(ratios === undefined ? [] : [ratio === undefined ? '' : ranged(ratio)]),
        ];
      });
    const head = [`${label} (${better} is better)`, 'median', 'range', ...(ratios === undefined ? [] : [`${result.of} : it`])];
    return tableOf(head, rows);
  });
  return [`### ${result.question}\n`, `${sentence(result.asks)}\n`, ...tables, picture(result), ...failures].join('\n').trimEnd();
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}.`;
const escaped = (text) =>
  text
    .replaceAll('<=', '≤')
    .replaceAll('>=', '≥')
    .replace(/ x( |$)/g, ' ×$1');
const picture = ({ question, asks }) => `![${asks.replaceAll('`', '')}](../bench/results/${question}.svg)\n`;
