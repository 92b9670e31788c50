// Writes a result as files: results/<name>.json, and its chart results/<name>.svg.
import { mkdirSync, writeFileSync } from 'node:fs';
import { chart } from './chart.mjs';
import { nameOf } from './variant.mjs';

const LINE = 120;

export function keep(result) {
  const folder = new URL('../results/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const json = asJson(result);
  writeFileSync(new URL(`${nameOf(result)}.json`, folder), json);
  // The chart is drawn from the written text, so that `bench:report` draws the same chart again.
  writeFileSync(new URL(`${nameOf(result)}.svg`, folder), chart(JSON.parse(json)));
}

/** Rounds to five digits, and keeps a list on one line if it fits, as the formatter of this repository does. */
function asJson(result) {
  const plain = (_, value) => {
    if (value === Number.POSITIVE_INFINITY) return 'Infinity';
    return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  };
  const onOneLine = (list, items, at, text) => {
    const short = `[${items.replace(/\n\s+/g, ' ')}]`;
    return at - text.lastIndexOf('\n', at) + short.length < LINE ? short : list;
  };
  return `${JSON.stringify(result, plain, 2).replace(/\[\n\s+([^[\]{}]+?)\n\s+\]/g, onOneLine)}\n`;
}
