// npm run bench:guard
// Fails if small tasks cost several times as much as they did. CI runs it.
//
// Each figure is a ratio to piscina or to a bare loop in the same program, measured in turn; only bytes are absolute. The bounds are two to six
// times the figures of a quiet machine. A check fails only if both the median of the rounds and the ratio of the shortest times exceed the bound,
// twice: other load on the machine only lengthens a time.
// It does not judge the goals (main.mjs) and does not compare checkouts (compare.mjs).
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { allocated, held } from './harness/allocation.mjs';
import { figure, range } from './harness/format.mjs';
import { burstOnce, oneByOne } from './harness/measures.mjs';
import { summary } from './harness/statistics.mjs';
import { inChunks } from './peers/maps.mjs';
import { openBareFork, openBareThreads, openPiscina } from './peers/peers.mjs';
import { openPool, openSubmit } from './peers/twinpool.mjs';
import { increment } from './tasks/tasks.mjs';

const ROUNDS = 5;
const CALLS = 3_000;
const ONE_BY_ONE = 200;
const ITEMS = 50_000;
const COUNTED = 20_000;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

const pools = {
  threads: await openSubmit('increment', 1, 'thread'),
  processes: await openSubmit('increment', 1, 'process'),
  piscina: await openPiscina('increment', 1),
  bareThreads: await openBareThreads('increment', 1),
  bareFork: await openBareFork('increment', 1),
};
const pool = await openPool('thread');
const maps = {
  ours: { map: (input) => pool.map(increment, input), close: () => pool.terminate() },
  chunked: await inChunks(openBareThreads, ITEMS / 8)(),
};

const items = Array.from({ length: ITEMS }, (_, i) => i);
const burst = (name) => () => burstOnce(pools[name].run, CALLS);
const single = (name) => async () => (await oneByOne(pools[name].run, ONE_BY_ONE)).p50;
const mapOnce = (name) => async () => {
  const started = performance.now();
  const results = await maps[name].map(items);
  if (results.length !== ITEMS || results[ITEMS - 1] !== ITEMS)
    throw new Error(`expected ${ITEMS} results up to ${ITEMS}, got ${results.length} up to ${results[ITEMS - 1]}`);
  return performance.now() - started;
};

/** Ratios of times: at most `most` times the time of the other side. */
const RATIOS = [
  { text: 'submit on threads : piscina', ours: burst('threads'), other: burst('piscina'), most: 1 / 3 },
  { text: 'submit on threads : bare postMessage', ours: burst('threads'), other: burst('bareThreads'), most: 1 / 0.15 },
  { text: 'submit on processes : bare fork', ours: burst('processes'), other: burst('bareFork'), most: 1 / 0.4 },
  { text: 'one at a time, threads : piscina', ours: single('threads'), other: single('piscina'), most: 2 },
  { text: 'one at a time, processes : bare fork', ours: single('processes'), other: single('bareFork'), most: 3 },
  { text: 'map on threads : postMessage, chunks by hand', ours: mapOnce('ours'), other: mapOnce('chunked'), most: 6 },
];
const BYTES = [
  { text: 'held by a pending future, bytes', measure: () => held(gc, pools.threads.run, COUNTED), most: 400 },
  {
    text: 'allocated by a submit and its await, many at once, bytes',
    measure: () => allocated(gc, pools.threads.run, COUNTED),
    most: 1_500,
  },
];

async function ratioOf({ ours, other }) {
  const times = [];
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) times.push([await ours(), await other()]);
  times.shift();
  const least = (side) => Math.min(...times.map((pair) => pair[side]));
  return { ...summary(times.map(([mine, its]) => mine / its)), least: least(0) / least(1) };
}

async function bytesOf({ measure }) {
  const values = [];
  for (let round = 0; round < 3; round++) values.push(await measure());
  return { ...summary(values), least: Math.min(...values) };
}

const overruns = ({ median, least }, most) => Math.min(median, least) > most;
const shown = (value) => `${range(value)}, ratio of the shortest ${figure(value.least)}`;

const failed = [];
for (const check of [...RATIOS, ...BYTES]) {
  const measure = check.ours === undefined ? bytesOf : ratioOf;
  let value = await measure(check);
  const first = value;
  if (overruns(value, check.most)) value = await measure(check);
  const again = value === first ? '' : `, first measurement ${shown(first)}`;
  const isFine = !overruns(value, check.most);
  console.log(`  ${isFine ? 'ok    ' : 'FAILED'}  ${check.text}: ${shown(value)}; at most ${figure(check.most)}${again}`);
  if (!isFine) failed.push(check.text);
}
await Promise.all([...Object.values(pools), ...Object.values(maps)].map((each) => each.close()));
console.log(
  failed.length === 0
    ? `speed: ${RATIOS.length + BYTES.length} checks, all good`
    : `speed: several times worse than before: ${failed.join('; ')}`,
);
process.exit(failed.length === 0 ? 0 : 1);
