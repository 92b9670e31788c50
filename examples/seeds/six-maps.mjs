/** The six parallel maps of a pool, and the corresponding calls of an executor. */
import { asCompleted, Pool, ProcessPoolExecutor } from 'twinpool';
import { multiply, square } from './tasks.mjs';

const items = [1, 2, 3];
/** @type {[number, number][]} */
const pairs = [
  [1, 10],
  [2, 20],
  [3, 30],
];

function* naturals() {
  for (let n = 1; ; n++) yield n;
}

await Pool.use(2, async (pool) => {
  console.log('map', await pool.map(square, items));
  for await (const result of pool.imap(square, items)) console.log('imap', result);
  let sum = 0;
  for await (const result of pool.imapUnordered(square, items)) sum += result;
  console.log('imapUnordered', sum);
  console.log('starmap', await pool.starmap(multiply, pairs));
  console.log('mapAsync', await pool.mapAsync(square, items).get(10_000));
  console.log('starmapAsync', await pool.starmapAsync(multiply, pairs).get(10_000));

  // The article calls imap the lazier map. In Python that is true of its results alone: the input is read at once, and an endless one fills the
  // memory. Here the input is read a bounded way ahead as well, so this loop has an end.
  for await (const result of pool.imap(square, naturals())) {
    if (result > 20) break;
    console.log('of an endless input', result);
  }
});

await ProcessPoolExecutor.use(2, async (executor) => {
  console.log('executor.map', await executor.map(square, items).toArray());
  // Several inputs are its starmap, `buffersize` makes it lazy, and asCompleted is the unordered one.
  console.log('two inputs', await executor.map(multiply, [1, 2, 3], [10, 20, 30]).toArray());
  for await (const result of executor.map(square, naturals(), { buffersize: 4 })) {
    if (result > 20) break;
    console.log('of an endless input', result);
  }
  let sum = 0;
  const futures = items.map((item) => executor.submit(square, item));
  for await (const future of asCompleted(futures)) sum += await future.result();
  console.log('asCompleted', sum);
});
