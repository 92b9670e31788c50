// Lists the measurements of compare.mjs, by question. `open(kind)` of a row returns `{ work, ask, close }`. `work` runs to warm up (program.mjs), and
// `times` times while it is measured. `ask` runs a task in a free worker. In a row in bytes, `work` returns the figure itself and runs once.
import { held } from '../harness/allocation.mjs';
import { burstOnce, mapOnce, oneByOne } from '../harness/measures.mjs';
import { openExecutor, openPool } from '../peers/twinpool.mjs';
import { increment, incrementInside, userTime } from '../tasks/tasks.mjs';

const executor = async (kind) => {
  const opened = await openExecutor(kind);
  return {
    call: (fn, ...args) => opened.submit(fn, ...args),
    map: (items) => opened.map(increment, items).toArray(),
    close: () => opened.shutdown(),
  };
};
const pool = async (kind) => {
  const opened = await openPool(kind);
  return {
    call: (fn, ...args) => opened.applyAsync(fn, args),
    map: (items) => opened.map(increment, items),
    close: () => opened.terminate(),
  };
};

const opened = (facade, work) => async (kind) => {
  const { call, map, close } = await facade(kind);
  return { work: (gc) => work({ call, map, gc }), ask: () => call(userTime), close };
};
const row = (question, what, facade, times, work) => ({ question, what, unit: 'µs', times, open: opened(facade, work) });

const BURST = 10_000;
const numbers = ({ call }) => burstOnce((i) => call(increment, i), BURST);
const objects = ({ call }) => burstOnce((i) => call(incrementInside, { x: i, name: 'one', tags: [1, 2] }).then(({ x }) => x), BURST);
const tens = async ({ call }) => {
  for (let i = 0; i < 400; i++) await burstOnce((x) => call(increment, x), 10);
};
const mapped = ({ map }) => mapOnce(map, 200_000);
const single = ({ call }) => oneByOne((x) => call(increment, x), 2_000);
const pending = ({ call, gc }) => held(gc, (i) => call(increment, i), 50_000);

export const rows = [
  row('submit', 'numbers, executor', executor, 60, numbers),
  row('submit', 'numbers, pool', pool, 60, numbers),
  row('submit', 'objects, executor', executor, 30, objects),
  row('submit', 'ten at a time, executor', executor, 30, tens),
  row('map', 'executor', executor, 18, mapped),
  row('map', 'pool', pool, 18, mapped),
  row('latency', 'executor', executor, 15, single),
  row('latency', 'pool', pool, 15, single),
  { ...row('memory', 'pending, executor', executor, 1, pending), unit: 'bytes' },
  { ...row('memory', 'pending, pool', pool, 1, pending), unit: 'bytes' },
];
