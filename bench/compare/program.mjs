// One measurement of compare.mjs, in a program of its own: prints the figure of a row (its place in rows.mjs) with one kind of worker.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readUserTimes, userTimeBetween } from '../harness/user-time.mjs';
import { WORKERS } from '../peers/settings.mjs';
import { rows } from './rows.mjs';

const [place, kind] = process.argv.slice(2);
setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');
const { unit, times, open } = rows[place];
const { work, ask, close } = await open(kind);
const several = async () => {
  for (let i = 0; i < times; i++) await work(gc);
};

await several();
if (unit === 'bytes') console.log(await work(gc));
else {
  const before = await readUserTimes(ask, kind, WORKERS);
  await several();
  console.log(userTimeBetween(before, await readUserTimes(ask, kind, WORKERS)));
}
await close();
