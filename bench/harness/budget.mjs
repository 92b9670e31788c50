// Draws where the time of one task goes: for each kind of worker the stages of a task from left to right, and below them the bare loops.
import { figure } from './format.mjs';
import { COLORS, picture, text, WIDTH } from './svg.mjs';

const LEFT = 190;
const BAR = 26;
const LINE = 44;
const HEAD = 30;
const STAGES = { there: '#2563eb', back: '#60a5fa', resumed: '#bfdbfe' };
/** The bars of one kind of worker: the name and the stages of each. */
export const LINES = [
  ['submit to result', ['there', 'back', 'resumed']],
  ['bare, worker blocking', ['bareThere', 'bareBack']],
  ['bare, event loop', ['loopThere', 'loopBack']],
];

export function budget(result) {
  const kinds = Object.entries(result.measured);
  const total = (metrics, stages) => stages.reduce((sum, stage) => sum + metrics[stage].median, 0);
  const most = Math.max(...kinds.flatMap(([, metrics]) => LINES.map(([, stages]) => total(metrics, stages))));
  const width = (micros) => (micros / most) * (WIDTH - LEFT - 90);
  let y = 0;
  const parts = [];
  for (const [kind, metrics] of kinds) {
    parts.push(text(12, y + 16, kind, 'font-weight="bold"'));
    y += HEAD;
    for (const [name, stages] of LINES) {
      let x = LEFT;
      parts.push(text(LEFT - 10, y + 17, name, `text-anchor="end" fill="${COLORS.faint}"`));
      for (const stage of stages) {
        const { median } = metrics[stage];
        const wide = width(median);
        const color = STAGES[stage] ?? (stage.endsWith('There') ? '#94a3b8' : '#cbd5e1');
        parts.push(`<rect x="${x.toFixed(1)}" y="${y}" width="${wide.toFixed(1)}" height="${BAR}" fill="${color}" stroke="#ffffff"/>`);
        if (wide > 34)
          parts.push(text(x + wide / 2, y + 17, figure(median), `text-anchor="middle"${stage === 'there' ? ' fill="#ffffff"' : ''}`));
        x += wide;
      }
      parts.push(text(x + 8, y + 17, `${figure(total(metrics, stages))} µs`));
      y += LINE - 8;
    }
    y += 12;
  }
  parts.push(legend(y));
  return picture(result, parts, y + 24);
}

function legend(y) {
  const entries = [
    [STAGES.there, 'there: the task begins'],
    [STAGES.back, 'back: the future settles'],
    [STAGES.resumed, '`await` goes on'],
    ['#94a3b8', 'bare: there'],
    ['#cbd5e1', 'bare: back'],
  ];
  return entries
    .map(([color, label], at) => {
      const x = 12 + at * 168;
      return `<rect x="${x}" y="${y}" width="12" height="12" fill="${color}"/>\n${text(x + 18, y + 10, label)}`;
    })
    .join('\n');
}
