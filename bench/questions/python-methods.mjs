// Question `python-methods`: compares the other methods of the API with CPython.
import { burst, mapped } from '../harness/measures.mjs';
import { scaled } from '../harness/scale.mjs';
import { python } from '../peers/python.mjs';
import { add, increment } from '../tasks/tasks.mjs';

const COUNT = scaled(50_000);

async function collected(results) {
  const all = [];
  for await (const result of results) all.push(result);
  return all;
}

async function collectedBatches(batches) {
  const all = [];
  for await (const batch of batches) for (const result of batch) all.push(result);
  return all;
}

function ours(kind) {
  return async () => {
    const { openExecutor, openPool } = await import('../peers/twinpool.mjs');
    const pool = await openPool(kind);
    const executor = await openExecutor(kind);
    const ways = {
      imap: (items) => collected(pool.imap(increment, items)),
      imapChunked: (items) => collected(pool.imap(increment, items, { chunksize: items.length >> 3, buffersize: items.length })),
      imapBatches: (items) =>
        collectedBatches(pool.imap(increment, items, { chunksize: items.length >> 3, buffersize: items.length }).batches()),
      imapUnordered: async (items) => (await collected(pool.imapUnordered(increment, items))).sort((a, b) => a - b),
      starmap: (items) =>
        pool.starmap(
          add,
          items.map((item) => [item, 1]),
        ),
      executorMap: (items) => executor.map(increment, items).toArray(),
    };
    const round = async () => {
      const rates = { applyAsync: (await burst((i) => pool.applyAsync(increment, [i]), COUNT)).rate };
      for (const [name, way] of Object.entries(ways)) rates[name] = (await mapped(way, COUNT)).rate;
      return rates;
    };
    return { round, close: () => Promise.all([pool.terminate(), executor.shutdown()]) };
  };
}

const methods = ['imap', 'imapUnordered', 'applyAsync', 'starmap', 'executorMap'];
/** With the chunks of CPython's own example: an eighth of the input. */
const chunked = ['imapChunked', 'imapBatches'];

export default {
  name: 'python-methods',
  asks: '50 000 trivial tasks through each other method that CPython has too, 2 worker processes (and threads)',
  of: 'twinpool',
  metrics: Object.fromEntries([...methods, ...chunked].map((method) => [method, { label: method, unit: '/s', better: 'higher' }])),
  contenders: { twinpool: ours('process'), 'twinpool, threads': ours('thread'), CPython: python('methods', 'both', COUNT) },
  goals: [
    ...methods.map((metric) => ({ text: `${metric} >= 10 x CPython's`, metric, over: ['CPython'], atLeast: 10 })),
    { text: "imapBatches >= CPython's imap with the same chunks", metric: 'imapBatches', over: ['CPython'], atLeast: 1 },
  ],
};
