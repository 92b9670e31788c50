// Writes the common parts of all pictures: the frame, the colours, and escaped text.
import { titleOf } from './variant.mjs';

export const WIDTH = 860;
export const COLORS = { ours: '#2563eb', others: '#94a3b8', whisker: '#0f172a', text: '#0f172a', faint: '#475569' };

export const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

export function text(x, y, content, attributes = '') {
  return `<text x="${round(x)}" y="${round(y)}"${attributes === '' ? '' : ` ${attributes}`}>${escaped(content)}</text>`;
}

const round = (value) => Number(value.toFixed(1));

/** Draws `parts` between a heading and a line with the machine and the date. `height` is the end of the parts. */
export function picture(result, parts, height) {
  const { cpu, cores } = result.machine;
  const foot = `${cpu}, ${cores} cores, Node ${result.versions.node}, ${result.date.slice(0, 10)}; median of ${result.rounds} rounds`;
  const heading = linesOf(result.asks);
  const top = 20 + heading.length * 16;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${Math.round(top + height + 28)}" font-family="system-ui, sans-serif" font-size="12" fill="${COLORS.text}" role="img">`,
    `<title>${escaped(`${titleOf(result)}: ${result.asks}`)}</title>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...heading.map((line, at) => text(12, 20 + at * 16, line, 'font-size="13" font-weight="bold"')),
    `<g transform="translate(0 ${top})">`,
    ...parts,
    text(12, height + 16, foot, `font-size="11" fill="${COLORS.faint}"`),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** Breaks a sentence into lines that fit the width, by number of characters. */
function linesOf(sentence) {
  const lines = [''];
  for (const word of sentence.split(' ')) {
    if (lines.at(-1).length + word.length > 100) lines.push('');
    lines[lines.length - 1] += `${lines.at(-1) === '' ? '' : ' '}${word}`;
  }
  return lines;
}
