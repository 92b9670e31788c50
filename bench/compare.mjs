// npm run bench:compare -- --base DIR [--only submit,map,latency,memory] [--kind thread|process] [--pairs 40]
// Compares the speed of this checkout with another built one, DIR; exits with 1 if a cost may be 10 % higher or more.
//
//   pair = the same program, once with the packages of DIR and once with the packages of this checkout; the order alternates
//   pairs --user CPU time or bytes--> ratios --bootstrap--> median and interval --> PASS | FAIL
//
// It does not know what a row measures (compare/rows.mjs).
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { rows } from './compare/rows.mjs';
import { medianRatio } from './harness/bootstrap.mjs';
import { quantity } from './harness/format.mjs';
import { output } from './harness/program.mjs';
import { summary } from './harness/statistics.mjs';

/** The upper end of the interval must be below this ratio. */
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
if (options.kind !== undefined && !KINDS.includes(options.kind))
  throw new RangeError(`--kind: expected ${KINDS.join(' or ')}, got ${options.kind}`);
const asked = options.only.split(',');
const unknown = asked.filter((question) => !QUESTIONS.includes(question));
if (unknown.length > 0) throw new RangeError(`--only: expected some of ${QUESTIONS.join(', ')}, got ${unknown.join(', ')}`);
if (options.base === undefined)
  throw new TypeError('--base: expected the folder of a built checkout of the commit to compare with, got nothing');
const base = resolve(options.base);
if (!existsSync(`${base}/packages/executor/dist/index.js`))
  throw new Error(`--base: expected a built checkout, got ${base}; run \`node scripts/setup.mjs\` there`);

const here = fileURLToPath(new URL('..', import.meta.url));
const program = fileURLToPath(new URL('compare/program.mjs', import.meta.url));
const measure = async (checkout, row, kind) => Number(await output([program, row, kind], { BENCH_CHECKOUT: checkout }));

async function pairOf(row, kind, isBaseFirst) {
  if (isBaseFirst) return [await measure(base, row, kind), await measure(here, row, kind)];
  const changed = await measure(here, row, kind);
  return [await measure(base, row, kind), changed];
}

console.log(`Median of the ratios to ${base} in ${pairs} pairs, its bootstrap 95 % interval; the upper end must be below ${MOST}.`);
let failed = 0;
for (const [row, { question, what, unit }] of rows.entries()) {
  if (!asked.includes(question)) continue;
  for (const kind of options.kind === undefined ? KINDS : [options.kind]) {
    const measured = [];
    for (let pair = 0; pair < pairs; pair++) measured.push(await pairOf(String(row), kind, pair % 2 === 0));
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
