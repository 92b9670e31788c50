// Makes one measurement for compare.mjs in a separate program: prints the figure of a row (its index in rows.mjs) for one kind of worker.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readUserTimes, userTimeBetween } from '../harness/user-time.mjs';
import { WORKERS } from '../peers/settings.mjs';
import { rows } from './rows.mjs';

/** How much longer the warm-up is than the measurement. V8 compiles until about then: less, and its compiler threads are measured. */
const WARM_UP = 2;

const [row, kind] = process.argv.slice(2);
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
const { unit, times, open } = rows[row];
const { work, ask, close } = await open(kind);
const several = async (count) => {
  for (let i = 0; i < count; i++) await work(gc);
};

await several(WARM_UP * times);
if (unit === 'bytes') console.log(await work(gc));
else {
  const before = await readUserTimes(ask, kind, WORKERS);
  await several(times);
  console.log(userTimeBetween(before, await readUserTimes(ask, kind, WORKERS)));
}
await close();
