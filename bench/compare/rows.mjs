// What compare.mjs measures, by question. A row's `open(kind)` gives `{ work, ask, close }`: `work` is measured, `times` in a row, after as many
// as a warm-up; `ask` runs a task in whatever worker is free. `work` of a row in bytes gives the figure itself, and is run once.
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
const alone = ({ call }) => oneByOne((x) => call(increment, x), 2_000);
const pending = ({ call, gc }) => held(gc, (i) => call(increment, i), 50_000);

export const rows = [
  row('submit', 'numbers, executor', executor, 6, numbers),
  row('submit', 'numbers, pool', pool, 6, numbers),
  row('submit', 'objects, executor', executor, 3, objects),
  row('submit', 'ten at a time, executor', executor, 3, tens),
  row('map', 'executor', executor, 3, mapped),
  row('map', 'pool', pool, 4, mapped),
  row('latency', 'executor', executor, 1, alone),
  row('latency', 'pool', pool, 1, alone),
  { ...row('memory', 'pending, executor', executor, 1, pending), unit: 'bytes' },
  { ...row('memory', 'pending, pool', pool, 1, pending), unit: 'bytes' },
];
