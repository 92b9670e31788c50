// npm run bench:compare -- --base DIR [--only submit,map,latency,memory] [--kind thread|process] [--pairs 40]
// Whether this checkout is slower than another one, DIR (built): fails where a cost may be higher by a tenth.
//
// A pair is one program on either checkout, the same program with other packages; which one is first changes from pair to pair.
// Decides by the pairs' ratios of user CPU time (or bytes) only.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rows } from './compare/rows.mjs';
import { medianRatio } from './harness/bootstrap.mjs';
import { quantity } from './harness/format.mjs';
import { output } from './harness/program.mjs';
import { summary } from './harness/statistics.mjs';

/** The interval's upper end has to be below this. */
const MOST = 1.1;
const KINDS = ['thread', 'process'];
const QUESTIONS = [...new Set(rows.map(({ question }) => question))];

const { values: options } = parseArgs({
  options: {
    base: { type: 'string' },
    only: { type: 'string', default: QUESTIONS.join(',') },
    kind: { type: 'string' },
    pairs: { type: 'string', default: '40' },
  },
});
const pairs = Number(options.pairs);
if (!Number.isInteger(pairs) || pairs < 1) throw new RangeError(`--pairs: expected a whole number of 1 or more, got ${options.pairs}`);
if (options.kind !== undefined && !KINDS.includes(options.kind)) throw new RangeError(`--kind: expected ${KINDS.join(' or ')}`);
const asked = options.only.split(',');
const unknown = asked.filter((question) => !QUESTIONS.includes(question));
if (unknown.length > 0) throw new RangeError(`--only: no such question: ${unknown.join(', ')}; there are ${QUESTIONS.join(', ')}`);
if (options.base === undefined) throw new TypeError('--base DIR is missing: a checkout of the commit to compare with, built');
const base = resolve(options.base);
if (!existsSync(`${base}/packages/executor/dist/index.js`)) throw new Error(`--base: ${base} is not a checkout that is built`);

const here = fileURLToPath(new URL('..', import.meta.url));
const program = fileURLToPath(new URL('compare/program.mjs', import.meta.url));
const measure = async (checkout, place, kind) => Number(await output([program, place, kind], { BENCH_CHECKOUT: checkout }));

async function pairOf(place, kind, isBaseFirst) {
  if (isBaseFirst) return [await measure(base, place, kind), await measure(here, place, kind)];
  const changed = await measure(here, place, kind);
  return [await measure(base, place, kind), changed];
}

console.log(`Median of the ratios to ${base} in ${pairs} pairs, its bootstrap 95 % interval; the upper end has to be below ${MOST}.`);
let failed = 0;
for (const [place, { question, what, unit }] of rows.entries()) {
  if (!asked.includes(question)) continue;
  for (const kind of options.kind === undefined ? KINDS : [options.kind]) {
    const measured = [];
    for (let pair = 0; pair < pairs; pair++) measured.push(await pairOf(String(place), kind, pair % 2 === 0));
    const { median, low, high } = medianRatio(measured);
    const isFine = high < MOST;
    if (!isFine) failed += 1;
    const [before, after] = [0, 1].map((side) => quantity(summary(measured.map((pair) => pair[side])).median, unit));
    const name = `${question}, ${kind}: ${what}`.padEnd(44);
    console.log(
      `${isFine ? 'PASS' : 'FAIL'}  ${name} ${median.toFixed(3)}  [${low.toFixed(3)}, ${high.toFixed(3)}]  ${before} -> ${after}`,
    );
  }
}
process.exit(failed === 0 ? 0 : 1);
