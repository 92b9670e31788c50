// Draws the result of a question. By default one panel per metric and one bar per contender: the bar is the median, the whisker reaches from the
// least to the most of its rounds. A question may name `grid` or `budget` instead.
import { budget } from './budget.mjs';
import { quantity } from './format.mjs';
import { grid } from './grid.mjs';
import { COLORS, picture, text, WIDTH } from './svg.mjs';

const LEFT = 230;
const RIGHT = 110;
const ROW = 22;
const HEAD = 44;
const PICTURES = { grid, budget, bars };

export function chart(result) {
  return PICTURES[result.picture ?? 'bars'](result);
}

function bars(result) {
  let y = 0;
  const parts = [];
  for (const [metric, description] of Object.entries(result.metrics)) {
    const rows = Object.entries(result.measured).filter(([, metrics]) => metrics[metric] !== undefined);
    if (rows.length === 0) continue;
    parts.push(
      panel(
        description,
        rows.map(([name, metrics]) => [name, metrics[metric]]),
        result.of,
        y,
      ),
    );
    y += HEAD + rows.length * ROW;
  }
  return picture(result, parts, y);
}

/** The scale ends at the greatest median, so that one slow round does not compress all bars. A longer whisker is cut and drawn as an arrow. */
function panel({ label, unit, better }, rows, ours, top) {
  const most = Math.max(...rows.map(([, { median }]) => median)) * 1.25;
  const x = (value) => LEFT + (Math.min(Math.max(value, 0), most) / most) * (WIDTH - LEFT - RIGHT);
  const drawn = rows.map(([name, { median, min, max }], row) => {
    const y = top + HEAD - 16 + row * ROW;
    const middle = y + ROW / 2 - 2;
    const color = name.startsWith(ours) ? COLORS.ours : COLORS.others;
    const end = max > most ? 'm-4 -4l4 4l-4 4' : 'm0 -4v8';
    return [
      text(LEFT - 8, middle + 4, name, 'text-anchor="end"'),
      `<rect x="${LEFT}" y="${y}" width="${(x(median) - LEFT).toFixed(1)}" height="${ROW - 5}" fill="${color}"/>`,
      `<path d="M${x(min).toFixed(1)} ${middle - 4}v8M${x(min).toFixed(1)} ${middle}H${x(max).toFixed(1)}${end}" stroke="${COLORS.whisker}" fill="none"/>`,
      text(x(max) + 8, middle + 4, quantity(median, unit)),
    ].join('\n');
  });
  return [text(12, top + 16, `${label} (${better} is better; whiskers: least and most)`, `fill="${COLORS.faint}"`), ...drawn].join('\n');
}
