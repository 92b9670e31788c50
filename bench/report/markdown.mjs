// Writes figures and tables as Markdown.
import { quantity, range } from '../harness/format.mjs';

export function tableOf(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

export const withUnit = (value, unit) => quantity(value, unit === 'x' ? '×' : unit);

/** The median, and the least and the most in brackets. */
export const ranged = (summary) => range(summary, '–');
