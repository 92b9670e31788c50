// Draws metrics named `row/column` as one coloured table per contender: blue if the pool is faster, red if it is slower.
import { gain } from './format.mjs';
import { COLORS, picture, text, WIDTH } from './svg.mjs';

const LEFT = 170;
const ROW = 28;
const HEAD = 52;

export function grid(result) {
  const names = Object.keys(result.metrics).map((metric) => metric.split('/'));
  const rows = [...new Set(names.map(([row]) => row))];
  const columns = [...new Set(names.map(([, column]) => column))];
  const width = (WIDTH - LEFT - 20) / columns.length;
  const label = (row, column, part) => result.metrics[`${row}/${column}`].label.split(/, (.*)/)[part];
  let y = 0;
  const parts = [];
  for (const [name, metrics] of Object.entries(result.measured)) {
    parts.push(text(12, y + 16, name, 'font-weight="bold"'));
    parts.push(...columns.map((column, at) => text(LEFT + (at + 0.5) * width, y + 38, label(rows[0], column, 1), 'text-anchor="middle"')));
    for (const [line, row] of rows.entries()) {
      const top = y + HEAD - 6 + line * ROW;
      parts.push(text(LEFT - 10, top + 18, label(row, columns[0], 0), `text-anchor="end" fill="${COLORS.faint}"`));
      for (const [at, column] of columns.entries()) {
        const { median } = metrics[`${row}/${column}`];
        const box = `x="${(LEFT + at * width).toFixed(1)}" y="${top}" width="${(width - 3).toFixed(1)}" height="${ROW - 3}"`;
        parts.push(`<rect ${box} fill="${colorOf(median)}"/>`);
        parts.push(text(LEFT + (at + 0.5) * width, top + 17, gain(median), 'text-anchor="middle"'));
      }
    }
    y += HEAD + rows.length * ROW + 10;
  }
  return picture(result, parts, y);
}

function colorOf(ratio) {
  if (ratio >= 1.5) return '#93c5fd';
  if (ratio >= 1.05) return '#dbeafe';
  if (ratio >= 0.95) return '#f1f5f9';
  return ratio >= 0.3 ? '#fee2e2' : '#fca5a5';
}
