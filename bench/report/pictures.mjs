// Draws the two pictures of README.md: how fast, from the results, and what a pool survives, from the results of chaos/.
// Each has an alternative text that says the same.
import { quantity } from '../harness/format.mjs';
import { COLORS, escaped, text, WIDTH } from '../harness/svg.mjs';

/** The bars: a metric of a question, and the contender to compare with. A line without a result is left out. */
const LINES = [
  { what: '50 000 small tasks, threads', question: 'submit-threads', metric: 'rate', over: 'piscina' },
  { what: '50 000 small tasks, processes', question: 'submit-processes', metric: 'rate', over: 'poolifier' },
  { what: 'the same', question: 'submit-processes', metric: 'rate', over: 'CPython ProcessPoolExecutor' },
  { what: 'map of 200 000 integers, threads', question: 'map-threads', metric: 'rate', over: 'piscina, chunks of n / 8' },
  { what: 'map of 200 000 integers, processes', question: 'map-processes', metric: 'rate', over: 'CPython Pool.map' },
  { what: 'one small task at a time, threads', question: 'latency-threads', metric: 'p50', over: 'piscina' },
  { what: 'one small task at a time, processes', question: 'latency-processes', metric: 'p50', over: 'bare fork' },
  { what: '5 000 objects of 10 KB, threads', question: 'objects-threads', metric: 'rate', over: 'piscina' },
];
const LEFT = 370;
const RIGHT = 190;
/** Room for the last name above the columns, which is turned. */
const LAST = 40;
const ROW = 26;
/** Colors of the verdicts of a cell; each has a sign as well, for readers who do not see colors. */
const VERDICTS = [
  { is: (cell) => cell === 'ok', color: '#16a34a', sign: '✓' },
  { is: (cell) => cell === '–', color: '#e2e8f0', sign: '' },
  { is: (cell) => cell.includes('H!'), color: '#7f1d1d', sign: 'H!' },
  { is: (cell) => cell.startsWith('H') || cell.startsWith('next H'), color: '#b91c1c', sign: 'H' },
  { is: (cell) => cell.includes('C') || cell === 'the program died', color: '#c2410c', sign: 'C' },
  { is: () => true, color: '#b45309', sign: '!' },
];

function frame(title, height, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="${COLORS.text}" role="img">`,
    `<title>${escaped(title)}</title>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function speedRows(results) {
  return LINES.flatMap(({ what, question, metric, over }) => {
    const result = results.get(question);
    const ours = result?.measured[result.of]?.[metric];
    const theirs = result?.measured[over]?.[metric];
    if (ours === undefined || theirs === undefined) return [];
    const { unit, better } = result.metrics[metric];
    const { median } = result.ratios[metric][over];
    const times = better === 'higher' ? median : 1 / median;
    return [{ what, over, times, figures: `${quantity(ours.median, unit)}, ${quantity(theirs.median, unit)}` }];
  });
}

const factor = (times) => `${times >= 10 ? Math.round(times) : times.toFixed(1)} ×`;

/** The picture of the speed, and its alternative text. */
export function speedPicture(results) {
  const rows = speedRows(results);
  const { machine, versions, date } = [...results.values()]
    .filter(({ variant }) => variant === undefined)
    .sort((a, b) => (a.date < b.date ? 1 : -1))[0];
  const most = Math.max(...rows.map(({ times }) => times));
  const parts = rows.flatMap(({ what, over, times, figures }, at) => {
    const y = 40 + at * ROW;
    const width = Math.max(2, (times / most) * (WIDTH - LEFT - RIGHT));
    return [
      text(LEFT - 10, y + 14, `${what}: ${over}`, 'text-anchor="end" font-size="12"'),
      `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 7}" fill="${COLORS.ours}"/>`,
      text(LEFT + width + 8, y + 14, factor(times), 'font-weight="bold"'),
      text(LEFT + width + 56, y + 14, figures, `fill="${COLORS.faint}" font-size="11"`),
    ];
  });
  const foot = `2 workers; ${machine.cpu}, ${machine.cores} cores, Node ${versions.node}, ${date.slice(0, 10)}; twinpool's figure first`;
  const title = 'How many times as fast as another pool (longer is better)';
  const height = 40 + rows.length * ROW;
  return {
    svg: frame(title, height + 28, [
      text(12, 22, title, 'font-weight="bold"'),
      ...parts,
      text(12, height + 16, foot, `fill="${COLORS.faint}" font-size="11"`),
    ]),
    alt: `twinpool beside other pools: ${rows.map(({ what, over, times }) => `${what}, ${factor(times)} ${over}`).join('; ')}.`,
  };
}

/** The picture of the faults, from their results, and its alternative text. */
export function faultsPicture({ faults }) {
  const pools = Object.keys(Object.values(faults)[0]);
  const rows = Object.entries(faults).map(([what, cells]) => [what.replaceAll('`', ''), ...pools.map((name) => cells[name])]);
  const width = (WIDTH - LEFT - LAST) / pools.length;
  const heads = pools.map((name, at) => {
    const x = LEFT + (at + 0.6) * width;
    return `<text x="${x.toFixed(1)}" y="92" transform="rotate(-50 ${x.toFixed(1)} 92)" font-size="11">${escaped(name)}</text>`;
  });
  const parts = rows.flatMap(([what, ...cells], row) => {
    const y = 104 + row * ROW;
    return [
      text(LEFT - 10, y + 15, what, 'text-anchor="end" font-size="12"'),
      ...cells.flatMap((cell, at) => {
        const { color, sign } = VERDICTS.find(({ is }) => is(cell));
        const x = LEFT + at * width;
        return [
          `<rect x="${x.toFixed(1)}" y="${y}" width="${(width - 3).toFixed(1)}" height="${ROW - 4}" rx="3" fill="${color}"/>`,
          text(x + width / 2 - 1.5, y + 15, sign, 'text-anchor="middle" fill="#ffffff" font-size="11"'),
        ];
      }),
    ];
  });
  const height = 104 + rows.length * ROW;
  const handled = (at) => rows.filter(([, ...cells]) => cells[at] === 'ok').length;
  const canHappen = (at) => rows.filter(([, ...cells]) => cells[at] !== '–').length;
  const title = 'A fault in one task: does it end as it should, does the next task run, is the program as it was?';
  const legend =
    '✓ all of that · H the task hangs · H! so does the next one · C an uncaught error in the program · ! a wrong outcome · T threads · P processes';
  return {
    svg: frame(title, height + 28, [
      text(12, 22, title, 'font-weight="bold"'),
      ...heads,
      ...parts,
      text(12, height + 16, legend, `fill="${COLORS.faint}" font-size="11"`),
    ]),
    alt: `Faults in a task, and how many of those that can happen in it each pool handles: ${pools.map((name, at) => `${name} ${handled(at)} of ${canHappen(at)}`).join(', ')}.`,
  };
}
