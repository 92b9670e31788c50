// Writes figures and tables as Markdown.
import { quantity, range } from '../harness/format.mjs';

export function tableOf(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n');
}

export const withUnit = (value, unit) => quantity(value, unit === 'x' ? '×' : unit);

/** The median, and the least and the most in brackets. */
export const ranged = (summary) => range(summary, '–');

/** Replaces `{question/contender/metric}` in a hand-written sentence by the measured figure. */
export function filled(sentence, results) {
  return sentence.replaceAll(/\{([^/{}]+)\/([^/{}]+)\/([^{}]+)\}/g, (_, question, contender, metric) => {
    const result = results.get(question);
    const summary = result?.measured[contender]?.[metric];
    if (summary === undefined) return 'not measured';
    return withUnit(summary.median, result.metrics[metric].unit);
  });
}
