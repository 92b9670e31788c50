// A question's result as a picture: a panel a metric, a bar a contender (the median), a whisker from the least to the most of its rounds.
import { figure } from './format.mjs';

const WIDTH = 860;
const LEFT = 230;
const RIGHT = 110;
const ROW = 22;
const HEAD = 44;
const COLORS = { ours: '#2563eb', others: '#94a3b8', whisker: '#0f172a', text: '#0f172a', faint: '#475569' };

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

export function chart(result) {
  let y = 34;
  const parts = [`<text x="12" y="20" font-size="13" font-weight="bold">${escaped(result.asks)}</text>`];
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
  const { cpu, cores } = result.machine;
  const foot = `${cpu}, ${cores} cores, Node ${result.versions.node}, ${result.date.slice(0, 10)}; median of ${result.rounds} rounds, whiskers: least and most`;
  parts.push(`<text x="12" y="${y + 16}" font-size="11" fill="${COLORS.faint}">${escaped(foot)}</text>`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 28}" font-family="system-ui, sans-serif" font-size="12" fill="${COLORS.text}" role="img">`,
    `<title>${escaped(`${result.question}: ${result.asks}`)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function panel({ label, unit, better }, rows, ours, top) {
  const most = Math.max(...rows.map(([, { max }]) => max));
  const x = (value) => LEFT + (value / most) * (WIDTH - LEFT - RIGHT);
  const bars = rows.map(([name, { median, min, max }], row) => {
    const y = top + HEAD - 16 + row * ROW;
    const middle = y + ROW / 2 - 2;
    const color = name.startsWith(ours) ? COLORS.ours : COLORS.others;
    return [
      `<text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${escaped(name)}</text>`,
      `<rect x="${LEFT}" y="${y}" width="${(x(median) - LEFT).toFixed(1)}" height="${ROW - 5}" fill="${color}"/>`,
      `<path d="M${x(min).toFixed(1)} ${middle}H${x(max).toFixed(1)}M${x(min).toFixed(1)} ${middle - 4}v8M${x(max).toFixed(1)} ${middle - 4}v8" stroke="${COLORS.whisker}" fill="none"/>`,
      `<text x="${(x(max) + 8).toFixed(1)}" y="${middle + 4}">${escaped(`${figure(median)} ${unit}`)}</text>`,
    ].join('\n');
  });
  return [`<text x="12" y="${top + 16}" fill="${COLORS.faint}">${escaped(`${label} (${better} is better)`)}</text>`, ...bars].join('\n');
}
